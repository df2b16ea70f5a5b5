/** Fused blocks: what they are made of, that they are the same everywhere, and what they may cost. */
import { expect } from 'chai';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { type FusedBlock, withoutRejected } from '../../runners/fuse/fuse.js';
import { type FusedReference, fusedReferences } from '../../runners/fuse/references.js';
import { runFused } from '../../runners/fuse/run-fused.js';
import { MOST_BLOCK_BYTES, MOST_BLOCK_GAS } from '../../runners/fuse/script.js';
import { isSeconded, SECONDED_EVERY } from '../../runners/fuse/seconded.js';
import { settle } from '../../runners/fuse/settle.js';
import { closeEngines, createEngines, createOtherMachine, type Engines } from '../../runners/job/engine.js';
import { scenarioBlock } from '../../runners/scenario/block.js';
import { scenarioFixture } from '../../runners/scenario/fixture.js';
import { addressOfKey, type Scenario } from '../../runners/scenario/scenario.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { FORKS, type Fork } from '../../src/primitives/fork.js';
import type { ExecutionResult } from '../../src/transition/types.js';
import { CONTRACT, stateTestFile } from '../support/state-tests.js';

const FORKS_OF_TESTS: readonly Fork[] = FORKS.filter((fork) => !/Glacier/.test(fork));

function references(text: string, blocks = 200, seed = '1'): FusedReference[] {
  return fusedReferences(decodeFile('memory', 'a/counter.json', text).references, { blocks, seed }).map((one) => {
    if (one instanceof FixtureError) throw one;
    return one;
  });
}

function blocks(text: string, seeds: readonly string[]): FusedBlock[] {
  return seeds.flatMap((seed) => references(text, 200, seed).map((one) => one.build()));
}

const SEEDS = Array.from({ length: 12 }, (_, seed) => String(seed));

