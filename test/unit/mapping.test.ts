/**
 * A thread whose mapping of the heap is older than a record that another thread wrote must map it
 * before it reads. Two heaps over one memory stand for two threads; records are placed across the
 * end of the older mapping.
 */
import { expect } from 'chai';
import { Admission } from '../../src/executor/admission.js';
import { readVerdict, writeVerdict } from '../../src/executor/block-engine.js';
import { SpeculativeView } from '../../src/executor/speculative-view.js';
import {
  CELL_VALUE,
  CONTROL_END,
  CONTROL_REJECTION,
  CONTROL_VERDICT,
  KIND_BASICS,
  KIND_CODE,
  OUTCOME_WORDS,
  VERDICT_REJECTED,
} from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ADDRESS_WORDS, U256_WORDS } from '../../src/primitives/words.js';
import { collectDiff } from '../../src/state/collect.js';
import { Database } from '../../src/state/database.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { BASICS_WORDS } from '../../src/state/view.js';
import { recordTransactions } from '../../src/transition/transaction/index.js';
import { packOutcome } from '../../src/transition/transaction/outcome.js';
import { blockOf, send, sender, stranger } from '../support/conflict-block.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex, addressWords, slotWords } from '../support/keys.js';

const CODE = hexToBytes('0x6001600255');
const WITH_CODE = 0xc0de;

/** An engine, and the same block as a thread sees it that mapped nothing since the start. */
function twoThreads(): { engine: EngineWords; other: EngineWords; database: Database } {
  const database = Database.from([
    [addressHex(WITH_CODE), { nonce: 1n, balance: 77n, code: CODE, storage: new Map() }],
  ]);
  const engine = EngineWords.create(4, database, 1);
  const other = EngineWords.attach(engine.heap.memory);
  other.codes.open(database);
  return { engine, other, database };
}

/** Fills the heap until `words` words are left below the end of the older mapping. */
function fillTo(engine: EngineWords, other: EngineWords, words: number): void {
  engine.heap.reserve(other.heap.u32.length - words - engine.heap.used);
}

