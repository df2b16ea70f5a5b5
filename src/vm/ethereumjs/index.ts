export { createEthereumjsVm } from './machine.js';
