/** What the command line may say, checked and typed. */

import { InvalidArgumentError } from 'commander';
import type { VmName } from '../../src/vm/name.js';
import { RUN_KINDS, type RunKind } from '../fixtures/classify.js';
import { isNetwork, UnknownNetworkError } from '../fixtures/networks.js';
import { idMatcher } from '../fixtures/reference.js';
import { bytesForJobs, MIB, mostJobs, usableMemory } from '../job/memory-needs.js';
import type { ReporterOptions } from './reporters.js';

/** The command line, or what it asks for, cannot be carried out as it stands. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** `quick` is what every run takes; `full` is that and the filled workloads. */
export const CORPUS_PARTS = ['quick', 'full'] as const;
export type CorpusPart = (typeof CORPUS_PARTS)[number];

/** Options that choose cases; `run` and `list` share them. */
export interface SelectionOptions {
  readonly suite?: readonly RunKind[];
  readonly fork?: readonly string[];
  readonly grep?: string;
  readonly fixtures?: readonly string[];
  readonly corpus?: CorpusPart;
  readonly offline?: boolean;
  readonly legacy?: boolean;
  readonly sample?: number;
}

/** One part of a run that is split: `index` of `of`, from 1. */
export interface ShardOption {
  readonly index: number;
  readonly of: number;
}

export interface RunOptions extends SelectionOptions, ReporterOptions {
  readonly shard?: ShardOption;
  /** How a run that is split is dealt out; by hash where left out. */
  readonly shardBy?: ShardingMode;
  /** File of recorded times. */
  readonly timings?: string;
  readonly vm: VmName;
  readonly threads: readonly number[];
  readonly jobs: number;
  /** Fused blocks of a file at most, in place of its cases. */
  readonly fuse?: number;
  /** Fused blocks in all at most. */
  readonly fuseSample?: number;
  /** Sources that fused blocks are made of, beside the cases of the others. */
  readonly fuseFrom?: readonly string[];
  /** Seconds per case. */
  readonly timeout: number;
  readonly bail?: boolean;
  /** File of options, named or found, and the name of a set of them. */
  readonly config?: string;
  readonly profile?: string;
  /** Of options that leave cases out and that the command line does not hold: where they come from, by their names. */
  readonly origins?: Readonly<Record<string, string>>;
  /** File that the run's events go to. */
  readonly events?: string;
  /** Log of a run that was broken off, to go on with. */
  readonly resume?: string;
  /** Log of a run whose failures alone are to be run. */
  readonly lastFailed?: string;
  /** Files that take the place of those in the package. */
  readonly expectations?: string;
  readonly expectedCounts?: string;
  /** Deterministic schedules per block. */
  readonly schedules?: number;
  /** Pre-emptions up to which every schedule of small blocks is run, and how many at most per block. */
  readonly preemptions?: number;
  readonly exploreLimit?: number;
  /** What everything that is drawn is drawn from. */
  readonly seed?: string;
}

export const SHARDING_MODES = ['hash', 'time'] as const;
export type ShardingMode = (typeof SHARDING_MODES)[number];

export const SUITES = RUN_KINDS;
const MAX_THREADS = 256;

export function parseSuites(text: string): RunKind[] {
  return splitList(text).map((name) => {
    const suite = SUITES.find((known) => known === name);
    if (suite === undefined) throw new InvalidArgumentError(`"${name}" is none of ${SUITES.join(', ')}.`);
    return suite;
  });
}

export function parseForks(text: string): string[] {
  const names = splitList(text);
  for (const name of names) {
    if (!isNetwork(name)) throw new InvalidArgumentError(`${new UnknownNetworkError(name).message}.`);
  }
  return names;
}

export function parsePattern(text: string): string {
  try {
    idMatcher(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
  return text;
}

export function parseThreads(text: string): number[] {
  return [...new Set(splitList(text).map(parseThreadCount))];
}

/** For commands that run one number of threads only. */
export function parseThreadCount(text: string): number {
  const count = parseCount(text);
  if (count > MAX_THREADS) throw new InvalidArgumentError(`${count} threads are more than ${MAX_THREADS}.`);
  return count;
}

/** Job processes at a time. */
export function parseJobs(text: string): number {
  const count = parseCount(text);
  const most = mostJobs();
  if (count <= most) return count;
  throw new InvalidArgumentError(
    `${count} jobs want about ${gibibytes(bytesForJobs(count))} of memory, and ${gibibytes(usableMemory())} are there: ${most} at most.`,
  );
}

function gibibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * MIB))} GiB`;
}

export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no positive whole number.`);
  return Number(text);
}

/** `2/3`: the second of three parts. */
export function parseShard(text: string): ShardOption {
  const [, index = 0, of = 0] = (/^([1-9][0-9]{0,4})\/([1-9][0-9]{0,4})$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > of) throw new InvalidArgumentError(`"${text}" is no part of a run, such as 2/3.`);
  return { index, of };
}

export function parseIndex(text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(text)) throw new InvalidArgumentError(`"${text}" is no whole number.`);
  return Number(text);
}

/** Numbers of blocks. */
export function parseNumbers(text: string): number[] {
  return [...new Set(splitList(text).map(parseIndex))];
}

export function parseSeconds(text: string): number {
  const seconds = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0) throw new InvalidArgumentError(`"${text}" is no positive number of seconds, such as 90 or 0.5.`);
  return seconds;
}

/** A share, as in 0.9; more than 1 asks for an improvement. */
export function parseShare(text: string): number {
  const share = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (share <= 0) throw new InvalidArgumentError(`"${text}" is no share above 0, such as 0.9.`);
  return share;
}

export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Texts, separated by commas. */
export function parseTexts(text: string): string[] {
  return splitList(text);
}

function splitList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) throw new InvalidArgumentError(`"${text}" has an empty entry.`);
  return parts;
}
