/** Receipts and logs as the headers commit to them (yellow paper 4.3.1, EIP-658, EIP-2718). */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, concatBytes, EMPTY_BYTES, equalBytes } from '../../primitives/bytes.js';
import { keccak256 } from '../../primitives/crypto.js';
import { orderedTrieRoot } from '../../state/trie.js';
import type { Log } from '../../vm/vm.js';
import type { Receipt } from '../types.js';

export const BLOOM_BYTES = 256;

/**
 * Bits of items met lately, by a few of their bytes: the contracts and the event topics of a block
 * come again and again, and a hash is the dearest part of a receipt. The whole item is compared.
 */
const RECENT = 512;
const recentItems: (Uint8Array | undefined)[] = new Array(RECENT);
/** Three bit numbers for each. */
const recentBits = new Uint16Array(3 * RECENT);

/** Place in `recentBits` of the item's three bits: pairs of bytes of its hash, 11 bits each. */
function bitsOf(item: Uint8Array): number {
  const last = item.length - 1;
  const mixed = Math.imul(((item[last] as number) << 8) | (item[last - 1] as number), 0x9e37) ^ (item[0] as number);
  const place = ((mixed >>> 4) ^ mixed) & (RECENT - 1);
  const recent = recentItems[place];
  if (recent === undefined || !equalBytes(recent, item)) {
    const hash = keccak256(item);
    for (let i = 0; i < 3; i++) {
      recentBits[3 * place + i] = (((hash[2 * i] as number) << 8) | (hash[2 * i + 1] as number)) & 0x7ff;
    }
    recentItems[place] = item.slice();
  }
  return 3 * place;
}

/** Sets the three bits of one bloom item, counted from the right. */
function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  const bits = bitsOf(item);
  for (let i = 0; i < 3; i++) {
    const bit = recentBits[bits + i] as number;
    const at = BLOOM_BYTES - 1 - (bit >> 3);
    bloom[at] = (bloom[at] as number) | (1 << (bit & 7));
  }
}

/** Bloom filter (256 bytes) over the addresses and topics of `logs`, written to `bloom`, which must be zero. */
export function logsBloom(logs: readonly Log[], bloom: Uint8Array = new Uint8Array(BLOOM_BYTES)): Uint8Array {
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

/** Root of the trie of receipts, 32 bytes. Throws TypeError where one has neither a status nor a state root. */
export function receiptsRoot(receipts: readonly Receipt[]): Uint8Array {
  return orderedTrieRoot(receipts.map(encodeReceipt));
}
