/** Runs scenarios serially and in parallel, under schedules and on real threads, to see whether they diverge. */
import { ExecutorError, type InspectedBlock } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { explainRun, explainSchedule } from '../explain/explain-run.js';
import { closeEngines, createEngines, type EngineFactory, type Engines } from '../job/engine.js';
import { scenarioBlock } from '../scenario/block.js';
import type { Scenario } from '../scenario/scenario.js';
import { ScheduledRuns } from '../schedules/scheduled-runs.js';
import { compareResults } from '../verdict/compare.js';
import type { Explanation } from '../verdict/explanation.js';
import type { Effort } from './search.js';

/** A parallel run that did not come to what the serial one did. */
export interface Divergence {
  readonly threads: number;
  /** Name of the schedule; null for a run on real threads. */
  readonly schedule: string | null;
  /** `differs`, or the code of the engine's failure under a schedule. */
  readonly kind: string;
  /** What the serial run made of the block: whether it is valid. */
  readonly valid: boolean;
  readonly explanation: Explanation | null;
}

export interface ProbeOptions {
  readonly vm: VmName;
  /** Numbers of threads for runs on real ones. */
  readonly threads: readonly number[];
  /** Runs of a scenario with each of them, before it is taken not to diverge. */
  readonly runs: number;
  /** Names of the schedules that come before them, and how many of them a block of so many transactions is run under. */
  readonly schedules: readonly string[];
  readonly schedulesFor?: (transactions: number, effort: Effort) => number;
  /** Longest time for one run on real threads, seconds. */
  readonly timeout: number;
}

export interface ProbeRun {
  readonly explained?: boolean;
  readonly effort?: Effort;
}

const MOST_TELLING = 8;
/** Runs on real threads, by effort: shares of those asked for. */
const RUNS: Readonly<Record<Effort, number>> = { quick: 0.5, usual: 1, thorough: 2 };

class RunTimeout extends Error {
  override readonly name = 'RunTimeout';
}

export class Probe {
  #scheduled: ScheduledRuns | null = null;
  /** Names of schedules that have shown a divergence, the latest first. */
  #telling: readonly string[] = [];

  private constructor(
    private readonly options: ProbeOptions,
    private readonly create: EngineFactory,
    private engines: Engines,
  ) {}

  static async create(options: ProbeOptions, create: EngineFactory = createEngines): Promise<Probe> {
    return new Probe(options, create, await create(options.vm, options.threads));
  }

  /**
   * The first run that diverges, or null. On real threads, a run in which the engine throws or that does not end is
   * none: the executors are replaced, and the search goes on. Throws what `scenarioBlock` throws.
   */
  async divergence(
    scenario: Scenario,
    { explained = false, effort = 'usual' }: ProbeRun = {},
  ): Promise<Divergence | null> {
    const { schedules, schedulesFor } = this.options;
    const block = this.#load(scenario);
    const serial = await this.engines.serial.execute(this.engines.database, block);
    // What has shown a divergence lately is likely to show it again in what is little smaller.
    const names = [
      ...new Set([...this.#telling, ...schedules.slice(0, schedulesFor?.(block.transactions.length, effort))]),
    ];
    return (
      (await this.#underSchedules(names, block, serial, explained)) ??
      (await this.#onThreads(Math.ceil(this.options.runs * RUNS[effort]), block, serial, explained))
    );
  }

  /** Explanations of the scenario's divergences, of `most` schedules at most that show one. */
  async explanations(scenario: Scenario, most: number): Promise<readonly Explanation[]> {
    const block = this.#load(scenario);
    const serial = await this.engines.serial.execute(this.engines.database, block);
    const found: Explanation[] = [];
    const names = this.options.schedules.slice(0, this.options.schedulesFor?.(block.transactions.length, 'usual'));
    for (const schedule of new Set([...this.#telling, ...names])) {
      const one = await this.#underSchedules([schedule], block, serial, true);
      if (one?.explanation) found.push(one.explanation);
      if (found.length >= most) break;
    }
    return found;
  }

  /** What the serial executor makes of the scenario. */
  async serial(scenario: Scenario): Promise<ExecutionResult> {
    const block = this.#load(scenario);
    return this.engines.serial.execute(this.engines.database, block);
  }

  async close(): Promise<void> {
    await this.#scheduled?.close();
    await closeEngines(this.engines);
  }

  #load(scenario: Scenario): Block {
    const { database } = this.engines;
    database.clear();
    database.load(scenario.pre);
    return scenarioBlock(scenario, database);
  }

  async #underSchedules(
    names: readonly string[],
    block: Block,
    serial: ExecutionResult,
    explained: boolean,
  ): Promise<Divergence | null> {
    const { engines } = this;
    if (names.length === 0) return null;
    this.#scheduled ??= new ScheduledRuns(this.options.vm, () => names);
    for (const schedule of names) {
      const outcome = await this.#scheduled.execute(schedule, engines.database, block);
      if (outcome.result !== null && compareResults(serial, outcome.result) === null) continue;
      // A list of decisions that fits a larger block, or another engine, says nothing of this one.
      if (outcome.result === null && outcome.failure.code === 'INFEASIBLE') continue;
      this.#telling = [schedule, ...this.#telling.filter((name) => name !== schedule)].slice(0, MOST_TELLING);
      const kind = outcome.result === null ? outcome.failure.code : 'differs';
      const explanation = explained ? await explainSchedule(engines, block, serial, schedule) : null;
      return { threads: outcome.schedule.workers, schedule, kind, valid: serial.ok, explanation };
    }
    return null;
  }

  async #onThreads(
    runs: number,
    block: Block,
    serial: ExecutionResult,
    explained: boolean,
  ): Promise<Divergence | null> {
    const { engines } = this;
    for (let run = 0; run < runs; run++) {
      for (const [threads, executor] of engines.parallel) {
        const parallel = await this.#guarded(() => executor.execute(engines.database, block));
        if (parallel === null) return null;
        const comparison = compareResults(serial, parallel);
        if (comparison === null) continue;
        const results = { serial, parallel, comparison };
        const inspect = (): InspectedBlock | null => executor.inspect?.() ?? null;
        const explanation = explained ? await explainRun(engines, block, results, inspect) : null;
        return { threads, schedule: null, kind: 'differs', valid: serial.ok, explanation };
      }
    }
    return null;
  }

  async #guarded(work: () => Promise<ExecutionResult>): Promise<ExecutionResult | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RunTimeout()), 1000 * this.options.timeout);
    });
    const running = work();
    try {
      return await Promise.race([running, late]);
    } catch (error) {
      if (!(error instanceof RunTimeout || error instanceof ExecutorError)) throw error;
      // A fault of another kind than the one that is looked for: how it ends is of no interest, and what it leaves
      // in memory is not to be trusted.
      running.catch(() => undefined);
      const abandoned = this.engines;
      this.engines = await this.create(this.options.vm, this.options.threads);
      // A thread that hangs may never leave: nobody waits for it.
      void closeEngines(abandoned);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
