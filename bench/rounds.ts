/** Interleaved rounds of samples, and what they come to: times, speed-ups, the noise. */
import type { ExecutionStats } from '../src/index.js';
import type { Contender, Sample } from './contender.js';
import { type Spread, spread } from './measure.js';

export interface ParallelTiming {
  readonly threads: number;
  /** Microseconds: per block, or of whatever the caller scales them to. */
  readonly time: Spread;
  /** Serial time over parallel time, round by round. */
  readonly speedup: Spread;
  /** Parallel time minus serial time of a whole block, round by round, microseconds. */
  readonly overhead: Spread;
  /** Processor time of all threads over that of the serial run, round by round: what the speed-up is paid with. */
  readonly processor: Spread;
  /** Of the last block that was timed. */
  readonly stats: ExecutionStats;
}

export interface Timings {
  readonly serial: Spread;
  /** (max - min) / median of the serial rounds: what a difference must exceed to mean anything. */
  readonly noise: number;
  readonly parallel: readonly ParallelTiming[];
}

/**
 * One sample of each contender, in turn. Each round begins with another contender, so that no one always follows the
 * same one's garbage.
 */
export async function takeRound<T>(
  contenders: readonly Contender[],
  round: number,
  take: (contender: Contender) => Promise<T>,
): Promise<T[]> {
  const taken: T[] = [];
  for (let turn = 0; turn < contenders.length; turn++) {
    const which = (turn + round) % contenders.length;
    taken[which] = await take(contenders[which] as Contender);
  }
  return taken;
}

/** Figures of `rounds[round][contender]`, the serial contender first; times are multiplied by `scale`. */
export function timings(contenders: readonly Contender[], rounds: readonly (readonly Sample[])[], scale = 1): Timings {
  const times = (which: number): Spread => spread(rounds.map((round) => (round[which] as Sample).time * scale));
  const serial = times(0);
  const parallel = contenders.slice(1).map(({ threads }, index): ParallelTiming => {
    const which = index + 1;
    const against = (figure: (own: Sample, base: Sample) => number): Spread =>
      spread(rounds.map((round) => figure(round[which] as Sample, round[0] as Sample)));
    return {
      threads,
      time: times(which),
      speedup: against(({ time }, { time: alone }) => alone / time),
      overhead: against(({ time }, { time: alone }) => time - alone),
      processor: against(({ processor }, { processor: alone }) => processor / alone),
      stats: (rounds.at(-1)?.[which] as Sample).stats,
    };
  });
  return { serial, noise: (serial.max - serial.min) / serial.median, parallel };
}
