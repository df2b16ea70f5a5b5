/** Machines that throw at any of their runs, and hosts that throw at any of a machine's reads. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createCaseRunner } from '../../runners/job/lockstep-runner.js';
import type { JobSettings } from '../../runners/job/protocol.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { VM_NAMES, type VmName } from '../../src/vm/name.js';
import { Fault, PlantedError, type Site } from '../support/fault.js';
import { attempt, type Expected, expectedBlock, generator } from '../support/fault-blocks.js';
import { watchMachines } from '../support/fault-sites.js';
import { ThreadSpy } from '../support/fault-threads.js';
import { packageRoot } from '../support/root.js';

const PLACES: readonly Site[] = ['call', 'read'];
const ROUNDS: Readonly<Record<VmName, number>> = { wasm: 30, ethereumjs: 6 };
const SETTINGS: JobSettings = {
  vm: 'wasm',
  threads: [1, 2],
  suites: ['blockchain'],
  forks: null,
  grep: null,
};

for (const vm of VM_NAMES) {
  describe(`faults: a machine that throws (${vm})`, function () {
    this.timeout(120_000);
    const below = generator(0x7409);
    const spy = new ThreadSpy();
    /** The calling thread's. */
    const fault = new Fault();
    let expected: Expected;
    let unwatch: () => void;

    before(async () => {
      unwatch = await watchMachines(vm, fault);
      expected = await expectedBlock(vm, below, 15, 30);
      spy.begin();
    });
    after(() => {
      spy.end();
      unwatch();
    });
    beforeEach(() => fault.disarm());

    for (const site of PLACES) {
      it(`at a ${site}, serially: the block fails with the error, the next one is right`, async () => {
        const { database, block, text } = expected;
        const executor = await SerialExecutor.create({ vm });
        fault.arm(site, 'count', 0);
        await executor.execute(database, block);
        const most = fault.seen;
        expect(most).to.be.greaterThan(block.transactions.length - 1);
        for (let round = 0; round < ROUNDS[vm]; round++) {
          fault.arm(site, 'throw', 1 + below(most));
          const error = await executor.execute(database, block).catch((thrown: unknown) => thrown);
          expect(error, `round ${round}`).to.be.instanceOf(ExecutorError).and.to.include({ code: 'MACHINE_FAILED' });
          expect((error as ExecutorError).cause).to.be.instanceOf(PlantedError);
          expect(await attempt(executor.execute(database, block)), `after round ${round}`).to.equal(text);
        }
      });

      for (const threads of vm === 'wasm' ? [1, 3] : [2]) {
        it(`at a ${site}, ${threads} threads: the block is right or the machine has failed`, async () => {
          const { database, block, text } = expected;
          const executor = await ParallelExecutor.create({ vm, threads, advice: { headStart: 'off' } });
          fault.arm(site, 'count', 0);
          await executor.execute(database, block);
          const most = fault.seen;
          let failures = 0;
          for (let round = 0; round < ROUNDS[vm]; round++) {
            for (const one of [fault, ...spy.live.map((thread) => thread.fault)]) {
              one.arm(site, 'throw', 1 + below(most));
            }
            const answer = await attempt(executor.execute(database, block));
            if (answer !== text) failures++;
            expect(answer, `round ${round}`).to.be.oneOf([text, 'MACHINE_FAILED']);
            for (const one of [fault, ...spy.live.map((thread) => thread.fault)]) one.disarm();
            expect(await attempt(executor.execute(database, block)), `after round ${round}`).to.equal(text);
          }
          // What one thread runs is final, so each of its errors ends a block.
          if (threads === 1) expect(failures).to.equal(ROUNDS[vm]);
          await executor.close();
          expect(spy.live).to.have.length(0);
        });
      }
    }

    it('again and again: the block fails and names the transaction', async () => {
      const { database, block, text } = expected;
      // One thread: with more, those whose machines are whole may be through before the calling one has run anything.
      const executor = await ParallelExecutor.create({ vm, threads: 1, advice: { headStart: 'off' } });
      const prototype = Object.getPrototypeOf((executor as unknown as { scope: { vm: object } }).scope.vm) as Record<
        string,
        unknown
      >;
      const names = ['transact', 'restore', 'run'].filter((name) => name in prototype);
      const real = names.map((name) => prototype[name]);
      for (const name of names) {
        prototype[name] = () => {
          throw new PlantedError();
        };
      }
      const failure = await executor.execute(database, block).catch(String);
      for (const [i, name] of names.entries()) prototype[name] = real[i];
      expect(failure).to.match(/^ExecutorError: MACHINE_FAILED: transaction \d+: PlantedError: this error was planted/);
      expect(await attempt(executor.execute(database, block))).to.equal(text);
      await executor.close();
    });
  });
}

describe('faults: a machine that throws in a case', function () {
  this.timeout(120_000);

  it('crashes that case with the error, and no other', async () => {
    const below = generator(0xca5e);
    const fault = new Fault();
    const unwatch = await watchMachines('wasm', fault);
    const runner = await createCaseRunner(SETTINGS, async () => null);
    const file = 'mix.json.gz';
    const text = gunzipSync(await readFile(join(packageRoot, 'corpus', 'fixtures', file))).toString('utf8');
    const { cases } = runner.open({ source: 'corpus', file, text, ids: null, skip: 0 });
    expect(cases.length).to.be.greaterThan(4);
    const run = async (index: number): Promise<CaseResult> => {
      const result = await (cases[index] as (typeof cases)[number]).run();
      if ('verdict' in result) return result;
      throw new Error(result.message);
    };
    let crashed = 0;
    for (let round = 0; round < 6; round++) {
      const index = below(cases.length);
      fault.arm(PLACES[below(2)] as Site, 'throw', 1 + below(20));
      const { verdict, cause, differences } = await run(index);
      fault.disarm();
      if (verdict === 'crashed') {
        crashed++;
        expect(cause).to.match(/^the engine threw ExecutorError MACHINE_FAILED$/);
        expect(differences[0]?.actual).to.contain('this error was planted by a test');
      } else expect(verdict).to.equal('pass');
      expect((await run(below(cases.length))).verdict, `after round ${round}`).to.equal('pass');
    }
    expect(crashed).to.be.greaterThan(2);
    await runner.close();
    unwatch();
  });
});
