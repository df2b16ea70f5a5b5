/**
 * The state before a block out of `debug_traceBlockByNumber` with the prestateTracer, for nodes without
 * execution witnesses. The tracer tells which accounts and slots the transactions touch; their values
 * are read with proofs where the node gives them.
 */
import pLimit from 'p-limit';
import { bytesToHex, EMPTY_BYTES, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { Field } from '../fixtures/fields.js';
import type { JsonBlock } from './block-json.js';
import { CaptureError } from './capture-error.js';
import { type CapturedAccount, type CapturedState, CodeCollection } from './captured-state.js';
import { type RpcClient, RpcError } from './rpc.js';
import { blockTag, callField, PlainReader, ProofReader, type StateReader } from './state-readers.js';
import { QUEUE_HEAD, QUEUE_TAIL, queuedSlots, requestQueues, slotName, systemKeys } from './system-state.js';
import type { NoWitness } from './witness-state.js';

/** Requests under way at once. */
const CONCURRENCY = 8;

interface TracedAccount {
  nonce: bigint;
  balance: bigint;
  code: Uint8Array;
  readonly storage: Map<Hex, bigint>;
}

/** The first that any transaction says of an account or slot is what it was before the block. */
function merge(accounts: Map<Hex, TracedAccount>, transaction: Field): void {
  const failed = transaction.maybe('error');
  if (failed !== null) throw failed.error(`the tracer failed: ${String(failed.value)}`);
  for (const [, traced] of transaction.get('result').entries()) {
    const address = traced.keyAsAddress();
    let account = accounts.get(address);
    if (account === undefined) {
      account = {
        nonce: traced.maybe('nonce')?.quantity() ?? 0n,
        balance: traced.maybe('balance')?.quantity() ?? 0n,
        code: traced.maybe('code')?.bytes() ?? EMPTY_BYTES,
        storage: new Map(),
      };
      accounts.set(address, account);
    }
    for (const [, slot] of traced.maybe('storage')?.entries() ?? []) {
      const name = slot.keyAsSlot();
      if (!account.storage.has(name)) account.storage.set(name, slot.quantity());
    }
  }
}

async function trace(rpc: RpcClient, block: JsonBlock, { reason }: NoWitness): Promise<Map<Hex, TracedAccount>> {
  const accounts = new Map<Hex, TracedAccount>();
  if (block.raw.transactions.length === 0) return accounts;
  const method = 'debug_traceBlockByNumber';
  let answer: Field;
  try {
    answer = await callField(rpc, method, [blockTag(block.raw.header.number), { tracer: 'prestateTracer' }]);
  } catch (error) {
    if (!(error instanceof RpcError && error.isRefusal)) throw error;
    const detail = 'the node tells the state before the block by neither of two methods; it must offer the debug ones';
    throw new CaptureError('NO_STATE', `${detail}\n  ${reason}\n  ${error.message}`);
  }
  const traces = answer.items();
  if (traces.length !== block.raw.transactions.length) {
    const detail = `${traces.length} traces for ${block.raw.transactions.length} transactions`;
    throw new CaptureError('INCONSISTENT', `${rpc.node}: ${method}: ${detail}`);
  }
  for (const transaction of traces) merge(accounts, transaction);
  return accounts;
}

/** A reader with proofs, or one without and why; the first account tells. */
async function chooseReader(
  rpc: RpcClient,
  number: bigint,
  stateRoot: Uint8Array,
  nodes: readonly Uint8Array[],
  probe: Hex,
): Promise<{ reader: StateReader; proofs: ProofReader | null; unproved: string | null }> {
  const proofs = new ProofReader(rpc, number, stateRoot, nodes);
  try {
    await proofs.read(probe, []);
    return { reader: proofs, proofs, unproved: null };
  } catch (error) {
    if (!(error instanceof RpcError && error.isRefusal)) throw error;
    return { reader: new PlainReader(rpc, number), proofs: null, unproved: error.message };
  }
}

/** Slots of the entries that the block takes out of the request queues, which only their heads and tails tell. */
async function addQueues(keys: Map<Hex, Set<Hex>>, block: JsonBlock, reader: StateReader): Promise<void> {
  for (const queue of requestQueues(block)) {
    const ends = [QUEUE_HEAD, QUEUE_TAIL].map(slotName);
    const account = await reader.read(queue.address, ends);
    const [head = 0n, tail = 0n] = ends.map((slot) => account?.storage.get(slot) ?? 0n);
    for (const slot of queuedSlots(queue, head, tail)) keys.get(queue.address)?.add(slot);
  }
}

/**
 * State before `block`; `stateRoot` (32 bytes) is that of its parent, `noWitness` says why the state is
 * read in this way, and may hold nodes that save asking for proofs. Throws `CaptureError`, `RpcError`, and `FixtureError` for a malformed answer.
 */
export async function tracedState(
  rpc: RpcClient,
  block: JsonBlock,
  stateRoot: Uint8Array,
  noWitness: NoWitness,
): Promise<CapturedState> {
  const before = block.raw.header.number - 1n;
  const traced = await trace(rpc, block, noWitness);
  const system = systemKeys(block);
  const keys = new Map<Hex, Set<Hex>>([...traced].map(([address, { storage }]) => [address, new Set(storage.keys())]));
  for (const [address, slots] of system) keys.set(address, new Set([...(keys.get(address) ?? []), ...slots]));
  const { reader, proofs, unproved } = await chooseReader(
    rpc,
    before,
    stateRoot,
    noWitness.nodes,
    bytesToHex(block.raw.header.coinbase),
  );
  await addQueues(keys, block, reader);
  const accounts = new Map<Hex, CapturedAccount>();
  const codes = new CodeCollection();
  for (const { code } of traced.values()) codes.add(code);
  const limit = pLimit(CONCURRENCY);
  const read = async (address: Hex, slots: ReadonlySet<Hex>): Promise<void> => {
    const told = proofs === null && !system.has(address) ? (traced.get(address) ?? null) : null;
    const account = told === null ? await reader.read(address, [...slots]) : onItsWord(told);
    if (account === null) return;
    accounts.set(address, account);
  };
  const reads = [...keys].map(([address, slots]) => limit(read, address, slots));
  try {
    await Promise.all(reads);
  } finally {
    // After a failure nothing more is asked of the node.
    limit.clearQueue();
  }
  return {
    accounts,
    codes: codes.byHash,
    nodes: [...(proofs?.nodes.values() ?? [])],
    origin: ['debug_traceBlockByNumber (prestateTracer)', ...(proofs?.origins ?? [])].join(' and '),
    unproved,
  };
}

/** What the tracer says of an account; null where that is nothing. */
function onItsWord({ nonce, balance, code, storage }: TracedAccount): CapturedAccount | null {
  const slots = new Map([...storage].filter(([, value]) => value !== 0n));
  if (nonce === 0n && balance === 0n && code.length === 0 && slots.size === 0) return null;
  return { nonce, balance, codeHash: bytesToHex(keccak256(code)), storage: slots };
}
