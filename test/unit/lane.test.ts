/** The commit lane against a worker that interferes at the worst moment, played by the test itself. */
import { expect } from 'chai';
import { BlockEngine } from '../../src/executor/block-engine.js';
import { BlockScope } from '../../src/executor/scope.js';
import { BlockSetUp } from '../../src/executor/set-up.js';
import {
  CONTROL_BATCH,
  CONTROL_EPOCH,
  CONTROL_FRONTIER,
  CONTROL_VERDICT,
  CONTROL_WAITING,
  OUTCOME_WORDS,
  TX_EXACT,
  TX_RESULT,
  TX_STATUS,
  VERDICT_DONE,
  VERDICT_RUNNING,
} from '../../src/layout.js';
import { ABORTING, EXECUTED, EXECUTING, stateOf, statusWord } from '../../src/mvmemory/statuses.js';
import { encodeAdvice } from '../../src/scheduler/advice.js';
import { type FailedIncarnation, packOutcome, recordTransactions } from '../../src/transition/transaction/index.js';
import type { TransactionOutcome } from '../../src/transition/types.js';
import { createEthereumjsVm } from '../../src/vm/ethereumjs/index.js';
import { blockOf, send, sender, senders, stranger } from '../support/conflict-block.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from '../support/sample-block.js';
import { TwoWorkers } from '../support/two-workers.js';

type Outcome = TransactionOutcome | FailedIncarnation;

/** The part of the lane that the test steps into. */
interface OpenLane {
  advance(): boolean | Promise<boolean>;
}

const STALE: Outcome = { kind: 'invalid', code: 'NONCE_MISMATCH_TOO_HIGH', detail: 'read too early' };
const GOOD: Outcome = {
  kind: 'executed',
  success: true,
  gasUsed: 21_000n,
  blobGasUsed: 0n,
  logs: [],
  output: new Uint8Array(0),
  created: null,
  halt: null,
  deferredFee: 0n,
};

async function oneTransaction(): Promise<BlockEngine> {
  const scope = new BlockScope(await createEthereumjsVm());
  const database = sampleDatabase(1);
  const block = sampleBlock(sampleTransactions(1, 1));
  const table = scope.begin(database, block);
  const setUp = new BlockSetUp(scope);
  setUp.write({ block, table, hints: Int32Array.of(-1), advice: encodeAdvice({}), window: 0 });
  setUp.copyRecords(recordTransactions(block));
  scope.heap.i32[CONTROL_VERDICT] = VERDICT_RUNNING;
  const engine = new BlockEngine(scope, 0);
  engine.openOwn(database, block, null, false);
  return engine;
}

/** What a worker does that publishes an incarnation. */
function publish(engine: BlockEngine, incarnation: number, outcome: Outcome, exact: boolean): void {
  const { heap } = engine;
  const words = engine.statuses.words(0);
  heap.i32[words + TX_RESULT] = packOutcome(engine.outcomeArena, outcome);
  heap.i32[words + TX_EXACT] = exact ? 1 : 0;
  Atomics.store(heap.i32, words + TX_STATUS, statusWord(incarnation, EXECUTED));
}

