/** `lockstep run` in this process, over cases that need no engine: see `fake-case-runner.ts`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OutcomeIndex } from '../../reports/outcomes.js';
import { buildReport, type Report } from '../../reports/report.js';
import type { RunOptions } from '../../runners/cli/options.js';
import { runCommand } from '../../runners/cli/run-command.js';
import type { Reporter, RunEnvironment, RunEvent } from '../../runners/events/events.js';
import { Tally } from '../../runners/events/tally.js';
import type { Behaviour } from './fake-case-runner.js';
import { packageRoot } from './root.js';

export const ENVIRONMENT: RunEnvironment = { lockstep: '0.1.0', node: 'v20.20.0', platform: 'linux-x64', cpus: 2 };

const OPTIONS: RunOptions = { vm: 'wasm', threads: [1], jobs: 1, timeout: 60, color: false, quiet: true };

export type FakeFiles = Readonly<Record<string, readonly Behaviour[]>>;

/** Writes files for the fake runner. */
export async function writeFakes(folder: string, files: FakeFiles): Promise<void> {
  for (const [name, behaviours] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), JSON.stringify(behaviours));
  }
}

class Collector implements Reporter {
  readonly tally = new Tally();
  readonly outcomes = new OutcomeIndex();
  readonly events: RunEvent[] = [];

  on(event: RunEvent): void {
    this.tally.on(event);
    if (event.type === 'case:end') this.outcomes.add(event.result);
    this.events.push(event);
  }

  get report(): Report {
    const [start, end] = [this.events[0], this.events.at(-1)];
    if (start?.type !== 'run:start' || end?.type !== 'run:end') throw new Error('the run has no start or no end');
    return buildReport(start, end, this.tally, this.outcomes);
  }
}

export interface CommandRun {
  readonly code: number;
  readonly events: readonly RunEvent[];
  readonly report: Report;
  /** Ids of the cases that ended in this process, in order. */
  readonly ran: readonly string[];
}

/** Runs the command; `given` of what is asked stands on the command line, all of it by default. Rejects as `runCommand` does. */
export async function runFakes(
  asked: Partial<RunOptions>,
  environment = ENVIRONMENT,
  given = Object.keys(asked),
): Promise<CommandRun> {
  const collector = new Collector();
  const code = await runCommand({ ...OPTIONS, ...asked }, new Set(given), {
    root: packageRoot,
    environment,
    runner: new URL('./fake-case-runner.js', import.meta.url).href,
    signal: () => new AbortController().signal,
    onProgress: () => undefined,
    reporters: () => [collector],
  });
  const { events } = collector;
  const resumed = events.findIndex(({ type }) => type === 'run:resume');
  const ran = events.slice(resumed + 1).flatMap((event) => (event.type === 'case:end' ? [event.result.id] : []));
  return { code, events, report: collector.report, ran };
}

const TIMES = new Set(['durationMs', 'usage', 'slowest', 'milliseconds', 'cpuMilliseconds']);

/** A report without what differs from one run to the next. */
export function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !TIMES.has(name))
      .map(([name, child]) => [name, timeless(child)]),
  );
}
