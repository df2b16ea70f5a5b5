/**
 * Timing of two contenders side by side. Rounds are interleaved, so that whatever else the machine
 * does meets both; the processor time of this process counts, and the wall clock is kept beside it.
 */

/** One of the programs compared. */
export interface Contender {
  readonly name: string;
  /** Sets up a batch and answers the part that is timed. Setting up is not timed. */
  prepare(): Promise<() => Promise<void> | void>;
  /** Transactions in a batch. */
  readonly transactions: number;
}

/** Microseconds: of one run, or per transaction. */
export interface Sample {
  readonly cpu: number;
  readonly wall: number;
}

/** Median with the least and the greatest of the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Timing {
  readonly cpu: Spread;
  readonly wall: Spread;
}

export interface Comparison {
  readonly timings: readonly Timing[];
  /** Processor time of each contender over that of the last one, round by round. */
  readonly ratios: readonly Spread[];
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Processor seconds per contender and round; at least one batch is run. */
  readonly seconds: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const at = (index: number): number => sorted[index] as number;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Processor time of the whole process, its threads included, and the wall clock while `run` runs. */
export async function timed(run: () => Promise<void> | void): Promise<Sample> {
  const startWall = process.hrtime.bigint();
  const startCpu = process.cpuUsage();
  await run();
  const used = process.cpuUsage(startCpu);
  return { cpu: used.user + used.system, wall: Number(process.hrtime.bigint() - startWall) / 1000 };
}

async function sample(contender: Contender, seconds: number): Promise<Sample> {
  let cpu = 0;
  let wall = 0;
  let transactions = 0;
  do {
    const batch = await timed(await contender.prepare());
    wall += batch.wall;
    cpu += batch.cpu;
    transactions += contender.transactions;
  } while (cpu < seconds * 1e6);
  return { cpu: cpu / transactions, wall: wall / transactions };
}

/** Warms every contender up for one round, then measures them in turn. */
export async function compare(contenders: readonly Contender[], options: MeasureOptions): Promise<Comparison> {
  for (const contender of contenders) await sample(contender, options.seconds);
  const samples: Sample[][] = contenders.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      (samples[index] as Sample[]).push(await sample(contender, options.seconds));
    }
  }
  const base = samples.at(-1) as Sample[];
  return {
    timings: samples.map((rounds) => ({
      cpu: spread(rounds.map(({ cpu }) => cpu)),
      wall: spread(rounds.map(({ wall }) => wall)),
    })),
    ratios: samples.map((rounds) => spread(rounds.map(({ cpu }, round) => cpu / (base[round] as Sample).cpu))),
  };
}
