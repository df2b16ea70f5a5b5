/**
 * Correctness pitfalls 34 to 39: the speculation itself. Where a rule is about the order of single
 * steps, the test takes them by hand on the shared words; where it is about outcomes, a block shows it.
 */
import { expect } from 'chai';
import { assemble, initCode } from '../../corpus/assemble.js';
import { CELL_VALUE, CONTROL_FRONTIER, KIND_BASICS, TX_DEPENDENTS, TX_FEE } from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import {
  ABORTING,
  COMMITTED,
  EXECUTED,
  EXECUTING,
  PARKED,
  READY,
  stateOf,
  statusWord,
} from '../../src/mvmemory/statuses.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import { BASICS_BALANCE } from '../../src/state/view.js';
import {
  ASK,
  anything,
  blockOf,
  busy,
  changeOf,
  contract,
  created2By,
  FLAG,
  flagContract,
  logged,
  place,
  send,
  sender,
  senders,
  slotAfter,
  useRig,
  valid,
  words,
} from '../support/conflict-block.js';
import { EngineWords } from '../support/engine-words.js';
import { addressWords } from '../support/keys.js';

const ACCOUNT = 0xabc;
const raise = send(sender(0), FLAG, { data: words(1n) });

describe('pitfalls: the STM itself', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  it('pitfall 34: with one worker every transaction has exactly one incarnation', async () => {
    const source = 'CALLDATASIZE @kill JUMPI 1 SLOAD 1 ADD 1 SSTORE STOP kill: CALLER SELFDESTRUCT';
    const init = initCode(assemble(source));
    const factory = place(1);
    const victim = created2By(factory, 5n, init);
    const accounts = {
      ...senders(20),
      [factory]: contract('CALLDATASIZE 0 0 CALLDATACOPY 5 CALLDATASIZE 0 0 CREATE2 CALLER SSTORE'),
      [victim]: contract(source, { storage: { 1: 9n } }),
      [place(2)]: contract(`${busy(1)} COINBASE BALANCE CALLER SSTORE`),
    };
    // Everything that a reader and a validator might see differently: fees, resets, revivals, code, nonces.
    const round = (n: number) => [
      send(sender(n), victim),
      send(sender(n + 1), place(2)),
      send(sender(n + 2), victim, { data: words(1n) }),
      send(sender(n), factory, { data: hexToBytes(init), nonce: 1n }),
      send(sender(n + 1), victim, { value: 1n, nonce: 1n }),
      send(sender(n + 3), place(2)),
    ];
    const block = blockOf('Shanghai', [...round(0), ...round(4), ...round(8), ...round(12)]);
    const { result, runs } = await rig.agree(accounts, block);
    expect(slotAfter(valid(result), victim, 1n)).to.equal(1n);
    const alone = runs.filter(({ threads }) => threads === 1);
    expect(alone.map(({ vm }) => vm)).to.deep.equal(['wasm', 'ethereumjs']);
    for (const { result: run } of alone) {
      expect(run.stats).to.include({ incarnations: 24, aborts: 0, reexecutions: 0, estimatesHit: 0 });
    }
  });

  it('pitfall 34: a read set of any length is validated whole', async () => {
    const reader = place(0);
    const slots = Array.from({ length: 100 }, (_, i) => `${i + 1} SLOAD POP`).join(' ');
    // What turns out to be stale is read first; what follows does not fit into the first buffer.
    const accounts = { ...senders(2), [FLAG]: flagContract, [reader]: contract(`${ASK} ${slots} 0x1000 SSTORE`) };
    const block = blockOf('Shanghai', [raise, send(sender(1), reader, { gasLimit: 1_000_000n })]);
    const { result } = await rig.agree(accounts, block);
    expect(slotAfter(valid(result), reader, 0x1000n)).to.equal(1n);
  });

  it('pitfall 34: a fee that was read before the lane folded it is the same one after', () => {
    const engine = EngineWords.create(3);
    const { heap, arena, memory, statuses, fees } = engine;
    const row = engine.table.account(KIND_BASICS, addressWords(ACCOUNT), 0);
    fees.open(row);
    for (const index of [0, 1]) {
      const fee = arena.alloc(U256_WORDS);
      writeWords(5n, heap.u32, fee, U256_WORDS);
      heap.i32[statuses.words(index) + TX_FEE] = fee;
      engine.setStatus(index, statusWord(0, EXECUTED));
    }
    expect(memory.resolve(row, 2)).to.equal(RESOLVED);
    const read = memory.cell;
    expect(readWords(heap.u32, read + CELL_VALUE + BASICS_BALANCE, U256_WORDS)).to.equal(10n);
    for (const index of [0, 1]) {
      engine.setStatus(index, statusWord(0, COMMITTED));
      fees.commit(index);
      Atomics.store(heap.i32, CONTROL_FRONTIER, index + 1);
      expect(memory.resolve(row, 2)).to.equal(RESOLVED);
      expect(memory.sameValue(row, memory.cell, read)).to.equal(true);
    }
    expect(memory.cell, 'it is another cell all the same').to.not.equal(read);
  });

  it('pitfall 35: a block in which all wait for one does not end before that one', async () => {
    // One sender, so that everything is parked while the first transaction runs for long.
    const slow = place(1);
    const accounts = {
      ...senders(1),
      [slow]: contract(`${busy(15)} 1 0 SSTORE`),
      [place(2)]: contract('0 SLOAD 1 ADD 0 SSTORE'),
    };
    const block = blockOf('London', [
      send(sender(0), slow),
      ...Array.from({ length: 20 }, (_, i) => send(sender(0), place(2), { nonce: BigInt(i + 1) })),
      send(sender(0), slow, { nonce: 21n }),
    ]);
    const outcome = valid((await rig.agree(accounts, block, anything)).result);
    expect(slotAfter(outcome, place(2), 0n)).to.equal(20n);
    expect(changeOf(outcome, sender(0))?.after?.nonce).to.equal(22n);
  });

  it('pitfall 35: nothing to take and nothing to check is not the end', () => {
    const engine = EngineWords.create(3);
    const { scheduler } = engine;
    while (scheduler.take() >= 0);
    scheduler.park(1, 0);
    scheduler.park(2, 0);
    expect([scheduler.take(), scheduler.nextCheck(), scheduler.frontier()]).to.deep.equal([-1, -1, 0]);
    expect(scheduler.running()).to.equal(true);
    engine.setStatus(0, statusWord(0, EXECUTED));
    scheduler.wake(0);
    expect([scheduler.take(), scheduler.take(), scheduler.take()]).to.deep.equal([1, 2, -1]);
    expect(scheduler.running()).to.equal(true);
  });

  it('pitfall 36: a stale wake-up does not resume another incarnation', () => {
    const engine = EngineWords.create(4);
    const { scheduler, statuses } = engine;
    while (scheduler.take() >= 0);
    // Transaction 3 waits for 0, is taken over, fails validation, and then waits for 1 instead.
    scheduler.park(3, 0);
    expect(statuses.change(3, statusWord(0, PARKED), statusWord(1, EXECUTING))).to.equal(true);
    engine.setStatus(3, statusWord(1, EXECUTED));
    expect(scheduler.beginAbort(3, statusWord(1, EXECUTED))).to.equal(true);
    scheduler.endAbort(3, statusWord(1, EXECUTED));
    expect(scheduler.take()).to.equal(3);
    scheduler.park(3, 1);
    expect(statuses.load(3)).to.equal(statusWord(2, PARKED));
    engine.setStatus(0, statusWord(0, EXECUTED));
    scheduler.wake(0);
    expect(statuses.load(3), 'woken for an incarnation that is gone').to.equal(statusWord(2, PARKED));
    expect(scheduler.take()).to.equal(-1);
    engine.setStatus(1, statusWord(0, EXECUTED));
    scheduler.wake(1);
    expect(statuses.load(3)).to.equal(statusWord(3, READY));
  });

  for (const moment of ['before', 'after']) {
    it(`pitfall 37: a blocker that finishes just ${moment} the registration is not waited for`, () => {
      const engine = EngineWords.create(3);
      const { scheduler, statuses, heap } = engine;
      while (scheduler.take() >= 0);
      const head = statuses.words(0) + TX_DEPENDENTS;
      const finish = (): void => {
        engine.setStatus(0, statusWord(0, EXECUTED));
        scheduler.wake(0);
      };
      const { compareExchange } = Atomics;
      let registered = 0;
      Atomics.compareExchange = ((array: Int32Array, index: number, expected: number, value: number): number => {
        if (array !== heap.i32 || index !== head) return compareExchange(array, index, expected, value);
        registered++;
        if (moment === 'before') finish();
        const found = compareExchange(array, index, expected, value);
        if (moment === 'after') finish();
        return found;
      }) as typeof Atomics.compareExchange;
      try {
        scheduler.park(2, 0);
      } finally {
        Atomics.compareExchange = compareExchange;
      }
      expect(registered).to.equal(1);
      expect(statuses.load(2), 'released once').to.equal(statusWord(1, READY));
      expect([scheduler.take(), scheduler.take()]).to.deep.equal([2, -1]);
      // Whatever registration is left over wakes nobody twice.
      scheduler.wake(0);
      expect(statuses.load(2)).to.equal(statusWord(1, EXECUTING));
    });
  }

  it('pitfall 38: writes are estimates before the next incarnation can start', () => {
    const engine = EngineWords.create(3);
    const { scheduler, statuses, memory } = engine;
    const row = engine.slotRow();
    while (scheduler.take() >= 0);
    const entry = engine.put(row, 1, 0, 7n);
    const found = statusWord(0, EXECUTED);
    engine.setStatus(1, found);
    expect(engine.get(row, 2)).to.equal(7n);
    expect(scheduler.beginAbort(1, found)).to.equal(true);
    expect(stateOf(statuses.load(1))).to.equal(ABORTING);
    expect(scheduler.take(), 'nobody can take it yet').to.equal(-1);
    memory.markEstimate(entry);
    expect(engine.get(row, 2)).to.equal('blocked by 1');
    scheduler.endAbort(1, found);
    expect(engine.get(row, 2), 'released, and still an estimate').to.equal('blocked by 1');
    expect(scheduler.take()).to.equal(1);
    expect(engine.get(row, 2)).to.equal('blocked by 1');
    // The next incarnation writes elsewhere, so the old entry is cleared.
    memory.clear(entry);
    engine.setStatus(1, statusWord(1, EXECUTED));
    expect(engine.get(row, 2)).to.equal(0n);
  });

  it('pitfall 38: a chain over one slot runs in order', async () => {
    const hot = place(1);
    const accounts = {
      ...senders(24),
      [hot]: contract(`0 SLOAD ${busy(1)} 3 MUL CALLER ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0`),
    };
    const block = blockOf(
      'London',
      Array.from({ length: 24 }, (_, n) => send(sender(n), hot)),
    );
    const outcome = valid((await rig.agree(accounts, block)).result);
    let value = 0n;
    for (let n = 0; n < 24; n++) {
      value = 3n * value + BigInt(sender(n));
      expect(logged(outcome, n)).to.deep.equal([[value]]);
    }
  });

  it('pitfall 39: what was validated early is checked again when a lower write set changes', async () => {
    // The second transaction writes slot 1 at first and slot 2 in truth; the others may have been found right before.
    const [writer, reader] = [place(1), place(2)];
    const answers = '0 CALLDATALOAD SLOAD 0 MSTORE 0x20 0 RETURN';
    const read = (slot: number): string =>
      `${slot} 0 MSTORE 0x20 0x20 0x20 0 0 ${writer} GAS CALL POP 0x20 MLOAD ${32 * (1 + slot)} MSTORE`;
    const accounts = {
      ...senders(14),
      [FLAG]: flagContract,
      [writer]: contract(
        `CALLDATASIZE @answer JUMPI ${ASK} @two JUMPI 5 1 SSTORE STOP two: 5 2 SSTORE STOP answer: ${answers}`,
      ),
      [reader]: contract(`${read(1)} ${read(2)} 0x40 0x40 LOG0`),
    };
    const block = blockOf('London', [
      raise,
      send(sender(1), writer),
      ...Array.from({ length: 12 }, (_, i) => send(sender(2 + i), reader)),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    for (let i = 2; i < 14; i++) expect(logged(outcome, i)).to.deep.equal([[0n, 5n]]);
    expect(changeOf(outcome, writer)?.storage.size).to.equal(1);
  });
});
