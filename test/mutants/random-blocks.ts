/**
 * Random blocks full of conflicts (`test/property/random-block.ts`), serially and with several numbers of threads,
 * with right and with false advice, until one comes out differently. Most are small, some have dozens of transactions, and few
 * hundreds. A part of them is executed over what the ones before have left, so that a database grows and is moved on.
 *
 * `node random-blocks.js BLOCKS SEED [exact]`; `exact`: over heaps of which each thread sees no more than it has mapped
 * (`test/support/exact-views.ts`), and among them blocks whose transactions go on from images.
 */
import { Subject } from '../../bench/contender.js';
import { CONTENDED_WORKLOADS } from '../../bench/engine-workloads.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { DEFAULT_HOST, type ExecutorHost } from '../../src/executor/pool.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { ADVICE_PIECES, type Advice } from '../../src/scheduler/advice.js';
import { Database } from '../../src/state/database.js';
import type { Block, ExecutorResult } from '../../src/transition/types.js';
import { Random } from '../fuzz/random.js';
import { blockFrom, type RandomBlock } from '../property/random-block.js';
import { EXACT_HOST, exactViews } from '../support/exact-views.js';
import { sameOutcome } from '../support/outcome.js';
import { tell } from './lines.js';

const TELL_MILLISECONDS = 200;

/** Every so many blocks one is of middle size, or large. */
const MIDDLE = 12;
const LARGE = 96;
/** Every so many blocks one is executed over what others of its kind have left, until so many have been. */
const CHAINED = 4;
const CHAIN_LENGTH = 8;
/** With exact views every so many blocks one is of so many contended swaps. */
const CONTENDED = 16;
const SWAPS = 80;

/** A parallel executor, started when it is first wanted. */
class Contender {
  private started: ParallelExecutor | null = null;

  constructor(
    readonly threads: number,
    /** Number of the first block that it runs: starting threads takes longer than finding most faults. */
    readonly from: number,
    private readonly told: string,
    private readonly advice: Partial<Advice>,
    private readonly host: ExecutorHost,
  ) {}

  get name(): string {
    return `${this.threads} threads, ${this.told}`;
  }

  async executor(): Promise<ParallelExecutor> {
    this.started ??= await ParallelExecutor.create({
      vm: 'wasm',
      threads: this.threads,
      advice: this.advice,
      host: this.host,
    });
    return this.started;
  }
}

function contenders(seed: number, host: ExecutorHost): Contender[] {
  const lies = { ...Object.fromEntries(ADVICE_PIECES.map((piece) => [piece, 'false'])), seed };
  const open = { headStart: 'off' } as const;
  return (
    [
      [1, 0, 'alone', {}],
      [2, 0, 'all from the start', open],
      [3, 0, 'false advice', lies],
      [3, 0, 'others let in later', { headStart: 'false', seed }],
      [1, 50, "with the others' protocol", open],
      [4, 50, 'all from the start', open],
      [2, 100, 'false advice', lies],
      [8, 150, 'all from the start', open],
    ] as const
  ).map(([threads, from, told, advice]) => new Contender(threads, from, told, advice, host));
}

/** The block of that number: every seed has the same sizes at the same numbers. */
function drawn(seed: number, number: number): RandomBlock {
  const random = new Random(seed, number);
  const below = (bound: number): number => random.below(bound);
  if (number % LARGE === LARGE - 1) return blockFrom(sound(below), 280, 320);
  if (number % MIDDLE === MIDDLE - 1) return blockFrom(sound(below), 20, 60);
  return blockFrom(below, 2, 8);
}

/**
 * Draws that keep large blocks valid: `blockFrom` makes one transaction in 200 a wrong one, by a number below 400,
 * and takes senders that may lack the money for one in 38, by a number below 76.
 */
function sound(below: (bound: number) => number): (bound: number) => number {
  return (bound) => (bound === 400 ? 2 + below(398) : bound === 76 ? below(74) : below(bound));
}

/** The block as it may come after others: nonces start from those that the accounts have by now. */
function later(block: Block, database: Database): Block {
  const nonceOf = (account: Uint8Array): bigint => database.account(bytesToHex(account))?.nonce ?? 0n;
  const transactions = block.transactions.map((transaction) => ({
    ...transaction,
    nonce: transaction.nonce + nonceOf(transaction.sender),
    authorizations: transaction.authorizations.map((item) => ({
      ...item,
      nonce: item.nonce + (item.authority === null ? 0n : nonceOf(item.authority)),
    })),
  }));
  return { ...block, transactions };
}

