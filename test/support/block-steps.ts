/** A block in order over a database, driven by hand: each step writes what it is told. */
import { CONTROL_END } from '../../src/layout.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ADDRESS_WORDS, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import { BlockState, FIRST_STEP } from '../../src/state/block-state.js';
import { CodeReader } from '../../src/state/codes.js';
import type { BlockTables } from '../../src/state/collect.js';
import type { Database } from '../../src/state/database.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { LocationTable } from '../../src/state/locations.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE, BASICS_WORDS } from '../../src/state/view.js';
import { addressWords, slotWords } from './keys.js';

export class BlockSteps implements BlockTables {
  readonly heap = SharedHeap.create(CONTROL_END, 1024);
  readonly arena = new Arena(this.heap, 256);
  readonly table = new LocationTable(this.heap, this.arena);
  readonly codes = new CodeReader(this.heap);
  readonly state = new BlockState(this.heap, this.arena, this.table, this.codes);

  constructor(
    readonly database: Database,
    expected = 16,
  ) {
    this.codes.open(database);
    this.table.create(database, expected);
    this.state.step = FIRST_STEP;
  }

  next(): void {
    this.state.step++;
  }

  /** A balance of null deletes the account. */
  basics(address: number, nonce: bigint, balance: bigint | null): void {
    const words = new Uint32Array(ADDRESS_WORDS + BASICS_WORDS);
    words.set(addressWords(address));
    writeBasics(words, ADDRESS_WORDS, nonce, balance);
    this.state.sink.basics(words, 0, ADDRESS_WORDS);
  }

  code(address: number, bytes: Uint8Array): void {
    this.state.sink.code(addressWords(address), 0, { bytes, hash: keccak256(bytes) });
  }

  reset(address: number): void {
    this.state.sink.reset(addressWords(address), 0);
  }

  write(address: number, slot: number, value: bigint): void {
    const words = new Uint32Array(ADDRESS_WORDS + 2 * U256_WORDS);
    words.set(slotWords(address, slot));
    writeWords(value, words, ADDRESS_WORDS + U256_WORDS, U256_WORDS);
    this.state.sink.storage(words, 0, ADDRESS_WORDS, ADDRESS_WORDS + U256_WORDS);
  }

  read(address: number, slot: number): void {
    this.state.storage(slotWords(address, slot), 0, ADDRESS_WORDS, new Uint32Array(U256_WORDS), 0);
  }
}

/** Basics at `words[at…]`; an absent account keeps a nonce there, which must not count. */
export function writeBasics(words: Uint32Array, at: number, nonce: bigint, balance: bigint | null): void {
  words[at + BASICS_EXISTS] = balance === null ? 0 : 1;
  writeWords(nonce, words, at + BASICS_NONCE, 2);
  writeWords(balance ?? 0n, words, at + BASICS_BALANCE, U256_WORDS);
}
