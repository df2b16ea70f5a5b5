/**
 * The transaction graph from prior knowledge: edges known before anything runs. They order work and
 * never decide correctness. Today: a sender's transactions follow one another (the nonce), and a
 * transfer runs before the first transaction that its recipient sends.
 */
import { RECORD_CREATES, RECORD_FLAGS, RECORD_SENDER, RECORD_TO, RECORD_VALUE } from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import { finishHash, hashWords, MOST_PROBES } from '../state/hash.js';

/** {@link LastTransactions.find} has neither found the address nor a place for it: no place is that low. */
const NO_PLACE = -0x8000_0000;

/** Addresses of a block's records, each with the last transaction that changes what its next one needs. */
class LastTransactions {
  private readonly mask: number;
  /** 1 + place of an address in `words`; 0 is free. */
  private readonly keys: Int32Array;
  private readonly values: Int32Array;

  constructor(
    private readonly words: Uint32Array,
    transactions: number,
  ) {
    let size = 16;
    while (size < 4 * transactions) size *= 2;
    this.mask = size - 1;
    this.keys = new Int32Array(size);
    this.values = new Int32Array(size);
  }

  /** Place of the address at `words[at]` in the table, or, negated and less one, the free place where it belongs, or {@link NO_PLACE}. */
  private find(at: number): number {
    const words = this.words;
    let i = finishHash(hashWords(words, at, ADDRESS_WORDS, 0)) & this.mask;
    for (let probes = 0; probes < MOST_PROBES; probes++) {
      const key = this.keys[i] as number;
      if (key === 0) return -i - 1;
      if (equalWords(words, key - 1, words, at, ADDRESS_WORDS)) return i;
      i = (i + 1) & this.mask;
    }
    return NO_PLACE;
  }

  /** The last transaction of the address, or -1. */
  get(at: number): number {
    const place = this.find(at);
    return place < 0 ? -1 : (this.values[place] as number);
  }

  set(at: number, transaction: number): void {
    let place = this.find(at);
    if (place === NO_PLACE) return;
    if (place < 0) {
      place = -place - 1;
      this.keys[place] = at + 1;
    }
    this.values[place] = transaction;
  }
}

/** For each transaction (its record in `words` begins at `places[i]`) the nearest lower one that should run first, or -1. */
export function hintsOf(words: Uint32Array, places: Uint32Array): Int32Array {
  const hints = new Int32Array(places.length);
  const last = new LastTransactions(words, places.length);
  for (let index = 0; index < places.length; index++) {
    const at = places[index] as number;
    hints[index] = last.get(at + RECORD_SENDER);
    last.set(at + RECORD_SENDER, index);
    const creates = ((words[at + RECORD_FLAGS] as number) & RECORD_CREATES) !== 0;
    if (!creates && !isZero(words, at + RECORD_VALUE)) last.set(at + RECORD_TO, index);
  }
  return hints;
}

function isZero(words: Uint32Array, at: number): boolean {
  for (let i = 0; i < U256_WORDS; i++) if (words[at + i] !== 0) return false;
  return true;
}
