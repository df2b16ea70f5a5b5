/**
 * State of one transaction over a {@link StateView}: every location is asked of the view once and
 * cached (Block-STM, section 3), changes are journalled so that frames can be reverted, and what
 * differs from what was read is the write set.
 *
 * Nothing here waits: a read that is blocked answers the index of the blocking transaction and
 * leaves the overlay as it was, so the same call may simply be made again.
 */
import { bytesToHex, equalBytes, type Hex } from '../../primitives/bytes.js';
import { ADDRESS_WORDS, bytesToWords, readWords, U256_WORDS, writeWords } from '../../primitives/words.js';
import {
  BASICS_BALANCE,
  BASICS_EXISTS,
  BASICS_NONCE,
  BASICS_WORDS,
  type Code,
  READ_OK,
  type StateView,
  type WriteSink,
} from '../../state/view.js';
import { ABSENT, AccountState, addressKey, type Basics, NO_CODE, type Slot } from './account.js';

/**
 * The RIPEMD-160 precompile stays touched even when the frame that touched it is reverted: mainnet
 * deleted it that way in block 2,675,119, and clients agreed to keep the artefact.
 */
const RIPEMD160_KEY: Hex = '0x0000000000000000000000000000000000000003';

export class Overlay {
  readonly #accounts = new Map<Hex, AccountState>();
  readonly #touched = new Set<Hex>();
  /** Inverse operations, newest last. */
  readonly #undo: (() => void)[] = [];
  /** Length of `#undo` at each open checkpoint. */
  readonly #checkpoints: number[] = [];
  readonly #scratch = new Uint32Array(BASICS_WORDS);
  /** Address, slot and value (or basics), for the sink. */
  readonly #out = new Uint32Array(ADDRESS_WORDS + 2 * U256_WORDS);

  /**
   * @param clearsEmpty from EIP-158 on, touched accounts that are empty are deleted (EIP-161);
   *   before it, touching an absent account creates it.
   */
  constructor(
    readonly view: StateView,
    readonly clearsEmpty: boolean,
  ) {}

  /** The account's entry, loaded or not. */
  entry(address: Uint8Array): AccountState {
    return this.#entryOf(addressKey(address));
  }

