/** Deferred beneficiary fees: reads fold what lies below them, whatever has been committed meanwhile. */
import { expect } from 'chai';
import { CELL_VALUE, CONTROL_FRONTIER, KIND_BASICS, TX_BENEFICIARY_WRITE, TX_FEE } from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { COMMITTED, EXECUTED, EXECUTING, READY, statusWord } from '../../src/mvmemory/statuses.js';
import { readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import { Database } from '../../src/state/database.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE, BASICS_WORDS } from '../../src/state/view.js';
import { EngineWords } from '../support/engine-words.js';
import { Random } from '../support/hammer.js';
import { addressHex, addressWords } from '../support/keys.js';

const COINBASE = 0xfee;
const WRAP = 2n ** 256n;

/** What a transaction does to the beneficiary: owes a fee, or writes it, or neither. */
interface Effect {
  readonly fee: bigint;
  readonly absolute: bigint | null;
}

class Fees {
  readonly engine: EngineWords;
  readonly row: number;
  readonly entries = new Map<number, number>();
  frontier = 0;

  constructor(
    readonly effects: readonly Effect[],
    readonly before: bigint | null,
  ) {
    const database = Database.from(
      before === null
        ? []
        : [[addressHex(COINBASE), { nonce: 2n, balance: before, code: new Uint8Array(), storage: new Map() }]],
    );
    this.engine = EngineWords.create(effects.length, database);
    this.row = this.engine.table.account(KIND_BASICS, addressWords(COINBASE), 0);
    this.engine.fees.open(this.row);
  }

  execute(index: number): void {
    const { heap, memory, statuses } = this.engine;
    const { absolute } = this.effects[index] as Effect;
    if (absolute !== null) {
      const cell = this.absoluteCell(index, absolute);
      this.entries.set(index, memory.publish(this.row, index, cell, { cell: 0 }));
      heap.i32[statuses.words(index) + TX_BENEFICIARY_WRITE] = cell;
    }
    this.owe(index);
    this.engine.setStatus(index, statusWord(0, EXECUTED));
  }

  private absoluteCell(index: number, balance: bigint): number {
    const { heap, memory } = this.engine;
    const cell = memory.newCell(index, 0, false, BASICS_WORDS);
    heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + BASICS_WORDS);
    heap.u32[cell + CELL_VALUE + BASICS_EXISTS] = 1;
    writeWords(balance, heap.u32, cell + CELL_VALUE + BASICS_BALANCE, U256_WORDS);
    return cell;
  }

  private owe(index: number): void {
    const { heap, statuses, arena } = this.engine;
    const { fee } = this.effects[index] as Effect;
    if (fee === 0n) return;
    const at = arena.alloc(U256_WORDS);
    writeWords(fee, heap.u32, at, U256_WORDS);
    heap.i32[statuses.words(index) + TX_FEE] = at;
  }

  /** Runs and commits the next transaction as a thread does that is alone in the block. */
  commitAlone(): void {
    const { arena, heap, memory, fees } = this.engine;
    const index = this.frontier++;
    const { absolute } = this.effects[index] as Effect;
    if (absolute !== null) {
      const cell = this.absoluteCell(index, absolute);
      memory.overwrite(this.row, index, BASICS_WORDS, heap.u32, cell + CELL_VALUE);
    }
    const fee = arena.alloc(U256_WORDS);
    writeWords((this.effects[index] as Effect).fee, heap.u32, fee, U256_WORDS);
    fees.pay(index, fee);
    this.engine.setStatus(index, statusWord(0, COMMITTED));
    heap.i32[CONTROL_FRONTIER] = this.frontier;
  }

  commit(): void {
    const index = this.frontier++;
    this.engine.setStatus(index, statusWord(0, COMMITTED));
    this.engine.fees.commit(index);
    Atomics.store(this.engine.heap.i32, CONTROL_FRONTIER, this.frontier);
  }

  /** Balance that transaction `index` reads, null where the account is absent, or the transaction in the way. */
  read(index: number): { balance: bigint | null } | { blocked: number } {
    const { memory, heap } = this.engine;
    const blocked = memory.resolve(this.row, index);
    return blocked === RESOLVED ? { balance: this.balance(memory.cell + CELL_VALUE, heap.u32) } : { blocked };
  }

  balance(at: number, u32: Uint32Array): bigint | null {
    return u32[at + BASICS_EXISTS] === 0 ? null : readWords(u32, at + BASICS_BALANCE, U256_WORDS);
  }

  /** The same by the definition: fold everything below. */
  expected(index: number): bigint | null {
    let balance = this.before;
    for (const { fee, absolute } of this.effects.slice(0, index)) {
      if (absolute !== null) balance = absolute;
      if (fee !== 0n) balance = ((balance ?? 0n) + fee) % WRAP;
    }
    return balance;
  }
}

function randomEffects(random: Random, count: number): Effect[] {
  return Array.from({ length: count }, () => {
    const kind = random.next(5);
    const value = BigInt(random.next(2 ** 32)) ** BigInt(1 + random.next(7));
    return { fee: kind < 3 ? value : 0n, absolute: kind === 3 ? value : null };
  });
}

