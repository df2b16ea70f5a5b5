/** Explanations of runs that were made to differ in one place each. */
import { expect } from 'chai';
import pc from 'picocolors';
import { explanationLines } from '../../reports/explanation.js';
import { emptyCoverage } from '../../runners/events/tally.js';
import { explain } from '../../runners/explain/explain.js';
import { SerialAccesses } from '../../runners/explain/serial-accesses.js';
import { closeEngines, createWatchedExecutor } from '../../runners/job/engine.js';
import { scenarioBlock, scenarioDatabase } from '../../runners/scenario/block.js';
import { executeBoth } from '../../runners/verdict/both.js';
import { compareResults } from '../../runners/verdict/compare.js';
import type { Explanation } from '../../runners/verdict/explanation.js';
import type { InspectedBlock, InspectedTransaction, Place } from '../../src/index.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import { losingEngines, memoryOf } from '../support/losing-executor.js';
import { COUNTER_ADDRESS, scenarioTransaction, smallScenario } from '../support/scenarios.js';

const COUNTER = bytesToHex(COUNTER_ADDRESS);
const SLOT: Place = { kind: 'slot', address: COUNTER, slot: `0x${'0'.repeat(64)}` };
const SLOT_NAME = `slot 0x0 of ${COUNTER}`;

/** Three senders that count the counter up from 41, one after the other. */
const scenario = smallScenario('Cancun', {
  transactions: [0, 1, 2].map((sender) => scenarioTransaction(sender)),
  withdrawals: [],
});

