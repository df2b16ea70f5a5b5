/** The search for a smaller scenario: what it has found so far, what it tries, and when it must end. */
import { BlockError } from '../../src/index.js';
import { type Scenario, ScenarioError } from '../scenario/scenario.js';

/**
 * How many runs an answer is worth. A scenario that diverges mostly shows it soon, and one that does not takes all of
 * the runs: few of them make a quick first search, whose end a slower one looks at again.
 */
export type Effort = 'quick' | 'usual' | 'thorough';

/** Whether a scenario still shows the divergence. */
export type Diverges = (scenario: Scenario, effort: Effort) => Promise<boolean>;

export interface SearchOptions {
  readonly diverges: Diverges;
  /** Longest time that the search takes, seconds. */
  readonly seconds: number;
  /** Milliseconds since some moment; the process's own clock where none is given. */
  readonly clock?: () => number;
  /** Choices of a scenario's transactions, by their indices, that may be all it takes; tried before anything else. */
  readonly guesses?: (scenario: Scenario) => Promise<readonly (readonly number[])[]>;
  /** Told what was reached, now and then. */
  readonly progress?: (scenario: Scenario, tried: number, pass: string) => void;
}

export class Search {
  tried = 0;
  /** Names the pass that is at work, for progress. */
  pass = '';
  readonly #clock: () => number;
  /** Of what is tried; what weighs more gets more. */
  effort: 'quick' | 'usual' = 'quick';
  readonly #end: number;

  constructor(
    /** Smallest scenario so far that diverges. */
    public best: Scenario,
    private readonly options: SearchOptions,
  ) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#end = this.#clock() + 1000 * options.seconds;
  }

  readonly over = (): boolean => this.#clock() >= this.#end;

  /** Takes the first of the guesses about the best scenario that still diverges. */
  async guess(keep: (scenario: Scenario, kept: readonly number[]) => Scenario): Promise<void> {
    const { best } = this;
    if (this.over()) return;
    for (const kept of (await this.options.guesses?.(best)) ?? []) {
      if (kept.length < best.transactions.length && (await this.try(keep(best, kept), true))) return;
    }
  }

  /**
   * Takes `candidate` where it still diverges. One that no block can be made of does not; null is no candidate.
   * `weighty`: fewer transactions, for one, make everything after that the cheaper.
   */
  async try(candidate: Scenario | null, weighty = false): Promise<boolean> {
    if (candidate === null || this.over()) return false;
    this.tried++;
    const found = await this.#diverges(candidate, weighty);
    if (found) this.best = candidate;
    this.options.progress?.(this.best, this.tried, this.pass);
    return found;
  }

  async #diverges(candidate: Scenario, weighty: boolean): Promise<boolean> {
    const more = this.effort === 'quick' ? 'usual' : 'thorough';
    try {
      return await this.options.diverges(candidate, weighty ? more : this.effort);
    } catch (error) {
      if (error instanceof ScenarioError || error instanceof BlockError) return false;
      throw error;
    }
  }
}
