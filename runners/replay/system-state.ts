/** What the steps around the transactions touch (EIP-4788, EIP-2935, EIP-7002, EIP-7251), which no tracer shows. */
import { bigIntToBytes, bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { atLeast } from '../../src/primitives/fork.js';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/transition/block/system-calls.js';
import type { JsonBlock } from './block-json.js';

/** Length of the ring buffers of EIP-4788 and EIP-2935. */
const HISTORY = 8191n;

/** A queue of requests: slots 0 to 3 are excess, count, head and tail; entries follow from slot 4 on. */
export interface RequestQueue {
  readonly address: Hex;
  /** Requests that one block takes out at most. */
  readonly limit: bigint;
  /** Slots of one entry. */
  readonly width: bigint;
}

export const QUEUE_HEAD = 2n;
export const QUEUE_TAIL = 3n;
const QUEUE_START = 4n;

const WITHDRAWALS: RequestQueue = { address: bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS), limit: 16n, width: 3n };
const CONSOLIDATIONS: RequestQueue = { address: bytesToHex(CONSOLIDATION_REQUESTS_ADDRESS), limit: 2n, width: 4n };

export function slotName(slot: bigint): Hex {
  return bytesToHex(bigIntToBytes(slot, 32));
}

/** Accounts and slots that the block touches besides its transactions; entries of queues left out. */
export function systemKeys(block: JsonBlock): Map<Hex, Hex[]> {
  const { header, withdrawals } = block.raw;
  const keys = new Map<Hex, Hex[]>([[bytesToHex(header.coinbase), []]]);
  for (const { address } of withdrawals ?? []) keys.set(bytesToHex(address), []);
  if (atLeast(block.rules.fork, 'Cancun')) {
    const at = header.timestamp % HISTORY;
    keys.set(bytesToHex(BEACON_ROOTS_ADDRESS), [slotName(at), slotName(at + HISTORY)]);
  }
  if (atLeast(block.rules.fork, 'Prague')) {
    keys.set(bytesToHex(HISTORY_STORAGE_ADDRESS), [slotName((header.number - 1n) % HISTORY)]);
    for (const { address } of requestQueues(block)) keys.set(address, [0n, 1n, QUEUE_HEAD, QUEUE_TAIL].map(slotName));
  }
  return keys;
}

export function requestQueues(block: JsonBlock): RequestQueue[] {
  return atLeast(block.rules.fork, 'Prague') ? [WITHDRAWALS, CONSOLIDATIONS] : [];
}

/** Slots of the entries that the block takes out of a queue which stood so before it. */
export function queuedSlots({ limit, width }: RequestQueue, head: bigint, tail: bigint): Hex[] {
  const slots: Hex[] = [];
  const end = tail < head + limit ? tail : head + limit;
  for (let entry = head; entry < end; entry++) {
    for (let i = 0n; i < width; i++) slots.push(slotName(QUEUE_START + entry * width + i));
  }
  return slots;
}
