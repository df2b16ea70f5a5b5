/** The search for a smaller scenario: what it has found so far, what it tries, and when it must end. */
import { BlockError } from '../../src/index.js';
import { type Scenario, ScenarioError } from '../scenario/scenario.js';

/** Whether a scenario still shows the divergence. */
export type Diverges = (scenario: Scenario) => Promise<boolean>;

export interface SearchOptions {
  readonly diverges: Diverges;
  /** Longest time that the search takes, seconds. */
  readonly seconds: number;
  /** Choices of transactions, by their indices, that may be all it takes; tried before anything else. */
  readonly guesses?: readonly (readonly number[])[];
  /** Told what was reached, now and then. */
  readonly progress?: (scenario: Scenario, tried: number, pass: string) => void;
}

export class Search {
  tried = 0;
  /** Names the pass that is at work, for progress. */
  pass = '';
  readonly #end: number;

  constructor(
    /** Smallest scenario so far that diverges. */
    public best: Scenario,
    private readonly options: SearchOptions,
  ) {
    this.#end = performance.now() + 1000 * options.seconds;
  }

  readonly over = (): boolean => performance.now() >= this.#end;

  /** Takes `candidate` where it still diverges. One that no block can be made of does not; null is no candidate. */
  async try(candidate: Scenario | null): Promise<boolean> {
    if (candidate === null || this.over()) return false;
    this.tried++;
    const found = await this.#diverges(candidate);
    if (found) this.best = candidate;
    this.options.progress?.(this.best, this.tried, this.pass);
    return found;
  }

  async #diverges(candidate: Scenario): Promise<boolean> {
    try {
      return await this.options.diverges(candidate);
    } catch (error) {
      if (error instanceof ScenarioError || error instanceof BlockError) return false;
      throw error;
    }
  }
}
