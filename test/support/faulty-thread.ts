/** Entry point of the engine's worker threads under a fault: see `fault-threads.ts`. */
import { workerData } from 'node:worker_threads';
import type { VmName } from '../../src/vm/name.js';
import { Fault } from './fault.js';
import { watchAccesses, watchMachines } from './fault-sites.js';

/** What a faulty thread gets besides what the engine's own entry point does. */
export interface FaultyData {
  readonly fault: Int32Array;
  /** The engine's entry point. */
  readonly entry: string;
}

const { fault: words, entry, vm } = workerData as FaultyData & { readonly vm: VmName };
const fault = new Fault(words);
await watchMachines(vm, fault);
watchAccesses(fault);
await import(entry);
