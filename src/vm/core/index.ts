export { createWasmVm } from './machine.js';
