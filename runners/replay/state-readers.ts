/** Single accounts and slots before a block, asked of a node: proved by `eth_getProof`, or on its word. */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { RlpError } from '../../src/transition/block/rlp.js';
import { Field } from '../fixtures/fields.js';
import { ABSENT, readAccount, readSlot } from './account-leaf.js';
import { CaptureError } from './capture-error.js';
import { type CapturedAccount, hashedKey } from './captured-state.js';
import { nodeStore, PartialTrie, TrieError } from './partial-trie.js';
import type { RpcClient } from './rpc.js';

/** Slots in one request. */
const SLOTS_AT_ONCE = 256;

/** The result of a call as a field: what is malformed names the method and the place in its answer. */
export async function callField(rpc: RpcClient, method: string, params: readonly unknown[]): Promise<Field> {
  return Field.root({ source: rpc.node, file: method, test: null }, await rpc.call(method, params));
}

export function blockTag(number: bigint): Hex {
  return `0x${number.toString(16)}`;
}

export interface StateReader {
  /** An account with the slots that were asked for; null where it is absent. */
  read(address: Hex, slots: readonly Hex[]): Promise<CapturedAccount | null>;
}

/** Values that a trie holds, read through nodes whose hashes lead to its root. */
export function readProved<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TrieError || error instanceof RlpError)) throw error;
    throw new CaptureError('BAD_PROOF', `the state of ${what} is not proved: ${error.message}`);
  }
}

export class ProofReader implements StateReader {
  /** Nodes of a witness and of all proofs so far, by hash. */
  readonly nodes: Map<Hex, Uint8Array>;
  readonly #ofWitness: number;

  /** `stateRoot` (32 bytes) is that after block `number`; what `witness` leads to is not asked for. */
  constructor(
    private readonly rpc: RpcClient,
    private readonly number: bigint,
    private readonly stateRoot: Uint8Array,
    witness: readonly Uint8Array[],
  ) {
    this.nodes = nodeStore(witness);
    this.#ofWitness = this.nodes.size;
  }

  /** Methods that the nodes come from. */
  get origins(): string[] {
    return [
      ...(this.#ofWitness > 0 ? ['debug_executionWitness'] : []),
      ...(this.nodes.size > this.#ofWitness ? ['eth_getProof'] : []),
    ];
  }

  async read(address: Hex, slots: readonly Hex[]): Promise<CapturedAccount | null> {
    if (readProved(address, () => this.lacksNodes(address, slots))) {
      // The account itself is proved even where no slot is asked for.
      for (let from = 0; from === 0 || from < slots.length; from += SLOTS_AT_ONCE) {
        await this.fetch(address, slots.slice(from, from + SLOTS_AT_ONCE));
      }
    }
    return readProved(address, () => this.proved(address, slots));
  }

  private lacksNodes(address: Hex, slots: readonly Hex[]): boolean {
    try {
      this.proved(address, slots);
      return false;
    } catch (error) {
      if (error instanceof TrieError && error.code === 'UNKNOWN_NODE') return true;
      throw error;
    }
  }

  private async fetch(address: Hex, slots: readonly Hex[]): Promise<void> {
    const proof = await callField(this.rpc, 'eth_getProof', [address, slots, blockTag(this.number)]);
    const lists = [
      proof.get('accountProof'),
      ...proof
        .get('storageProof')
        .items()
        .map((slot) => slot.get('proof')),
    ];
    for (const list of lists) {
      for (const [hash, node] of nodeStore(list.items().map((item) => item.bytes()))) this.nodes.set(hash, node);
    }
  }

  private proved(address: Hex, slots: readonly Hex[]): CapturedAccount | null {
    const leaf = new PartialTrie(this.stateRoot, this.nodes).get(hashedKey(address));
    const account = leaf === null ? ABSENT : readAccount(leaf);
    const trie = new PartialTrie(account.storageRoot, this.nodes);
    const storage = new Map<Hex, bigint>();
    for (const slot of slots) {
      const value = trie.get(hashedKey(slot));
      if (value !== null) storage.set(slot, readSlot(value));
    }
    const { nonce, balance } = account;
    return leaf === null ? null : { nonce, balance, codeHash: bytesToHex(account.codeHash), storage };
  }
}

/** What the node says, without proof. */
export class PlainReader implements StateReader {
  constructor(
    private readonly rpc: RpcClient,
    private readonly number: bigint,
  ) {}

  async read(address: Hex, slots: readonly Hex[]): Promise<CapturedAccount | null> {
    const tag = blockTag(this.number);
    const balance = (await callField(this.rpc, 'eth_getBalance', [address, tag])).quantity();
    const nonce = (await callField(this.rpc, 'eth_getTransactionCount', [address, tag])).quantity();
    const code = (await callField(this.rpc, 'eth_getCode', [address, tag])).bytes();
    const storage = new Map<Hex, bigint>();
    for (const slot of slots) {
      const value = (await callField(this.rpc, 'eth_getStorageAt', [address, slot, tag])).quantity();
      if (value !== 0n) storage.set(slot, value);
    }
    if (balance === 0n && nonce === 0n && code.length === 0) return null;
    return { nonce, balance, codeHash: bytesToHex(keccak256(code)), storage };
  }
}
