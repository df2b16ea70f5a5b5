/** Entry point of an executor's worker thread that notes down what it does. */
import { parentPort, workerData } from 'node:worker_threads';
import { main, type WorkerOptions } from '../../src/executor/worker.js';
import { takeNotes } from './hooks.js';

export interface NotingThreadData {
  readonly options: WorkerOptions;
  readonly log: SharedArrayBuffer;
}

const { options, log } = workerData as NotingThreadData;
takeNotes(log);
await main(options, () => parentPort?.postMessage('ready'));
