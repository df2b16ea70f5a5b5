/** The suites that faults are run against, each in a process of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Area, type Fault, partOf } from './fault.js';
import type { Progress } from './lines.js';

export const SUITE_NAMES = ['schedules', 'random blocks', 'exact views', 'corpus', 'unit tests'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

export interface SuiteSettings {
  /** The fault build. */
  readonly root: string;
  readonly dist: string;
  /** Number of random blocks. */
  readonly blocks: number;
  /** Deterministic schedules in all. */
  readonly schedules: number;
  readonly seed: number;
  /** A folder for reports. */
  readonly scratch: string;
}

/** One run of a suite. */
export interface SuiteRun {
  readonly suite: SuiteName;
  readonly arguments: readonly string[];
  /** Longest time for all of it, and without a line of output; seconds. */
  readonly limit: number;
  readonly stall: number;
  /** Reads what the process has left behind, where that is not on its standard output. */
  report(): Progress | null;
}

const nothing = (): null => null;

const RANDOM_SECONDS = 240;
const STALL_SECONDS = 40;

function randomBlocks({ dist, blocks, seed }: SuiteSettings): SuiteRun {
  return {
    suite: 'random blocks',
    arguments: [join(dist, 'test', 'mutants', 'random-blocks.js'), String(blocks), String(seed)],
    limit: RANDOM_SECONDS,
    stall: STALL_SECONDS,
    report: nothing,
  };
}

/** The random blocks over heaps of which each thread sees no more than it has mapped. */
function exactViews(settings: SuiteSettings): SuiteRun {
  const run = randomBlocks(settings);
  return { ...run, suite: 'exact views', arguments: [...run.arguments, 'exact'] };
}

/** Small blocks of the schedules suite. Each is run under equally many schedules. */
const SCHEDULED_BLOCKS = 60;

function scheduledBlocks({ dist, schedules, seed }: SuiteSettings): SuiteRun {
  const each = String(Math.ceil(schedules / SCHEDULED_BLOCKS));
  return {
    suite: 'schedules',
    arguments: [join(dist, 'test', 'mutants', 'scheduled-blocks.js'), String(SCHEDULED_BLOCKS), each, String(seed)],
    limit: RANDOM_SECONDS,
    stall: STALL_SECONDS,
    report: nothing,
  };
}

/** Threads with which the corpus is run, each once for every block. */
const CORPUS_THREADS = [2, 4];
const CASE_SECONDS = 60;
const CORPUS_SECONDS = 300;

function corpus({ root, dist, scratch }: SuiteSettings): SuiteRun {
  const json = join(scratch, 'corpus.json');
  const options = ['--offline', '--bail', '--quiet', '--no-color', '--jobs', '2', '--timeout', String(CASE_SECONDS)];
  return {
    suite: 'corpus',
    arguments: [
      join(dist, 'runners', 'cli', 'main.js'),
      'run',
      ...options,
      '--threads',
      CORPUS_THREADS.join(','),
      '--fixtures',
      join(root, 'corpus', 'fixtures'),
      '--json',
      json,
    ],
    limit: CORPUS_SECONDS,
    stall: CORPUS_SECONDS,
    report: () => corpusReport(json),
  };
}

interface Report {
  readonly exitCode: number;
  readonly summary: Readonly<Record<string, number>>;
  /** Null where the run ended before it was known. */
  readonly usage: { readonly cpuMs: { readonly jobs: number; readonly parent: number } } | null;
  readonly failures?: readonly { readonly id: string; readonly outcome: string }[];
}

/** Outcomes of a case that are a catch, the most telling first. A job that exceeds its time is no more than that. */
const CATCHES = ['divergent', 'nonconformant', 'unstable', 'crashed'] as const;

function corpusReport(path: string): Progress | null {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    // The process was ended before it could write.
    return null;
  }
  const cases = report.summary.cases ?? 0;
  const outcome = CATCHES.find((name) => (report.summary[name] ?? 0) > 0);
  const { jobs = 0, parent = 0 } = report.usage?.cpuMs ?? {};
  const progress = { cases, schedules: cases * CORPUS_THREADS.length, seconds: (jobs + parent) / 1000 };
  return outcome === undefined ? progress : { ...progress, caught: outcome };
}

const UNIT_SECONDS = 240;
/** No single test takes so long. */
const TEST_SECONDS = 90;

function unitTests({ dist }: SuiteSettings, files: readonly string[], only: string | null = null): SuiteRun {
  const mocha = join(dist, '..', '..', '..', 'node_modules', 'mocha', 'bin', 'mocha.js');
  return {
    suite: 'unit tests',
    arguments: [
      mocha,
      '--exit',
      '--bail',
      '--reporter',
      join(dist, 'test', 'mutants', 'mocha-lines.js'),
      ...(only === null ? [] : ['--fgrep', only]),
      ...files.map((file) => join(dist, 'test', 'unit', `${file}.test.js`)),
    ],
    limit: UNIT_SECONDS,
    stall: TEST_SECONDS,
    report: nothing,
  };
}

/**
 * A unit test may also fail because the machine is busy, but what a fault does it does again: the run that confirms a
 * failure of the test of that title; null where a suite's catch needs no such thing.
 */
export function confirmation(
  { units }: Fault,
  suite: SuiteName,
  title: string,
  settings: SuiteSettings,
): SuiteRun | null {
  if (suite !== 'unit tests') return null;
  // Hooks have titles that cannot be asked for.
  return unitTests(settings, units, / hook[ :]/.test(title) ? null : title);
}

/** Areas in which serial and parallel execution are wrong alike, so that only fixtures and unit tests can tell. */
const SHARED: readonly Area[] = ['transition', 'machine host', 'outcomes'];
/** Areas whose faults only unit tests ask for. */
const ASKED_FOR: readonly Area[] = ['hints'];
/** The area whose faults show by chance only, unless every view of memory ends where its thread has mapped. */
const MAPPED: Area = 'mapping';

/** Runs for a fault, in the order in which they are made. */
export function suitesFor({ area, units }: Fault, settings: SuiteSettings): SuiteRun[] {
  const scheduled = scheduledBlocks(settings);
  const random = randomBlocks(settings);
  const fixtures = corpus(settings);
  const tests = unitTests(settings, units);
  // No schedule of threads tells what the runner has missed.
  if (partOf(area) === 'runner') return [tests, fixtures];
  if (area === MAPPED) return [exactViews(settings), tests];
  if (ASKED_FOR.includes(area)) return [tests, scheduled, random, fixtures];
  return SHARED.includes(area) ? [fixtures, tests, random, scheduled] : [scheduled, random, fixtures, tests];
}

/** Runs without any fault, which must find nothing. */
export function controlSuites(settings: SuiteSettings, faults: readonly Fault[]): SuiteRun[] {
  const files = [...new Set(faults.flatMap(({ units }) => units))].sort();
  const threads = faults.some(({ area }) => partOf(area) === 'engine');
  return [
    ...(threads ? [scheduledBlocks(settings), randomBlocks(settings), exactViews(settings)] : []),
    corpus(settings),
    ...files.map((file) => unitTests(settings, [file])),
  ];
}
