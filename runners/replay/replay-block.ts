/** One real block: checked against itself, executed serially and in parallel, and compared with its header. */
import { bytesToHex, equalBytes } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, keccak256 } from '../../src/primitives/crypto.js';
import { atLeast } from '../../src/primitives/fork.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import { withdrawalsRoot } from '../../src/transition/block/body.js';
import { receiptsRoot } from '../../src/transition/block/receipts.js';
import { requestsHash } from '../../src/transition/block/requests.js';
import { RlpError } from '../../src/transition/block/rlp.js';
import { BlockError } from '../../src/transition/errors.js';
import type { Block, BlockOutcome, ExecutionResult, Transaction } from '../../src/transition/types.js';
import { emptyCoverage } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import type { Database, Engines, Executor } from '../job/engine.js';
import { executeBoth } from '../verdict/both.js';
import { causeOf } from '../verdict/compare.js';
import type { ReplayResult } from '../verdict/replay-result.js';
import type { Coverage, Difference } from '../verdict/verdict.js';
import { ancestorHash, type ReplayBlock, replayableBlock, replayTransactions } from './load.js';
import { TrieError } from './partial-trie.js';
import { stateRootAfter } from './state-after.js';

type Judgement = Pick<ReplayResult, 'verdict' | 'cause' | 'differences' | 'transaction' | 'threads' | 'unchecked'>;

const RECEIPTS_BEFORE_BYZANTIUM =
  'before Byzantium (EIP-658) receipts hold state roots, which a partial pre-state cannot give, and take most of the time';
const NO_WITNESS = 'no witness.json, which `lockstep capture` writes';
const NO_STATE_BEFORE_CANCUN = 'before Cancun (EIP-6780) a destroyed account loses storage that no witness shows';

/** BLOCKHASH asked for ancestors whose hashes the file does not give. */
export class MissingBlockHashError extends FixtureError {
  /** Lowest first. */
  readonly numbers: readonly bigint[];

  constructor(block: ReplayBlock, numbers: readonly bigint[]) {
    const sorted = [...numbers].sort((a, b) => (a < b ? -1 : 1));
    const file = block.file.replace(/blocks\/[0-9]+\/block\.json$/, 'block_hashes.json');
    const detail = `missing: block ${block.number} asks for the hash of it (BLOCKHASH)`;
    super(block.source, file, null, sorted.join(', '), detail);
    this.numbers = sorted;
  }
}

/** Times each execution of an executor. */
class Stopwatch implements Executor {
  readonly times: number[] = [];
  /** True while it executes. */
  running = false;

  constructor(private readonly executor: Executor) {}

  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    this.running = true;
    const start = performance.now();
    try {
      return await this.executor.execute(database, block);
    } finally {
      this.times.push(performance.now() - start);
      this.running = false;
    }
  }

  close(): Promise<void> {
    return this.executor.close();
  }

  median(): number | null {
    const sorted = [...this.times].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }
}

class Differences {
  readonly list: Difference[] = [];
  /** Lowest transaction that a difference names. */
  transaction: number | null = null;

  bytes(what: string, expected: Uint8Array | null, actual: Uint8Array, transaction: number | null = null): void {
    if (expected !== null && equalBytes(expected, actual)) return;
    this.add(what, expected === null ? 'none' : bytesToHex(expected), bytesToHex(actual), transaction);
  }

  number(what: string, expected: bigint | null, actual: bigint): void {
    if (expected !== actual) this.add(what, String(expected ?? 'none'), String(actual), null);
  }

  add(what: string, expected: string, actual: string, transaction: number | null): void {
    this.list.push({ what, expected, actual });
    if (transaction !== null) this.transaction = Math.min(transaction, this.transaction ?? transaction);
  }
}

/**
 * Replays `block` `repeat` times on every executor. `expected` of a difference is what the file says.
 * Throws {@link MissingBlockHashError}, and whatever an executor throws.
 */
export async function replayBlock(engines: Engines, block: ReplayBlock, repeat = 1): Promise<ReplayResult> {
  const { raw, rules } = block;
  const coverage = emptyCoverage();
  const serial = new Stopwatch(engines.serial);
  const parallel = new Map([...engines.parallel].map(([threads, executor]) => [threads, new Stopwatch(executor)]));
  const watched: Engines = { database: engines.database, serial, parallel };
  const started = performance.now();
  const decoded = decodeAll(block);
  const prepare = performance.now() - started;
  const judgement =
    decoded instanceof BlockError
      ? undecodable(block, decoded)
      : await judge(watched, serial, block, decoded, repeat, coverage);
  return {
    source: block.source,
    file: block.file,
    number: Number(block.number),
    fork: rules.label,
    transactions: raw.transactions.length,
    gasUsed: Number(raw.header.gasUsed),
    ...judgement,
    times: {
      prepare,
      serial: serial.median(),
      parallel: [...parallel].flatMap(([threads, watch]) => {
        const milliseconds = watch.median();
        return milliseconds === null ? [] : [{ threads, milliseconds }];
      }),
    },
    coverage,
  };
}

function decodeAll(block: ReplayBlock): Transaction[] | BlockError {
  try {
    return replayTransactions(block);
  } catch (error) {
    if (error instanceof BlockError) return error;
    throw error;
  }
}