describe('mvmemory/fees', () => {
  it('reads fees over the state before the block', () => {
    const fees = new Fees(
      [5n, 0n, 7n].map((fee) => ({ fee, absolute: null })),
      100n,
    );
    for (let i = 0; i < 3; i++) fees.execute(i);
    expect([0, 1, 2, 3].map((i) => fees.read(i))).to.deep.equal(
      [100n, 105n, 105n, 112n].map((balance) => ({ balance })),
    );
    expect(fees.engine.fees.reads).to.equal(3);
    expect(fees.engine.heap.u32[fees.engine.memory.cell + CELL_VALUE + BASICS_NONCE]).to.equal(2);
  });

  it('keeps an absent beneficiary absent until a fee is owed', () => {
    const fees = new Fees(
      [0n, 3n].map((fee) => ({ fee, absolute: null })),
      null,
    );
    fees.execute(0);
    fees.execute(1);
    expect([0, 1, 2].map((i) => fees.read(i))).to.deep.equal([null, null, 3n].map((balance) => ({ balance })));
  });

  it('carries through all words and wraps at 2^256', () => {
    const fees = new Fees(
      [
        { fee: 1n, absolute: null },
        { fee: 2n ** 128n, absolute: null },
        { fee: WRAP - 1n, absolute: null },
      ],
      2n ** 224n - 1n,
    );
    for (let i = 0; i < 3; i++) fees.execute(i);
    for (let i = 0; i <= 3; i++) expect(fees.read(i)).to.deep.equal({ balance: fees.expected(i) });
  });

  it('is blocked by the highest transaction between anchor and reader that has not run', () => {
    const fees = new Fees(
      [1n, 2n, 4n, 8n].map((fee) => ({ fee, absolute: null })),
      0n,
    );
    fees.execute(0);
    fees.execute(2);
    // A reader that waited for the lowest would be run again for each of the others.
    expect(fees.read(4)).to.deep.equal({ blocked: 3 });
    fees.engine.setStatus(1, statusWord(0, EXECUTING));
    expect(fees.read(3)).to.deep.equal({ blocked: 1 });
    expect(fees.read(2)).to.deep.equal({ blocked: 1 });
    fees.execute(1);
    expect(fees.read(3)).to.deep.equal({ balance: 7n });
    fees.engine.setStatus(2, statusWord(1, READY));
    expect(fees.read(4)).to.deep.equal({ blocked: 3 });
    fees.execute(3);
    expect(fees.read(4)).to.deep.equal({ blocked: 2 });
  });

  it('goes on from an exact read, but not past an absolute write that was committed since', () => {
    const fees = new Fees(
      [1n, 2n, 4n, null, 8n, 16n].map((fee) => ({ fee: fee ?? 0n, absolute: fee === null ? 1000n : null })),
      0n,
    );
    const read: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      if (i % 2 === 0) read.push(fees.read(i));
      fees.execute(i);
      fees.commit();
    }
    read.push(fees.read(6));
    expect(read).to.deep.equal([0n, 3n, 1000n, 1024n].map((balance) => ({ balance })));
    // Of another block nothing is kept.
    fees.engine.fees.open(fees.row);
    expect(fees.read(6)).to.deep.equal({ balance: 1024n });
  });

  it('needs nothing below an absolute write, unless that is an estimate', () => {
    const fees = new Fees(
      [
        { fee: 1n, absolute: null },
        { fee: 0n, absolute: 50n },
        { fee: 2n, absolute: null },
      ],
      0n,
    );
    fees.execute(1);
    fees.execute(2);
    expect(fees.read(3)).to.deep.equal({ balance: 52n });
    fees.engine.memory.markEstimate(fees.entries.get(1) as number);
    expect(fees.read(3)).to.deep.equal({ blocked: 1 });
    expect(fees.read(1)).to.deep.equal({ blocked: 0 });
  });

  it('agrees with the fold at every frontier, for every reader', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const count = 1 + random.next(seed < 40 ? 12 : 50);
      const fees = new Fees(randomEffects(random, count), random.next(2) === 0 ? null : BigInt(random.next(1000)));
      const done = new Set<number>();
      for (const index of random.shuffle(Array.from({ length: count }, (_, i) => i))) {
        fees.execute(index);
        done.add(index);
        while (done.has(fees.frontier) && random.next(3) > 0) fees.commit();
        for (let reader = 0; reader <= count; reader++) {
          const answer = fees.read(reader);
          if ('blocked' in answer) {
            expect(done.has(answer.blocked)).to.equal(false);
            expect(answer.blocked).to.be.below(reader);
          } else expect(answer.balance, `seed ${seed}, reader ${reader}`).to.equal(fees.expected(reader));
          const complete = Array.from({ length: reader }, (_, i) => i).every((i) => done.has(i));
          if (complete) expect('balance' in answer, `seed ${seed}, reader ${reader}`).to.equal(true);
        }
      }
      while (fees.frontier < count) fees.commit();
      for (let i = -1; i < count; i++) {
        const at = fees.engine.fees.after(i) + CELL_VALUE;
        expect(fees.balance(at, fees.engine.heap.u32), `seed ${seed}, after ${i}`).to.equal(fees.expected(i + 1));
      }
    }
  });

  it('agrees with the fold where the first fees were paid at once by a thread alone in the block', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const count = 1 + random.next(40);
      const fees = new Fees(randomEffects(random, count), random.next(2) === 0 ? null : BigInt(random.next(1000)));
      const { fees: engine, heap } = fees.engine;
      const alone = random.next(count + 1);
      while (fees.frontier < alone) {
        fees.commitAlone();
        expect(fees.read(fees.frontier), `seed ${seed}`).to.deep.equal({ balance: fees.expected(fees.frontier) });
      }
      for (let index = alone; index < count; index++) {
        fees.execute(index);
        if (random.next(3) > 0) fees.commit();
        for (let reader = fees.frontier; reader <= index + 1; reader++) {
          expect(fees.read(reader), `seed ${seed}, reader ${reader}`).to.deep.equal({ balance: fees.expected(reader) });
        }
      }
      while (fees.frontier < count) fees.commit();
      for (let i = Math.max(0, alone - 1); i < count; i++) {
        const at = engine.after(i) + CELL_VALUE;
        expect(fees.balance(at, heap.u32), `seed ${seed}, after ${i}`).to.equal(fees.expected(i + 1));
      }
    }
  });
});
