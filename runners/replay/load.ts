/**
 * Real blocks from a folder, an archive or a URL: `blocks/N/block.json`, `blocks/N/pre_state.json` and
 * perhaps `blocks/N/witness.json`, with `codes.json` and `block_hashes.json` for all of them. A source
 * may hold several such sets in folders of their own.
 */

import { bytesToHex } from '../../src/primitives/bytes.js';
import { atLeast } from '../../src/primitives/fork.js';
import { executableBlock } from '../../src/transition/block/environment.js';
import {
  CONSOLIDATION_REQUESTS_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/transition/block/system-calls.js';
import { BlockError } from '../../src/transition/errors.js';
import { decodeTransaction, TransactionDecodeError } from '../../src/transition/transaction/index.js';
import type { Block, Transaction } from '../../src/transition/types.js';
import { type Allocation, FixtureError } from '../fixtures/cases.js';
import type { Field } from '../fixtures/fields.js';
import { parseUntested } from '../fixtures/parse.js';
import { caught } from '../fixtures/reference.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { blockFromJson, type JsonBlock } from './block-json.js';
import { MAINNET_CHAIN_ID } from './mainnet.js';
import { blockHashesFromJson, CodeBook, preStateFromJson, type Witness, witnessFromJson } from './state-json.js';

export interface ReplayBlock extends JsonBlock {
  /** The source as the user named it. */
  readonly source: string;
  /** Path of the block's `block.json` in it. */
  readonly file: string;
  readonly number: bigint;
  /** Accounts and slots before the block; what is absent is empty. */
  readonly pre: Allocation;
  /** Hashes of ancestors, 32 bytes, as the file gives them. */
  readonly blockHashes: ReadonlyMap<bigint, Uint8Array>;
  readonly witness: Witness | null;
}

const BLOCK_FILE = /^(?<root>(?:.*\/)?)blocks\/(?<number>[0-9]+)\/(?<part>block|pre_state|witness)\.json$/;
const SHARED_FILE = /^(?<root>(?:.*\/)?)(?<part>codes|block_hashes)\.json$/;

type Part = 'block' | 'pre_state' | 'witness';

/** Texts of one block's files. */
interface Texts extends Partial<Record<Part, string>> {
  /** As it is spelled in the source. */
  readonly folder: string;
  /** Another folder of the same block. */
  otherFolder?: string;
}

class FileSet {
  readonly blocks = new Map<bigint, Texts>();
  codes: string | null = null;
  hashes: string | null = null;

  constructor(
    private readonly source: string,
    private readonly root: string,
  ) {}

  /** The set's blocks, the lowest number first; what is malformed is yielded as an error. */
  *read(): Generator<ReplayBlock | FixtureError> {
    const numbers = [...this.blocks.keys()].sort((a, b) => (a < b ? -1 : 1));
    if (numbers.length === 0) return;
    const shared = caught(() => ({
      codes: new CodeBook(this.parse('codes.json', this.codes)),
      blockHashes: blockHashesFromJson(this.parse('block_hashes.json', this.hashes ?? '{}')),
    }));
    if (shared instanceof FixtureError) {
      yield shared;
      return;
    }
    for (const number of numbers) yield caught(() => this.block(number, shared.codes, shared.blockHashes));
  }

  private block(number: bigint, codes: CodeBook, blockHashes: ReadonlyMap<bigint, Uint8Array>): ReplayBlock {
    const texts = this.blocks.get(number) as Texts;
    // What is read is let go: a long run holds no texts of blocks that are behind it.
    this.blocks.delete(number);
    const { folder, otherFolder } = texts;
    if (otherFolder !== undefined) {
      const detail = `is of block ${number}, and so is ${this.root}${otherFolder}: one of the two has to go`;
      throw new FixtureError(this.source, `${this.root}${folder}`, null, null, detail);
    }
    const json = this.parse(`${folder}/block.json`, texts.block ?? null);
    const one = blockFromJson(json);
    if (one.raw.header.number !== number) {
      throw json.get('number').error(`block ${one.raw.header.number} in the folder of block ${number}`);
    }
    const preJson = this.parse(`${folder}/pre_state.json`, texts.pre_state ?? null);
    const pre = preStateFromJson(preJson, codes);
    if (atLeast(one.rules.fork, 'Prague')) requireSystemContracts(preJson, pre, one.rules.label);
    const witness =
      texts.witness === undefined ? null : witnessFromJson(this.parse(`${folder}/witness.json`, texts.witness));
    return {
      ...one,
      source: this.source,
      file: `${this.root}${folder}/block.json`,
      number,
      pre,
      blockHashes,
      witness,
    };
  }

  private parse(name: string, text: string | null): Field {
    const file = `${this.root}${name}`;
    if (text === null) throw new FixtureError(this.source, file, null, null, 'there is no such file in the source');
    return parseUntested(this.source, file, text);
  }
}

/**
 * From Prague on the protocol collects requests from two contracts (EIP-7002, EIP-7251), and a block
 * without them is invalid: a pre-state that lacks them cannot replay it. Calls before the transactions
 * (EIP-4788, EIP-2935) change no receipt, so their contracts may be absent.
 */
function requireSystemContracts(file: Field, pre: Allocation, label: string): void {
  for (const address of [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS].map(bytesToHex)) {
    if ((pre.get(address)?.code.length ?? 0) > 0) continue;
    throw file.error(`lacks the system contract ${address}, without which no block of ${label} is valid`);
  }
}

/**
 * The blocks of a source, set by set and in order of their numbers; those in `only` where that is not
 * null. What is malformed is yielded as an error, and the rest goes on. Throws `SourceError`.
 */
export async function* loadReplayBlocks(
  source: FixtureSource,
  only: ReadonlySet<bigint> | null = null,
): AsyncGenerator<ReplayBlock | FixtureError> {
  const sets = new Map<string, FileSet>();
  const setOf = (root: string): FileSet => {
    const found = sets.get(root) ?? new FileSet(source.name, root);
    sets.set(root, found);
    return found;
  };
  for await (const entry of source) {
    const block = BLOCK_FILE.exec(entry.file)?.groups;
    if (block !== undefined) {
      const number = BigInt(block.number as string);
      if (only !== null && !only.has(number)) continue;
      const { blocks } = setOf(block.root as string);
      const folder = `blocks/${block.number}`;
      const texts = blocks.get(number) ?? { folder };
      blocks.set(number, texts);
      // What one says would go under in what the other one says.
      if (texts.folder !== folder) texts.otherFolder = folder;
      else texts[block.part as Part] = await entry.text();
      continue;
    }
    const shared = SHARED_FILE.exec(entry.file)?.groups;
    if (shared === undefined) continue;
    const set = setOf(shared.root as string);
    if (shared.part === 'codes') set.codes = await entry.text();
    else set.hashes = await entry.text();
  }
  for (const set of sets.values()) yield* set.read();
}

/**
 * The block's transactions with their senders recovered. Throws {@link BlockError} where one does not
 * decode by the rules of its fork.
 */
export function replayTransactions(block: JsonBlock): Transaction[] {
  const rules = { fork: block.rules.fork, chainId: MAINNET_CHAIN_ID };
  return block.raw.transactions.map((bytes, index) => {
    try {
      return decodeTransaction(bytes, rules);
    } catch (error) {
      if (!(error instanceof TransactionDecodeError)) throw error;
      throw new BlockError(`TransactionException.${error.code}`, index, error.message);
    }
  });
}

/**
 * The block ready to execute over a database that holds its `pre`. `blockHash` answers BLOCKHASH;
 * left out, the parent's hash and those of the file do. Ommers are not paid, since only their hashes
 * are known: that changes the state after the block, and no receipt.
 */
export function replayableBlock(
  block: ReplayBlock,
  transactions: readonly Transaction[],
  blockHash: (number: bigint) => Uint8Array | null = (number) => ancestorHash(block, number),
): Block {
  const { rules, raw } = block;
  const context = { fork: rules.fork, chainId: MAINNET_CHAIN_ID, blobSchedule: rules.blobSchedule, blockHash };
  return executableBlock(raw, transactions, context, rules.daoForkBlock === raw.header.number);
}

/** Hash of ancestor `number` by the header or the file; null where neither says. */
export function ancestorHash(block: ReplayBlock, number: bigint): Uint8Array | null {
  const { header } = block.raw;
  return number === header.number - 1n ? header.parentHash : (block.blockHashes.get(number) ?? null);
}
