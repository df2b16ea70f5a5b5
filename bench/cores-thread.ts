/** The other side of a {@link CoreMeter}. */
import { workerData } from 'node:worker_threads';
import { follow } from './cores.js';

follow(workerData as Int32Array);
