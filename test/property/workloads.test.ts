/** Generated blocks, all forks and all kinds: any number of threads gives the serial outcome. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Database, ParallelExecutor, SerialExecutor } from '../../src/index.js';
import { atLeast, FORKS, type Fork } from '../../src/primitives/fork.js';
import { KIND_NAMES, type Mix, Workload, type WorkloadOptions } from '../../workloads/index.js';
import { KINDS } from '../../workloads/kinds/index.js';
import { canonical, sameOutcome } from '../support/outcome.js';

const THREADS = [1, 2, 4, 8];
const MODERN = FORKS.filter((fork) => atLeast(fork, 'Berlin'));
const BLOCKS = 12;

function mixes(fork: Fork): fc.Arbitrary<Mix> {
  const names = KIND_NAMES.filter((name) => {
    const { since, needsKeys, blobs } = KINDS.get(name)!;
    return atLeast(fork, since) && needsKeys === undefined && blobs === undefined;
  });
  const some = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 5 }), { minKeys: 1, maxKeys: 6 });
  // All kinds in every fourth block or so; blobs are bounded by the block and need others beside them.
  const all = Object.fromEntries(names.map((name) => [name, 1]));
  const mix = fc.oneof({ weight: 3, arbitrary: some as fc.Arbitrary<Mix> }, { weight: 1, arbitrary: fc.constant(all) });
  return atLeast(fork, 'Cancun') ? mix.map((one) => ({ ...one, blob: 0.2 })) : mix;
}

function workloads(fork: Fork): fc.Arbitrary<WorkloadOptions> {
  const ratio = fc.constantFrom(0, 0.1, 0.5, 1);
  return fc.record({
    fork: fc.constant(fork),
    transactions: fc.integer({ min: 20, max: 150 }),
    seed: fc.nat(),
    mix: mixes(fork),
    accounts: fc.integer({ min: 12, max: 120 }),
    hotRatio: ratio,
    hotAccounts: fc.integer({ min: 1, max: 3 }),
    dependencyRatio: ratio,
    dependencyDistance: fc.constantFrom(1, 2, 7),
    chainLength: fc.constantFrom(2, 10, 1000),
    clusters: fc.constantFrom(1, 2, 4),
    venues: fc.constantFrom(1, 2, 5),
    types: fc.constant(atLeast(fork, 'London') ? { 0: 1, 1: 1, 2: 2 } : { 0: 1, 1: 1 }),
  });
}

describe('generated workloads', function () {
  this.timeout(600_000);
  let serial: SerialExecutor;
  const parallel: [number, ParallelExecutor][] = [];

  before(async () => {
    serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const threads of THREADS)
      parallel.push([threads, await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } })]);
  });
  after(async () => {
    await serial.close();
    for (const [, executor] of parallel) await executor.close();
  });

  for (const fork of MODERN) {
    it(`${fork}: ${BLOCKS} workloads of two blocks give the serial outcome with ${THREADS.join(', ')} threads`, async () => {
      const database = Database.create();
      let aborts = 0;
      await fc.assert(
        fc.asyncProperty(workloads(fork), async (options) => {
          const workload = Workload.create(options);
          database.clear();
          database.load(workload.accounts());
          for (let number = 0; number < 2; number++) {
            const block = workload.block();
            const expected = await serial.execute(database, block);
            expect(expected.ok, expected.ok ? '' : expected.error.message).to.equal(true);
            for (const [threads, executor] of parallel) {
              const result = await executor.execute(database, block);
              if (!sameOutcome(result, expected)) {
                expect(canonical(result), `${threads} threads`).to.equal(canonical(expected));
              }
              aborts += result.stats.aborts + result.stats.reexecutions;
            }
            if (expected.ok) expected.applyTo(database);
          }
        }),
        { numRuns: BLOCKS, seed: 20261121, endOnFailure: true },
      );
      expect(aborts, 'blocks that conflict').to.be.greaterThan(0);
    });
  }
});
