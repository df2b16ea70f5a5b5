/** A transaction's record on its way into the core. */
import {
  ACCESS_SLOT_COUNT,
  ACCESS_SLOTS,
  RECORD_ACCESS,
  RECORD_ACCESS_COUNT,
  RECORD_BLOB_COUNT,
  RECORD_BLOBS,
  RECORD_DATA,
  RECORD_DATA_LENGTH,
  RECORD_MACHINE_WORDS,
} from '../../layout.js';
import { U256_WORDS } from '../../primitives/words.js';
import { MachineError } from '../errors.js';
import type { TransactionRecord } from '../vm.js';
import type { CoreExports } from './exports.js';
import {
  ARGUMENT,
  ARGUMENT2,
  BLOB_COUNT,
  BLOBS,
  BLOBS_MAX,
  CALLDATA,
  CALLDATA_SIZE,
  DATA_LENGTH,
  TRANSACTION,
} from './layout.js';
import type { CoreMemory } from './memory.js';

/** Copies up to this many words are made pair by pair: the engine's own copy takes longer to start. */
const SHORT_COPY = 128;

/** Copies `count` words of a record to byte `out` of the core's memory. */
function copyWords(memory: CoreMemory, record: TransactionRecord, from: number, out: number, count: number): void {
  const { words } = record;
  const { u32 } = memory;
  const to = out >>> 2;
  for (let i = 0; i < count; i++) u32[to + i] = words[from + i] as number;
}

/** Copies `count` words, or one more, from an even word of a record to byte `out`, a multiple of eight, of the core's memory. */
function copyPairs(memory: CoreMemory, record: TransactionRecord, from: number, out: number, count: number): void {
  const { pairs } = record;
  const { u64 } = memory;
  const first = from >>> 1;
  const to = out >>> 3;
  // No BigInt comes to be: the values go from load to store as 64-bit integers.
  for (let i = 0; i < (count + 1) >>> 1; i++) u64[to + i] = pairs[first + i] as bigint;
}

/** Copies the words that prologue and epilogue need, calldata and blob hashes. Throws a MachineError where they do not fit. */
export function loadRecord(memory: CoreMemory, record: TransactionRecord): void {
  const { words, bytes, at } = record;
  copyPairs(memory, record, at, TRANSACTION, RECORD_MACHINE_WORDS);
  const length = words[at + RECORD_DATA_LENGTH] as number;
  const blobs = words[at + RECORD_BLOB_COUNT] as number;
  if (length > CALLDATA_SIZE || blobs > BLOBS_MAX) {
    throw new MachineError('LIMIT', 'the transaction brings more data than the machine has room for');
  }
  memory.u32[DATA_LENGTH >>> 2] = length;
  const data = at + (words[at + RECORD_DATA] as number);
  const dataWords = (length + 3) >>> 2;
  if (dataWords <= SHORT_COPY) copyPairs(memory, record, data, CALLDATA, dataWords);
  else memory.u8.set(bytes.subarray(4 * data, 4 * data + length), CALLDATA);
  memory.u32[BLOB_COUNT >>> 2] = blobs;
  if (blobs > 0) copyWords(memory, record, at + (words[at + RECORD_BLOBS] as number), BLOBS, U256_WORDS * blobs);
}

export function hasNoAccessList({ words, at }: TransactionRecord): boolean {
  return words[at + RECORD_ACCESS_COUNT] === 0;
}

/** Puts the access list (EIP-2930) into the access set. */
export function warmAccessList(core: CoreExports, memory: CoreMemory, record: TransactionRecord): void {
  const { words, at } = record;
  let entry = at + (words[at + RECORD_ACCESS] as number);
  for (let left = words[at + RECORD_ACCESS_COUNT] as number; left > 0; left--) {
    copyWords(memory, record, entry, ARGUMENT, U256_WORDS);
    const account = core.account(ARGUMENT);
    core.warmAddress(account);
    const end = entry + ACCESS_SLOTS + U256_WORDS * (words[entry + ACCESS_SLOT_COUNT] as number);
    for (let slot = entry + ACCESS_SLOTS; slot < end; slot += U256_WORDS) {
      copyWords(memory, record, slot, ARGUMENT2, U256_WORDS);
      core.warmSlot(account, ARGUMENT2);
    }
    entry = end;
  }
}
