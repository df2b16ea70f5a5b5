/** Captures a mainnet block from a node: the block, the state it needs, and what proves both. */
import { bytesToHex, equalBytes, type Hex } from '../../src/primitives/bytes.js';
import { FixtureError } from '../fixtures/cases.js';
import type { Field } from '../fixtures/fields.js';
import type { Engines } from '../job/engine.js';
import type { ReplayResult } from '../verdict/replay-result.js';
import { Ancestors } from './ancestors.js';
import { blockFromJson, type JsonBlock } from './block-json.js';
import { CaptureError } from './capture-error.js';
import { blockFolder, type CaptureFiles, captureSource, requireNew, writeCapture } from './capture-files.js';
import { type CapturedState, CodeCollection, codesJson, preStateJson } from './captured-state.js';
import { loadReplayBlocks, replayTransactions } from './load.js';
import { MAINNET_CHAIN_ID } from './mainnet.js';
import { MissingBlockHashError, replayBlock } from './replay-block.js';
import type { RpcClient } from './rpc.js';
import { blockTag, callField } from './state-readers.js';
import { systemKeys } from './system-state.js';
import { tracedState } from './traced-state.js';
import { witnessState } from './witness-state.js';

export interface CaptureReport {
  readonly number: bigint;
  /** Folder that was written. */
  readonly folder: string;
  readonly accounts: number;
  readonly slots: number;
  readonly codes: number;
  /** Ancestors whose hashes BLOCKHASH asks for; each is proved by the chain of headers. */
  readonly ancestors: number;
  /** Where the state comes from. */
  readonly origin: string;
  /** Null where every account and slot was proved against the parent's state root; otherwise why not. */
  readonly unproved: string | null;
  /** The block replayed serially from what was written. */
  readonly replay: ReplayResult;
}

/** Throws {@link CaptureError} where the node is not on mainnet, whose rules are the ones known here. */
export async function requireMainnet(rpc: RpcClient): Promise<void> {
  const chainId = (await callField(rpc, 'eth_chainId', [])).quantity();
  if (chainId === MAINNET_CHAIN_ID) return;
  const detail = `is on chain ${chainId}; only blocks of Ethereum mainnet (chain ${MAINNET_CHAIN_ID}) can be replayed`;
  throw new CaptureError('WRONG_CHAIN', `${rpc.node} ${detail}`);
}

/**
 * Captures block `number` into folder `out`. `engines` replays it before anything is written; a block
 * that does not come out as its header says is written all the same, since that is worth looking into.
 * Throws {@link CaptureError}, `RpcError`, and `FixtureError` where an answer is malformed (its `file`
 * is the method); then nothing has been written.
 */
export async function captureBlock(
  rpc: RpcClient,
  number: bigint,
  out: string,
  engines: Engines,
  onProgress: (line: string) => void,
): Promise<CaptureReport> {
  requireNew(out, number);
  onProgress(`block ${number}`);
  const { json, block } = await fetchBlock(rpc, number);
  const ancestors = new Ancestors(rpc, block.raw.header);
  const parent = await ancestors.parent();
  onProgress(`state before block ${number}, ${block.raw.transactions.length} transactions`);
  const state = await fetchState(rpc, block, parent.stateRoot, ancestors);
  onProgress(`codes of ${state.accounts.size} accounts`);
  const codes = await completeCodes(rpc, number - 1n, state);
  const hashes = new Map<bigint, Hex>();
  const files = (): CaptureFiles => ({
    number,
    block: json.value,
    preState: preStateJson(state.accounts),
    witness: witnessJson(parent.stateRoot, state),
    codes: codesJson(codes),
    blockHashes: Object.fromEntries([...hashes].map(([ancestor, hash]) => [String(ancestor), hash])),
  });
  const replay = await replayCaptured(rpc, engines, files, async (wanted) => {
    onProgress(`hashes of ancestors from block ${wanted[0]} on`);
    for (const ancestor of wanted) hashes.set(ancestor, bytesToHex(await ancestors.hash(ancestor)));
  });
  await writeCapture(out, files());
  let slots = 0;
  for (const { storage } of state.accounts.values()) slots += storage.size;
  const { origin, unproved, accounts } = state;
  return {
    number,
    folder: blockFolder(out, number),
    accounts: accounts.size,
    slots,
    codes: codes.size,
    ancestors: hashes.size,
    origin,
    unproved,
    replay,
  };
}

