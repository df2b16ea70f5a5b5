/** Blocks to test and to measure with: see README.md. */
export { KIND_NAMES, type KindName } from './kinds/index.js';
export { type Mix, WorkloadOptionError, type WorkloadOptions } from './options.js';
export { keyedTransaction, workloadScenario } from './scenario.js';
export { type GeneratedTransaction, Workload } from './workload.js';
