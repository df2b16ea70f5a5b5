/** Moves a database over a block and back by packed changes, word by word. */
import {
  ACCOUNT_BASICS,
  ACCOUNT_CODE,
  ACCOUNT_SLOT_COUNT,
  CODE_LENGTH,
  KIND_BASICS,
  KIND_CODE,
  KIND_STORAGE,
  SLOT_VALUE,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { Database } from './database.js';
import {
  CHANGE_ADDRESS,
  CHANGE_BASICS_AFTER,
  CHANGE_BASICS_BEFORE,
  CHANGE_BODY,
  CHANGE_KIND,
  CHANGE_SLOT_AFTER,
  CHANGE_SLOT_BEFORE,
  CHANGE_WIPED,
  changeWords,
  codeAfter,
  type PackedDiff,
  type PackedPart,
} from './packed-diff.js';
import { BASICS_EXISTS, BASICS_WORDS } from './view.js';

const ZERO = new Uint32Array(Math.max(U256_WORDS, BASICS_WORDS));

function isZero(words: Uint32Array, at: number, count: number): boolean {
  return equalWords(words, at, ZERO, 0, count);
}

/** Writes records into one database. */
class PackedWriter {
  private readonly address = new Uint32Array(ADDRESS_WORDS);
  /** Row of the account at {@link address}; 0 before the first record, and where the database does not have it. */
  private account = 0;

  constructor(
    private readonly database: Database,
    private readonly forward: boolean,
  ) {}

  /** The slots that resets wiped; those that the block wrote afterwards are left to {@link write}. */
  wipe(part: PackedPart): void {
    for (const words of part.chunks) {
      for (let at = 0; at < words.length; at += changeWords(words, at)) {
        if (words[at + CHANGE_KIND] !== CHANGE_WIPED) continue;
        if (this.forward) this.slot(words, at, ZERO, 0);
        else this.slot(words, at, words, at + CHANGE_SLOT_BEFORE);
      }
    }
  }

  write(part: PackedPart): void {
    const { forward } = this;
    for (const words of part.chunks) {
      for (let at = 0; at < words.length; at += changeWords(words, at)) {
        const kind = words[at + CHANGE_KIND] as number;
        if (kind === KIND_STORAGE) this.slot(words, at, words, at + (forward ? CHANGE_SLOT_AFTER : CHANGE_SLOT_BEFORE));
        else if (kind === KIND_BASICS)
          this.basics(words, at, at + (forward ? CHANGE_BASICS_AFTER : CHANGE_BASICS_BEFORE));
        else if (kind === KIND_CODE) {
          this.code(words, at, forward ? codeAfter(words, at) : at + CHANGE_BODY);
        }
      }
    }
  }

  /** The row of the account of the record at `words[at]`; where the database does not have it, one is made to `set` something, else 0. */
  private find(words: Uint32Array, at: number, set: boolean): number {
    if (this.account !== 0 && equalWords(words, at + CHANGE_ADDRESS, this.address, 0, ADDRESS_WORDS)) {
      return this.account;
    }
    for (let i = 0; i < ADDRESS_WORDS; i++) this.address[i] = words[at + CHANGE_ADDRESS + i] as number;
    this.account = set ? this.database.accountRow(this.address) : this.database.findAccount(this.address, 0);
    return this.account;
  }

  private basics(words: Uint32Array, at: number, value: number): void {
    const exists = words[value + BASICS_EXISTS] !== 0;
    const row = this.find(words, at, exists);
    // Nothing is made to be left empty: what ran out of memory half-way can be taken back with none to spare.
    if (row === 0) return;
    const { u32 } = this.database.heap;
    for (let i = 0; i < BASICS_WORDS; i++) u32[row + ACCOUNT_BASICS + i] = exists ? (words[value + i] as number) : 0;
  }

  private code(words: Uint32Array, at: number, record: number): void {
    const row = this.find(words, at, words[record + CODE_LENGTH] !== 0);
    if (row === 0) return;
    const reference = this.database.storeCodeRecord(words, record);
    this.database.heap.u32[row + ACCOUNT_CODE] = reference;
  }

  /** Sets the slot of the record at `words[at]` to the value at `from[value]`. */
  private slot(words: Uint32Array, at: number, from: Uint32Array, value: number): void {
    const zero = isZero(from, value, U256_WORDS);
    const account = this.find(words, at, !zero);
    // A slot that the database does not have is zero already.
    if (zero && (account === 0 || this.database.findSlot(account, words, at + CHANGE_BODY) === 0)) return;
    const row = this.database.slotRow(account, words, at + CHANGE_BODY);
    const { u32 } = this.database.heap;
    const wasZero = isZero(u32, row + SLOT_VALUE, U256_WORDS);
    if (zero !== wasZero) {
      u32[account + ACCOUNT_SLOT_COUNT] = (u32[account + ACCOUNT_SLOT_COUNT] as number) + (zero ? -1 : 1);
    }
    for (let i = 0; i < U256_WORDS; i++) u32[row + SLOT_VALUE + i] = from[value + i] as number;
  }
}

function move(database: Database, packed: PackedDiff, forward: boolean): void {
  const writer = new PackedWriter(database, forward);
  for (const part of packed) if (part.wipes) writer.wipe(part);
  for (const part of packed) writer.write(part);
}

/** Moves `database` forward over a block; the same as its `apply` of the expanded changes. Between blocks only. */
export function applyPacked(database: Database, packed: PackedDiff): void {
  move(database, packed, true);
}

/** Undoes {@link applyPacked} of the same changes; the same as the database's `revert` of them. */
export function revertPacked(database: Database, packed: PackedDiff): void {
  move(database, packed, false);
}
