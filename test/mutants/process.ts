/** Runs one suite in the fault build and says whether it found anything. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { FAULT_VARIABLE } from './build.js';
import { type Progress, progressIn } from './lines.js';
import { ProcessGroup } from './process-group.js';
import type { SuiteName, SuiteRun } from './suites.js';

export interface Finding {
  readonly suite: SuiteName;
  /** `time limit` is for a process that had to be ended, or that reported a case as too slow. */
  readonly verdict: 'caught' | 'time limit' | 'nothing';
  /** What was found, in a few words. */
  readonly detail: string;
  readonly cases: number;
  readonly schedules: number;
  /** Processor time of all threads and processes, as they told it last. */
  readonly seconds: number;
}

const KEPT_LINES = 12;
const TICK_SECONDS = 0.5;

interface Ended {
  readonly code: number | null;
  readonly stopped: boolean;
  readonly progress: Progress | null;
  /** Last lines of the output that are no progress. */
  readonly tail: readonly string[];
}

/** Suites that are running; they are groups of their own, which the terminal's interrupt does not reach. */
const running = new Set<ChildProcess>();

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends all suites that are running. */
export function endSuites(): void {
  for (const child of running) end(child);
}

/** Runs the suite with `fault`, or without any where that is empty. `cwd` is the fault build. */
export async function runSuite(run: SuiteRun, fault: string, cwd: string): Promise<Finding> {
  const { code, stopped, progress, tail } = await ended(run, fault, cwd);
  const last = run.report() ?? progress ?? { cases: 0, schedules: 0, seconds: 0 };
  const found = { suite: run.suite, cases: last.cases, schedules: last.schedules, seconds: last.seconds };
  if (last.caught !== undefined) return { ...found, verdict: 'caught', detail: last.caught };
  if (stopped) return { ...found, verdict: 'time limit', detail: 'did not end' };
  if (code === 0) return { ...found, verdict: 'nothing', detail: '' };
  const detail = tail.find((line) => /error|fail/i.test(line)) ?? tail[0] ?? `exit code ${code}`;
  // The runner says so itself where a case took too long; whatever else ends a process is a catch.
  const slow = tail.some((line) => /\btimeout\b/.test(line));
  return { ...found, verdict: slow ? 'time limit' : 'caught', detail: detail.trim() };
}

async function ended(run: SuiteRun, fault: string, cwd: string): Promise<Ended> {
  // A process group of its own: jobs of the runner end with it.
  const child = spawn(process.execPath, run.arguments as string[], {
    cwd,
    detached: true,
    env: { ...process.env, [FAULT_VARIABLE]: fault },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const group = child.pid === undefined ? null : new ProcessGroup(child.pid);
  let stopped = false;
  let progress: Progress | null = null;
  const tail: string[] = [];
  // Counted in ticks, so that a machine that slept or was busy, or this process if it was stopped, does not use a
  // suite's time up.
  let total = 0;
  let silent = 0;
  const watch = setInterval(() => {
    if (stopped || group?.heldUp(TICK_SECONDS)) return;
    total += TICK_SECONDS;
    silent += TICK_SECONDS;
    if (total < run.limit && silent < run.stall) return;
    stopped = true;
    end(child);
  }, 1000 * TICK_SECONDS);
  const hear = (line: string): void => {
    silent = 0;
    const told = progressIn(line);
    if (told !== null) progress = told.caught === undefined && progress?.caught !== undefined ? progress : told;
    else if (line.trim() !== '') tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { code, stopped, progress, tail };
  } finally {
    clearInterval(watch);
    running.delete(child);
  }
}
