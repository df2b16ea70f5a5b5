/** Minimising, and the whole way of a planted bug: found, explained, minimised, replayed. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { explain } from '../../runners/cli/explain.js';
import { findFusedCase } from '../../runners/cli/fused-case.js';
import { minimiseCase } from '../../runners/cli/minimise.js';
import { UsageError } from '../../runners/cli/options.js';
import { openSource } from '../../runners/fixtures/sources.js';
import { closeEngines, createEngines, type EngineFactory } from '../../runners/job/engine.js';
import { instructionsOf } from '../../runners/minimise/code.js';
import { keepTransactions, withoutEarlierNonce } from '../../runners/minimise/edits.js';
import { minimise } from '../../runners/minimise/minimise.js';
import { Probe } from '../../runners/minimise/probe.js';
import { shrinkList } from '../../runners/minimise/shrink-list.js';
import { scenarioBlock } from '../../runners/scenario/block.js';
import { scenarioFixture } from '../../runners/scenario/fixture.js';
import { scenarioOf } from '../../runners/scenario/read.js';
import { addressOfKey, type Scenario } from '../../runners/scenario/scenario.js';
import { isFusedId } from '../../runners/verdict/fused.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { losingEngines } from '../support/losing-executor.js';
import { COUNTER_ADDRESS, scenarioTransaction, secretKey, smallScenario } from '../support/scenarios.js';
import { stateFile } from '../support/selftest-fixtures.js';

const COUNTER = bytesToHex(COUNTER_ADDRESS);

describe('delta debugging', () => {
  const letters = [...'abcdefghijklmnop'];

  async function kept(wanted: string): Promise<{ left: string; tests: number }> {
    let tests = 0;
    const left = await shrinkList(letters, async (rest) => {
      tests++;
      return [...wanted].every((letter) => rest.includes(letter));
    });
    return { left: left.join(''), tests };
  }

  it('leaves exactly what is needed, in order, in few tests', async () => {
    for (const wanted of ['', 'a', 'p', 'ch', 'abp', 'bdfhjln', 'abcdefghijklmnop']) {
      const { left, tests } = await kept(wanted);
      expect(left, wanted).to.equal(wanted);
      expect(tests, wanted).to.be.at.most(64);
    }
    expect((await kept('')).tests).to.equal(1);
  });

  it('ends where the time is over', async () => {
    expect(
      await shrinkList(
        letters,
        async () => true,
        () => true,
      ),
    ).to.deep.equal(letters);
  });

  it('takes code apart by instructions', () => {
    const code = Uint8Array.of(0x60, 0x5b, 0x54, 0x7f, 1, 2);
    expect(instructionsOf(code).map((one) => one.length)).to.deep.equal([2, 1, 3]);
  });
});

describe('smaller scenarios', () => {
  it('lower the nonces of whoever sent what is left out', () => {
    const scenario = smallScenario('Prague');
    // Of sender 0: 0 and 1; of sender 1: 2 and 3; of sender 2: 4 to 7, the last with authorizations.
    const { transactions } = keepTransactions(scenario, [1, 3, 5, 7]);
    expect(transactions.map(({ nonce }) => nonce)).to.deep.equal([0n, 0n, 0n, 1n]);
    const signer = transactions[3]?.authorizations[0];
    expect(signer?.nonce).to.equal(0n);
  });

  it('begin their senders at nonce 0', () => {
    const scenario = smallScenario('Cancun');
    const sender = bytesToHex(addressOfKey(secretKey(0)));
    expect(withoutEarlierNonce(scenario, sender)).to.equal(null);
    const later: Scenario = {
      ...scenario,
      pre: new Map([...scenario.pre].map(([key, one]) => [key, key === sender ? { ...one, nonce: 6n } : one])),
      transactions: [6, 7].map((nonce) => scenarioTransaction(0, { nonce: BigInt(nonce) })),
    };
    expect(withoutEarlierNonce(later, sender)?.transactions.map(({ nonce }) => nonce)).to.deep.equal([0n, 1n]);
    expect(withoutEarlierNonce(later, sender)?.pre.get(sender)?.nonce).to.equal(0n);
  });
});

describe('minimising', () => {
  it('shrinks everything that a made-up bug does not need', async () => {
    const engines = await createEngines('wasm', []);
    const start = smallScenario('Cancun');
    // A bug that shows where the counter has counted twice and somebody paid the coinbase.
    const diverges = async (candidate: Scenario): Promise<boolean> => {
      engines.database.clear();
      engines.database.load(candidate.pre);
      const result = await engines.serial.execute(engines.database, scenarioBlock(candidate, engines.database));
      if (!result.ok) return false;
      const counted = result.diff.get(COUNTER)?.storage.get(`0x${'0'.repeat(64)}`);
      return (counted?.after ?? 0n) - (counted?.before ?? 0n) >= 2n;
    };
    const { scenario, complete } = await minimise(start, { diverges, seconds: 30 });
    await closeEngines(engines);
    expect(complete).to.equal(true);
    expect(scenario.transactions).to.have.length(2);
    expect(scenario.withdrawals).to.deep.equal([]);
    const { code, storage } = scenario.pre.get(COUNTER) ?? { code: null, storage: null };
    // Not the log, nor the value from before.
    expect(code?.length).to.be.at.most(9);
    expect([...(storage ?? [])]).to.deep.equal([]);
    // The senders and the counter; the contract of EIP-4788 is not needed before Prague.
    expect(scenario.pre.size).to.be.at.most(3);
    for (const { gasLimit, value, data } of scenario.transactions) {
      expect(gasLimit <= 100_000n).to.equal(true);
      expect([value, data.length]).to.deep.equal([0n, 0]);
    }
  });

  it('keeps to its time', async () => {
    const start = smallScenario('Cancun');
    let milliseconds = 0;
    const tries: number[] = [];
    const slow = (): Promise<boolean> => {
      tries.push(milliseconds);
      milliseconds += 20;
      return Promise.resolve(true);
    };
    const { complete, scenario } = await minimise(start, { diverges: slow, seconds: 0.05, clock: () => milliseconds });
    expect(complete).to.equal(false);
    expect(scenario.transactions.length).to.be.below(start.transactions.length);
    // What was begun in time is finished, and nothing is begun after it.
    expect(tries).to.deep.equal([0, 20, 40]);
  });
});

describe('a planted bug', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-minimise-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Writes a case of twelve transactions, of which some count the counter up. */
  async function fixture(): Promise<string> {
    const scenario = smallScenario('Cancun', { name: 'planted' });
    const more = Array.from({ length: 4 }, (_, i) => scenarioTransaction(i % 2, { nonce: BigInt(2 + (i >> 1)) }));
    const large = { ...scenario, transactions: [...scenario.transactions, ...more] };
    const engines = await createEngines('wasm', []);
    engines.database.load(large.pre);
    const serial = await engines.serial.execute(engines.database, scenarioBlock(large, engines.database));
    await closeEngines(engines);
    const path = join(folder, 'planted.json');
    await writeFile(path, JSON.stringify(scenarioFixture(large, serial)));
    return path;
  }

  function lines(): { readonly write: (text: string) => void; readonly text: () => string } {
    let all = '';
    return {
      write: (text) => {
        all += text;
      },
      text: () => all,
    };
  }

  async function explained(path: string, engines?: EngineFactory): Promise<{ exit: number; text: string }> {
    const out = lines();
    const sources = [await openSource(path)];
    const options = { vm: 'wasm', threads: [2], seed: '1', runs: 3, color: false } as const;
    const context = { sources, out, log: lines(), ...(engines ? { engines } : {}) };
    return { exit: await explain('planted', options, context), text: out.text() };
  }

  it('is found, explained, minimised to two transactions, and replayed', async () => {
    const path = await fixture();
    const before = await explained(path, losingEngines);
    expect(before.exit).to.equal(1);
    expect(before.text).to.include('divergent').and.include('first divergence: transaction 1');

    const out = lines();
    const log = lines();
    const target = join(folder, 'minimal.json');
    const options = {
      vm: 'wasm',
      threads: [2],
      runs: 1,
      schedules: 1,
      seed: '1',
      seconds: 60,
      out: target,
      color: false,
    } as const;
    const sources = [await openSource(path)];
    expect(await minimiseCase('planted', options, { sources, out, log, engines: losingEngines })).to.equal(0);
    expect(log.text()).to.include('nothing smaller diverges');

    const text = await readFile(target, 'utf8');
    const small = scenarioOf(JSON.parse(text));
    expect(small.transactions).to.have.length(2);
    expect(small.pre.get(COUNTER)?.code.length).to.be.at.most(9);
    const [test] = Object.values(JSON.parse(text)) as { _info: { reproduce: string } }[];
    expect(out.text()).to.include(test?._info.reproduce);
    expect(test?._info.reproduce).to.match(
      /^npm run lockstep -- explain planted --fixtures \S+ --threads 2 --runs 10$/,
    );

    // The command, with the bug and without it.
    const again = await explained(target, losingEngines);
    expect(again.exit).to.equal(1);
    expect(again.text).to.include(`slot 0x0 of ${COUNTER}`).and.include('its writes were lost or');
    const right = await explained(target);
    expect(right.exit, right.text).to.equal(0);
    expect(right.text).to.include('the same serially and in parallel, in 3 runs');
  });

  it('is looked for under schedules too, which a right engine passes', async () => {
    const path = await fixture();
    const probe = await Probe.create({ vm: 'wasm', threads: [], runs: 0, schedules: ['3', '4', '2:5>1'], timeout: 5 });
    expect(await probe.divergence(scenarioOf(JSON.parse(await readFile(path, 'utf8'))))).to.equal(null);
    await probe.close();
  });

  it('is not looked for in what does not diverge, or is no single block', async () => {
    const path = await fixture();
    const sources = [await openSource(path)];
    const log = lines();
    const options = {
      vm: 'wasm',
      threads: [1],
      runs: 1,
      schedules: 1,
      seed: '1',
      seconds: 1,
      out: join(folder, 'none.json'),
      color: false,
    } as const;
    expect(await minimiseCase('planted', options, { sources, out: lines(), log })).to.equal(1);
    expect(log.text()).to.include('no parallel run differs');
    const keyless = JSON.parse(await readFile(path, 'utf8')) as Record<string, { _info: object }>;
    for (const test of Object.values(keyless)) test._info = {};
    const other = join(folder, 'keyless.json');
    await writeFile(other, JSON.stringify(keyless));
    const without = [await openSource(other)];
    const failure = await minimiseCase('planted', options, { sources: without, out: lines(), log }).catch(
      (error) => error,
    );
    expect(failure).to.be.instanceOf(UsageError);
    expect((failure as Error).message).to.include('secretKeys');

    const states = join(folder, 'states.json');
    await writeFile(states, JSON.stringify(await stateFile()));
    const refusal = minimiseCase('logs', options, { sources: [await openSource(states)], out: lines(), log });
    const refused = await refusal.catch((error) => error);
    expect(refused).to.be.instanceOf(UsageError);
    expect((refused as Error).message).to.match(/^states\.json::logs\[.*\] is of kind state/);
  });
});

describe('fused blocks', () => {
  it('are found by their ids alone, as official tests that can be shrunk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-fused-'));
    const path = join(folder, 'GeneralStateTests/stX/y.json');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(await stateFile()));
    const source = await openSource(folder);
    const id = 'GeneralStateTests/stX/y.json::logs[fused 1, seed 7, Cancun]';
    expect(isFusedId(id)).to.equal(true);
    expect(isFusedId('GeneralStateTests/stX/y.json::logs[Cancun/d0g0v0]')).to.equal(false);
    const found = await findFusedCase([source], id, 'wasm');
    const again = await findFusedCase([source], id, 'wasm');
    await rm(folder, { recursive: true });
    if (found === null) throw new Error('not found');
    expect(found.one.id).to.equal(id);
    expect(found.text).to.equal(again?.text);
    const scenario = scenarioOf(JSON.parse(found.text), found.one.test);
    expect(scenario.transactions.length).to.be.greaterThan(3);
    expect(await findFusedCase([], id, 'wasm')).to.equal(null);
  });
});
