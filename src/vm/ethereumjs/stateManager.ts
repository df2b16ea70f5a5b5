/**
 * The overlay as @ethereumjs/evm wants to see state. A read that is blocked suspends the EVM: the
 * promise it awaits is settled only when the message is resumed, and then the read is made again.
 */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account, type Address } from '@ethereumjs/util';
import { bigIntToMinimalBytes, bytesToBigInt } from '../../primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/crypto.js';
import { READ_OK } from '../../state/view.js';
import { MachineError } from '../errors.js';
import { type AccountState, addressKey, NO_CODE } from './account.js';
import type { Overlay } from './overlay.js';

/** Any root but the empty one: the EVM only asks whether an account has storage (EIP-7610). */
const NON_EMPTY_ROOT = new Uint8Array(32).fill(1);

/** Waits until the transaction `blocker` may have moved on. */
export type Suspend = (blocker: number) => Promise<void>;

interface Binding {
  readonly overlay: Overlay;
  readonly suspend: Suspend;
}

export class OverlayStateManager implements StateManagerInterface {
  #binding: Binding | null = null;
  /** Target of the contract creation that is being decided; only its storage root is ever compared. */
  #creation: string | null = null;

  /** Value of a slot before the running transaction (EIP-2200). */
  readonly originalStorageCache = {
    get: async (address: Address, key: Uint8Array): Promise<Uint8Array> => {
      const account = await this.#account(address);
      return bigIntToMinimalBytes((await this.#slot(account, key)).original);
    },
    clear: (): void => {},
  };

  /** Serves `overlay` from now on. Whoever waits on an earlier binding must never be resumed. */
  bind(overlay: Overlay, suspend: Suspend): void {
    this.#binding = { overlay, suspend };
    this.#creation = null;
  }

  /** Announces the address that a contract creation is about to claim. */
  expectCreation(address: Address): void {
    this.#creation = addressKey(address.bytes);
  }

  get #bound(): Binding {
    if (this.#binding === null) throw new MachineError('NOT_STARTED', 'the EVM ran without a transaction');
    return this.#binding;
  }

  get #overlay(): Overlay {
    return this.#bound.overlay;
  }

  async #answered(read: () => number): Promise<void> {
    for (let status = read(); status !== READ_OK; status = read()) await this.#bound.suspend(status);
  }

  async #account(address: Address): Promise<AccountState> {
    const overlay = this.#overlay;
    const account = overlay.entry(address.bytes);
    if (!account.loaded) await this.#answered(() => overlay.load(account));
    return account;
  }

  async #slot(account: AccountState, key: Uint8Array) {
    const overlay = this.#overlay;
    await this.#answered(() => overlay.loadSlot(account, key));
    return overlay.slot(account, key);
  }

  /** A copy: the EVM changes the object before it puts it back. */
  async getAccount(address: Address): Promise<Account | undefined> {
    const account = await this.#account(address);
    const { exists, nonce, balance } = account.basics;
    if (!exists) return undefined;
    const root = (await this.#collides(account)) ? NON_EMPTY_ROOT : EMPTY_TRIE_ROOT;
    return new Account(nonce, balance, root, account.code.hash);
  }

  /** True where storage alone makes a creation at this account fail (EIP-7610). */
  async #collides(account: AccountState): Promise<boolean> {
    if (account.key !== this.#creation || account.basics.nonce !== 0n || account.code.bytes.length > 0) return false;
    const overlay = this.#overlay;
    await this.#answered(() => overlay.loadHasStorage(account));
    return overlay.hasStorage(account);
  }

  /** Sets nonce and balance and touches the account. Its code changes through `putCode` only. */
  async putAccount(address: Address, value?: Account): Promise<void> {
    if (value === undefined) return this.deleteAccount(address);
    const account = await this.#account(address);
    this.#overlay.setBasics(account, { exists: true, nonce: value.nonce, balance: value.balance });
    this.#overlay.mark(account);
  }

  async deleteAccount(address: Address): Promise<void> {
    const account = await this.#account(address);
    this.#overlay.setBasics(account, { exists: false, nonce: 0n, balance: 0n });
    this.#overlay.setCode(account, NO_CODE);
    this.#overlay.resetStorage(account);
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = await this.#account(address);
    const { nonce, balance } = account.basics;
    this.#overlay.setBasics(account, {
      exists: true,
      nonce: fields.nonce ?? nonce,
      balance: fields.balance ?? balance,
    });
  }

  async putCode(address: Address, bytes: Uint8Array): Promise<void> {
    const account = await this.#account(address);
    if (!account.basics.exists) this.#overlay.setBasics(account, { exists: true, nonce: 0n, balance: 0n });
    this.#overlay.setCode(account, bytes.length === 0 ? NO_CODE : { hash: keccak256(bytes), bytes });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    return (await this.#account(address)).code.bytes;
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  /** The slot's value without leading zeros; zero is empty. */
  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    const account = await this.#account(address);
    return bigIntToMinimalBytes((await this.#slot(account, key)).current);
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const account = await this.#account(address);
    this.#overlay.setSlot(await this.#slot(account, key), bytesToBigInt(value));
  }

  async clearStorage(address: Address): Promise<void> {
    this.#overlay.resetStorage(await this.#account(address));
  }

  async checkpoint(): Promise<void> {
    this.#overlay.checkpoint();
  }

  async commit(): Promise<void> {
    this.#overlay.commit();
  }

  async revert(): Promise<void> {
    this.#overlay.revert();
  }

  clearCaches(): void {}

  getStateRoot(): Promise<Uint8Array> {
    return unsupported('getStateRoot');
  }

  setStateRoot(): Promise<void> {
    return unsupported('setStateRoot');
  }

  hasStateRoot(): Promise<boolean> {
    return unsupported('hasStateRoot');
  }

  shallowCopy(): StateManagerInterface {
    throw new MachineError('UNSUPPORTED', 'one transaction has one state: shallowCopy');
  }
}

async function unsupported(operation: string): Promise<never> {
  throw new MachineError('UNSUPPORTED', `one transaction has no state root: ${operation}`);
}
