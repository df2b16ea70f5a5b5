/**
 * The principle of the engine: only the commit lane decides, all speculation is advice. Each
 * piece of advice is withheld, and made to lie, alone and with all others, and nothing may change but
 * the statistics. Transactions and blocks lie as well: some have random access lists (EIP-2930,
 * EIP-7928).
 */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bigIntToBytes } from '../../src/primitives/bytes.js';
import {
  ADVICE_PIECES,
  ADVICE_SETTINGS,
  type Advice,
  type AdviceSetting,
  encodeAdvice,
  HINT_SOURCES,
} from '../../src/scheduler/advice.js';
import { MOST_RULES, NO_ARGUMENT, type Rule } from '../../src/scheduler/learnt.js';
import type { PriorKnowledge } from '../../src/scheduler/prior-knowledge.js';
import { MAX_INCARNATIONS } from '../../src/scheduler/scheduler.js';
import { Database } from '../../src/state/database.js';
import { recordTransactions } from '../../src/transition/transaction/index.js';
import type { AccessListEntry, Block, BlockAccessListEntry } from '../../src/transition/types.js';
import { Random } from '../fuzz/random.js';
import { canonical } from '../support/outcome.js';
import { blockFrom } from './random-block.js';

const THREADS = [1, 2, 3, 4, 8];
const BLOCKS = 100;
const SEED = 20261121;

interface Sample {
  readonly block: Block;
  /** What the serial executor makes of it. */
  readonly expected: string;
}

function all(setting: AdviceSetting): Partial<Advice> {
  return Object.fromEntries(ADVICE_PIECES.map((piece) => [piece, setting]));
}

/** Accounts of the random blocks' contracts are among these, as `random-block.ts` numbers them. */
const anyAddress = (random: Random): Uint8Array => bigIntToBytes(BigInt(0x2000 + random.below(20)), 20);
const anySlot = (random: Random): bigint => BigInt(random.below(8));

function some<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.below(most + 1) }, make);
}

function randomLists(random: Random): AccessListEntry[] {
  return some(random, 4, () => ({
    address: anyAddress(random),
    slots: some(random, 3, () => bigIntToBytes(anySlot(random), 32)),
  }));
}

/** Writers drawn at random, in any order, from more than the block has. */
function randomBlockList(random: Random, { transactions, environment }: Block): BlockAccessListEntry[] {
  const change = () => ({ blockAccessIndex: random.below(transactions.length + 4) - 1 });
  const addresses = [environment.coinbase, ...transactions.map(({ sender, to }) => to ?? sender)];
  return some(random, 12, () => ({
    address: random.below(2) === 0 ? anyAddress(random) : (addresses[random.below(addresses.length)] as Uint8Array),
    storageChanges: some(random, 3, () => ({
      slot: anySlot(random),
      changes: some(random, 8, () => ({ ...change(), newValue: 1n })),
    })),
    storageReads: [],
    balanceChanges: some(random, 8, () => ({ ...change(), postBalance: 0n })),
    nonceChanges: some(random, 4, () => ({ ...change(), newNonce: 1n })),
    codeChanges: some(random, 2, () => ({ ...change(), newCode: new Uint8Array(1) })),
  }));
}

/** The block, by chance with lists of what its transactions will hardly do. */
function withLists(random: Random, block: Block): Block {
  const listed = random.below(2) === 0;
  const transactions = block.transactions.map((transaction) =>
    listed && transaction.type > 0 ? { ...transaction, accessList: randomLists(random) } : transaction,
  );
  const whole = { ...block, transactions };
  return random.below(4) === 0 ? { ...whole, accessList: randomBlockList(random, block) } : whole;
}

/** Teaches an executor rules about the calls of `block` that nobody has observed. */
function mislead(executor: ParallelExecutor, database: Database, block: Block, random: Random): void {
  const { learnt } = (executor as unknown as { readonly knowledge: PriorKnowledge }).knowledge;
  const records = recordTransactions(block);
  const words = (count: number): Uint32Array => Uint32Array.from({ length: count }, () => random.below(3));
  for (const at of records.places) {
    for (let i = 0; i < MOST_RULES; i++) {
      const argument = random.below(3) - 1;
      const rule: Rule = {
        argument,
        value: argument === NO_ARGUMENT ? new Uint8Array(0) : bigIntToBytes(BigInt(random.below(4)), 32),
        called: null,
        account: random.below(2) === 0 ? null : words(5),
        slot: words(8),
      };
      learnt.learn(database, records, at, rule);
    }
  }
}

