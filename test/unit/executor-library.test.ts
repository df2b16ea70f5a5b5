/** Executors as a library: chains of blocks, several executors side by side, outcomes kept for later. */
import { expect } from 'chai';
import { SHARED_PACKING } from '../../src/executor/packing.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { Block, ExecutedBlock, ExecutorResult } from '../../src/transition/types.js';
import { ChainBuilder, chainDatabase } from '../support/chain.js';
import { type Executor, SharedExecutors } from '../support/executors.js';
import { canonical } from '../support/outcome.js';

const SIZE = 300;
const BLOCKS = 20;
const THREADS = [1, 2, 3, 4, 8];

interface Step {
  readonly block: Block;
  readonly text: string;
  readonly root: Hex;
}

function valid(result: ExecutorResult): ExecutedBlock {
  if (!result.ok) throw result.error;
  return result;
}

/** Which of two long texts differs from the other, without printing either whole. */
function expectSame(actual: string, expected: string, what: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 300), at + 100);
  expect.fail(`${what} differs at ${at}:\n${around(actual)}\n---\n${around(expected)}`);
}

describe('executors as a library', function () {
  this.timeout(30_000);
  const chain: Step[] = [];
  const shared = new SharedExecutors();

  /** Runs blocks of the chain over a database of its own. */
  async function follow(executor: Executor, steps: readonly Step[], name: string): Promise<void> {
    const database = chainDatabase();
    const before = bytesToHex(database.stateRoot());
    const outcomes: ExecutedBlock[] = [];
    for (const [i, { block, text, root }] of steps.entries()) {
      const outcome = valid(await executor.execute(database, block));
      // Before anything else has read the outcome, and in other blocks after.
      if (i % 2 === 0) outcome.applyTo(database);
      expectSame(canonical(outcome), text, `${name}, block ${i}`);
      if (i % 2 === 1) outcome.applyTo(database);
      expect(bytesToHex(database.stateRoot()), `${name}, root of block ${i}`).to.equal(root);
      outcomes.push(outcome);
    }
    // And back again, by outcomes that were copied out of the executor's memory.
    for (const [i, outcome] of [...outcomes.entries()].reverse()) {
      outcome.revertFrom(database);
      const root = steps[i - 1]?.root ?? before;
      expect(bytesToHex(database.stateRoot()), `${name}, root below block ${i}`).to.equal(root);
    }
  }

  before(async () => {
    expect(SIZE).to.be.at.least(SHARED_PACKING);
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const database = chainDatabase();
    const builder = new ChainBuilder(SIZE);
    for (let i = 0; i < BLOCKS; i++) {
      const block = builder.next();
      const outcome = valid(await serial.execute(database, block));
      const text = canonical(outcome);
      database.apply(outcome.diff);
      chain.push({ block, text, root: bytesToHex(database.stateRoot()) });
    }
  });

  after(async () => {
    await shared.close();
  });

  it('has blocks in which accounts are created and destroyed, and codes change', async () => {
    const serial = await shared.of(0);
    const database = chainDatabase();
    const seen = { created: 0, destroyed: 0, codes: 0, wiped: 0, failed: 0, logs: 0 };
    for (const { block } of chain.slice(0, 6)) {
      const outcome = valid(await serial.execute(database, block));
      for (const { before, after, code, storage } of outcome.diff.values()) {
        if (before === null) seen.created++;
        // A delegation that is taken back leaves no code either; its code begins with 0xef (EIP-7702).
        if (code !== undefined && code.before.length > 0 && code.before[0] !== 0xef && code.after.length === 0) {
          seen.destroyed++;
        }
        if (before !== null && after !== null && code !== undefined) seen.codes++;
        if ([...storage.values()].some((slot) => slot.before !== 0n && slot.after === 0n)) seen.wiped++;
      }
      for (const transaction of outcome.transactions) {
        if (transaction.kind !== 'executed') continue;
        if (!transaction.success) seen.failed++;
        seen.logs += transaction.logs.length;
      }
      database.apply(outcome.diff);
    }
    expect(seen.created).to.be.greaterThan(500);
    expect(seen.destroyed).to.be.greaterThan(10);
    expect(seen.codes).to.be.greaterThan(10);
    expect(seen.wiped).to.be.greaterThan(10);
    expect(seen.logs).to.be.greaterThan(500);
  });

  for (const threads of THREADS) {
    it(`follows a chain of ${BLOCKS} blocks like the serial executor, ${threads} threads`, async () => {
      await follow(await shared.of(threads), chain, `${threads} threads`);
    });
  }

  it('lets executors follow the chain at the same time, each with its own database', async () => {
    const some = chain.slice(0, 3);
    const executors = await Promise.all([0, 1, 2, 3].map((threads) => shared.of(threads)));
    const reference = await shared.of(0, 'ethereumjs');
    await Promise.all([
      ...executors.map((executor, threads) => follow(executor, some, `${threads} threads beside others`)),
      follow(reference, chain.slice(0, 1), 'the reference machine beside others'),
    ]);
  });

  it('lets executors run different blocks over one database at the same time', async () => {
    const database = chainDatabase();
    const first = (chain[0] as Step).block;
    const half: Block = { ...first, transactions: first.transactions.slice(0, 150) };
    const serial = await shared.of(0);
    const expected = [first, half];
    const texts: string[] = [];
    for (const block of expected) texts.push(canonical(await serial.execute(database, block)));
    const executors = [await shared.of(2), await shared.of(3)];
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(
        executors.map((executor, i) => executor.execute(database, expected[(i + round) % 2] as Block)),
      );
      for (const [i, result] of results.entries()) {
        expectSame(canonical(result), texts[(i + round) % 2] as string, `round ${round}, executor ${i}`);
      }
    }
  });

  for (const threads of [0, ...THREADS]) {
    it(`keeps outcomes what they were while later blocks run, ${threads === 0 ? 'serial' : `${threads} threads`}`, async () => {
      const executor = await shared.of(threads);
      const database = chainDatabase();
      const kept: ExecutedBlock[] = [];
      const diffs: ExecutedBlock['diff'][] = [];
      for (const [i, { block }] of chain.slice(0, 4).entries()) {
        // The chain is moved on by another outcome of the same block, so that nothing of the kept one has
        // been looked at; every third one has been looked at in part.
        diffs.push(valid(await executor.execute(database, block)).diff);
        const outcome = valid(await executor.execute(database, block));
        kept.push(outcome);
        if (i % 3 === 1) expect(outcome.receipts).to.have.length(SIZE);
        if (i % 3 === 2) expect(outcome.diff.size).to.be.greaterThan(0);
        database.apply(diffs[i] as ExecutedBlock['diff']);
      }
      for (const [i, outcome] of kept.entries()) {
        expectSame(canonical(outcome), (chain[i] as Step).text, `outcome ${i}`);
        // Read again, it is the same object's answer.
        expect(outcome.diff).to.equal(outcome.diff);
        expect(outcome.receipts).to.equal(outcome.receipts);
        // What was read at once is what was read late.
        expect([...(diffs[i] as ExecutedBlock['diff']).keys()]).to.deep.equal([...outcome.diff.keys()]);
      }
      // Reading has not changed what later reads give, and the executor works on.
      expectSame(canonical(kept[0] as ExecutedBlock), (chain[0] as Step).text, 'outcome 0 read again');
      const fresh = chainDatabase();
      expectSame(canonical(await executor.execute(fresh, (chain[0] as Step).block)), (chain[0] as Step).text, 'again');
    });
  }

  it('keeps an outcome of one executor while another one, then itself, runs an invalid block', async () => {
    const executor = await shared.of(3);
    const database = chainDatabase();
    const { block, text } = chain[0] as Step;
    const outcome = valid(await executor.execute(database, block));
    const transactions = block.transactions.map((tx, i) => (i === 200 ? { ...tx, nonce: 99n } : tx));
    for (const other of [await shared.of(2), executor]) {
      const result = await other.execute(database, { ...block, transactions });
      expect(result.ok).to.equal(false);
    }
    expectSame(canonical(outcome), text, 'the kept outcome');
  });
});
