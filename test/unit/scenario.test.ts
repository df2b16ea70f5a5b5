/** Scenarios: blocks that are made, written as official fixtures and read back. */
import { expect } from 'chai';
import { PreAllocations } from '../../runners/engine/pre-allocations.js';
import type { BlockchainCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { closeEngines, createEngines, type Engines } from '../../runners/job/engine.js';
import { runBlockCase } from '../../runners/job/run-case.js';
import { scenarioBlock, scenarioDatabase } from '../../runners/scenario/block.js';
import { scenarioFixture } from '../../runners/scenario/fixture.js';
import { scenarioOf } from '../../runners/scenario/read.js';
import { type Scenario, ScenarioError } from '../../runners/scenario/scenario.js';
import { compareResults } from '../../runners/verdict/compare.js';
import type { CaseOutcome } from '../../runners/verdict/result.js';
import { FORKS } from '../../src/primitives/fork.js';
import type { ExecutionResult } from '../../src/transition/types.js';
import { scenarioTransaction, secretKey, smallScenario } from '../support/scenarios.js';

describe('scenarios', () => {
  let engines: Engines;
  before(async () => {
    engines = await createEngines('wasm', [2]);
  });
  after(() => closeEngines(engines));

  function execute(scenario: Scenario): Promise<ExecutionResult> {
    engines.database.clear();
    engines.database.load(scenario.pre);
    return engines.serial.execute(engines.database, scenarioBlock(scenario, engines.database));
  }

  /** The fixture's text, and what the runner says of it. */
  async function judged(scenario: Scenario): Promise<{ text: string; outcome: CaseOutcome }> {
    const text = JSON.stringify(scenarioFixture(scenario, await execute(scenario)));
    const [one] = [...decodeFile('memory', 'scenario.json', text).cases];
    if (one === undefined || one instanceof Error) throw one ?? new Error('no case');
    const none = new PreAllocations(async () => null);
    return { text, outcome: await runBlockCase(engines, one as BlockchainCase, none) };
  }

  for (const network of [...FORKS, 'BPO2']) {
    it(`passes the runner's own judgement as a fixture on ${network}`, async () => {
      const scenario = smallScenario(network);
      const { text, outcome } = await judged(scenario);
      expect(outcome.verdict, JSON.stringify(outcome.differences)).to.equal('pass');
      expect(outcome.coverage.transactions).to.equal(scenario.transactions.length);
      const result = await execute(scenario);
      if (!result.ok) throw result.error;
      expect(result.transactions.every((one) => one.kind === 'executed')).to.equal(true);
      const again = scenarioOf(JSON.parse(text));
      expect(compareResults(result, await execute(again))).to.equal(null);
      expect(JSON.stringify(scenarioFixture(again, result))).to.equal(text);
    });
  }

  it('keeps keys and nonces through a change of what was read back', async () => {
    const { text } = await judged(smallScenario('Prague'));
    const read = scenarioOf(JSON.parse(text));
    const moved = read.transactions.map((one, i) => (i < 2 ? { ...one, nonce: 1n - one.nonce } : one));
    const swapped = { ...read, transactions: [moved[1], moved[0], ...moved.slice(2)] as Scenario['transactions'] };
    const { outcome } = await judged(swapped);
    expect(outcome.verdict).to.equal('pass');
    const rekeyed = read.transactions.map((one, i) =>
      i === 2 || i === 3 ? { ...one, secretKey: secretKey(0), nonce: BigInt(i) } : one,
    );
    const second = await judged({ ...read, transactions: rekeyed });
    expect(second.outcome.verdict).to.equal('pass');
    const [first] = Object.values(JSON.parse(second.text)) as { blocks: { transactions: { sender: string }[] }[] }[];
    const senders = first?.blocks[0]?.transactions.map(({ sender }) => sender);
    expect(senders?.[2]).to.equal(senders?.[0]);
  });

  it('writes a rejected block with the name of its exception', async () => {
    const scenario = smallScenario('Cancun');
    const bad = { ...scenario, transactions: [...scenario.transactions, scenarioTransaction(1, { nonce: 9n })] };
    const result = await execute(bad);
    expect(result.ok).to.equal(false);
    const { text, outcome } = await judged(bad);
    expect(outcome.verdict, JSON.stringify(outcome.differences)).to.equal('pass');
    expect(text).to.include('"expectException":"TransactionException.NONCE_MISMATCH_TOO_HIGH"');
    expect(compareResults(result, await execute(scenarioOf(JSON.parse(text))))).to.equal(null);
  });

  it('reaches every excess blob gas that suites ask for, on every blob schedule', () => {
    for (const network of ['Cancun', 'Prague', 'Osaka', 'BPO1', 'BPO4']) {
      for (const excessBlobGas of [0n, 0x20000n, 0x60000n, 0x4b80000n]) {
        const { environment } = smallScenario(network);
        const scenario = smallScenario(network, { environment: { ...environment, excessBlobGas } });
        const block = scenarioBlock(scenario);
        expect(block.environment.blobBaseFee >= 1n).to.equal(true);
      }
    }
  });

  it('refuses what no block can be', () => {
    const early = smallScenario('Frontier', { transactions: [scenarioTransaction(0, { chainId: 1n })] });
    expect(() => scenarioBlock(early)).to.throw(ScenarioError, 'EIP-155');
    const typed = smallScenario('Berlin', { transactions: [scenarioTransaction(0, { type: 2 })] });
    expect(() => scenarioBlock(typed)).to.throw(ScenarioError, 'type 2');
    const foreign = smallScenario('London', { transactions: [scenarioTransaction(0, { type: 2, chainId: 5n })] });
    expect(() => scenarioBlock(foreign)).to.throw(ScenarioError, 'another chain');
    const { environment } = smallScenario('London');
    const timeless = smallScenario('London', { environment: { ...environment, timestamp: 0n } });
    expect(() => scenarioBlock(timeless)).to.throw(ScenarioError, 'time of its genesis');
  });

  it('reads nothing from a fixture of somebody else', async () => {
    const { text } = await judged(smallScenario('London'));
    const [name, test] = Object.entries(JSON.parse(text) as Record<string, { _info: object }>)[0] as [
      string,
      { _info: object },
    ];
    expect(() => scenarioOf({ [name]: { ...test, _info: {} } })).to.throw(ScenarioError, 'secretKeys');
    expect(() => scenarioOf({ a: test, b: test })).to.throw(ScenarioError, 'none is chosen');
    expect(scenarioOf({ a: test, b: test }, 'b').name).to.equal('b');
  });

  it('leaves a scenario of its own database alone', () => {
    const scenario = smallScenario('Shanghai');
    expect(scenarioDatabase(scenario).stateRoot()).to.deep.equal(scenarioDatabase(scenario).stateRoot());
    expect(scenarioBlock(scenario).parentHash).to.deep.equal(scenarioBlock(scenario).parentHash);
  });
});
