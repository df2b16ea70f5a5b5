export { MachineError, type MachineErrorCode } from './errors.js';
export { createEthereumjsVm } from './machine.js';