describe('fused blocks', () => {
  let engines: Engines;
  before(async () => {
    engines = await createEngines('wasm', [2, 4]);
  });
  after(() => closeEngines(engines));

  function serial(scenario: Scenario): Promise<ExecutionResult> {
    engines.database.clear();
    engines.database.load(scenario.pre);
    return engines.serial.execute(engines.database, scenarioBlock(scenario, engines.database));
  }

  it('come one for each test and fork, under ids that say how to make them again', () => {
    const ids = references(stateTestFile(['London', 'Cancun'])).map(({ id }) => id);
    expect(ids).to.deep.equal([
      'a/counter.json::counter[fused 1, seed 1, London]',
      'a/counter.json::counter[fused 1, seed 1, Cancun]',
    ]);
  });

  it('are drawn where a file would give too many, the same ones for one seed', () => {
    const text = stateTestFile(FORKS_OF_TESTS);
    const all = references(text).map(({ id }) => id);
    const drawn = references(text, 3).map(({ id }) => id);
    expect(all).to.have.length(FORKS_OF_TESTS.length);
    expect(drawn).to.have.length(3);
    expect(all).to.include.members(drawn);
    expect(references(text, 3).map(({ id }) => id)).to.deep.equal(drawn);
    const others = SEEDS.map((seed) =>
      references(text, 3, seed)
        .map(({ network }) => network)
        .join(),
    );
    expect(new Set(others).size).to.be.greaterThan(1);
  });

  it('are the same every time, and others for another seed', async () => {
    const written = async (seed: string): Promise<string> => {
      const [one] = references(stateTestFile(['Prague']), 1, seed);
      const { scenario } = (one as FusedReference).build();
      return JSON.stringify(scenarioFixture(scenario, await serial(scenario)));
    };
    expect(await written('7')).to.equal(await written('7'));
    expect(await written('8')).to.not.equal(await written('7'));
  });

  it('are of both plans, with many senders each of which keeps to its nonces', () => {
    const made = blocks(stateTestFile(['Istanbul', 'Cancun']), SEEDS);
    expect(made.filter(({ plan }) => plan === 'conflict').length).to.be.greaterThan(made.length / 3);
    expect(made.filter(({ plan }) => plan === 'spread').length).to.be.greaterThan(0);
    for (const { scenario, badFrom, plan } of made) {
      const nonces = new Map<string, bigint>();
      const chained = scenario.transactions.slice(0, badFrom ?? undefined).every((one) => {
        const sender = bytesToHex(addressOfKey(one.secretKey));
        const follows = one.nonce > (nonces.get(sender) ?? -1n);
        nonces.set(sender, one.nonce);
        return follows;
      });
      expect(chained).to.equal(true);
      expect(nonces.size).to.be.greaterThan(plan === 'conflict' ? 2 : 8);
      expect(scenario.transactions.length).to.be.within(10, 80);
    }
  });

  it('put coinbase, contract, senders and precompiles in the way of each other', () => {
    const made = blocks(
      stateTestFile(['Cancun']),
      Array.from({ length: 60 }, (_, seed) => `way ${seed}`),
    );
    const conflicts = made.filter(({ plan }) => plan === 'conflict').map(({ scenario }) => scenario);
    const coinbaseIs = (one: (scenario: Scenario) => readonly string[]): number =>
      conflicts.filter((scenario) => one(scenario).includes(bytesToHex(scenario.environment.coinbase))).length;
    expect(coinbaseIs(() => [CONTRACT])).to.be.greaterThan(0);
    expect(coinbaseIs((one) => one.transactions.map((tx) => bytesToHex(addressOfKey(tx.secretKey))))).to.be.greaterThan(
      0,
    );
    expect(coinbaseIs(() => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `0x${'0'.repeat(39)}${n}`))).to.be.greaterThan(0);
    const paid = conflicts.filter(({ environment, transactions }) =>
      transactions.some(
        ({ to, value }) => to !== null && value > 0n && bytesToHex(to) === bytesToHex(environment.coinbase),
      ),
    );
    expect(paid.length).to.be.greaterThan(conflicts.length / 2);
  });

  it('cost no more than is allowed, whatever the test asks for', () => {
    const greedy = stateTestFile(['Homestead', 'Osaka'], {
      gasLimit: '0x7fffffffffffffff',
      data: `0x${'ff'.repeat(30_000)}`,
    });
    for (const { scenario } of blocks(greedy, SEEDS)) {
      const gas = scenario.transactions.reduce((sum, { gasLimit }) => sum + gasLimit, 0n);
      const bytes = scenario.transactions.reduce((sum, { data }) => sum + data.length, 0);
      // What is put in to be rejected never runs.
      const spare = 2n * scenario.environment.gasLimit;
      expect(gas <= MOST_BLOCK_GAS + 4n * spare).to.equal(true);
      expect(scenario.environment.gasLimit <= MOST_BLOCK_GAS + 1_000_000n).to.equal(true);
      expect(bytes <= MOST_BLOCK_BYTES + 200_000).to.equal(true);
    }
  });

  it('call little of what takes longer than its gas says: the point evaluation precompile', () => {
    const callers = (code: string): number =>
      Math.max(
        ...blocks(stateTestFile(['Cancun'], { code }), SEEDS).map(
          ({ scenario }) => scenario.transactions.filter(({ data }) => bytesToHex(data).endsWith('07')).length,
        ),
      );
    // CALL with 50,000 gas to address 10, and to address 9.
    expect(callers('0x600060006000600060006000600a61c350f150')).to.be.within(1, 4);
    expect(callers('0x600060006000600060006000600961c350f150')).to.be.greaterThan(4);
  });

  it('are valid as planned on every fork, or rejected at the place where they are meant to be', async () => {
    let rejected = 0;
    for (const { scenario, badFrom } of blocks(stateTestFile(FORKS_OF_TESTS), ['1', '2', '3'])) {
      const result = await serial(scenario);
      if (badFrom === null)
        expect(result.ok, result.ok ? '' : `${scenario.name}: ${result.error.message}`).to.equal(true);
      else if (!result.ok) {
        rejected++;
        expect(result.error.transactionIndex).to.be.at.least(badFrom);
      }
    }
    expect(rejected).to.be.greaterThan(2);
  });

  it('leave out indexes that the fixture expects to be rejected, save at the end', () => {
    const text = stateTestFile(['London'], { exception: 'TransactionException.INTRINSIC_GAS_TOO_LOW' });
    for (const { scenario, badFrom } of blocks(text, SEEDS)) {
      const early = scenario.transactions.slice(0, badFrom ?? undefined);
      expect(early.every(({ gasLimit }) => gasLimit >= 21_000n)).to.equal(true);
    }
  });

  it('lose what the serial executor rejects unasked, and what its sender sends after it', async () => {
    const block = blocks(stateTestFile(['Shanghai']), SEEDS).find(({ badFrom }) => badFrom === null) as FusedBlock;
    const { transactions } = block.scenario;
    const spoilt = transactions.map((one, index) => (index === 3 ? { ...one, nonce: one.nonce + 9n } : one));
    const settled = await settle({ ...block, scenario: { ...block.scenario, transactions: spoilt } }, serial);
    expect(settled.result.ok).to.equal(true);
    const key = bytesToHex((transactions[3] as (typeof transactions)[number]).secretKey);
    const left = transactions.filter((one, index) => index < 3 || bytesToHex(one.secretKey) !== key);
    expect(settled.block.scenario.transactions).to.deep.equal(left);
    const bad = withoutRejected({ ...block, badFrom: transactions.length - 1 }, 3);
    const before = left.filter((one) => transactions.indexOf(one) < transactions.length - 1).length;
    expect(bad.badFrom).to.equal(before);
  });

  it('pass, tell what they met, and are seconded by the other machine and as fixtures now and then', async () => {
    const other = createOtherMachine('wasm');
    const text = stateTestFile(['Byzantium', 'Cancun', 'Prague']);
    const seeds = Array.from({ length: 4 * SECONDED_EVERY }, (_, seed) => `s${seed}`);
    const all = seeds.flatMap((seed) => references(text, 3, seed));
    const seconded = all.filter(({ id }) => isSeconded(id));
    expect(seconded.length).to.be.within(2, 30);
    const chosen = [...seconded.slice(0, 4), ...all.filter(({ id }) => !isSeconded(id)).slice(0, 26)];
    let aborted = 0;
    for (const reference of chosen) {
      const { verdict, differences, coverage, fused } = await runFused(engines, () => other, reference);
      expect(verdict, `${reference.id}: ${JSON.stringify(differences)}`).to.equal('pass');
      expect(coverage.multiTransactionBlocks).to.equal(1);
      expect(fused?.seconded).to.equal(isSeconded(reference.id));
      expect(fused?.aborted).to.equal(coverage.aborts > 0);
      if (fused?.plan === 'conflict' && fused.aborted) aborted++;
    }
    // How many depends on what else the machine does; that there are any is what the busy transactions are for.
    expect(aborted).to.be.greaterThan(0);
    await (await other).close();
  });

  it('tell a machine that differs, and a parallel run that does', async () => {
    const [reference] = SEEDS.flatMap((seed) => references(stateTestFile(['Cancun']), 1, `x${seed}`));
    const wrong = {
      ...engines,
      parallel: new Map([
        [
          2,
          {
            async execute(...[database, block]: Parameters<Engines['serial']['execute']>): Promise<ExecutionResult> {
              const result = await engines.serial.execute(database, block);
              return result.ok ? { ...result, gasUsed: result.gasUsed + 1n } : result;
            },
            close: async () => undefined,
          },
        ],
      ]),
    };
    const valid = SEEDS.map((seed) => references(stateTestFile(['Cancun']), 1, seed)[0] as FusedReference);
    const one = valid.find((each) => each.build().badFrom === null) ?? (reference as FusedReference);
    const outcome = await runFused(wrong, () => Promise.reject(new Error('not asked for')), one);
    expect(outcome).to.include({ verdict: 'divergent', threads: 2 });
    expect(outcome.differences[0]?.what).to.equal('gasUsed');
  });
});