describe('commit lane', () => {
  it('does not reject a block for an incarnation that was replaced while it was looked at', async () => {
    const engine = await oneTransaction();
    publish(engine, 0, STALE, false);
    const lane = (engine as unknown as { lane: OpenLane }).lane;
    const { heap } = engine;
    const stale = heap.i32[engine.statuses.words(0) + TX_RESULT] as number;
    const { outcomes } = engine;
    const map = outcomes.map.bind(outcomes);
    let interfered = false;
    outcomes.map = (end) => {
      map(end);
      // The lane maps the outcome after it has taken its reference and before it looks at the exactness
      // flag. In between another worker aborts the incarnation, runs the transaction at the frontier and
      // publishes it, exact.
      if (interfered || end !== stale + OUTCOME_WORDS) return;
      interfered = true;
      publish(engine, 1, GOOD, true);
    };
    await lane.advance();
    expect(interfered).to.equal(true);
    expect(engine.heap.i32[CONTROL_VERDICT]).to.equal(VERDICT_DONE);
    expect(engine.heap.i32[CONTROL_FRONTIER]).to.equal(1);
  });

  it('moves the frontier once the ordered effects of a transaction stand', async () => {
    const transfers = [0, 1].map((n) => send(sender(n), stranger(n), { value: 1n }));
    const workers = await TwoWorkers.open(senders(2), blockOf('Shanghai', transfers));
    const { first, second } = workers;
    // One transaction has been published, the lane runs the other itself.
    workers.take(second, 0);
    await second.speculate(0);
    const { fees, heap } = first;
    const commit = fees.commit.bind(fees);
    const seen: [number, number][] = [];
    fees.commit = (index) => {
      seen.push([index, Atomics.load(heap.i32, CONTROL_FRONTIER)]);
      commit(index);
    };
    await workers.finish(first);
    expect(seen).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
  });

  for (const [name, state] of [
    ['run', EXECUTING],
    ['aborted', ABORTING],
  ] as const) {
    it(`is left alone, and wakes nobody, while the next transaction is being ${name} by another worker`, async () => {
      const engine = await oneTransaction();
      publish(engine, 0, GOOD, false);
      const { heap, statuses, scheduler } = engine;
      Atomics.store(heap.i32, statuses.words(0) + TX_STATUS, statusWord(0, state));
      // A worker that waits wakes itself if leaving the lane signals, and looks again, for as long as the other one rests.
      Atomics.store(heap.i32, CONTROL_WAITING, 1);
      const epoch = Atomics.load(heap.i32, CONTROL_EPOCH);
      const { lane } = engine as unknown as { lane: OpenLane };
      for (let look = 0; look < 3; look++) expect(await lane.advance()).to.equal(false);
      expect(Atomics.load(heap.i32, CONTROL_EPOCH)).to.equal(epoch);
      // The other one ends the abort, or the run, and the lane goes on.
      if (state === ABORTING) scheduler.endAbort(0, statusWord(0, ABORTING));
      else publish(engine, 0, GOOD, false);
      expect(await lane.advance()).to.equal(true);
      expect(heap.i32[CONTROL_FRONTIER]).to.equal(1);
    });
  }

  it('leaves to another worker what that has executed, while there is something else to do', async () => {
    const count = 12;
    const transfers = Array.from({ length: count }, (_, n) => send(sender(n), stranger(n), { value: 1n }));
    const workers = await TwoWorkers.open(senders(count), blockOf('Shanghai', transfers));
    const { first, second } = workers;
    const { heap, statuses } = first;
    workers.take(second, 0);
    await second.speculate(0);
    heap.i32[CONTROL_BATCH] = 4;
    workers.take(second, 1);
    await second.speculate(1);
    // As after many checks that succeeded.
    heap.i32[CONTROL_BATCH] = 17;
    const frontiers: unknown[] = [];
    const work = async (engine: BlockEngine): Promise<void> => {
      await engine.work();
      frontiers.push(heap.i32[CONTROL_FRONTIER]);
    };
    const stateAt = (index: number): number => stateOf(statuses.load(index));
    // It takes the rest instead.
    await work(first);
    expect(stateAt(5)).to.equal(EXECUTED);
    // The other one comes to its next look within the batch, where it commits what it has, and runs what is left of it.
    for (const _ of [2, 3]) await work(second);
    await work(second);
    expect(stateAt(5), 'not its own').to.equal(EXECUTED);
    // So does the first one in its own, once it comes to a place where it looks: before 8.
    for (const _ of [6, 7, 8]) await work(first);
    expect(frontiers).to.deep.equal([0, 0, 0, 5, 5, 5, count]);
  });

  it('leaves nothing where there is nothing else to do', async () => {
    const transfers = [0, 1].map((n) => send(sender(n), stranger(n), { value: 1n }));
    const workers = await TwoWorkers.open(senders(2), blockOf('Shanghai', transfers));
    const { first, second } = workers;
    workers.take(second, 0);
    await second.speculate(0);
    first.heap.i32[CONTROL_BATCH] = 17;
    await first.work();
    expect(first.heap.i32[CONTROL_FRONTIER]).to.equal(0);
    await first.work();
    expect(first.heap.i32[CONTROL_FRONTIER]).to.equal(2);
  });
});
