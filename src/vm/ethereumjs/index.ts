export { createEthereumjsVm } from './machine.js';
export { type Precompile, type PrecompileResult, precompileAddresses, referencePrecompile } from './precompiles.js';
