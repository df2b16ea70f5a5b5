#!/usr/bin/env node
/** Entry point of the `lockstep` command. What a command needs is loaded when it runs: all of them together take half a second. */
import { availableParallelism } from 'node:os';
import { CommanderError } from 'commander';
import { BenchFileError } from '../../reports/bench/figures.js';
import { OutputFileError } from '../../reports/output-file.js';
import { printableLines } from '../../reports/printable.js';
import type { RunEnvironment } from '../events/events.js';
import { EventLogError } from '../events/log-error.js';
import { EXIT } from '../events/tally.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { MergeError } from '../shards/merge.js';
import { configured, findConfig } from './config.js';
import { GateFileError } from './gate-error.js';
import { interruption } from './interruption.js';
import { type SelectionOptions, UsageError } from './options.js';
import { checkOutputs, logInputs, sourceInputs } from './outputs.js';
import { packageOf } from './package.js';
import { createProgram } from './program.js';
import { reportersOf, summaryPath } from './reporters.js';
import { findSources, selfTestSources } from './sources.js';
import { outliveOutput, printingOnly } from './standard-output.js';

const { root, version } = packageOf(import.meta.url);
const runner = new URL('../job/lockstep-runner.js', import.meta.url).href;
const showProgress = (line: string): void => {
  process.stderr.write(`${printableLines(line)}\n`);
};

const environment: RunEnvironment = {
  lockstep: version,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpus: availableParallelism(),
};

/** The sources that options name, or the default ones; what is left out of them is told. */
async function sourcesOf(options: SelectionOptions): Promise<readonly FixtureSource[]> {
  const { sources, notes } = await findSources(root, options, showProgress);
  for (const note of notes) showProgress(note);
  return sources;
}

const program = createProgram(version, {
  async run(asked, given) {
    const options = configured(asked, given, await findConfig(process.cwd(), asked.config));
    const { runCommand } = await import('./run-command.js');
    process.exitCode = await runCommand(options, given, {
      root,
      environment,
      runner,
      signal: interruption,
      onProgress: showProgress,
      reporters: (options) => reportersOf(options, true),
    });
  },
  async report(files, options) {
    const { json, html, junit } = options;
    await checkOutputs({ json, html, junit }, logInputs(files));
    const { report } = await import('./report.js');
    process.exitCode = await report(files, reportersOf(options, false));
  },
  async merge(files, options) {
    await checkOutputs({ out: options.out }, logInputs(files));
    const { merge } = await import('./merge.js');
    process.exitCode = await merge(files, options, process.stderr);
  },
  async timings(files, options) {
    await checkOutputs({ out: options.out }, logInputs(files));
    const { timings } = await import('./timings.js');
    process.exitCode = await timings(files, options, process.stderr);
  },
  async doctor(sources, options) {
    const { doctor } = await import('./doctor.js');
    process.exitCode = await doctor(root, sources, options, process.stdout);
  },
  async updateExpectations(logs, options) {
    const { updateExpectations } = await import('./expectations.js');
    process.exitCode = await updateExpectations(root, logs, options, process.stdout);
  },
  async gate(options) {
    const { gate } = await import('./gate.js');
    process.exitCode = await gate(options, process.stdout, summaryPath());
  },
  async list(options) {
    printingOnly();
    const sources = await sourcesOf(options);
    const { list } = await import('./list.js');
    process.exitCode = await list(options, sources, process.stdout, process.stderr);
  },
  async counts(sources, options) {
    const { counts } = await import('./counts.js');
    process.exitCode = await counts(root, sources, options, process.stdout, process.stderr);
  },
  async trace(pattern, options) {
    if (options.out === undefined) printingOnly();
    const sources = await sourcesOf(options);
    await checkOutputs({}, sourceInputs(sources), { out: options.out });
    const { trace } = await import('./trace.js');
    process.exitCode = await trace(pattern, options, sources, process.stdout, process.stderr);
  },
  async explain(pattern, options) {
    const sources = await sourcesOf(options);
    const { explain } = await import('./explain.js');
    process.exitCode = await explain(pattern, options, { sources, out: process.stdout, log: process.stderr });
  },
  async minimise(pattern, options) {
    await checkOutputs({ out: options.out });
    const sources = await sourcesOf(options);
    await checkOutputs({ out: options.out }, sourceInputs(sources));
    const { minimiseCase } = await import('./minimise.js');
    process.exitCode = await minimiseCase(pattern, options, { sources, out: process.stdout, log: process.stderr });
  },
  async replay(sources, options) {
    const { replay } = await import('./replay.js');
    process.exitCode = await replay(sources, options, {
      environment,
      out: process.stdout,
      log: process.stderr,
      signal: interruption(),
    });
  },
  async replaySchedule(pattern, options) {
    const sources = await sourcesOf(options);
    await checkOutputs({}, sourceInputs(sources), { log: options.log });
    const { replayScheduleCommand } = await import('./replay-schedule.js');
    process.exitCode = await replayScheduleCommand(pattern, options, sources, process.stdout, process.stderr);
  },
  async timeline(pattern, options) {
    await checkOutputs({ out: options.out });
    const sources = await sourcesOf(options);
    await checkOutputs({ out: options.out }, sourceInputs(sources));
    const { timeline } = await import('./timeline.js');
    process.exitCode = await timeline(pattern, options, sources, process.stdout, process.stderr);
  },
  async capture(options) {
    const { capture } = await import('./capture.js');
    process.exitCode = await capture(options, { out: process.stdout, log: process.stderr, signal: interruption() });
  },
  async selftest(specs, options) {
    const sources = await selfTestSources(root, specs, options.offline === true);
    await checkOutputs({ json: options.json }, sourceInputs(sources));
    const { selftest } = await import('./selftest.js');
    process.exitCode = await selftest(options, {
      sources,
      runner,
      out: process.stdout,
      log: process.stderr,
      signal: interruption(),
    });
  },
});

/** What is wrong with a file that was named is said in a line. */
const FILE_ERRORS = [EventLogError, MergeError, GateFileError, BenchFileError, OutputFileError];

outliveOutput();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed help or the complaint already.
    process.exitCode = error.exitCode === 0 ? EXIT.expected : EXIT.usage;
  } else if (error instanceof UsageError || FILE_ERRORS.some((known) => error instanceof known)) {
    process.stderr.write(`error: ${printableLines((error as Error).message)}\n`);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.infrastructure;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = EXIT.infrastructure;
  }
}
