/** Entry point of an executor's worker thread under the profiler: posts its profile when the executor is closed. */
import { parentPort, workerData } from 'node:worker_threads';
import { main, type WorkerOptions } from '../../src/executor/worker.js';
import { Recording } from './record.js';

const recording = await Recording.start();
// Until it is closed the thread sleeps and works without a turn for messages; so all of its life is recorded.
await main(workerData as WorkerOptions, () => parentPort?.postMessage('ready'));
parentPort?.postMessage(await recording.stop());
