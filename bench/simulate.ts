/**
 * `npm run bench -- simulate`: how the parallel executor would scale on a machine with more cores than this one. The
 * engine itself runs, each logical worker with a clock of its own, and the one whose clock is lowest moves next
 * (`runners/schedules/simulated-time.ts`). What things take is measured here: accesses and wake-ups by small programs,
 * the work of transactions from a run with one thread. That run is the calibration; a run with two real threads, which
 * nothing was fitted to, is the check.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Schedule } from '../runners/schedules/schedule.js';
import { ScheduledEngine } from '../runners/schedules/scheduled-engine.js';
import type { SimulatedCosts } from '../runners/schedules/simulated-time.js';
import { SHARED_PACKING } from '../src/executor/packing.js';
import { type Advice, type BlockOutcome, ParallelExecutor, SerialExecutor } from '../src/index.js';
import {
  CONTROL_PACKED_FROM,
  CONTROL_VERDICT,
  ROW_LIST_COUNT,
  ROW_LIST_NEXT,
  VERDICT_ENDING,
  VERDICT_IDLE,
  VERDICT_PACKING,
  VERDICT_RUNNING,
} from '../src/layout.js';
import { type Contender, Subject } from './contender.js';
import { mustAgree } from './engine-check.js';
import { ENGINE_WORKLOADS, type EngineWorkload } from './engine-workloads.js';
import { type MachineCosts, machineCosts } from './simulate-costs.js';

export interface SimulateOptions {
  readonly size: number;
  /** Logical workers of each simulation; 1 and 2 are always among them. */
  readonly workers: readonly number[];
  readonly rounds: number;
  readonly selects: (name: string) => boolean;
  readonly onCosts: (costs: MachineCosts) => void;
  readonly onRow: (row: SimulatedRow) => void;
}

export interface Prediction {
  readonly workers: number;
  /** Microseconds of a block. */
  readonly time: number;
  readonly speedup: number;
  readonly aborts: number;
  readonly incarnations: number;
}

/** Microseconds of a block, the least of all rounds: others on the machine only add to it. */
export interface RealTimes {
  readonly serial: number;
  /** By the number of threads. */
  readonly parallel: ReadonlyMap<number, number>;
}

export interface SimulatedRow {
  readonly workload: string;
  readonly size: number;
  readonly real: RealTimes;
  readonly predictions: readonly Prediction[];
  /** Predicted speed-up over real speed-up, less 1, with so many threads. */
  readonly errors: ReadonlyMap<number, number>;
}

/** All threads are there from the first transaction on. What earlier blocks have taught is left out, so that each block is like the first. */
const ADVICE: Partial<Advice> = { headStart: 'off', hintSources: { learnt: 'off' } };
const REAL_THREADS = [1, 2];
const WARM_UP_BLOCKS = 40;
/** Threads go to sleep between blocks. */
const SETTLE_MILLISECONDS = 2;
const MOST_STEPS = 2 ** 31 - 2;

/** Where the time of a block goes, microseconds. */
interface Phases {
  readonly setUp: number;
  readonly total: number;
  /** From the decision of the block to its end. */
  readonly end: number;
  /** Packing of one location; 0 where one thread packs alone. */
  readonly row: number;
  /** Locations of the block. */
  readonly rows: number;
}

/** Runs `body` while this thread's writes of the verdict, and of the place up to which changes are packed, are seen. */
async function watching<T>(
  seen: (word: number, value: number, words: Int32Array) => void,
  body: () => Promise<T>,
): Promise<T> {
  const real = Atomics;
  const { store, compareExchange } = Atomics;
  const watched = Object.create(real, {
    store: {
      value: (words: Int32Array, index: number, value: number): number => {
        if (index === CONTROL_VERDICT) seen(index, value, words);
        return store(words, index, value);
      },
    },
    compareExchange: {
      value: (words: Int32Array, index: number, from: number, to: number): number => {
        const before = compareExchange(words, index, from, to);
        if (index === CONTROL_VERDICT && before === from) seen(index, to, words);
        if (index === CONTROL_PACKED_FROM && before === from) seen(index, from, words);
        return before;
      },
    },
  }) as typeof Atomics;
  Object.defineProperty(globalThis, 'Atomics', { value: watched, writable: true, configurable: true });
  try {
    return await body();
  } finally {
    Object.defineProperty(globalThis, 'Atomics', { value: real, writable: true, configurable: true });
  }
}

/** Rows in the lists from `first` on. */
function rowsFrom(words: Int32Array, first: number): number {
  let rows = 0;
  for (let list = first; list !== 0; list = words[list + ROW_LIST_NEXT] as number)
    rows += words[list + ROW_LIST_COUNT] as number;
  return rows;
}

async function phasesOf(subject: Subject, contender: Contender, rounds: number): Promise<Phases> {
  const found: Phases[] = [];
  let running = 0;
  let decided = 0;
  let packing = 0;
  let packed = 0;
  let own = 0;
  let rows = 0;
  await watching(
    (word, value, words) => {
      const now = performance.now();
      if (word === CONTROL_PACKED_FROM) {
        own += words[value + ROW_LIST_COUNT] as number;
      } else if (value === VERDICT_RUNNING) running = now;
      else if (value === VERDICT_PACKING) {
        packing = now;
        rows = rowsFrom(words, words[CONTROL_PACKED_FROM] as number);
      } else if (value === VERDICT_ENDING) decided = now;
      else if (value === VERDICT_IDLE && packing > 0) packed = now;
    },
    async () => {
      for (let round = 0; round < rounds; round++) {
        await pause(SETTLE_MILLISECONDS);
        decided = packing = packed = own = rows = 0;
        const start = performance.now();
        await subject.run(contender);
        const end = performance.now();
        found.push({
          setUp: (running - start) * 1000,
          total: (end - start) * 1000,
          end: (end - decided) * 1000,
          row: own === 0 ? 0 : ((packed - packing) * 1000) / own,
          rows,
        });
      }
    },
  );
  return found.reduce((best, one) => (one.total < best.total ? one : best));
}

