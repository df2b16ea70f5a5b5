/** The state before a block out of `debug_executionWitness`: nodes of the tries, codes, and the keys' preimages. */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { decodeHeader } from '../../src/transition/block/block.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import { FixtureError } from '../fixtures/cases.js';
import type { Field } from '../fixtures/fields.js';
import { readAccount, readSlot, type TrieAccount } from './account-leaf.js';
import { headerFromJson, type JsonBlock } from './block-json.js';
import { type CapturedAccount, type CapturedState, CodeCollection, hashedKey } from './captured-state.js';
import { type NodeStore, nodeStore, PartialTrie, TrieError } from './partial-trie.js';
import { type RpcClient, RpcError } from './rpc.js';
import { blockTag, callField, readProved } from './state-readers.js';

export interface WitnessState extends CapturedState {
  /** Headers of ancestors that came along. */
  readonly headers: readonly BlockHeader[];
}

const ADDRESS_BYTES = 20;
const SLOT_BYTES = 32;

/** Reth and the specification give lists, older nodes maps from hash to content. */
function byteStrings(field: Field | null): Uint8Array[] {
  if (field === null) return [];
  const fields = Array.isArray(field.value) ? field.items() : field.entries().map(([, value]) => value);
  return fields.map((value) => value.bytes());
}

/** RLP from Reth, JSON from go-ethereum. */
function headerOf(field: Field): BlockHeader {
  if (typeof field.value !== 'string') return headerFromJson(field);
  try {
    return decodeHeader(field.bytes());
  } catch (error) {
    if (error instanceof BlockError) throw field.error(error.message);
    throw error;
  }
}

interface Witness {
  readonly nodes: readonly Uint8Array[];
  readonly codes: readonly Uint8Array[];
  readonly keys: readonly Uint8Array[];
  readonly headers: readonly BlockHeader[];
}

/** A witness out of which the state cannot be read alone. */
export interface NoWitness {
  readonly reason: string;
  /** Nodes that came with it all the same. */
  readonly nodes: readonly Uint8Array[];
}

async function fetchWitness(rpc: RpcClient, number: bigint): Promise<Witness | NoWitness> {
  try {
    const answer = await callField(rpc, 'debug_executionWitness', [blockTag(number)]);
    const witness = {
      nodes: byteStrings(answer.get('state')),
      codes: byteStrings(answer.maybe('codes')),
      keys: byteStrings(answer.maybe('keys')),
      headers: (answer.maybe('headers')?.items() ?? []).map(headerOf),
    };
    if (witness.keys.length > 0) return witness;
    // go-ethereum's is of this kind.
    return { reason: 'debug_executionWitness names no accounts and slots (keys)', nodes: witness.nodes };
  } catch (error) {
    if (error instanceof FixtureError) {
      return { reason: `debug_executionWitness cannot be read: ${error.message}`, nodes: [] };
    }
    if (error instanceof RpcError && error.isRefusal) return { reason: error.message, nodes: [] };
    throw error;
  }
}

/** Slots by their hashed key, for each storage trie: which account a slot belongs to is not said. */
type Preimages = ReadonlyMap<Hex, Hex>;

function storageOf(account: TrieAccount, store: NodeStore, slots: Preimages): Map<Hex, bigint> {
  const storage = new Map<Hex, bigint>();
  for (const [key, value] of new PartialTrie(account.storageRoot, store).leaves()) {
    const slot = slots.get(bytesToHex(key));
    // A leaf without a preimage is there for the sake of a neighbour.
    if (slot !== undefined) storage.set(slot, readSlot(value));
  }
  return storage;
}

/** Leaf of an account; null where it is absent, or not part of the witness although nobody said it would be. */
function leafOf(state: PartialTrie, address: Hex, named: boolean): Uint8Array | null {
  try {
    return state.get(hashedKey(address));
  } catch (error) {
    if (!named && error instanceof TrieError && error.code === 'UNKNOWN_NODE') return null;
    throw error;
  }
}

/**
 * State before `block` by the node's witness, all of it proved against `stateRoot` (32 bytes); or why
 * it cannot be told that way. `extra` names accounts that the block may touch without the witness
 * naming them. Throws `CaptureError` where the witness does not lead to the root, and `RpcError`.
 */
export async function witnessState(
  rpc: RpcClient,
  block: JsonBlock,
  stateRoot: Uint8Array,
  extra: Iterable<Hex>,
): Promise<WitnessState | NoWitness> {
  const witness = await fetchWitness(rpc, block.raw.header.number);
  if ('reason' in witness) return witness;
  const store = nodeStore(witness.nodes);
  const named = new Set<Hex>();
  const slots = new Map<Hex, Hex>();
  for (const key of witness.keys) {
    if (key.length === ADDRESS_BYTES) named.add(bytesToHex(key));
    else if (key.length === SLOT_BYTES) slots.set(bytesToHex(keccak256(key)), bytesToHex(key));
  }
  const codes = new CodeCollection();
  for (const code of witness.codes) codes.add(code);
  const accounts = new Map<Hex, CapturedAccount>();
  readProved('the witness', () => {
    const state = new PartialTrie(stateRoot, store);
    for (const address of new Set([...named, ...extra])) {
      const leaf = leafOf(state, address, named.has(address));
      if (leaf === null) continue;
      const account = readAccount(leaf);
      const { nonce, balance } = account;
      const empty = bytesToHex(account.storageRoot) === bytesToHex(EMPTY_TRIE_ROOT);
      const storage = empty ? new Map<Hex, bigint>() : storageOf(account, store, slots);
      accounts.set(address, { nonce, balance, codeHash: bytesToHex(account.codeHash), storage });
    }
  });
  return {
    accounts,
    codes: codes.byHash,
    nodes: witness.nodes,
    origin: 'debug_executionWitness',
    unproved: null,
    headers: witness.headers,
  };
}