describe('explanations', () => {
  let block: Block;
  let serial: ExecutionResult;
  const accesses = new SerialAccesses();
  before(async () => {
    const database = scenarioDatabase(scenario);
    block = scenarioBlock(scenario, database);
    const watched = await createWatchedExecutor('wasm', accesses);
    serial = await watched.execute(database, block);
    await watched.close();
  });

  /** Explains the run that left `change` of the right memory, with an outcome that differs at `transaction`. */
  function explained(change: (memory: InspectedBlock) => InspectedBlock, transaction: number | null): Explanation {
    const memory = change(memoryOf(block, accesses));
    const differences =
      transaction === null
        ? [{ what: 'diff 0x… storage', expected: '1', actual: '2' }]
        : [{ what: `receipts[${transaction}].logsBloom`, expected: '0x1', actual: '0x2' }];
    return explain({ block, serial, parallel: serial, comparison: { differences, transaction }, memory, accesses });
  }

  const withTransaction = (
    memory: InspectedBlock,
    index: number,
    fields: Partial<InspectedTransaction>,
  ): InspectedBlock => ({
    ...memory,
    transactions: memory.transactions.map((one) => (one.index === index ? { ...one, ...fields } : one)),
  });

  const withSlot = (memory: InspectedBlock, lost: number | null, value: bigint | null): InspectedBlock => ({
    ...memory,
    locations: memory.locations.map((one) =>
      one.place.slot === null || one.place.address !== COUNTER
        ? one
        : {
            ...one,
            versions: one.versions
              .filter(({ transaction }) => value !== null || transaction !== lost)
              .map((version) => (version.transaction === lost && value !== null ? { ...version, value } : version)),
          },
    ),
  });

  /** Transaction 2 read what stood there before transaction 1, and counted on from that. */
  function stale(memory: InspectedBlock): InspectedBlock {
    const two = memory.transactions[2] as InspectedTransaction;
    const reads = (two.reads ?? []).map((read) =>
      read.place.slot === null
        ? read
        : { ...read, value: 42n, origin: { from: 'transaction', transaction: 0, incarnation: 0 } as const },
    );
    return withSlot(withTransaction(memory, 2, { reads, incarnations: 2 }), 2, 43n);
  }

  it('names a stale read: both values, whose version it was, and whose stands there', () => {
    const found = explained(stale, 2);
    expect(found.transaction).to.equal(2);
    expect(found.subject).to.match(new RegExp(`^0x[0-9a-f]{40} to ${COUNTER}, nonce 0, value 0$`));
    expect(found.outcome.map(({ what }) => what)).to.deep.equal(['receipts[2].logsBloom']);
    expect(found.writes).to.deep.equal([{ what: SLOT_NAME, expected: '0x2c', actual: '0x2b' }]);
    expect(found.reads).to.deep.equal([
      {
        location: SLOT_NAME,
        serial: '0x2b',
        parallel: '0x2a',
        origin: 'transaction 0, incarnation 0',
        standing: '0x2b, from transaction 1, incarnation 0',
      },
    ]);
    expect(found.finding).to.include('the read was stale').and.include('validation was left out');
    expect(found.incarnations.map(({ transaction, incarnations }) => [transaction, incarnations])).to.deep.equal([
      [0, 1],
      [1, 1],
      [2, 2],
    ]);
  });

  it('finds a lost write where no receipt tells', () => {
    const found = explained((memory) => withSlot(memory, 1, null), 2);
    expect(found.transaction).to.equal(1);
    expect(found.writes).to.deep.equal([
      { what: SLOT_NAME, expected: '0x2b', actual: '0x2a, from transaction 0, incarnation 0' },
    ]);
    expect(found.reads).to.deep.equal([]);
    expect(found.finding).to.include('its writes were lost or changed');
  });

  /** Transaction 2 read another balance of the counter than it would have read in the end, and nothing depended on it. */
  function withBalance(memory: InspectedBlock): InspectedBlock {
    const reads = (memory.transactions[2]?.reads ?? []).map((read) =>
      read.place.kind !== 'account' || read.place.address !== COUNTER
        ? read
        : { ...read, value: { nonce: 1n, balance: 5n }, unseenBalance: true },
    );
    return withTransaction(memory, 2, { reads });
  }

  it('does not blame a balance on which nothing depends for a write that has nothing to do with it', () => {
    const found = explained((memory) => withSlot(withBalance(memory), 2, 7n), null);
    expect(found.transaction).to.equal(2);
    expect(found.reads.map(({ location }) => location)).to.deep.equal([`account ${COUNTER}`]);
    expect(found.finding).to.include('its writes were lost or changed');
  });

  it('names a balance on which nothing depends where what was written there differs', () => {
    const found = explained((memory) => {
      const { locations, ...rest } = withBalance(memory);
      const written = locations.map((one) =>
        one.place.kind !== 'account' || one.place.address !== COUNTER
          ? one
          : {
              ...one,
              versions: [
                {
                  transaction: 2,
                  incarnation: 0,
                  value: { nonce: 1n, balance: 5n },
                  estimate: false,
                  credit: false,
                },
              ],
            },
      );
      return { ...rest, locations: written };
    }, null);
    expect(found.transaction).to.equal(2);
    expect(found.finding).to.include('how the lane put right what was written');
  });

  it('looks at what stands below an exact run, whose reads nobody keeps', () => {
    const exact = (memory: InspectedBlock): InspectedBlock =>
      withSlot(withTransaction(memory, 1, { exact: true, reads: null }), 1, 7n);
    const found = explained(exact, null);
    expect(found.transaction).to.equal(1);
    expect(found.finding).to.include('ran last as an exact one');
    expect(found.incarnations).to.deep.equal([
      {
        transaction: 1,
        incarnations: 1,
        state: 'committed',
        history: 'ran once, last with everything below it committed (exact)',
      },
    ]);
  });

  it('tells a wrong state root in a receipt from a wrong state', () => {
    const comparison = {
      differences: [{ what: 'receipts[1].stateRoot', expected: '0x1', actual: '0x2' }],
      transaction: 1,
    };
    const memory = memoryOf(block, accesses);
    const found = explain({ block, serial, parallel: serial, comparison, memory, accesses });
    expect(found.transaction).to.equal(1);
    expect(found.writes).to.deep.equal([]);
    expect(found.finding).to.include('is the state root in its receipt');
  });

  it('tells a replaced incarnation from the one that stands', () => {
    const replaced = (memory: InspectedBlock): InspectedBlock => {
      const changed = stale(memory);
      const { locations } = changed;
      return {
        ...changed,
        locations: locations.map((one) => ({
          ...one,
          versions: one.versions.map((version) =>
            version.transaction === 0 ? { ...version, incarnation: 3 } : version,
          ),
        })),
      };
    };
    expect(explained(replaced, 2).reads[0]?.origin).to.equal(
      'transaction 0, incarnation 0, since replaced by its incarnation 3',
    );
  });

  it('looks behind the transactions where none of them differs', () => {
    const found = explained((memory) => memory, null);
    expect(found.transaction).to.equal(null);
    expect(found.finding).to.include('the steps of the block');
    expect(found.outcome).to.have.length(1);
  });

  it('leaves unknown what a later version took the place of', () => {
    const forgotten = (memory: InspectedBlock): InspectedBlock => ({
      ...memory,
      locations: memory.locations.map((one) =>
        one.place.address === COUNTER && one.place.kind === SLOT.kind
          ? { ...one, versions: one.versions.slice(2), forgottenBelow: 2 }
          : one,
      ),
    });
    expect(explained(forgotten, null).transaction).to.equal(null);
  });

  it('stands in the verdict of a case, and shows on a terminal', async () => {
    const engines = await losingEngines('wasm', [2]);
    engines.database.clear();
    engines.database.load(scenario.pre);
    const { disagreement } = await executeBoth(engines, block, emptyCoverage());
    await closeEngines(engines);
    expect(disagreement).to.include({ verdict: 'divergent', threads: 2 });
    const explanation = disagreement?.explanation ?? null;
    if (explanation === null) throw new Error('not explained');
    expect(explanation.transaction).to.equal(1);
    const lines = explanationLines(explanation, pc.createColors(false));
    expect(lines[0]).to.match(/^first divergence: transaction 1 {2}0x/);
    expect(lines.slice(1, 4)).to.deep.equal([
      `  leaves  ${SLOT_NAME}`,
      '    serial    0x2b',
      '    parallel  0x2a, from transaction 0, incarnation 0',
    ]);
    expect(lines.at(-1)).to.include('folded by the commit lane');
    // What a case reports crosses from process to process as JSON.
    expect(JSON.parse(JSON.stringify(explanation))).to.deep.equal(explanation);
    expect(compareResults(serial, serial)).to.equal(null);
  });
});
