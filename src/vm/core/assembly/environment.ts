/** What instructions read besides state: block hashes, calldata, code's jump destinations, hashes of memory. */
import { copy32, equal32, fits64, loadBigEndian, loadBigEndianPadded, zero32 } from './bits';
import { hostBlockhash } from './host';
import { keccak256Word } from './keccak';
import { HASH_CACHE, NUMBER, SCRATCH_ANSWER } from './layout';

/** Ancestors whose hash BLOCKHASH knows. */
const ANCESTORS: u64 = 256;

/** Replaces a block's number by its hash; zero where it is no recent ancestor. */
export function blockhash(item: usize): void {
  const wanted = load<u64>(item);
  const number = load<u64>(NUMBER);
  if (!fits64(item) || wanted >= number || number - wanted > ANCESTORS) {
    zero32(item);
    return;
  }
  hostBlockhash(item, SCRATCH_ANSWER);
  copy32(item, SCRATCH_ANSWER);
}

/** Replaces an offset by the 32 bytes of calldata there; what lies behind the end is zero. */
@inline
export function calldataWord(data: usize, length: u32, item: usize): void {
  const offset = load<u64>(item);
  if (!fits64(item) || offset >= <u64>length) zero32(item);
  else if (offset + 32 <= <u64>length) loadBigEndian(data + <usize>offset, item);
  else loadBigEndianPadded(data + <usize>offset, length - <u32>offset, item);
}

/** Whether a JUMPDEST that is no immediate data stands at `target`, which lies within the code. */
@inline
export function isDestination(bitmap: usize, target: u32): bool {
  return ((load<u8>(bitmap + (target >> 3)) >> <u8>(target & 7)) & 1) != 0;
}

/** Length of the inputs whose hashes are kept: a key and a slot, by which mappings find their elements. */
const PAIR: u32 = 64;
/** Entries of 128 bytes: input (64), hash (32), 1 where it is in use. */
const CACHE_MASK: u32 = 0x7ff;

/** Keccak-256 of memory as a 256-bit value. Hashes of pairs are remembered, over transactions too. */
export function hash(from: usize, length: u32, out: usize): void {
  if (length != PAIR) {
    keccak256Word(from, length, out);
    return;
  }
  // No secret in this hash: whoever makes entries collide gains no more than a miss.
  const mixed =
    (load<u64>(from) ^ rotl<u64>(load<u64>(from, 32), 32)) * 0x9e3779b97f4a7c15 +
    (load<u64>(from, 8) ^ rotl<u64>(load<u64>(from, 40), 32)) * 0xc2b2ae3d27d4eb4f +
    (load<u64>(from, 16) ^ rotl<u64>(load<u64>(from, 48), 32)) * 0x165667b19e3779f9 +
    (load<u64>(from, 24) ^ rotl<u64>(load<u64>(from, 56), 32)) * 0xd6e8feb86659fd93;
  const index = <u32>((mixed ^ (mixed >> 29)) >> 20) & CACHE_MASK;
  const entry = HASH_CACHE + (<usize>index << 7);
  if (load<u32>(entry, 96) == 0 || !equal32(entry, from) || !equal32(entry + 32, from + 32)) {
    keccak256Word(from, PAIR, entry + 64);
    copy32(entry, from);
    copy32(entry + 32, from + 32);
    store<u32>(entry, 1, 96);
  }
  copy32(out, entry + 64);
}
