/** Every kind of flip, by the kind of case that it corrupts. */
import type { RunKind } from '../fixtures/classify.js';
import type { FlipKind } from './flip.js';
import { BLOCKCHAIN_FLIPS } from './flips-blockchain.js';
import { ENGINE_FLIPS, ENGINE_X_FLIPS } from './flips-engine.js';
import { STATE_FLIPS } from './flips-state.js';
import { DIFFICULTY_FLIPS, POW_FLIPS, RLP_FLIPS, TRANSACTION_FLIPS, TRIE_FLIPS } from './flips-units.js';

export const FLIPS: Readonly<Record<RunKind, readonly FlipKind[]>> = {
  state: STATE_FLIPS,
  blockchain: BLOCKCHAIN_FLIPS,
  transaction: TRANSACTION_FLIPS,
  difficulty: DIFFICULTY_FLIPS,
  trie: TRIE_FLIPS,
  pow: POW_FLIPS,
  rlp: RLP_FLIPS,
  'blockchain-engine': ENGINE_FLIPS,
  'blockchain-engine-x': ENGINE_X_FLIPS,
};
