/** One block of a test: from its RLP through every check to its place in the chain. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import { atLeast } from '../../src/primitives/fork.js';
import type { StateDiff } from '../../src/state/diff.js';
import type { RawBlock } from '../../src/transition/block/block.js';
import { validateBody, validateOmmers } from '../../src/transition/block/body.js';
import { type ChainContext, executableBlock } from '../../src/transition/block/environment.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { type HeaderRules, validateHeader } from '../../src/transition/block/validate-header.js';
import { verifyOutcome } from '../../src/transition/block/verify.js';
import { BlockError } from '../../src/transition/errors.js';
import { decodeTransaction, TransactionDecodeError } from '../../src/transition/transaction/index.js';
import type { BlockOutcome, Receipt, Transaction } from '../../src/transition/types.js';
import type { ForkRules, ForkSchedule } from '../fixtures/networks.js';
import type { Engines } from '../job/engine.js';
import { executeBoth } from '../verdict/both.js';
import { disagreeing } from '../verdict/result.js';
import type { Coverage } from '../verdict/verdict.js';
import type { Chain, ChainBlock } from './chain.js';

/** The transactions up to the first that does not decode, and the error of that one. */
interface DecodedTransactions {
  readonly transactions: readonly Transaction[];
  readonly error: BlockError | null;
}

export class BlockProcessor {
  /** Of the block that was processed last, as far as they were decoded. */
  transactions: readonly Transaction[] = [];
  /** Of the same block; null where it was not executed to its end. */
  receipts: readonly Receipt[] | null = null;
  /** What it changed, on the state that the database holds until the next block; null as the receipts. */
  diff: StateDiff | null = null;

  constructor(
    private readonly engines: Engines,
    private readonly chain: Chain,
    private readonly schedule: ForkSchedule,
    private readonly chainId: bigint,
    /** Judges proofs of work; null where the test asks for none. */
    private readonly verifySeal: ((header: BlockHeader) => boolean) | null,
  ) {}

  /**
   * Runs the block that `read` makes on the state of its parent and adds it to the chain; answers its hash.
   * `index` is its place in the test. Throws {@link BlockError} where the block is invalid, as `read` may, and
   * `CaseFailure` where serial and parallel disagree about it.
   */
  async process(read: () => RawBlock, index: number, coverage: Coverage): Promise<Uint8Array> {
    this.#forget();
    const raw = read();
    const parent = this.#parent(raw.header);
    const rules = this.#rules(raw.header, parent);
    validateHeader(raw.header, parent.header, this.#headerRules(rules));
    validateBody(raw, rules.fork);
    validateOmmers(raw, this.chain, (ommer) => this.#headerRules(this.#rules(ommer, parent)));
    this.chain.moveTo(parent);
    const outcome = await this.#execute(raw, parent, rules, index, coverage);
    // The root is that of the state after the block: the diff is applied to read it, and taken back
    // so that the database stands where the chain says.
    this.engines.database.apply(outcome.diff);
    const root = this.engines.database.stateRoot();
    this.engines.database.revert(outcome.diff);
    const broken = verifyOutcome(raw, outcome, root, rules.fork);
    if (broken !== null) throw broken;
    this.chain.add(raw.header, raw.ommers, parent, outcome.diff, atLeast(rules.fork, 'Paris'));
    return raw.hash;
  }

  #forget(): void {
    this.transactions = [];
    this.receipts = null;
    this.diff = null;
  }

  #parent(header: BlockHeader): ChainBlock {
    const parent = this.chain.block(header.parentHash);
    if (parent !== null) return parent;
    const zero = header.parentHash.every((byte) => byte === 0);
    const code = zero ? 'BlockException.UNKNOWN_PARENT_ZERO' : 'BlockException.UNKNOWN_PARENT';
    throw new BlockError(code, null, `no block ${bytesToHex(header.parentHash)} in the chain`);
  }

  #rules(header: BlockHeader, parent: ChainBlock): ForkRules {
    const { number, timestamp } = header;
    return this.schedule.forkAt({ number, timestamp, parentTotalDifficulty: parent.totalDifficulty });
  }

  #headerRules({ fork, blobSchedule, daoForkBlock }: ForkRules): HeaderRules {
    const rules = { fork, blobSchedule, daoForkBlock };
    return this.verifySeal === null ? rules : { ...rules, verifySeal: this.verifySeal };
  }

  /** Executes the block. The error of a malformed transaction stands only if none before it is invalid. */
  async #execute(
    raw: RawBlock,
    parent: ChainBlock,
    rules: ForkRules,
    index: number,
    coverage: Coverage,
  ): Promise<BlockOutcome> {
    const decoded = decodeTransactions(raw, rules, this.chainId);
    this.transactions = decoded.transactions;
    if (decoded.error !== null && decoded.transactions.length === 0) throw decoded.error;
    const context: ChainContext = {
      fork: rules.fork,
      chainId: this.chainId,
      blobSchedule: rules.blobSchedule,
      blockHash: (number) => this.chain.ancestorHash(parent, number),
    };
    const daoFork = rules.daoForkBlock !== null && rules.daoForkBlock === raw.header.number;
    const block = executableBlock(raw, decoded.transactions, context, daoFork);
    const { serial, disagreement } = await executeBoth(this.engines, block, coverage);
    if (disagreement !== null) disagreeing(disagreement, index);
    if (decoded.error !== null) {
      throw !serial.ok && serial.error.transactionIndex !== null ? serial.error : decoded.error;
    }
    if (!serial.ok) throw serial.error;
    this.receipts = serial.receipts;
    this.diff = serial.diff;
    return serial;
  }
}

function decodeTransactions(raw: RawBlock, rules: ForkRules, chainId: bigint): DecodedTransactions {
  const transactions: Transaction[] = [];
  for (const [index, bytes] of raw.transactions.entries()) {
    try {
      transactions.push(decodeTransaction(bytes, { fork: rules.fork, chainId }));
    } catch (error) {
      if (!(error instanceof TransactionDecodeError)) throw error;
      const code = `TransactionException.${error.code}` as const;
      return { transactions, error: new BlockError(code, index, error.message) };
    }
  }
  return { transactions, error: null };
}
