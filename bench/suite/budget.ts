/**
 * What time is left, and how much of it the rounds of a unit may take. Estimates are corrected by what the units so
 * far have really taken; where time runs short, rounds are dropped, of all units alike, and never a unit.
 */
import type { UnitCost } from './unit.js';

/** Weight of the estimates before anything is known, seconds. */
const PRIOR = 20;

export class Budget {
  #next = 0;
  #estimated = 0;
  #taken = 0;

  /** `seconds` for everything; `costs` in the order of the units, and how many rounds each has at most. */
  constructor(
    private readonly seconds: number,
    private readonly costs: readonly (UnitCost & { readonly rounds: number })[],
    private readonly elapsed: () => number,
  ) {}

  /** How much slower than estimated this machine is. */
  private get pace(): number {
    return (this.#taken + PRIOR) / (this.#estimated + PRIOR);
  }

  private get rest(): readonly (UnitCost & { readonly rounds: number })[] {
    return this.costs.slice(this.#next);
  }

  /** Seconds that the rounds of the next unit may take; without bound where there is time for all. */
  allowance(): number {
    const { pace, rest } = this;
    const fixed = rest.reduce((sum, cost) => sum + cost.fixed + cost.peer, 0) * pace;
    const whole = rest.reduce((sum, { round, rounds }) => sum + round * rounds, 0) * pace;
    const share = (this.seconds - this.elapsed() - fixed) / whole;
    if (share >= 1) return Number.POSITIVE_INFINITY;
    const [next] = rest;
    return next === undefined ? 0 : Math.max(0, share) * next.round * next.rounds * pace;
  }

  /** Notes that the next unit is done, and what it took in all, with so many rounds; seconds. */
  done(seconds: number, rounds: number): void {
    const cost = this.costs[this.#next];
    if (cost === undefined) throw new RangeError('more units done than there are');
    this.#estimated += cost.fixed + cost.peer + cost.round * rounds;
    this.#taken += seconds;
    this.#next++;
  }

  /** Seconds until the end, about. */
  left(): number {
    const estimate =
      this.rest.reduce((sum, { fixed, round, rounds, peer }) => sum + fixed + peer + round * rounds, 0) * this.pace;
    return Math.max(0, Math.min(estimate, Math.max(this.seconds - this.elapsed(), 0.5 * estimate)));
  }
}
