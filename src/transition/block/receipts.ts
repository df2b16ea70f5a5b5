/** Receipts and logs as the headers commit to them (yellow paper 4.3.1, EIP-658, EIP-2718). */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, concatBytes, EMPTY_BYTES } from '../../primitives/bytes.js';
import { keccak256 } from '../../primitives/crypto.js';
import { orderedTrieRoot } from '../../state/trie.js';
import type { Log } from '../../vm/vm.js';
import type { Receipt } from '../types.js';

export const BLOOM_BYTES = 256;

/** Sets the three bits of one bloom item: pairs of bytes of its hash, 11 bits each, counted from the right. */
function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  const hash = keccak256(item);
  for (let i = 0; i < 6; i += 2) {
    const bit = (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 0x7ff;
    const at = BLOOM_BYTES - 1 - (bit >> 3);
    bloom[at] = (bloom[at] as number) | (1 << (bit & 7));
  }
}

/** Bloom filter (256 bytes) over the addresses and topics of `logs`. */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const log of logs) {
    addToBloom(bloom, log.address);
    for (const topic of log.topics) addToBloom(bloom, topic);
  }
  return bloom;
}

/** Union of bloom filters; that of no filters is empty. */
export function combineBlooms(blooms: Iterable<Uint8Array>): Uint8Array {
  const union = new Uint8Array(BLOOM_BYTES);
  for (const bloom of blooms) {
    for (let i = 0; i < BLOOM_BYTES; i++) union[i] = (union[i] as number) | (bloom[i] as number);
  }
  return union;
}

type LogFields = [Uint8Array, Uint8Array[], Uint8Array];

function logFields(log: Log): LogFields {
  return [log.address, [...log.topics], log.data];
}

/** Keccak of the RLP of the logs: what state tests expect as `logs`. */
export function logsHash(logs: readonly Log[]): Uint8Array {
  return keccak256(RLP.encode(logs.map(logFields)));
}

/**
 * Encoding of a receipt as the receipts trie holds it: the type byte before it from type 1 on; first
 * comes the status (EIP-658), or the state root before Byzantium. Throws TypeError where it has neither.
 */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const body = RLP.encode([
    outcomeField(receipt),
    bigIntToMinimalBytes(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map(logFields),
  ]);
  return receipt.type === 0 ? body : concatBytes(Uint8Array.of(receipt.type), body);
}

function outcomeField(receipt: Receipt): Uint8Array {
  if (receipt.status !== null) return receipt.status === 1 ? Uint8Array.of(1) : EMPTY_BYTES;
  if (receipt.stateRoot === null) throw new TypeError('receipt with neither status nor state root');
  return receipt.stateRoot;
}

/** Root of the trie of receipts, 32 bytes. */
export function receiptsRoot(receipts: readonly Receipt[]): Uint8Array {
  return orderedTrieRoot(receipts.map(encodeReceipt));
}