async function realTimes(subject: Subject, contenders: readonly Contender[], rounds: number): Promise<RealTimes> {
  for (const contender of contenders) for (let i = 0; i < WARM_UP_BLOCKS; i++) await subject.run(contender);
  const taken = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await pause(SETTLE_MILLISECONDS);
      const start = performance.now();
      await subject.run(contender);
      (taken[i] as number[]).push((performance.now() - start) * 1000);
    }
  }
  const parallel = new Map<number, number>();
  for (const [i, { threads }] of contenders.entries())
    if (threads > 0) parallel.set(threads, Math.min(...(taken[i] as number[])));
  return { serial: Math.min(...(taken[0] as number[])), parallel };
}

class Simulation {
  constructor(
    private readonly engine: ScheduledEngine,
    private readonly subject: Subject,
    private readonly expected: BlockOutcome,
  ) {}

  /** Microseconds of the block, as far as the clocks know, and what became of its transactions. */
  async run(workers: number, costs: SimulatedCosts): Promise<Omit<Prediction, 'speedup'>> {
    const schedule: Schedule = {
      name: `${workers} cores`,
      workers,
      strategy: 'simulated',
      costs,
      patience: 1,
      tick: 1,
      advice: ADVICE,
    };
    const { result, milliseconds } = await this.engine.execute(schedule, this.subject.database, this.subject.block);
    if (!result.ok) throw result.error;
    mustAgree(`simulation of ${workers} workers`, this.expected, result);
    const { aborts, incarnations } = result.stats;
    return { workers, time: milliseconds * 1000, aborts, incarnations };
  }
}

async function simulateWorkload(
  workload: EngineWorkload,
  machine: MachineCosts,
  engine: ScheduledEngine,
  options: SimulateOptions,
): Promise<SimulatedRow> {
  const subject = Subject.of(workload.build(options.size));
  const contenders: Contender[] = [
    { name: 'serial', threads: 0, executor: await SerialExecutor.create({ vm: 'wasm' }) },
  ];
  for (const threads of REAL_THREADS) {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: ADVICE });
    contenders.push({ name: `${threads}`, threads, executor });
  }
  try {
    const real = await realTimes(subject, contenders, options.rounds);
    const [serial, one, two] = contenders as [Contender, Contender, Contender];
    const expected = await subject.run(serial);
    const simulation = new Simulation(engine, subject, expected);
    const alone = await phasesOf(subject, one, options.rounds);
    const shared = await phasesOf(subject, two, options.rounds);
    const nothing = expected.receipts.map(() => 0);
    const bare = await simulation.run(1, { ...machine, setUp: 0, packing: 0, runs: nothing });
    // What is left of the one-thread run after accesses, set-up and end is the work of its transactions.
    const scale = (real.parallel.get(1) as number) / alone.total;
    const work = Math.max(0, (alone.total - alone.setUp - alone.end) * scale - bare.time);
    const gas = gasOf(expected);
    const total = gas.reduce((sum, used) => sum + used, 0);
    const runs = gas.map((used) => (1000 * work * used) / total);
    const predictions: Prediction[] = [];
    for (const workers of [...new Set([...REAL_THREADS, ...options.workers])].sort((a, b) => a - b)) {
      const isShared = workers > 1 && options.size >= SHARED_PACKING;
      const costs = {
        ...machine,
        setUp: 1000 * alone.setUp * scale,
        packing: isShared ? 1000 * shared.row * scale : 0,
        runs,
      };
      const found = await simulation.run(workers, costs);
      const end = isShared ? Math.max(0, alone.end - shared.row * shared.rows) : alone.end;
      const time = found.time + end * scale;
      predictions.push({ ...found, time, speedup: real.serial / time });
    }
    return { workload: workload.name, size: options.size, real, predictions, errors: errorsOf(real, predictions) };
  } finally {
    for (const { executor } of contenders) await executor.close();
  }
}

function gasOf({ transactions }: BlockOutcome): number[] {
  return transactions.map((outcome) => (outcome.kind === 'executed' ? Number(outcome.gasUsed) : 0));
}

function errorsOf(real: RealTimes, predictions: readonly Prediction[]): Map<number, number> {
  const errors = new Map<number, number>();
  for (const { workers, time } of predictions) {
    const measured = real.parallel.get(workers);
    if (measured !== undefined) errors.set(workers, measured / time - 1);
  }
  return errors;
}

/** Simulates every workload selected, and answers the rows that it also gave to `onRow`. */
export async function benchSimulation(options: SimulateOptions): Promise<SimulatedRow[]> {
  const machine = await machineCosts();
  options.onCosts(machine);
  const engine = new ScheduledEngine('wasm', { simulated: options.size, mostSteps: MOST_STEPS });
  const rows: SimulatedRow[] = [];
  try {
    for (const workload of ENGINE_WORKLOADS) {
      if (!options.selects(workload.name)) continue;
      const row = await simulateWorkload(workload, machine, engine, options);
      rows.push(row);
      options.onRow(row);
    }
  } finally {
    await engine.close();
  }
  return rows;
}