type EngineBlocks = (typeof CONTENDED_WORKLOADS)[number];

class Search {
  private cases = 0;
  private schedules = 0;
  private told = 0;
  private caught: string | null = null;
  private readonly start = Database.create();
  /** Moved on by spelt-out changes, after serial execution; and by packed ones, after parallel execution. */
  private readonly serialChain = Database.create();
  private readonly parallelChain = Database.create();
  private chained = 0;

  constructor(
    private readonly serial: SerialExecutor,
    private readonly parallel: readonly Contender[],
    private readonly exact: boolean,
  ) {}

  /** True where a difference was found. */
  async run(blocks: number, seed: number): Promise<boolean> {
    for (let number = 0; this.caught === null && number < blocks; number++) {
      const random = drawn(seed, number);
      if (number === 0) this.start.load(random.accounts);
      try {
        if (this.exact && number % CONTENDED === 0) await this.compareSwaps(number);
        else if (number % CHAINED === CHAINED - 1) await this.link(random, number);
        else await this.compare(this.start, random.block, number);
      } catch (error) {
        this.caught = `block ${number}: ${error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)}`;
      }
      this.cases++;
      this.tellNow(performance.now());
    }
    tell({ cases: this.cases, schedules: this.schedules, ...(this.caught === null ? {} : { caught: this.caught }) });
    return this.caught !== null;
  }

  private tellNow(now: number): void {
    if (now < this.told + TELL_MILLISECONDS) return;
    this.told = now;
    tell({ cases: this.cases, schedules: this.schedules });
  }

  private async compareSwaps(number: number): Promise<void> {
    const { build } = CONTENDED_WORKLOADS[(number / CONTENDED) % CONTENDED_WORKLOADS.length] as EngineBlocks;
    const { database, block } = Subject.of(build(SWAPS));
    await this.compare(database, block, number);
  }

  private async compare(database: Database, block: Block, number: number): Promise<void> {
    const expected = await this.serial.execute(database, block);
    for (const contender of this.parallel) {
      if (number < contender.from) continue;
      const { name, threads } = contender;
      const executor = await contender.executor();
      this.schedules++;
      const found = await executor.execute(database, block);
      this.judge(expected, found, `block ${number}, ${name}`);
      if (threads === 1 && found.ok && found.stats.incarnations !== block.transactions.length) {
        this.caught ??= `block ${number}, ${name}: ${found.stats.incarnations} incarnations of ${block.transactions.length} transactions`;
      }
      if (found.ok) found.release();
      if (this.caught !== null) return;
    }
    if (expected.ok) expected.release();
  }

  /** One block more of a chain. The outcome of the block before is still held then, so that it has to be copied out. */
  private async link({ accounts, block }: RandomBlock, number: number): Promise<void> {
    if (this.chained++ % CHAIN_LENGTH === 0) {
      for (const database of [this.serialChain, this.parallelChain]) {
        database.clear();
        database.load(accounts);
      }
    }
    const next = later(block, this.serialChain);
    const expected = await this.serial.execute(this.serialChain, next);
    const ready = this.parallel.filter(({ from }) => from <= number);
    const contender = ready[this.chained % ready.length] as Contender;
    const { name } = contender;
    const executor = await contender.executor();
    this.schedules++;
    const found = await executor.execute(this.parallelChain, next);
    this.judge(expected, found, `block ${number} of a chain, ${name}`);
    if (!expected.ok || !found.ok || this.caught !== null) return;
    this.serialChain.apply(expected.diff);
    found.applyTo(this.parallelChain);
    const roots = [this.serialChain, this.parallelChain].map((database) => bytesToHex(database.stateRoot()));
    if (roots[0] !== roots[1]) this.caught = `block ${number} of a chain, ${name}: packed and spelt-out changes differ`;
  }

  private judge(expected: ExecutorResult, found: ExecutorResult, where: string): void {
    if (!sameOutcome(expected, found)) this.caught = where;
  }
}

const [blocks = '100', seed = '1', views = ''] = process.argv.slice(2);
if (views !== '' && views !== 'exact') throw new RangeError(`"exact" or nothing expected, "${views}" given`);
const exact = views === 'exact';
if (exact) exactViews();
const host = exact ? EXACT_HOST : DEFAULT_HOST;
const serial = await SerialExecutor.create({ vm: 'wasm' });
const caught = await new Search(serial, contenders(Number(seed), host), exact).run(Number(blocks), Number(seed));
// A faulty executor may never close.
process.exit(caught ? 1 : 0);
