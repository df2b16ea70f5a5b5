/**
 * A job process: takes files, runs their cases one by one, and tells the parent before and after
 * each. It may be killed at any moment, and ends with its parent.
 */
import type { CaseRunner, CaseRunnerModule } from './case-runner.js';
import type { FileTask, FromJob, ToJob } from './protocol.js';

let runner: CaseRunner | null = null;

/** Waits until the message is written: a case that takes the process down must not take its announcement with it. */
function send(message: FromJob): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('a job process runs under a parent with an IPC channel');
    process.send(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function runFile(cases: CaseRunner, task: FileTask): Promise<void> {
  const opened = cases.open(task);
  if (task.skip === 0) await send({ type: 'opened', errors: opened.errors, notRun: opened.notRun });
  let ended = null;
  for (const one of opened.cases.slice(task.skip)) {
    await send({ type: 'step', ended, started: one.identity });
    ended = await one.run();
  }
  if (ended !== null) await send({ type: 'step', ended, started: null });
  await send({ type: 'done' });
}

async function receive(message: ToJob): Promise<void> {
  if (message.type === 'init') {
    const module = (await import(message.runner)) as CaseRunnerModule;
    runner = await module.createCaseRunner(message.settings);
    await send({ type: 'ready' });
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
// Ctrl-C reaches the whole process group; the parent decides what becomes of its jobs.
process.on('SIGINT', () => undefined);
