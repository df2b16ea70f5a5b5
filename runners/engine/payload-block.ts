/** From a payload to the block that it stands for: the header is made here, field by field. */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToHex, EMPTY_BYTES, equalBytes } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, keccak256 } from '../../src/primitives/crypto.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import type { RawBlock } from '../../src/transition/block/block.js';
import { encodeWithdrawal, withdrawalsRoot } from '../../src/transition/block/body.js';
import { headerFromFields } from '../../src/transition/block/header.js';
import { requestsHash } from '../../src/transition/block/requests.js';
import { BlockError } from '../../src/transition/errors.js';
import type { PayloadCall } from '../fixtures/cases-engine.js';
import { versionedHashes } from './versioned-hashes.js';

/**
 * The block of a call that `apiError` (`api-rules.ts`) lets pass. Throws {@link BlockError} where the versioned
 * hashes are not those of its transactions, where a field does not fit the header, or where the
 * header's hash is not the payload's.
 */
export function payloadBlock(call: PayloadCall): RawBlock {
  const { payload } = call;
  checkVersionedHashes(call);
  const fields = headerFields(call);
  const encoded = RLP.encode(fields);
  const hash = keccak256(encoded);
  const header = headerFromFields(fields, hash);
  if (!equalBytes(hash, payload.blockHash)) {
    const detail = `the payload's header hashes to ${bytesToHex(hash)}, the payload says ${bytesToHex(payload.blockHash)}`;
    throw new BlockError('BlockException.INVALID_BLOCK_HASH', null, detail);
  }
  return {
    header,
    transactions: payload.transactions,
    ommers: [],
    ommersHash: EMPTY_LIST_HASH,
    withdrawals: payload.withdrawals,
    hash,
    size: blockSize(encoded, call),
  };
}

function checkVersionedHashes({ versionedHashes: expected, payload }: PayloadCall): void {
  const actual = expected === null ? null : versionedHashes(payload.transactions);
  if (expected === null || actual === null) return;
  const at = Array.from({ length: Math.max(expected.length, actual.length) }).findIndex((_, index) => {
    const [a, b] = [expected[index], actual[index]];
    return a === undefined || b === undefined || !equalBytes(a, b);
  });
  if (at < 0) return;
  const name = (hash: Uint8Array | undefined): string => (hash === undefined ? 'none' : bytesToHex(hash));
  const detail = `versioned hash ${at}: the call says ${name(expected[at])}, the transactions ${name(actual[at])}`;
  throw new BlockError('BlockException.INVALID_VERSIONED_HASHES', null, detail);
}

/** Fields in header order (yellow paper, section 4.3); those of proof of work are constants (EIP-3675). */
function headerFields({ payload, parentBeaconBlockRoot, executionRequests }: PayloadCall): Uint8Array[] {
  const { withdrawals, blobGasUsed, excessBlobGas } = payload;
  const fields = [
    payload.parentHash,
    EMPTY_LIST_HASH,
    payload.feeRecipient,
    payload.stateRoot,
    orderedTrieRoot(payload.transactions),
    payload.receiptsRoot,
    payload.logsBloom,
    EMPTY_BYTES,
    bigIntToMinimalBytes(payload.blockNumber),
    bigIntToMinimalBytes(payload.gasLimit),
    bigIntToMinimalBytes(payload.gasUsed),
    bigIntToMinimalBytes(payload.timestamp),
    payload.extraData,
    payload.prevRandao,
    new Uint8Array(8),
    bigIntToMinimalBytes(payload.baseFeePerGas),
  ];
  if (withdrawals !== null) fields.push(withdrawalsRoot(withdrawals));
  if (blobGasUsed !== null) fields.push(bigIntToMinimalBytes(blobGasUsed));
  if (excessBlobGas !== null) fields.push(bigIntToMinimalBytes(excessBlobGas));
  if (parentBeaconBlockRoot !== null) fields.push(parentBeaconBlockRoot);
  if (executionRequests !== null) fields.push(requestsHash(executionRequests));
  return fields;
}

/** Bytes of the block's RLP (EIP-7934), without making it. */
function blockSize(header: Uint8Array, { payload }: PayloadCall): number {
  const { transactions, withdrawals } = payload;
  // A legacy transaction is a list of its own; a typed one is wrapped as a string.
  const bodies = transactions.map((bytes) => ((bytes[0] ?? 0) >= 0xc0 ? bytes.length : RLP.encode(bytes).length));
  const lists = [bodies, [], ...(withdrawals === null ? [] : [withdrawals.map((one) => encodeWithdrawal(one).length)])];
  return listSize([header.length, ...lists.map(listSize)]);
}

/** Bytes of an RLP list whose items have these sizes. */
function listSize(items: readonly number[]): number {
  const payload = items.reduce((sum, size) => sum + size, 0);
  return payload + 1 + (payload < 56 ? 0 : bigIntToMinimalBytes(BigInt(payload)).length);
}
