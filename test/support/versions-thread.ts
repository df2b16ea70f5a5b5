/** Writes and reads versions of a few locations against sibling threads and checks each value that it reads. */
import { CELL_TAG, CELL_VALUE, CELL_WRITER } from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { U256_WORDS } from '../../src/primitives/words.js';
import type { SharedMemory } from '../../src/state/heap.js';
import { EngineWords } from './engine-words.js';
import { participate, Random } from './hammer.js';
import { versionWord } from './version-word.js';

export interface VersionsData {
  readonly memory: SharedMemory;
  /** Slot locations of one account. */
  readonly rows: readonly number[];
  /** Transactions that only this thread writes; empty for a reader. */
  readonly owned: readonly number[];
  readonly transactions: number;
  readonly milliseconds: number;
}

/** What a writer left: (row index, transaction, incarnation), incarnation -1 where it last cleared the entry. */
export interface VersionsResult {
  readonly last: readonly (readonly [number, number, number])[];
  readonly operations: number;
  readonly blocked: number;
  readonly errors: readonly string[];
}

function runVersions(data: VersionsData, thread: number): VersionsResult {
  const engine = EngineWords.attach(data.memory, 256);
  const { heap, memory } = engine;
  const random = new Random(31 * thread + 5);
  const last = new Map<string, [number, number, number]>();
  const incarnations = new Map<string, number>();
  const entries = new Map<string, number>();
  const previous = { cell: 0 };
  const value = new Uint32Array(U256_WORDS);
  const errors: string[] = [];
  let operations = 0;
  let blocked = 0;

  /** Publishes {@link value}; a first incarnation does so in one piece every other time. */
  const publish = (row: number, transaction: number, incarnation: number): number => {
    if (incarnation === 0 && transaction % 2 === 0) return memory.publishFirst(row, transaction, U256_WORDS, value, 0);
    const cell = memory.newCell(transaction, incarnation, false, U256_WORDS);
    heap.u32.set(value, cell + CELL_VALUE);
    return memory.publish(row, transaction, cell, previous);
  };

  const write = (row: number, transaction: number): void => {
    const key = `${row},${transaction}`;
    const entry = entries.get(key);
    const action = random.next(10);
    if (action === 0 && entry !== undefined) {
      memory.clear(entry);
      last.set(key, [row, transaction, -1]);
    } else if (action === 1 && entry !== undefined) {
      memory.markEstimate(entry);
    } else {
      const incarnation = (incarnations.get(key) ?? -1) + 1;
      incarnations.set(key, incarnation);
      for (let i = 0; i < U256_WORDS; i++) value[i] = versionWord(row, transaction, incarnation, i);
      entries.set(key, publish(data.rows[row] as number, transaction, incarnation));
      last.set(key, [row, transaction, incarnation]);
    }
  };

  const read = (row: number, transaction: number): void => {
    const answer = memory.resolve(data.rows[row] as number, transaction);
    if (answer !== RESOLVED) {
      blocked++;
      if (answer < 0 || answer >= transaction) errors.push(`transaction ${transaction} blocked by ${answer}`);
      return;
    }
    const { cell } = memory;
    const writer = heap.i32[cell + CELL_WRITER] as number;
    if (writer >= transaction) errors.push(`transaction ${transaction} read a version of ${writer}`);
    for (let i = 0; i < U256_WORDS; i++) {
      const expected = writer < 0 ? 0 : versionWord(row, writer, (heap.u32[cell + CELL_TAG] as number) >>> 1, i);
      if (heap.u32[cell + CELL_VALUE + i] !== expected) {
        errors.push(`row ${row}, writer ${writer}, word ${i}: ${heap.u32[cell + CELL_VALUE + i]} is not ${expected}`);
      }
    }
  };

  const end = performance.now() + data.milliseconds;
  while (errors.length === 0 && performance.now() < end) {
    for (let i = 0; i < 100; i++, operations++) {
      const row = random.next(data.rows.length);
      if (data.owned.length > 0 && random.next(4) > 0) {
        write(row, data.owned[random.next(data.owned.length)] as number);
      } else {
        read(row, random.next(data.transactions + 1));
      }
    }
  }
  // Whatever stands as an estimate is published once more, so that the end state is known.
  for (const [key, entry] of entries) {
    const [row, transaction] = key.split(',').map(Number) as [number, number];
    if (memory.entryCell(entry) !== 0) {
      const incarnation = (incarnations.get(key) as number) + 1;
      const cell = memory.newCell(transaction, incarnation, false, U256_WORDS);
      for (let i = 0; i < U256_WORDS; i++)
        heap.u32[cell + CELL_VALUE + i] = versionWord(row, transaction, incarnation, i);
      memory.publish(data.rows[row] as number, transaction, cell, previous);
      last.set(key, [row, transaction, incarnation]);
    }
  }
  return { last: [...last.values()], operations, blocked, errors };
}

participate(runVersions);