async function judge(
  engines: Engines,
  serial: Stopwatch,
  block: ReplayBlock,
  transactions: readonly Transaction[],
  repeat: number,
  coverage: Coverage,
): Promise<Judgement> {
  const missing = new Set<bigint>();
  // A parallel executor asks for all 256 hashes beforehand; the serial one only for those that BLOCKHASH wants.
  const executable = replayableBlock(block, transactions, (number) => {
    const hash = ancestorHash(block, number);
    if (hash === null && serial.running) missing.add(number);
    return hash;
  });
  engines.database.clear();
  engines.database.load(block.pre);
  let judgement: Judgement | null = null;
  for (let round = 0; round < repeat; round++) {
    const { serial: result, disagreement } = await executeBoth(engines, executable, coverage);
    requireHashes(block, missing);
    if (disagreement !== null) {
      const { verdict, cause, threads, comparison } = disagreement;
      const open = uncheckedOf(block, 'serial and parallel differ');
      return { verdict, cause, ...comparison, threads, unchecked: open };
    }
    judgement ??= judgeSerial(block, transactions, result);
    if (judgement.verdict !== 'pass') break;
  }
  if (judgement === null) throw new RangeError(`a block cannot be replayed ${repeat} times`);
  return judgement;
}

function requireHashes(block: ReplayBlock, missing: ReadonlySet<bigint>): void {
  if (missing.size > 0) throw new MissingBlockHashError(block, [...missing]);
}

/** The file against itself, and the serial result against the header. */
function judgeSerial(block: ReplayBlock, transactions: readonly Transaction[], result: ExecutionResult): Judgement {
  const found = new Differences();
  compareClaims(found, block, transactions);
  if (!result.ok) {
    found.add('block', 'valid', result.error.message, result.error.transactionIndex);
    return nonconformant(`rejected: ${result.error.code}`, found, uncheckedOf(block, 'the block was rejected'));
  }
  compareOutcome(found, block, result);
  const unchecked = { ...uncheckedOf(block, null), stateRoot: compareStateRoot(found, block, result) };
  const [first] = found.list;
  if (first !== undefined) return nonconformant(`differs from the file: ${causeOf(first)}`, found, unchecked);
  return { verdict: 'pass', cause: null, differences: [], transaction: null, threads: null, unchecked };
}

function undecodable(block: ReplayBlock, error: BlockError): Judgement {
  const found = new Differences();
  compareClaims(found, block, null);
  found.add('block', 'valid', error.message, error.transactionIndex);
  return nonconformant('a transaction does not decode', found, uncheckedOf(block, 'the block was not executed'));
}

function nonconformant(cause: string, found: Differences, unchecked: Judgement['unchecked']): Judgement {
  const { list: differences, transaction } = found;
  return { verdict: 'nonconformant', cause, differences, transaction, threads: null, unchecked };
}

/** What could not be compared; `fault` is why nothing could be. */
function uncheckedOf(block: ReplayBlock, fault: string | null): Judgement['unchecked'] {
  const receipts = atLeast(block.rules.fork, 'Byzantium') ? null : RECEIPTS_BEFORE_BYZANTIUM;
  return { receiptsRoot: fault ?? receipts, stateRoot: fault };
}

/** What the JSON says twice: hashes and roots against the fields, senders against the signatures. */
function compareClaims(found: Differences, block: ReplayBlock, transactions: readonly Transaction[] | null): void {
  const { raw, claims, blockHashes } = block;
  const { header } = raw;
  for (const [index, bytes] of raw.transactions.entries()) {
    const claimed = claims.transactionHashes[index] as Uint8Array;
    found.bytes(`transactions[${index}].hash`, claimed, keccak256(bytes), index);
    const sender = transactions?.[index]?.sender;
    if (sender !== undefined) found.bytes(`transactions[${index}].from`, claims.senders[index] ?? null, sender, index);
  }
  found.bytes('hash', claims.hash, raw.hash);
  found.bytes('transactionsRoot', header.transactionsRoot, orderedTrieRoot(raw.transactions));
  if (raw.withdrawals !== null) {
    found.bytes('withdrawalsRoot', header.withdrawalsRoot, withdrawalsRoot(raw.withdrawals));
  }
  if (block.ommerCount === 0) found.bytes('sha3Uncles', header.ommersHash, EMPTY_LIST_HASH);
  const parent = blockHashes.get(block.number - 1n);
  if (parent !== undefined) found.bytes(`block_hashes[${block.number - 1n}]`, parent, header.parentHash);
}

function compareOutcome(found: Differences, block: ReplayBlock, outcome: BlockOutcome): void {
  const { raw, rules } = block;
  const { header } = raw;
  found.number('gasUsed', header.gasUsed, outcome.gasUsed);
  if (atLeast(rules.fork, 'Byzantium')) {
    found.bytes('receiptsRoot', header.receiptsRoot, receiptsRoot(outcome.receipts));
  }
  found.bytes('logsBloom', header.logsBloom, outcome.logsBloom);
  if (atLeast(rules.fork, 'Cancun')) found.number('blobGasUsed', header.blobGasUsed, outcome.blobGasUsed);
  if (atLeast(rules.fork, 'Prague')) {
    found.bytes('requestsHash', header.requestsHash, requestsHash(outcome.requests ?? []));
  }
}

/** Compares the state root where the file has what it takes; answers why not, or null. */
function compareStateRoot(found: Differences, block: ReplayBlock, outcome: BlockOutcome): string | null {
  if (block.witness === null) return NO_WITNESS;
  if (!atLeast(block.rules.fork, 'Cancun')) return NO_STATE_BEFORE_CANCUN;
  try {
    found.bytes('stateRoot', block.raw.header.stateRoot, stateRootAfter(block.witness, outcome.diff));
    return null;
  } catch (error) {
    if (error instanceof TrieError || error instanceof RlpError) return `witness.json: ${error.message}`;
    throw error;
  }
}