const CASES: readonly (readonly [name: string, advice: Partial<Advice>])[] = [
  ...ADVICE_PIECES.flatMap((piece) =>
    ADVICE_SETTINGS.slice(1).map((setting) => [`${piece} ${setting}`, { [piece]: setting }] as const),
  ),
  ...HINT_SOURCES.flatMap((source) =>
    ADVICE_SETTINGS.slice(1).map(
      (setting) => [`hints of ${source} ${setting}`, { hintSources: { [source]: setting } }] as const,
    ),
  ),
  ['no hints but false ones', { hintSources: Object.fromEntries(HINT_SOURCES.map((source) => [source, 'false'])) }],
  ['everything off', all('off')],
  ['everything false', all('false')],
  ['needless aborts without estimates', { earlyValidation: 'false', estimates: 'off' }],
  // Out of order and without bound, with no estimate to stop at: as much stale speculation as can be.
  ['no order, no bound, no estimates', { order: 'false', window: 'off', estimates: 'off', hints: 'off' }],
];

describe('blocks without advice, and with false advice', function () {
  this.timeout(300_000);
  const database = Database.create();
  const samples: Sample[] = [];
  const executors: [number, ParallelExecutor][] = [];

  before(async () => {
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    for (let i = 0; i < BLOCKS; i++) {
      const random = new Random(SEED, i);
      const { accounts, block: plain } = blockFrom((bound) => random.below(bound), 4, 24);
      const block = withLists(random, plain);
      // The accounts are the same for all of them.
      if (i === 0) database.load(accounts);
      samples.push({ block, expected: canonical(await serial.execute(database, block)) });
    }
    await serial.close();
    for (const threads of THREADS) executors.push([threads, await ParallelExecutor.create({ vm: 'wasm', threads })]);
  });

  after(async () => {
    for (const [, executor] of executors) await executor.close();
  });

  for (const [name, advice] of CASES) {
    it(`${name}: ${BLOCKS} blocks give the serial outcome with ${THREADS.join(', ')} threads`, async () => {
      let aborts = 0;
      let runs = 0;
      for (const [threads, executor] of executors) {
        executor.advise({ headStart: 'off', ...advice, seed: SEED });
        for (const [i, { block, expected }] of samples.entries()) {
          const result = await executor.execute(database, block);
          expect(canonical(result), `block ${i}, ${threads} threads`).to.equal(expected);
          expect(result.stats.incarnations, `runs of block ${i}, ${threads} threads`).to.be.at.most(
            (MAX_INCARNATIONS + 1) * block.transactions.length,
          );
          aborts += result.stats.aborts;
          runs += result.stats.incarnations;
        }
      }
      console.log(`      ${runs} runs, ${aborts} aborts`);
    });
  }

  it(`false sets learnt: ${BLOCKS} blocks give the serial outcome with ${THREADS.join(', ')} threads`, async () => {
    for (const [threads, executor] of executors) {
      executor.advise({ headStart: 'off', seed: SEED });
      for (const [i, { block, expected }] of samples.entries()) {
        mislead(executor, database, block, new Random(SEED + 1, i));
        expect(canonical(await executor.execute(database, block)), `block ${i}, ${threads} threads`).to.equal(expected);
      }
    }
  });

  it('knows no other settings', async () => {
    const advice = { order: 'maybe' } as unknown as Partial<Advice>;
    expect(() => encodeAdvice(advice)).to.throw(RangeError, 'maybe');
    let refused: unknown;
    await ParallelExecutor.create({ vm: 'wasm', threads: 1, advice }).catch((error: unknown) => {
      refused = error;
    });
    expect(refused).to.be.instanceOf(RangeError);
  });
});
