/**
 * What suspension and read checkpoints are worth: contended blocks with both off, each on, and both on, beside
 * serial execution, in one process and in interleaved rounds. Part of `npm run bench -- engine`.
 */
import { type Advice, type ExecutionStats, ParallelExecutor } from '../src/index.js';
import { shortNumber } from './chart/svg.js';
import { agree, type Contender, Subject, sample, serialContender, warmUp } from './contender.js';
import { mustSucceed } from './engine-check.js';
import { CONTENDED_WORKLOADS } from './engine-workloads.js';
import { type Spread, spread } from './measure.js';

/** What earlier blocks taught would foresee these conflicts, so that nothing is run too early. */
const UNFORESEEN = { learnt: 'off' } as const;

/** How the executors are advised, in the order of the columns. */
const SETTINGS = {
  'both off': { suspension: 'off', checkpoints: 'off' },
  suspension: { suspension: 'on', checkpoints: 'off' },
  checkpoints: { suspension: 'off', checkpoints: 'on' },
  'both on': { suspension: 'on', checkpoints: 'on' },
} as const;

type Setting = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Setting[];

export interface ImagesTiming {
  readonly setting: Setting;
  /** Microseconds per transaction. */
  readonly time: Spread;
  /** Serial time over parallel time, round by round. */
  readonly speedup: Spread;
  /** Of the round that took least. */
  readonly stats: ExecutionStats;
}

export interface ImagesRow {
  readonly workload: string;
  readonly size: number;
  readonly threads: number;
  readonly rounds: number;
  /** Microseconds per transaction. */
  readonly serial: Spread;
  readonly timings: readonly ImagesTiming[];
}

export interface ImagesBenchOptions {
  readonly size: number;
  readonly threads: number;
  readonly rounds: number;
  readonly selects: (name: string) => boolean;
  readonly onRow: (row: ImagesRow) => void;
}

async function createContenders(threads: number): Promise<Contender[]> {
  const contenders: Contender[] = [await serialContender()];
  for (const name of NAMES) {
    // A chain that is found out, and left to one thread, would have no use for any of them.
    const advice: Partial<Advice> = { ...SETTINGS[name], hintSources: UNFORESEEN, headStart: 'off' };
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice });
    contenders.push({ name, threads, executor });
  }
  return contenders;
}

async function measure(
  workload: string,
  subject: Subject,
  contenders: readonly Contender[],
  { size, threads, rounds }: ImagesBenchOptions,
): Promise<ImagesRow> {
  mustSucceed(`${workload}, serial`, await agree(workload, subject, contenders));
  const times: number[][] = contenders.map(() => []);
  const stats: ExecutionStats[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const which = (turn + round) % contenders.length;
      const own = times[which] as number[];
      const taken = await sample(subject, contenders[which] as Contender, { results: false });
      const time = taken.time / size;
      if (own.every((other) => other > time)) stats[which] = taken.stats;
      own.push(time);
    }
  }
  const alone = times[0] as number[];
  const timings = NAMES.map((setting, index): ImagesTiming => {
    const own = times[index + 1] as number[];
    return {
      setting,
      time: spread(own),
      speedup: spread(own.map((time, round) => (alone[round] as number) / time)),
      stats: stats[index + 1] as ExecutionStats,
    };
  });
  return { workload, size, threads, rounds, serial: spread(alone), timings };
}

/** Measures the contended workloads that are selected, and answers the rows that it also gave to `onRow`. */
export async function benchImages(options: ImagesBenchOptions): Promise<ImagesRow[]> {
  const chosen = CONTENDED_WORKLOADS.filter(({ name }) => options.selects(name));
  const rows: ImagesRow[] = [];
  if (chosen.length === 0) return rows;
  const contenders = await createContenders(options.threads);
  try {
    for (const { name, build } of chosen) {
      const subject = Subject.of(build(options.size));
      await warmUp(contenders, subject, false);
      const row = await measure(name, subject, contenders, options);
      rows.push(row);
      options.onRow(row);
    }
  } finally {
    for (const { executor } of contenders) await executor.close();
  }
  return rows;
}

const WIDTHS = [46, 7, 22, 28, 28, 28, 28, 0];

function line(texts: readonly string[], markdown: boolean): string {
  if (markdown) return `| ${texts.join(' | ')} |`;
  return texts
    .map((text, index) => (index === 0 ? text.padEnd(WIDTHS[0] as number) : text.padStart(WIDTHS[index] as number)))
    .join('  ');
}

function timed({ median, min }: Spread): string {
  return `${shortNumber(median)} (${shortNumber(min)})`;
}

/** Lines above the rows. */
export function imagesHeading(markdown: boolean): string {
  const titles = ['workload', 'size', 'serial us/tx (least)', ...NAMES, 'suspended/resumed, checkpoints/restored'];
  return markdown ? `${line(titles, true)}\n|---${'|--:'.repeat(titles.length - 1)}|` : line(titles, false);
}

/** A row: microseconds per transaction and speed-up of each setting, medians, with the least time in brackets. */
export function imagesLine({ workload, size, serial, timings }: ImagesRow, markdown: boolean): string {
  const cells = timings.map(({ time, speedup }) => `${timed(time)} ${shortNumber(speedup.median)}x`);
  const { suspensions, resumptions, checkpoints, restores } = (timings.at(-1) as ImagesTiming).stats;
  const counts = `${suspensions}/${resumptions}, ${checkpoints}/${restores}`;
  return line([workload, String(size), timed(serial), ...cells, counts], markdown);
}