describe('records beyond a thread’s mapping', () => {
  it('reads the right code where its cell crosses the end of the mapping', () => {
    for (let left = 21; left <= 26; left++) {
      const { engine, other } = twoThreads();
      fillTo(engine, other, left);
      const row = engine.table.account(KIND_CODE, addressWords(WITH_CODE), 0);
      expect(other.memory.resolve(row, 1)).to.equal(RESOLVED);
      const code = other.codes.read(other.memory.cell + CELL_VALUE);
      expect(code.bytes, `${left} words left`).to.deep.equal(CODE);
      expect(code.hash, `${left} words left`).to.deep.equal(keccak256(CODE));
    }
  });

  it('finds two codes equal only where they are', () => {
    const { engine, other } = twoThreads();
    const row = engine.table.account(KIND_CODE, addressWords(WITH_CODE), 0);
    fillTo(engine, other, 0);
    const cells = [CODE, hexToBytes('0x00')].map((bytes) => {
      const cell = engine.memory.newCell(0, 0, false, 2);
      engine.codes.write(engine.arena, cell + CELL_VALUE, { bytes, hash: keccak256(bytes) });
      return cell;
    }) as [number, number];
    expect(other.memory.sameValue(row, ...cells)).to.equal(false);
  });

  it('finds two values equal only where they are', () => {
    const { engine, other } = twoThreads();
    const row = engine.table.slot(slotWords(WITH_CODE, 1), 0, ADDRESS_WORDS);
    fillTo(engine, other, 0);
    const [a, b, c] = [5, 5, 6].map((value, transaction) => {
      const cell = engine.memory.newCell(transaction, 0, false, U256_WORDS);
      engine.heap.u32.fill(value, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
      return cell;
    }) as [number, number, number];
    expect(other.memory.sameValue(row, b, c)).to.equal(false);
    expect(other.memory.sameValue(row, a, b)).to.equal(true);
  });

  it('reads basics and slots where their cells cross the end of the mapping', () => {
    for (let left = 21; left <= 34; left++) {
      const { engine, other, database } = twoThreads();
      const place = engine.table.create(database, 1);
      fillTo(engine, other, left);
      other.table.open(database, place);
      const view = new SpeculativeView(other.heap, other.table, other.memory, other.codes, other.scheduler);
      engine.table.account(KIND_BASICS, addressWords(WITH_CODE), 0);
      const out = new Uint32Array(16);
      view.begin(1, false);
      view.basics(addressWords(WITH_CODE), 0, out, 0);
      expect([...out.subarray(0, 4)], `${left} words left`).to.deep.equal([1, 1, 0, 77]);
    }
  });

  it('collects locations that another thread interned last', () => {
    for (let left = 21; left <= 34; left++) {
      const { engine, other, database } = twoThreads();
      const place = engine.table.create(database, 1);
      other.table.open(database, place);
      // A third thread writes from a chunk that it took long ago.
      const writer = EngineWords.attach(engine.heap.memory);
      const cell = writer.memory.newCell(0, 0, false, BASICS_WORDS);
      fillTo(engine, other, left);
      const row = engine.table.account(KIND_BASICS, addressWords(WITH_CODE), 0);
      writer.heap.u32.fill(1, cell + CELL_VALUE, cell + CELL_VALUE + BASICS_WORDS);
      writer.memory.publish(row, 0, cell, { cell: 0 });
      const { heap, table, codes, memory } = other;
      const diff = collectDiff({ heap, table, codes, database, state: memory.after(1) });
      expect(diff.get(addressHex(WITH_CODE))?.before, `${left} words left`).to.deep.equal({ nonce: 1n, balance: 77n });
    }
  });

  it('resolves to a final version whose entry lies beyond the mapping, behind one that does not', () => {
    const { engine, other } = twoThreads();
    const row = engine.table.slot(slotWords(WITH_CODE, 1), 0, ADDRESS_WORDS);
    const publish = (transaction: number, value: number): void => {
      const cell = engine.memory.newCell(transaction, 0, false, U256_WORDS);
      engine.heap.u32.fill(value, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
      engine.memory.publish(row, transaction, cell, { cell: 0 });
    };
    publish(3, 30);
    fillTo(engine, other, 0);
    publish(1, 10);
    expect(other.memory.resolve(row, 3, true)).to.equal(RESOLVED);
    expect(other.heap.u32[other.memory.cell + CELL_VALUE]).to.equal(10);
  });

  it('reads the whole text of an outcome that makes the block invalid', () => {
    const block = blockOf('Cancun', [send(sender(0), stranger(0), { gasLimit: 21_000n })]);
    const records = recordTransactions(block);
    const outcomes = SharedHeap.create(16, 1024);
    const admission = new Admission(SharedHeap.create(CONTROL_END, 1024), SharedHeap.attach(outcomes.memory));
    admission.open(block.environment, block.maxBlobGas);
    // The fixed words and the text's length lie below the end of the other thread's mapping, the text beyond.
    const end = outcomes.u32.length;
    outcomes.reserve(end - 32 - outcomes.used);
    const detail = 'why it is invalid, '.repeat(20);
    const rejection = { kind: 'invalid', code: 'NONCE_MISMATCH_TOO_LOW', detail } as const;
    const outcome = packOutcome(new Arena(outcomes, 16), rejection);
    expect(outcome + OUTCOME_WORDS).to.be.lessThan(end);
    expect(admission.judge(records, records.places[0] as number, outcome)).to.include({
      code: 'NONCE_MISMATCH_TOO_LOW',
      detail,
    });
  });

  it('writes a verdict into a record that lies beyond the mapping', () => {
    const { engine, other } = twoThreads();
    fillTo(engine, other, 1);
    const record = engine.heap.reserve(600);
    engine.heap.i32[CONTROL_REJECTION] = record;
    writeVerdict(other.heap, VERDICT_REJECTED, 3, 2, 'nonce too low');
    expect(readVerdict(engine.heap)).to.deep.equal({ transaction: 3, kind: 2, message: 'nonce too low' });
    expect(Atomics.load(engine.heap.i32, CONTROL_VERDICT)).to.equal(VERDICT_REJECTED);
  });
});
