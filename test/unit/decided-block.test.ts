/** A block is decided once, and nobody works for one that is. */
import { expect } from 'chai';
import {
  CONTROL_REJECTED,
  CONTROL_REJECTION,
  CONTROL_VERDICT,
  VERDICT_FAILED,
  VERDICT_REJECTED,
} from '../../src/layout.js';
import { EXECUTING, stateOf } from '../../src/mvmemory/statuses.js';
import { blockOf, contract, place, send, sender, senders } from '../support/conflict-block.js';
import { TwoWorkers } from '../support/two-workers.js';

/** Two transactions that read slots 1 to 3 of one contract. */
function readers(): Promise<TwoWorkers> {
  const accounts = { ...senders(2), [place(1)]: contract('1 SLOAD POP 2 SLOAD POP 3 SLOAD POP') };
  return TwoWorkers.open(accounts, blockOf('London', [send(sender(0), place(1)), send(sender(1), place(1))]));
}

describe('decided block', () => {
  it('stays as it was decided first, whatever another worker finds after that', async () => {
    const { first, second } = await readers();
    const { i32 } = first.heap;
    first.decide(VERDICT_REJECTED, 1, 7, 'the first word');
    const kind = i32[i32[CONTROL_REJECTION] as number];
    second.fail(new Error('the second word'));
    second.decide(VERDICT_REJECTED, 0, 3, 'the third word');
    expect(i32[CONTROL_VERDICT]).to.equal(VERDICT_REJECTED);
    expect(i32[CONTROL_REJECTED]).to.equal(1);
    expect(kind).to.equal(7);
    expect(i32[i32[CONTROL_REJECTION] as number]).to.equal(7);
  });

  it('is not rejected any more once the engine has failed', async () => {
    const { first, second } = await readers();
    const { i32 } = first.heap;
    second.fail(new Error('out of order'));
    first.decide(VERDICT_REJECTED, 0, 7, 'too late');
    expect(i32[CONTROL_VERDICT]).to.equal(VERDICT_FAILED);
    expect(i32[CONTROL_REJECTED]).to.equal(-1);
  });

  it('ends a speculative run at its next read', async () => {
    const workers = await readers();
    const { first, second } = workers;
    workers.take(first, 0);
    workers.take(second, 1);
    const { memory, statuses } = second;
    const untouched = memory.untouched.bind(memory);
    let reads = 0;
    memory.untouched = (row) => {
      // In the middle of the run the other worker decides the block.
      if (++reads === 2) first.decide(VERDICT_REJECTED, 0, 0, '');
      return untouched(row);
    };
    await second.speculate(1);
    expect(reads).to.equal(2);
    expect(stateOf(statuses.load(1))).to.equal(EXECUTING);
  });
});
