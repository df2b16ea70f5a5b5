/** Entry point of a worker thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { main, type WorkerOptions } from './worker.js';

await main(workerData as WorkerOptions, () => parentPort?.postMessage('ready'));
