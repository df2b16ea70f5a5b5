/** The judgement of a case that has blocks, by its kind. */
import { runBlockchainCase } from '../blockchain/run-blockchain.js';
import type { PreAllocations } from '../engine/pre-allocations.js';
import { runEngineCase } from '../engine/run-engine.js';
import type { BlockCases } from '../fixtures/cases.js';
import { runStateCase } from '../state/run-state.js';
import type { CaseOutcome } from '../verdict/result.js';
import type { Engines } from './engine.js';

export function runBlockCase(engines: Engines, one: BlockCases, preAllocations: PreAllocations): Promise<CaseOutcome> {
  switch (one.kind) {
    case 'state':
      return runStateCase(engines, one);
    case 'blockchain':
      return runBlockchainCase(engines, one);
    case 'blockchain-engine':
    case 'blockchain-engine-x':
      return runEngineCase(engines, one, preAllocations);
  }
}
