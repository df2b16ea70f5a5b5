/**
 * Contract codes in the core's code store. A code is written there once, however many accounts and
 * transactions use it (the core analyses it once), and stays until the store is emptied between two
 * transactions. What a single transaction uses beyond the store's room is kept as stubs, without their bytes. Codes made by
 * creations lie elsewhere and are the core's own.
 */
import { bytesToHex, EMPTY_BYTES, type Hex } from '../../primitives/bytes.js';
import { EMPTY_CODE_HASH } from '../../primitives/crypto.js';
import { equalWords, U256_WORDS } from '../../primitives/words.js';
import type { Code } from '../../state/view.js';
import { MachineError } from '../errors.js';
import type { CoreExports } from './exports.js';
import { CODE_ABSENT, CODE_BYTES, CODE_HASH, CODE_LENGTH, CODE_STORE_SIZE, CODE_STUB_BYTES } from './layout.js';
import type { CoreMemory } from './memory.js';

export const NO_CODE: Code = { hash: EMPTY_CODE_HASH, bytes: EMPTY_BYTES };

export class CodeStore {
  /** Objects that hosts hand out again and again are found without looking at their hash. */
  #byObject = new WeakMap<Code, number>();
  readonly #byHash = new Map<Hex, number>();
  readonly #codes = new Map<number, Code>();
  /** Where the codes of other machines stand here, by where they stand there. To be checked by their hashes. */
  readonly #moved = new Map<number, number>();
  #empty: number;
  /** The code asked for last: the transactions of a block often call the same contract one after the other. */
  #last: Code = NO_CODE;
  #lastPointer = 0;
  /** Bytes of the store in use. */
  #used = 0;

  constructor(
    private readonly core: CoreExports,
    private readonly memory: CoreMemory,
  ) {
    this.#empty = core.emptyCode();
  }

  /** Pointer to the code's object. Throws a MachineError where the store is full. */
  pointer(code: Code): number {
    if (code.bytes.length === 0) return this.#empty;
    if (code === this.#last) return this.#lastPointer;
    const at = this.#byObject.get(code) ?? this.#enter(code);
    this.#last = code;
    this.#lastPointer = at;
    return at;
  }

  /** Pointer to a code whose object is new. */
  #enter(code: Code): number {
    const key = bytesToHex(code.hash);
    let at = this.#byHash.get(key);
    if (at === undefined) {
      at = this.#write(code);
      this.#byHash.set(key, at);
      this.#codes.set(at, code);
    }
    this.#byObject.set(code, at);
    return at;
  }

  /**
   * Pointer to the code whose hash the 8 words at `hash` of the core's memory give and whose pointer is `other`
   * in another machine, or in this one. 0 where it is not in this store with its bytes.
   */
  moved(other: number, hash: number): number {
    const found = this.#find(other, hash);
    return found !== 0 && this.memory.word(found + CODE_ABSENT) === 0 ? found : 0;
  }

  #find(other: number, hash: number): number {
    const known = this.#moved.get(other) ?? other;
    if (this.#codes.has(known) && this.#hashIs(known, hash)) return known;
    const found = this.#byHash.get(bytesToHex(this.memory.bytes32At(hash))) ?? 0;
    if (found !== 0) this.#moved.set(other, found);
    return found;
  }

  #hashIs(pointer: number, hash: number): boolean {
    return equalWords(this.memory.u32, (pointer + CODE_HASH) >>> 2, this.memory.u32, hash >>> 2, U256_WORDS);
  }

  #write(code: Code): number {
    const { bytes, hash } = code;
    let at = this.core.codeAlloc(bytes.length);
    if (at !== 0) {
      this.memory.u8.set(bytes, at + CODE_BYTES);
      this.#used = this.core.codeUsed();
    } else {
      // What one transaction uses beyond the store: its bytes are asked for when they are run or copied.
      at = this.core.codeStub(bytes.length);
      if (at === 0) throw new MachineError('LIMIT', 'one transaction uses more codes than the code store holds');
      this.memory.u8.set(bytes.subarray(0, CODE_STUB_BYTES), at + CODE_BYTES);
      this.#used = CODE_STORE_SIZE;
    }
    this.memory.setWord(at + CODE_HASH, hash);
    this.core.codeSeal(at);
    return at;
  }

  /** The code at a pointer, in the store or made by a creation. */
  at(pointer: number): Code {
    if (pointer === this.#empty) return NO_CODE;
    const known = this.#codes.get(pointer);
    if (known !== undefined) return known;
    const { memory } = this;
    return {
      hash: memory.bytes32At(pointer + CODE_HASH),
      bytes: memory.copy(pointer + CODE_BYTES, memory.word(pointer + CODE_LENGTH)),
    };
  }

  /** Empties a store that is half full, so that the transaction about to begin has room. Between transactions only. */
  makeRoom(): void {
    if (this.#used < CODE_STORE_SIZE / 2) return;
    this.core.codeReset();
    this.#used = 0;
    this.#last = NO_CODE;
    this.#empty = this.core.emptyCode();
    this.#byObject = new WeakMap();
    this.#byHash.clear();
    this.#codes.clear();
    this.#moved.clear();
  }
}
