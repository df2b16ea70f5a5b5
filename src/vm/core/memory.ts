/** The machine's memory as the host sees it, with the conversions between words and the host's values. */
import { ADDRESS_WORDS, bytesToWords, U256_WORDS, wordsToBytes } from '../../primitives/words.js';
import { EVM_MEMORY } from './layout.js';
import { wasm } from './webassembly.js';

const PAGE = 65536;
/** Copies up to this length are made byte by byte: the engine's own copy takes longer to start. */
const SHORT_COPY = 64;
/** Room for EVM memories that a machine starts with, and may grow to: 1 MiB and 2 GiB. */
const FIRST_PAGES = 16;
const LAST_PAGES = 32768;
/** Room for EVM memories that is kept for the next transaction: 256 MiB. */
const KEPT_PAGES = 4096;

export class CoreMemory {
  readonly memory = new wasm.Memory({
    initial: EVM_MEMORY / PAGE + FIRST_PAGES,
    maximum: EVM_MEMORY / PAGE + LAST_PAGES,
  });
  u8 = new Uint8Array(this.memory.buffer);
  u32 = new Uint32Array(this.memory.buffer);
  u64 = new BigUint64Array(this.memory.buffer);

  /** The memory has grown beyond what is worth keeping. */
  get oversized(): boolean {
    return this.u8.length > EVM_MEMORY + KEPT_PAGES * PAGE;
  }

  /** Growing has detached the buffer that the views were of. */
  refresh(): void {
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  word(at: number): number {
    return this.u32[at >>> 2] as number;
  }

  /** The 64-bit value at `at`, a multiple of eight. */
  u64At(at: number): bigint {
    return this.u64[at >>> 3] as bigint;
  }

  /** The 256-bit value at `at`, a multiple of eight. */
  valueAt(at: number): bigint {
    const { u32, u64 } = this;
    const i = at >>> 2;
    const q = at >>> 3;
    const low = u64[q] as bigint;
    const high =
      ((u32[i + 4] as number) | (u32[i + 5] as number) | (u32[i + 6] as number) | (u32[i + 7] as number)) !== 0;
    if (!high && ((u32[i + 2] as number) | (u32[i + 3] as number)) === 0) return low;
    const middle = low | ((u64[q + 1] as bigint) << 64n);
    return high ? middle | ((u64[q + 2] as bigint) << 128n) | ((u64[q + 3] as bigint) << 192n) : middle;
  }

  /** Writes a value below 2^256 at `at`, a multiple of eight. */
  setValue(at: number, value: bigint): void {
    const { u64 } = this;
    const q = at >>> 3;
    // Elements of the array take what is below 2^64.
    u64[q] = value;
    const rest = value >> 64n;
    u64[q + 1] = rest;
    if (rest === 0n) {
      u64[q + 2] = 0n;
      u64[q + 3] = 0n;
    } else {
      u64[q + 2] = rest >> 64n;
      u64[q + 3] = rest >> 128n;
    }
  }

  /** Writes a 20-byte address as a 256-bit value. */
  setAddress(at: number, address: Uint8Array): void {
    const i = at >>> 2;
    const { u32 } = this;
    bytesToWords(address, u32, i);
    u32[i + ADDRESS_WORDS] = 0;
    u32[i + ADDRESS_WORDS + 1] = 0;
    u32[i + ADDRESS_WORDS + 2] = 0;
  }

  /** Writes 32 big-endian bytes as a 256-bit value. */
  setWord(at: number, bytes: Uint8Array): void {
    bytesToWords(bytes, this.u32, at >>> 2);
  }

  /** The low 20 bytes of a 256-bit value, big-endian. */
  addressAt(at: number): Uint8Array {
    return wordsToBytes(this.u32, at >>> 2, ADDRESS_WORDS);
  }

  /** A 256-bit value as 32 big-endian bytes. */
  bytes32At(at: number): Uint8Array {
    return wordsToBytes(this.u32, at >>> 2, U256_WORDS);
  }

  /** A copy of `length` bytes. */
  copy(at: number, length: number): Uint8Array {
    const { u8 } = this;
    if (length > SHORT_COPY) return u8.slice(at, at + length);
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = u8[at + i] as number;
    return bytes;
  }
}
