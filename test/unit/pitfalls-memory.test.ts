/**
 * Correctness pitfalls 40 to 46: what a run sees and leaves in the multi-version memory. Where a rule is about
 * the order of single steps, the test takes them by hand on the shared words.
 */
import { expect } from 'chai';
import { assemble, initCode } from '../../corpus/assemble.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CELL_VALUE, CONTROL_END, ROW_HASH } from '../../src/layout.js';
import { EXECUTED, EXECUTING, READY, statusWord } from '../../src/mvmemory/statuses.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import { MAX_INCARNATIONS } from '../../src/scheduler/scheduler.js';
import type { AccountState } from '../../src/state/account.js';
import { Database, slotHash } from '../../src/state/database.js';
import { BASICS_BALANCE, READ_OK } from '../../src/state/view.js';
import { RUN_DONE } from '../../src/vm/vm.js';
import {
  ASK,
  anything,
  blockOf,
  busy,
  callOf,
  changeOf,
  contract,
  created2By,
  createdBy,
  ETHER,
  FLAG,
  flagContract,
  logged,
  place,
  send,
  sender,
  senders,
  slotAfter,
  statusOf,
  stranger,
  useRig,
  valid,
  wallet,
  words,
} from '../support/conflict-block.js';
import { EngineWords } from '../support/engine-words.js';
import { Random } from '../support/hammer.js';
import { slotWords } from '../support/keys.js';
import { environment, MemoryView, message, SENDER, TARGET, type TestState } from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

const raise = send(sender(0), FLAG, { data: words(1n) });

