/**
 * Ends this process soon after its parent has been killed. Its own event loop would see that, but gets no turn
 * while a case runs, and a case that never ends would keep a processor busy for good; so a thread looks.
 */
import { Worker } from 'node:worker_threads';

const LOOK_MS = 1000;

const WATCH = `
const parent = require('node:worker_threads').workerData;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, ${LOOK_MS});
`;

/** To be called once, early. Does not keep the process alive. */
export function endWithParent(): void {
  // None of the options with which this process was started is meant for this thread.
  const options = { eval: true, workerData: process.ppid, execArgv: [], name: 'lockstep parent watch' };
  new Worker(WATCH, options).unref();
}
