/** Random conflicting blocks on the WASM machine: serially as on the reference machine, and so with any number of threads. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import type { ExecutionResult } from '../../src/transition/types.js';
import { canonical } from '../support/outcome.js';
import { randomBlock } from './random-block.js';

const THREADS = [1, 2, 4];
const BLOCKS = 1000;

/** Each machine names halts in its own words. */
function withoutHalts(result: ExecutionResult): ExecutionResult {
  if (!result.ok) return result;
  const transactions = result.transactions.map((one) =>
    one.kind === 'executed' && one.halt !== null ? { ...one, halt: 'halted' } : one,
  );
  return { ...result, transactions };
}

describe('random conflicting blocks on the WASM machine', function () {
  this.timeout(600_000);

  let reference: SerialExecutor;
  let serial: SerialExecutor;
  const parallel: [number, ParallelExecutor][] = [];

  before(async () => {
    reference = await SerialExecutor.create({ vm: 'ethereumjs' });
    serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const threads of THREADS)
      parallel.push([threads, await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } })]);
  });

  after(async () => {
    await reference.close();
    await serial.close();
    for (const [, executor] of parallel) await executor.close();
  });

  it(`${BLOCKS} blocks give the reference machine’s outcome, serially and with ${THREADS.join(', ')} threads`, async () => {
    const database = Database.create();
    await fc.assert(
      fc.asyncProperty(randomBlock(30), async ({ accounts, block }) => {
        database.clear();
        database.load(accounts);
        const expected = await serial.execute(database, block);
        const oracle = await reference.execute(database, block);
        expect(canonical(withoutHalts(expected))).to.equal(canonical(withoutHalts(oracle)));
        for (const [threads, executor] of parallel) {
          const result = await executor.execute(database, block);
          expect(canonical(result), `${threads} threads`).to.equal(canonical(expected));
        }
      }),
      { numRuns: BLOCKS, seed: 20261122, endOnFailure: false },
    );
  });
});
