/** System contracts, as the runner's scenarios have them. */
export {
  BEACON_ROOTS,
  BLOCK_HASHES,
  CONSOLIDATION_REQUESTS,
  DEPOSIT_ADDRESS,
  type SystemContract,
  WITHDRAWAL_REQUESTS,
} from '../runners/scenario/system-contracts.js';