describe('pitfalls: reads and writes', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  for (const { name, create } of MACHINES) {
    it(`pitfall 40: a location has one value within an incarnation (${name})`, async () => {
      /** Another transaction writes between any two reads. */
      class Restless extends MemoryView {
        override storage(from: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
          const status = super.storage(from, address, slot, out, at);
          writeWords(BigInt(this.asked.length), out, at, U256_WORDS);
          return status;
        }
        override basics(from: Uint32Array, address: number, out: Uint32Array, at: number): number {
          const status = super.basics(from, address, out, at);
          writeWords(1000n + BigInt(this.asked.length), out, at + BASICS_BALANCE, U256_WORDS);
          return status;
        }
      }
      const twice = (source: string): string => `${source} ${source} EQ`;
      const other = `0x${'22'.repeat(20)}`;
      const code = assemble(
        ['7 SLOAD', `${other} BALANCE`, `${other} EXTCODEHASH`, 'SELFBALANCE']
          .map((source, i) => `${twice(source)} ${32 * i} MSTORE`)
          .concat('0x80 0 LOG0')
          .join(' '),
      );
      const state: TestState = {
        [SENDER]: { nonce: 1n, balance: ETHER },
        [TARGET]: { nonce: 1n, code: hexToBytes(code) },
        [other as Hex]: { nonce: 1n },
      };
      const view = new Restless(state);
      const vm = await create();
      vm.begin(environment('London'), view);
      expect(vm.load(hexToBytes(SENDER))).to.equal(READ_OK);
      vm.start(message());
      expect(await vm.run()).to.equal(RUN_DONE);
      const [log] = vm.result().logs;
      expect(bytesToHex(log?.data as Uint8Array)).to.equal(bytesToHex(words(1n, 1n, 1n, 1n)));
      expect(vm.finish()).to.equal(READ_OK);
      expect(view.asked.filter((location) => location.includes('slot'))).to.have.length(1);
      expect(new Set(view.asked).size).to.equal(view.asked.length);
    });
  }

  it('pitfall 40: two reads around other transactions’ writes agree', async () => {
    const hot = place(1);
    const accounts = {
      ...senders(12),
      [hot]: contract(`0 SLOAD ${busy(1)} 0 SLOAD EQ 0 MSTORE 0x20 0 LOG0 0 SLOAD 1 ADD 0 SSTORE`),
    };
    const block = blockOf(
      'London',
      Array.from({ length: 12 }, (_, n) => send(sender(n), hot)),
    );
    const outcome = valid((await rig.agree(accounts, block)).result);
    for (let n = 0; n < 12; n++) expect(logged(outcome, n)).to.deep.equal([[1n]]);
    expect(slotAfter(outcome, hot, 0n)).to.equal(12n);
  });

  const ZOMBIES: readonly (readonly [string, string])[] = [
    ['loops for ever', 'forever: @forever JUMP'],
    ['asks for terabytes of memory', '1 0xffffffffff MSTORE'],
    ['asks for more memory than numbers can say', `1 0x${'ff'.repeat(32)} MSTORE`],
    ['jumps into the void', '0xffff JUMP'],
    ['runs out of stack', 'POP POP POP'],
    ['overflows the stack', 'deeper: 1 @deeper JUMP'],
    ['calls itself as deep as it can', `deeper: ${callOf(place(50))} POP STOP`],
    ['creates contracts for ever', 'more: 0 0 0 CREATE POP @more JUMP'],
    ['sends what it does not have', `${callOf(stranger(1), 1n << 255n)} STOP`],
    ['pays somebody who has everything', `${callOf(stranger(9), 1n)} STOP`],
    ['copies from nowhere', `0x${'ff'.repeat(8)} 0x${'ff'.repeat(32)} 0 RETURNDATACOPY`],
  ];
  it('pitfall 41: whatever a run does that saw what never was, it is only a speculative result', async () => {
    const accounts = {
      ...senders(1 + ZOMBIES.length),
      [FLAG]: flagContract,
      [stranger(9)]: wallet({ balance: (1n << 256n) - 1n }),
      ...Object.fromEntries(
        ZOMBIES.map(([, way], i) => [
          place(44 + i),
          contract(`${ASK} @fine JUMPI ${way} fine: 0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0`, { balance: 1n }),
        ]),
      ),
    };
    const block = blockOf('London', [raise, ...ZOMBIES.map((_, i) => send(sender(1 + i), place(44 + i)))]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    for (const [i, [name]] of ZOMBIES.entries()) {
      expect(statusOf(outcome)[1 + i], name).to.equal(true);
      expect(logged(outcome, 1 + i), name).to.deep.equal([[1n]]);
    }
  });

  it('pitfall 42: a chain of senders without funds ends well, whatever speculation makes of it', async () => {
    // Each pays the next through a contract, so that only execution tells who has money.
    const forwarder = place(1);
    const count = 40;
    const link = (n: number): Hex => (n === 0 ? sender(0) : stranger(n));
    const value = (n: number): bigint => ETHER - BigInt(n + 1) * 10_000_000n;
    const accounts = {
      ...senders(1),
      [forwarder]: contract(`${busy(1)} 0 0 0 0 CALLVALUE 0 CALLDATALOAD GAS CALL POP`),
    };
    const block = blockOf(
      'London',
      Array.from({ length: count }, (_, n) => send(link(n), forwarder, { value: value(n), data: words(link(n + 1)) })),
    );
    const { result, runs } = await rig.agree(accounts, block);
    const outcome = valid(result);
    expect(changeOf(outcome, link(count))?.after).to.deep.equal({ nonce: 0n, balance: value(count - 1) });
    for (const run of runs) {
      expect(run.result.stats.incarnations).to.be.at.most(count * (MAX_INCARNATIONS + 1));
    }
  });

  it('pitfall 42: what ran too often is left to the commit lane', () => {
    const engine = EngineWords.create(3);
    engine.setStatus(0, statusWord(MAX_INCARNATIONS, READY));
    engine.setStatus(1, statusWord(MAX_INCARNATIONS - 1, READY));
    const { scheduler, statuses } = engine;
    expect([scheduler.take(), scheduler.take(), scheduler.take()]).to.deep.equal([1, 2, -1]);
    scheduler.retry(0);
    expect(scheduler.take()).to.equal(-1);
    // Nobody but the lane runs it, and it is still there to be run.
    expect(statuses.change(0, statusWord(MAX_INCARNATIONS, READY), statusWord(MAX_INCARNATIONS, EXECUTING))).to.equal(
      true,
    );
    engine.setStatus(0, statusWord(MAX_INCARNATIONS, EXECUTED));
    scheduler.suspect(0);
    expect(scheduler.nextCheck(), 'nor is it validated early').to.equal(-1);
    expect(scheduler.running()).to.equal(true);
  });

  it('pitfall 43: a value is a cell of its own, never written again and never recycled within the block', () => {
    const engine = EngineWords.create(4);
    const { heap, memory } = engine;
    const row = engine.slotRow();
    const value = (n: number): bigint => BigInt(`0x${n.toString(16).padStart(2, '0').repeat(32)}`);
    const cells: number[] = [];
    for (let n = 0; n < 200; n++) {
      const entry = engine.put(row, 1, n, value(n));
      cells.push(memory.entryCell(entry));
      if (n % 3 === 0) memory.markEstimate(entry);
      if (n % 5 === 0) memory.clear(entry);
    }
    expect(new Set(cells).size).to.equal(200);
    for (const [n, cell] of cells.entries()) {
      expect(readWords(heap.u32, cell + CELL_VALUE, U256_WORDS)).to.equal(value(n));
    }
    expect(engine.get(row, 2)).to.equal(value(199));
    // The next block starts over with the same memory.
    heap.reset(CONTROL_END);
    expect(heap.used).to.equal(CONTROL_END);
  });

  it('pitfall 43: all bytes of a value belong to one write', async () => {
    const hot = place(1);
    const ones = `0x${'01'.repeat(32)}`;
    const accounts = {
      ...senders(30),
      [hot]: contract(`0 SLOAD ${ones} ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0`),
      [place(2)]: contract(`${busy(1)} ${callOf(hot)}`),
    };
    const block = blockOf(
      'London',
      Array.from({ length: 30 }, (_, n) => send(sender(n), n % 5 === 0 ? place(2) : hot)),
    );
    const outcome = valid((await rig.agree(accounts, block)).result);
    for (let n = 0; n < 30; n++) expect(logged(outcome, n)).to.deep.equal([[BigInt(n + 1) * BigInt(ones)]]);
  });

  it('pitfall 44: two slots with one hash are two locations', async () => {
    const target = place(1);
    const database = Database.create();
    const engine = EngineWords.create(1, database);
    const random = new Random(44);
    const seen = new Map<number, bigint>();
    let pair: [bigint, bigint] | null = null;
    const key = slotWords(BigInt(target), 0);
    // Slots are told apart by hashes that begin with that of their account.
    const seed = database.accountHash(key, 0);
    // Some 80,000 keys (the square root of 2^32, and a little). They differ in more than one word, as each step
    // of the hash is a permutation of one word.
    while (pair === null) {
      const slot = (BigInt(random.next(2 ** 32)) << 32n) | BigInt(random.next(2 ** 32));
      writeWords(slot, key, ADDRESS_WORDS, U256_WORDS);
      const hash = slotHash(seed, key, ADDRESS_WORDS);
      const other = seen.get(hash);
      if (other !== undefined && other !== slot) pair = [other, slot];
      seen.set(hash, slot);
    }
    const [a, b] = pair;
    const rows = pair.map((slot) => engine.table.slot(slotWords(BigInt(target), slot), 0, ADDRESS_WORDS));
    const [first, second] = rows.map((row) => engine.heap.i32[row + ROW_HASH]);
    expect(first, 'one hash').to.equal(second);
    expect(rows[0], 'two locations').to.not.equal(rows[1]);
    const write = (slot: bigint): string => `0 CALLDATALOAD ${slot} SSTORE STOP`;
    const accounts = {
      ...senders(5),
      [target]: contract(
        `0x20 CALLDATALOAD @second JUMPI CALLDATASIZE @first JUMPI
        ${a} SLOAD 0 MSTORE ${b} SLOAD 0x20 MSTORE 0x40 0 LOG0 STOP
        first: ${busy()} ${write(a)} second: ${write(b)}`,
        { storage: { [`${b}`]: 4n } },
      ),
    };
    const block = blockOf('London', [
      send(sender(0), target, { data: words(6n, 0n) }),
      send(sender(1), target),
      send(sender(2), target, { data: words(7n, 1n) }),
      send(sender(3), target),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([logged(outcome, 1), logged(outcome, 3)]).to.deep.equal([[[6n, 4n]], [[6n, 7n]]]);
  });

  it('pitfall 45: code created in the block is there for the transactions after', async () => {
    const [factory, prober] = [place(1), place(2)];
    const runtime = assemble('0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0');
    const init = initCode(runtime, busy());
    const [child, own] = [created2By(factory, 5n, init), createdBy(sender(3), 0n)];
    const look = (at: Hex, i: number): string =>
      `${at} EXTCODESIZE ${64 * i} MSTORE ${at} EXTCODEHASH ${64 * i + 32} MSTORE`;
    const accounts = {
      ...senders(8),
      [factory]: contract('CALLDATASIZE 0 0 CALLDATACOPY 5 CALLDATASIZE 0 0 CREATE2 CALLER SSTORE'),
      [prober]: contract(`${look(child, 0)} ${look(own, 1)} 0x80 0 LOG0`),
      // The same code, there before the block.
      [place(3)]: contract('0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 0x20 0 LOG0'),
      [place(4)]: contract(`${place(3)} EXTCODEHASH 0 MSTORE 0x20 0 LOG0`),
    };
    const block = blockOf('London', [
      send(sender(0), factory, { data: hexToBytes(init) }),
      send(sender(1), child),
      send(sender(2), child),
      send(sender(3), null, { data: hexToBytes(init) }),
      send(sender(4), own),
      send(sender(5), prober),
      send(sender(6), place(4)),
      send(sender(7), child),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect([1, 2, 4, 7].map((i) => logged(outcome, i))).to.deep.equal([[[1n]], [[2n]], [[1n]], [[3n]]]);
    const hash = logged(outcome, 6)[0]?.[0] as bigint;
    const size = BigInt(hexToBytes(runtime).length);
    expect(logged(outcome, 5)).to.deep.equal([[size, hash, size, hash]]);
    expect(bytesToHex(changeOf(outcome, child)?.code?.after as Uint8Array)).to.equal(runtime);
  });

  it('pitfall 45: code created in a block is not taken for what stood in its place in the block before', async () => {
    const child = createdBy(sender(0), 0n);
    const database = Database.from(Object.entries(senders(2)) as [Hex, AccountState][]);
    const executors = [
      await SerialExecutor.create({ vm: 'wasm' }),
      await ParallelExecutor.create({ vm: 'wasm', threads: 1 }),
      await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } }),
    ];
    for (const executor of executors) {
      // Blocks that are alike but for what the code logs, so that all of them put it at the same place.
      for (const value of [3n, 4n, 5n]) {
        const init = initCode(assemble(`${value} 0 MSTORE 0x20 0 LOG0`));
        const block = blockOf('London', [send(sender(0), null, { data: hexToBytes(init) }), send(sender(1), child)]);
        expect(logged(valid(await executor.execute(database, block)), 1)).to.deep.equal([[value]]);
      }
      await executor.close();
    }
  });

  it('pitfall 46: what only the incarnation before wrote is taken back, however much that was', async () => {
    const writer = place(0);
    const slots = Array.from({ length: 60 }, (_, i) => `7 ${i + 1} SSTORE`).join(' ');
    const accounts = {
      ...senders(2),
      [FLAG]: flagContract,
      [writer]: contract(`${ASK} @few JUMPI ${slots} STOP few: 1 0x1000 SSTORE`),
    };
    const block = blockOf('Shanghai', [raise, send(sender(1), writer, { gasLimit: 3_000_000n })]);
    const { result } = await rig.agree(accounts, block);
    expect([...(changeOf(valid(result), writer)?.storage.values() ?? [])]).to.deep.equal([{ before: 0n, after: 1n }]);
  });

  it('pitfall 46: what is published is the write set, and writes that cancel out leave nothing', async () => {
    const [swing, purse, other, giver] = [place(1), place(2), place(3), place(4)];
    const accounts = {
      ...senders(6),
      [swing]: contract('0 CALLDATALOAD 1 SSTORE', { storage: { 1: 1n } }),
      // Moves the swing and pays the purse, which gives back what it has to whoever paid it.
      [giver]: contract(
        `CALLVALUE @done JUMPI ${busy()} 2 0 MSTORE 0 0 0x20 0 0 ${swing} GAS CALL POP ${callOf(purse, 5n)} done: STOP`,
        { balance: 5n },
      ),
      [purse]: contract(`CALLVALUE @kept JUMPI ${callOf(giver, 'SELFBALANCE')} kept: STOP`),
      [other]: contract('3 2 SSTORE', { storage: { 2: 3n } }),
    };
    const block = blockOf('London', [
      send(sender(0), giver),
      send(sender(1), swing, { data: words(1n) }),
      send(sender(2), purse),
      send(sender(3), other),
      send(sender(4), swing, { data: words(9n) }),
      send(sender(5), swing, { data: words(1n) }),
    ]);
    const { result, runs } = await rig.agree(accounts, block);
    const outcome = valid(result);
    expect(statusOf(outcome)).to.deep.equal(new Array(6).fill(true));
    for (const at of [swing, purse, other, giver]) expect(changeOf(outcome, at), at).to.equal(undefined);
    // Senders and the beneficiary are all that changed, and every executor's diff leads to one state.
    expect(outcome.diff.size).to.equal(7);
    const roots = [result, ...runs.map((run) => run.result)].map((one) => {
      const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
      database.apply(valid(one).diff);
      return bytesToHex(database.stateRoot());
    });
    expect(new Set(roots).size).to.equal(1);
  });

  it('pitfall 46: a slot that one transaction changes and changes back was not written', async () => {
    const hot = place(1);
    const accounts = {
      ...senders(9),
      [hot]: contract(
        `CALLDATASIZE @swing JUMPI 1 SLOAD 0 MSTORE 0x20 0 LOG0 STOP
        swing: 8 1 SSTORE ${busy()} 7 1 SSTORE`,
        { storage: { 1: 7n } },
      ),
    };
    const block = blockOf('London', [
      send(sender(0), hot, { data: words(1n) }),
      ...Array.from({ length: 8 }, (_, i) => send(sender(1 + i), hot)),
    ]);
    const { result, stats } = await rig.agree(accounts, block, anything);
    const outcome = valid(result);
    for (let i = 1; i < 9; i++) expect(logged(outcome, i)).to.deep.equal([[7n]]);
    expect(changeOf(outcome, hot)).to.equal(undefined);
    expect(stats).to.include({ aborts: 0, reexecutions: 0, estimatesHit: 0 });
  });
});
