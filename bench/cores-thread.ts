/** The other side of a `CoreMeter`. */
import { workerData } from 'node:worker_threads';
import { follow } from './cores.js';

follow(workerData as Int32Array);
