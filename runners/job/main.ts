/**
 * A job process: takes files, runs their cases one by one, and tells the parent before and after
 * each. It may be killed at any moment, and ends with its parent.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type Companion, CompanionError } from '../fixtures/companions.js';
import type { CaseRunner, CaseRunnerModule } from './case-runner.js';
import { endWithParent } from './orphan.js';
import type { CompanionAnswer, FileTask, FromJob, JobSettings, JobUsage, ToJob } from './protocol.js';

const MIB = 1024 * 1024;
/**
 * How much a process may grow beyond its size at the start before it is replaced, and how much of that
 * each thread adds. A machine whose memory one case has filled keeps it for good.
 */
const GROWTH_BYTES = 320 * MIB;
const GROWTH_BYTES_PER_THREAD = 48 * MIB;
/** A case of this length may have filled a lot of memory, and the parent may have given cases away meanwhile. */
const LONG_MS = 50;

let runner: CaseRunner | null = null;
/** First case of the file that is not this process's any more. */
let until = 0;
/** Resident bytes above which the process asks to be replaced. */
let limit = Number.POSITIVE_INFINITY;
/** Requests for companions that the parent has not answered. */
const requests = new Map<number, (answer: CompanionAnswer) => void>();
let requested = 0;

/** Waits until the message is written: a case that takes the process down must not take its announcement with it. */
function send(message: FromJob): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('a job process runs under a parent with an IPC channel');
    process.send(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

/** Asks the parent, which holds the sources. Throws {@link CompanionError} where it could not search. */
async function askCompanion(source: string, file: string, name: string): Promise<Companion | null> {
  const request = requested++;
  const answered = new Promise<CompanionAnswer>((resolve) => requests.set(request, resolve));
  await send({ type: 'companion', request, source, file, name });
  const { found, problem } = await answered;
  if (problem !== null) throw new CompanionError(problem);
  return found;
}

function answer(message: CompanionAnswer): void {
  const resolve = requests.get(message.request);
  if (resolve === undefined) throw new Error(`an answer to request ${message.request}, which was not made`);
  requests.delete(message.request);
  resolve(message);
}

async function runFile(cases: CaseRunner, task: FileTask): Promise<void> {
  const opened = cases.open(task);
  const { errors, notRun } = opened;
  until = task.until ?? opened.cases.length;
  await send({ type: 'opened', cases: opened.cases.length, errors, notRun, usage: usage() });
  let ended = null;
  let full = false;
  for (let index = task.skip; index < until; index++) {
    const one = opened.cases[index];
    if (one === undefined) break;
    await send({ type: 'step', ended, started: one.identity, cpuMs: cpuMs() });
    const started = performance.now();
    ended = await one.run();
    if (performance.now() - started < LONG_MS) continue;
    full = isFull();
    if (full) break;
    // Messages are read between two turns of the event loop.
    await turn();
    await turn();
  }
  if (ended !== null) await send({ type: 'step', ended, started: null, cpuMs: cpuMs() });
  await send({ type: full || isFull() ? 'retire' : 'done', usage: usage() });
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function usage(): JobUsage {
  return { cpuMs: cpuMs(), bytes: process.memoryUsage.rss() };
}

function isFull(): boolean {
  return process.memoryUsage.rss() > limit;
}

function limitOf(settings: JobSettings): number {
  const threads = settings.threads.reduce((sum, count) => sum + count, 1);
  return process.memoryUsage.rss() + GROWTH_BYTES + threads * GROWTH_BYTES_PER_THREAD;
}

async function receive(message: ToJob): Promise<void> {
  if (message.type === 'init') {
    const module = (await import(message.runner)) as CaseRunnerModule;
    runner = await module.createCaseRunner(message.settings, askCompanion);
    limit = limitOf(message.settings);
    await send({ type: 'ready', usage: usage() });
    return;
  }
  if (message.type === 'companion') {
    answer(message);
    return;
  }
  if (message.type === 'until') {
    until = message.until;
    return;
  }
  if (runner === null) throw new Error('a file came before the settings');
  await runFile(runner, message.task);
}

process.on('message', (message: ToJob) => {
  receive(message).catch((error: unknown) => {
    // The parent reads the last lines of stderr into the verdict of the case that was running.
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
endWithParent();
// Ctrl-C, what stops a service, and a terminal that is closed reach the whole process group; the parent decides what becomes of its jobs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