async function fetchBlock(rpc: RpcClient, number: bigint): Promise<{ json: Field; block: JsonBlock }> {
  if (number === 0n) throw new CaptureError('NO_BLOCK', 'the genesis block has no parent and executes nothing');
  const json = await callField(rpc, 'eth_getBlockByNumber', [blockTag(number), true]);
  if (json.value === null) throw new CaptureError('NO_BLOCK', `${rpc.node} does not know block ${number}`);
  const block = blockFromJson(json);
  if (block.raw.header.number !== number) {
    throw new CaptureError('INCONSISTENT', `${rpc.node} answers block ${block.raw.header.number} for ${number}`);
  }
  if (!equalBytes(block.raw.hash, block.claims.hash)) {
    const detail = `the header's fields have the hash ${bytesToHex(block.raw.hash)}`;
    throw new CaptureError(
      'INCONSISTENT',
      `${rpc.node}: block ${number}: ${detail}, not ${bytesToHex(block.claims.hash)}`,
    );
  }
  return { json, block };
}

async function fetchState(
  rpc: RpcClient,
  block: JsonBlock,
  stateRoot: Uint8Array,
  ancestors: Ancestors,
): Promise<CapturedState> {
  const touched = new Set(systemKeys(block).keys());
  for (const { sender, to } of replayTransactions(block)) {
    touched.add(bytesToHex(sender));
    if (to !== null) touched.add(bytesToHex(to));
  }
  const witness = await witnessState(rpc, block, stateRoot, touched);
  if ('reason' in witness) return tracedState(rpc, block, stateRoot, witness);
  ancestors.add(witness.headers);
  return witness;
}

/** Codes of all accounts; those that did not come with the state are asked for, and checked by their hash. */
async function completeCodes(
  rpc: RpcClient,
  before: bigint,
  state: CapturedState,
): Promise<ReadonlyMap<Hex, Uint8Array>> {
  const had = new CodeCollection();
  for (const code of state.codes.values()) had.add(code);
  const codes = new Map<Hex, Uint8Array>();
  for (const [address, { codeHash }] of state.accounts) {
    if (had.lacks(codeHash)) {
      const answer = await callField(rpc, 'eth_getCode', [address, blockTag(before)]);
      const hash = had.add(answer.bytes());
      if (hash !== codeHash) {
        throw new CaptureError(
          'INCONSISTENT',
          `${rpc.node}: the code of ${address} has the hash ${hash}, not ${codeHash}`,
        );
      }
    }
    const code = had.byHash.get(codeHash);
    if (code !== undefined) codes.set(codeHash, code);
  }
  return codes;
}

function witnessJson(stateRoot: Uint8Array, { nodes, unproved }: CapturedState): unknown {
  return unproved === null ? { state_root: bytesToHex(stateRoot), nodes: nodes.map(bytesToHex) } : null;
}

/** Replays the files as they will be read; hashes that BLOCKHASH asks for are added on the way. */
async function replayCaptured(
  rpc: RpcClient,
  engines: Engines,
  files: () => CaptureFiles,
  add: (numbers: readonly bigint[]) => Promise<void>,
): Promise<ReplayResult> {
  for (;;) {
    for await (const block of loadReplayBlocks(captureSource(rpc.node, files()))) {
      if (block instanceof FixtureError) throw new CaptureError('INCONSISTENT', `${rpc.node}: ${block.message}`);
      try {
        return await replayBlock(engines, block);
      } catch (error) {
        if (!(error instanceof MissingBlockHashError)) throw error;
        await add(error.numbers);
      }
    }
  }
}
