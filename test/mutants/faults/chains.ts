/** Faults of the rules by which chains of blocks, payloads and state tests are judged. */
import { expression, type Fault, faultsIn } from '../fault.js';

const chained = faultsIn('chains', ['runner-chain', 'runner-blockchain']);

export const CHAIN_FAULTS: readonly Fault[] = [
  chained(
    'last-seen-wins',
    'of two branches of equal total difficulty the later one becomes the head',
    expression(
      'runners/blockchain/chain.ts',
      'block.totalDifficulty > this.#head.totalDifficulty',
      'block.totalDifficulty >= this.#head.totalDifficulty',
    ),
  ),
];