  #entryOf(key: Hex): AccountState {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new AccountState(key);
      this.#accounts.set(key, account);
    }
    return account;
  }

  isLoaded(address: Uint8Array): boolean {
    const account = this.#accounts.get(addressKey(address));
    return account !== undefined && account.readBasics !== null;
  }

  /** The loaded account; throws RangeError where it was not loaded. */
  loaded(address: Uint8Array): AccountState {
    const key = addressKey(address);
    const account = this.#accounts.get(key);
    if (account === undefined || !account.loaded) throw new RangeError(`account ${key} is not loaded`);
    return account;
  }

  /** Reads basics, and the code where the account exists. {@link READ_OK}, or the blocker. */
  load(account: AccountState): number {
    if (account.readBasics === null) {
      const words = this.#scratch;
      const status = this.view.basics(account.words, 0, words, 0);
      if (status !== READ_OK) return status;
      account.readBasics =
        words[BASICS_EXISTS] === 0
          ? ABSENT
          : { exists: true, nonce: readWords(words, BASICS_NONCE, 2), balance: readWords(words, BASICS_BALANCE, 8) };
      account.basics = account.readBasics;
    }
    if (account.readCode === null) {
      // An absent account has no code: the view need not be asked, and no dependency arises.
      const code = account.readBasics.exists ? this.view.code(account.words, 0) : NO_CODE;
      if (typeof code === 'number') return code;
      account.readCode = code;
      account.code = code;
    }
    return READ_OK;
  }

  /** Reads one slot (`key`: 32 bytes). {@link READ_OK}, or the blocker. */
  loadSlot(account: AccountState, key: Uint8Array): number {
    const slotKey = bytesToHex(key);
    if (account.slots.has(slotKey)) return READ_OK;
    const words = new Uint32Array(U256_WORDS);
    bytesToWords(key, words, 0);
    let value = 0n;
    if (!account.reset) {
      account.words.set(words, ADDRESS_WORDS);
      const status = this.view.storage(account.words, 0, ADDRESS_WORDS, this.#scratch, 0);
      if (status !== READ_OK) return status;
      value = readWords(this.#scratch, 0, U256_WORDS);
    }
    account.slots.set(slotKey, { words, read: value, original: value, current: value });
    return READ_OK;
  }

  /** The slot, which must have been loaded; throws RangeError otherwise. */
  slot(account: AccountState, key: Uint8Array): Slot {
    const slotKey = bytesToHex(key);
    const slot = account.slots.get(slotKey);
    if (slot === undefined) throw new RangeError(`slot ${slotKey} of ${account.key} is not loaded`);
    return slot;
  }

  /** Asks whether the account has storage (EIP-7610), where memory cannot tell. {@link READ_OK}, or the blocker. */
  loadHasStorage(account: AccountState): number {
    if (account.reset || account.hasNonZeroSlot || account.viewHasStorage !== null) return READ_OK;
    const status = this.view.hasStorage(account.words, 0, this.#scratch, 0);
    if (status !== READ_OK) return status;
    account.viewHasStorage = this.#scratch[0] !== 0;
    return READ_OK;
  }

  /** Whether the account has storage, after {@link loadHasStorage}. */
  hasStorage(account: AccountState): boolean {
    return account.hasNonZeroSlot || (!account.reset && account.viewHasStorage === true);
  }

  setBasics(account: AccountState, basics: Basics): void {
    const before = account.basics;
    this.#undo.push(() => {
      account.basics = before;
    });
    account.basics = basics;
  }

  setCode(account: AccountState, code: Code): void {
    const before = account.code;
    this.#undo.push(() => {
      account.code = before;
    });
    account.code = code;
  }

  setSlot(slot: Slot, value: bigint): void {
    const before = slot.current;
    if (before === value) return;
    this.#undo.push(() => {
      slot.current = before;
    });
    slot.current = value;
  }

  /** Wipes the account's storage. Slots seen so far are kept aside, for a revert. */
  resetStorage(account: AccountState): void {
    const { reset, slots } = account;
    this.#undo.push(() => {
      account.reset = reset;
      account.slots = slots;
    });
    account.reset = true;
    account.slots = new Map();
  }

  /** Marks the account as touched (EIP-161). Does nothing to its existence. */
  mark(account: AccountState): void {
    const { key } = account;
    if (this.#touched.has(key)) return;
    this.#touched.add(key);
    if (key !== RIPEMD160_KEY) this.#undo.push(() => this.#touched.delete(key));
  }

  checkpoint(): void {
    this.#checkpoints.push(this.#undo.length);
  }

  commit(): void {
    if (this.#checkpoints.pop() === undefined) throw new RangeError('commit without a checkpoint');
  }

  revert(): void {
    const length = this.#checkpoints.pop();
    if (length === undefined) throw new RangeError('revert without a checkpoint');
    while (this.#undo.length > length) (this.#undo.pop() as () => void)();
  }

  /** Frames that are open; not 0 where a message was left in its midst. */
  get openCheckpoints(): number {
    return this.#checkpoints.length;
  }

  /**
   * Ends a transaction: deletes `destroyed`, then the touched accounts that are empty, and makes
   * the values of now the original ones of the next message. {@link READ_OK}, or the blocker; then
   * call it again.
   */
  settle(destroyed: Iterable<Hex>): number {
    const doomed = [...destroyed].map((key) => this.#entryOf(key));
    const touched = this.clearsEmpty ? [...this.#touched].map((key) => this.#entryOf(key)) : [];
    for (const account of [...doomed, ...touched]) {
      const status = this.load(account);
      if (status !== READ_OK) return status;
    }
    for (const account of doomed) this.#delete(account, true);
    for (const account of touched) {
      // An account that was absent all along has no storage that a reset could wipe.
      if (account.basics.exists && account.empty) {
        this.#delete(account, account.reset || account.readBasics?.exists === true);
      }
    }
    this.#touched.clear();
    this.#undo.length = 0;
    this.#checkpoints.length = 0;
    for (const account of this.#accounts.values()) {
      for (const slot of account.slots.values()) slot.original = slot.current;
    }
    return READ_OK;
  }

  #delete(account: AccountState, wipe: boolean): void {
    account.basics = ABSENT;
    account.code = NO_CODE;
    if (wipe) this.resetStorage(account);
  }

  /** Hands over every location whose value differs from the one read. */
  writes(sink: WriteSink): void {
    const words = this.#out;
    for (const account of this.#accounts.values()) {
      if (account.readBasics === null || account.readCode === null) continue;
      words.set(account.words.subarray(0, ADDRESS_WORDS));
      if (!sameBasics(account.basics, account.readBasics)) {
        const { exists, nonce, balance } = account.basics;
        words[ADDRESS_WORDS + BASICS_EXISTS] = exists ? 1 : 0;
        writeWords(nonce, words, ADDRESS_WORDS + BASICS_NONCE, 2);
        writeWords(balance, words, ADDRESS_WORDS + BASICS_BALANCE, U256_WORDS);
        sink.basics(words, 0, ADDRESS_WORDS);
      }
      if (!equalBytes(account.code.hash, account.readCode.hash)) sink.code(words, 0, account.code);
      if (account.reset) sink.reset(words, 0);
      for (const slot of account.slots.values()) {
        if (slot.current === slot.read) continue;
        words.set(slot.words, ADDRESS_WORDS);
        writeWords(slot.current, words, ADDRESS_WORDS + U256_WORDS, U256_WORDS);
        sink.storage(words, 0, ADDRESS_WORDS, ADDRESS_WORDS + U256_WORDS);
      }
    }
  }
}

function sameBasics(a: Basics, b: Basics): boolean {
  return a.exists === b.exists && a.nonce === b.nonce && a.balance === b.balance;
}
