/** `lockstep selftest`: corrupts fixtures, one thing at a time, and demands that the runner notices. */

import { fixtureFault } from '../../reports/fixture-fault.js';
import { figure, plural } from '../../reports/format.js';
import { writeJson } from '../../reports/output-file.js';
import { oneLine, printableValue } from '../../reports/printable.js';
import { selfTestLines } from '../../reports/selftest.js';
import type { VmName } from '../../src/vm/name.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { JobStartError } from '../job/pool.js';
import { FLIPS } from '../selftest/flips.js';
import { SelfTest } from '../selftest/selftest.js';
import type { SelfTestResult } from '../verdict/selftest-result.js';
import type { Output } from './list.js';
import { type SelectionOptions, SUITES, UsageError } from './options.js';
import { drawSample, type ListedCase, listCases } from './sample.js';

export interface SelfTestCommandOptions extends Pick<SelectionOptions, 'suite' | 'fork' | 'grep' | 'offline'> {
  readonly cases: number;
  readonly seed: string;
  /** Texts of which one must be in the name of a flip. */
  readonly kind?: readonly string[];
  readonly vm: VmName;
  /** Threads of the one parallel run. */
  readonly threads: number;
  readonly jobs: number;
  /** Seconds per copy. */
  readonly timeout: number;
  readonly json?: string;
  readonly color: boolean;
}

export interface SelfTestContext {
  readonly sources: readonly FixtureSource[];
  /** URL of the module that jobs run cases with. */
  readonly runner: string;
  readonly out: Output;
  readonly log: Output;
  readonly signal: AbortSignal;
}

/**
 * Draws, corrupts and runs; answers the exit code: 0 only where every flip was caught. Throws {@link UsageError} where
 * no flip is called as asked, and `OutputFileError`, after the table is printed.
 */
export async function selftest(options: SelfTestCommandOptions, context: SelfTestContext): Promise<ExitCode> {
  const started = performance.now();
  checkKinds(options.kind ?? []);
  const { sources, signal } = context;
  const test = createTest(options, context);
  const stop = (): void => test.stop();
  signal.addEventListener('abort', stop);
  try {
    const drawn = await draw(options, context, test.faults);
    for (const source of sources) {
      if (!signal.aborted) await feed(source, drawn.get(source.name) ?? new Map(), test, signal);
    }
    await test.drain();
  } catch (error) {
    if (!(error instanceof JobStartError)) throw error;
    test.faults.push(error.message);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  const result: SelfTestResult = {
    seed: options.seed,
    sources: sources.map((source) => source.name),
    ...test.outcome(!signal.aborted),
    faults: test.faults,
    durationMs: Math.max(0, Math.round(performance.now() - started)),
  };
  const lines = selfTestLines(printableValue(result), options.color, signal.aborted);
  for (const line of lines) context.out.write(`${oneLine(line)}\n`);
  if (options.json !== undefined) await writeJson(options.json, result);
  return signal.aborted ? EXIT.interrupted : exitCode(result);
}

function checkKinds(asked: readonly string[]): void {
  const names = [...new Set(Object.values(FLIPS).flatMap((flips) => flips.map(({ name }) => name)))].sort();
  const unknown = asked.find((text) => !names.some((name) => name.includes(text)));
  if (unknown !== undefined)
    throw new UsageError(`--kind ${unknown}: is in no name of a flip; there are ${names.join('; ')}`);
}

function createTest(options: SelfTestCommandOptions, { sources, runner }: SelfTestContext): SelfTest {
  return new SelfTest({
    seed: options.seed,
    flips: options.kind ?? null,
    // Nothing is left out by suite or fork here: a flip may make a case one of another fork.
    settings: { vm: options.vm, threads: [options.threads], suites: SUITES, forks: null, grep: null },
    jobs: options.jobs,
    timeoutMs: options.timeout * 1000,
    runner,
    companion: async (source, file, name) =>
      (await sources.find((one) => one.name === source)?.companion(file, name)) ?? null,
  });
}

function exitCode({ cases, loose, unusable, faults, rows }: SelfTestResult): ExitCode {
  if (faults.length > 0) return EXIT.infrastructure;
  if (loose.length + unusable.length > 0) return EXIT.unexpected;
  return cases === 0 || rows.every((row) => row.tried === 0) ? EXIT.noCase : EXIT.expected;
}

/** Ids by source and file. */
type Drawn = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

async function draw(options: SelfTestCommandOptions, context: SelfTestContext, faults: string[]): Promise<Drawn> {
  const selection = { suites: options.suite ?? SUITES, forks: options.fork ?? null, grep: options.grep ?? null };
  const listed: ListedCase[] = [];
  for (const source of context.sources) {
    await guarded(faults, async () => {
      for await (const one of listCases(source, selection, (error) => faults.push(fixtureFault(error)))) {
        if (context.signal.aborted) return;
        listed.push(one);
      }
    });
  }
  const drawn = drawSample(listed, options.cases, options.seed);
  context.log.write(`${figure(drawn.length)} of ${plural(listed.length, 'case')} drawn\n`);
  const sources = new Map<string, Map<string, Set<string>>>();
  for (const { source, file, id } of drawn) {
    const files = sources.get(source) ?? new Map<string, Set<string>>();
    sources.set(source, files.set(file, (files.get(file) ?? new Set<string>()).add(id)));
  }
  return sources;
}

async function feed(
  source: FixtureSource,
  files: ReadonlyMap<string, ReadonlySet<string>>,
  test: SelfTest,
  signal: AbortSignal,
): Promise<void> {
  await guarded(test.faults, async () => {
    for await (const entry of source) {
      if (signal.aborted) return;
      const ids = files.get(entry.file);
      if (ids !== undefined) await test.add(source.name, entry.file, await entry.text(), ids);
    }
  });
}

async function guarded(faults: string[], read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    faults.push(error.message);
  }
}
