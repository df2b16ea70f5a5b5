/** Two workers over one block on one thread, each with a machine of its own: the test says who does what next. */
import { expect } from 'chai';
import { BlockEngine } from '../../src/executor/block-engine.js';
import { HOT_WORDS } from '../../src/executor/images.js';
import type { Incarnations } from '../../src/executor/incarnation.js';
import { BlockScope, createVm } from '../../src/executor/scope.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { BlockSetUp } from '../../src/executor/set-up.js';
import {
  CONTROL_BATCH,
  CONTROL_HOT,
  CONTROL_VERDICT,
  TX_RESULT,
  VERDICT_DONE,
  VERDICT_RUNNING,
} from '../../src/layout.js';
import { type Advice, encodeAdvice } from '../../src/scheduler/advice.js';
import type { AccountState } from '../../src/state/account.js';
import { collectDiff } from '../../src/state/collect.js';
import { Database } from '../../src/state/database.js';
import { recordTransactions, unpackOutcome } from '../../src/transition/transaction/index.js';
import type { Block } from '../../src/transition/types.js';
import { type Allocation, valid } from './conflict-block.js';

export class TwoWorkers {
  private constructor(
    readonly database: Database,
    readonly block: Block,
    readonly first: BlockEngine,
    readonly second: BlockEngine,
  ) {}

  static async open(accounts: Allocation, block: Block, advice: Partial<Advice> = {}): Promise<TwoWorkers> {
    const database = Database.from(Object.entries(accounts) as [`0x${string}`, AccountState][]);
    const scope = new BlockScope(await createVm('wasm'));
    const table = scope.begin(database, block);
    const setUp = new BlockSetUp(scope);
    const hints = new Int32Array(block.transactions.length).fill(-1);
    setUp.write({ block, table, hints, advice: encodeAdvice(advice), window: 0 });
    setUp.writeEnvironment(block);
    setUp.copyRecords(recordTransactions(block));
    const { heap } = scope;
    heap.i32[CONTROL_BATCH] = 1;
    heap.i32[CONTROL_VERDICT] = VERDICT_RUNNING;
    const one = new BlockEngine(scope, 0);
    const two = new BlockEngine(new BlockScope(await createVm('wasm'), scope.memories), 1);
    one.openOwn(database, block, null, false);
    two.open(database, null);
    return new TwoWorkers(database, block, one, two);
  }

  /** Makes every location one at which transactions have failed. */
  heat(): void {
    const { i32 } = this.first.heap;
    const set = i32[CONTROL_HOT] as number;
    i32.fill(-1, set, set + HOT_WORDS);
  }

  /** The worker takes the next transaction, which must be `index`. */
  take(engine: BlockEngine, index: number): void {
    expect(engine.scheduler.take(), 'transaction taken').to.equal(index);
  }

  /** What an early validator does that finds `index` stale. */
  abort(engine: BlockEngine, index: number): void {
    const status = engine.statuses.load(index);
    expect(engine.scheduler.beginAbort(index, status)).to.equal(true);
    (engine as unknown as { incarnations: Incarnations }).incarnations.markEstimates(index);
    engine.scheduler.endAbort(index, status);
  }

  /** `engine` commits what is left; outcomes and changes must be those of serial execution. */
  async finish(engine: BlockEngine): Promise<void> {
    const { database, block } = this;
    while (engine.running()) await engine.lane.advance();
    const { heap, outcomes, table, codes, memory, statuses } = engine;
    expect(heap.i32[CONTROL_VERDICT]).to.equal(VERDICT_DONE);
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const expected = valid(await serial.execute(database, block));
    heap.refresh();
    outcomes.refresh();
    const found = block.transactions.map((_, index) => {
      const outcome = unpackOutcome(outcomes.u32, outcomes.u8, heap.i32[statuses.words(index) + TX_RESULT] as number);
      return outcome.kind === 'executed' ? { ...outcome, deferredFee: null } : outcome;
    });
    const serially = expected.transactions.map((outcome) =>
      outcome.kind === 'executed' ? { ...outcome, deferredFee: null } : outcome,
    );
    expect(found).to.deep.equal(serially);
    const state = memory.after(block.transactions.length);
    expect(collectDiff({ heap, table, codes, database, state })).to.deep.equal(expected.diff);
    await serial.close();
  }
}
