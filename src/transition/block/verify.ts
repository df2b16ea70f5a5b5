/** An executed block against what its header promises. */
import { bytesToHex, equalBytes } from '../../primitives/bytes.js';
import { atLeast, type Fork } from '../../primitives/fork.js';
import { orderedTrieRoot } from '../../state/trie.js';
import { BlockError, type BlockErrorCode } from '../errors.js';
import type { BlockOutcome } from '../types.js';
import type { RawBlock } from './block.js';
import { receiptsRoot } from './receipts.js';
import { requestsHash } from './requests.js';

/**
 * First promise of the block's header that execution did not keep, or null. The order is that of
 * execution-specs, save that receipts and bloom precede the state root: before Byzantium the
 * receipts hold state roots, and the suites name the receipts where both differ. `stateRoot` is the
 * root after the block, 32 bytes.
 */
export function verifyOutcome(
  block: Pick<RawBlock, 'header' | 'transactions'>,
  outcome: Pick<BlockOutcome, 'gasUsed' | 'blobGasUsed' | 'receipts' | 'logsBloom' | 'requests'>,
  stateRoot: Uint8Array,
  fork: Fork,
): BlockError | null {
  const { header } = block;
  return (
    compareNumbers('INVALID_GAS_USED', header.gasUsed, outcome.gasUsed) ??
    compareBytes('INVALID_TRANSACTIONS_ROOT', header.transactionsRoot, orderedTrieRoot(block.transactions)) ??
    compareBytes('INVALID_RECEIPTS_ROOT', header.receiptsRoot, receiptsRoot(outcome.receipts)) ??
    compareBytes('INVALID_LOG_BLOOM', header.logsBloom, outcome.logsBloom) ??
    compareBytes('INVALID_STATE_ROOT', header.stateRoot, stateRoot) ??
    (atLeast(fork, 'Cancun')
      ? compareNumbers('INCORRECT_BLOB_GAS_USED', header.blobGasUsed, outcome.blobGasUsed)
      : null) ??
    (atLeast(fork, 'Prague')
      ? compareBytes('INVALID_REQUESTS', header.requestsHash, requestsHash(outcome.requests ?? []))
      : null)
  );
}

function compareNumbers(code: BlockErrorCode, promised: bigint | null, actual: bigint): BlockError | null {
  if (promised === actual) return null;
  return new BlockError(`BlockException.${code}`, null, `the header says ${promised}, execution ${actual}`);
}

function compareBytes(code: BlockErrorCode, promised: Uint8Array | null, actual: Uint8Array): BlockError | null {
  if (promised !== null && equalBytes(promised, actual)) return null;
  const said = promised === null ? 'nothing' : bytesToHex(promised);
  return new BlockError(`BlockException.${code}`, null, `the header says ${said}, execution ${bytesToHex(actual)}`);
}
