/**
 * Storage locations that transactions of one block are presumed to write, each with the last
 * transaction that was presumed to: whoever comes next waits for that one. Filled in the order of the
 * transactions, so that an edge always leads down.
 */
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import { finishHash, hashWords } from '../state/hash.js';

/** Words of a location's key: address, then slot. */
const KEY_WORDS = ADDRESS_WORDS + U256_WORDS;
const FIRST_LOCATIONS = 64;
/** More locations than these are not kept: whoever lists so many is not worth the memory. */
const MOST_LOCATIONS = 65_536;
/** Room for so many is given back when a block is over. */
const KEPT_LOCATIONS = 4096;
/** Slots are chosen by others, who may let hashes collide: a location that is not found so soon is left out. */
const MOST_PROBES = 16;
/** Marks hashes of storage locations, as the location table's do. */
const SEED = 2;

/** Hash of a slot's location: a signed 32-bit number, never 0. */
export function locationHash(address: Uint32Array, addressAt: number, slot: Uint32Array, slotAt: number): number {
  const account = hashWords(address, addressAt, ADDRESS_WORDS, SEED);
  const hash = finishHash(hashWords(slot, slotAt, U256_WORDS, account)) | 0;
  return hash === 0 ? 1 : hash;
}

export class PresumedWriters {
  /** Locations known so far; they are numbered from 0. */
  count = 0;
  /** {@link KEY_WORDS} for each location. */
  private keys = new Uint32Array(KEY_WORDS * FIRST_LOCATIONS);
  private hashes = new Int32Array(FIRST_LOCATIONS);
  /** Last presumed writer of each location, or -1, and how many there were. */
  private last = new Int32Array(FIRST_LOCATIONS);
  private writers = new Int32Array(FIRST_LOCATIONS);
  /** 1 + number of a location by its hash; 0 is free. */
  private table = new Int32Array(4 * FIRST_LOCATIONS);

  /** Forgets everything. */
  clear(): void {
    if (this.last.length > KEPT_LOCATIONS) this.resize(FIRST_LOCATIONS);
    else if (this.count > 0) this.table.fill(0);
    this.count = 0;
  }

  /**
   * Number of the location of slot `slot[slotAt..]` in the account at `address[addressAt..]`; a new one
   * where it is not known, and -1 where there is no place for it. `hash` is its {@link locationHash}.
   */
  number(
    address: Uint32Array,
    addressAt: number,
    slot: Uint32Array,
    slotAt: number,
    hash = locationHash(address, addressAt, slot, slotAt),
  ): number {
    const mask = this.table.length - 1;
    let i = hash & mask;
    for (let probes = 0; ; probes++) {
      const known = this.table[i] as number;
      if (known === 0) break;
      if (probes === MOST_PROBES) return -1;
      if (this.hashes[known - 1] === hash && this.is(known - 1, address, addressAt, slot, slotAt)) return known - 1;
      i = (i + 1) & mask;
    }
    const number = this.count;
    if (number === MOST_LOCATIONS) return -1;
    if (number === this.last.length) {
      this.grow();
      return this.number(address, addressAt, slot, slotAt, hash);
    }
    this.count = number + 1;
    this.table[i] = number + 1;
    const key = KEY_WORDS * number;
    for (let k = 0; k < ADDRESS_WORDS; k++) this.keys[key + k] = address[addressAt + k] as number;
    for (let k = 0; k < U256_WORDS; k++) this.keys[key + ADDRESS_WORDS + k] = slot[slotAt + k] as number;
    this.hashes[number] = hash;
    this.last[number] = -1;
    this.writers[number] = 0;
    return number;
  }

  /** Says that `transaction` writes location `number`; answers the last one before it that does, or -1. */
  write(number: number, transaction: number): number {
    const before = this.last[number] as number;
    if (before === transaction) return -1;
    this.last[number] = transaction;
    this.writers[number] = (this.writers[number] as number) + 1;
    return before;
  }

  /** Last presumed writer of the location. */
  lastWriter(number: number): number {
    return this.last[number] as number;
  }

  /** Transactions that were presumed to write the location. */
  writerCount(number: number): number {
    return this.writers[number] as number;
  }

  hash(number: number): number {
    return this.hashes[number] as number;
  }

  /** Words in which {@link keyAt} finds addresses and slots. */
  get keyWords(): Uint32Array {
    return this.keys;
  }

  /** Where the key of a location begins: its address, and behind that its slot. */
  keyAt(number: number): number {
    return KEY_WORDS * number;
  }

  private is(number: number, address: Uint32Array, addressAt: number, slot: Uint32Array, slotAt: number): boolean {
    const key = KEY_WORDS * number;
    return (
      equalWords(this.keys, key + ADDRESS_WORDS, slot, slotAt, U256_WORDS) &&
      equalWords(this.keys, key, address, addressAt, ADDRESS_WORDS)
    );
  }

  private grow(): void {
    this.resize(2 * this.last.length);
    const mask = this.table.length - 1;
    for (let number = 0; number < this.count; number++) {
      let i = (this.hashes[number] as number) & mask;
      for (let probes = 0; this.table[i] !== 0 && probes < MOST_PROBES; probes++) i = (i + 1) & mask;
      if (this.table[i] === 0) this.table[i] = number + 1;
    }
  }

  /** Makes room for `locations` and empties the table. */
  private resize(locations: number): void {
    this.keys = resized(this.keys, new Uint32Array(KEY_WORDS * locations));
    this.hashes = resized(this.hashes, new Int32Array(locations));
    this.last = resized(this.last, new Int32Array(locations));
    this.writers = resized(this.writers, new Int32Array(locations));
    this.table = new Int32Array(4 * locations);
  }
}

function resized<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from.subarray(0, to.length));
  return to;
}
