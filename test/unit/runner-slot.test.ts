import { expect } from 'chai';
import type { CaseIdentity } from '../../runners/events/events.js';
import { FileRun, type Part, Slot } from '../../runners/job/slot.js';

const CASE: CaseIdentity = { id: 'a', source: 's', file: 'f', group: 'g', network: 'Cancun', kind: 'state' };

function part(skip: number, until?: number): Part {
  const task = { source: 's', file: 'f', text: '[]', ids: null, skip };
  return { task: until === undefined ? task : { ...task, until }, file: new FileRun() };
}

function opened(given: Part, cases: number): Slot {
  const slot = new Slot(0);
  slot.begin(given);
  slot.opened(cases);
  return slot;
}

describe('slot of the job pool', () => {
  it('has nothing to spare before its file is open and a case runs', () => {
    const slot = new Slot(0);
    expect(slot.spare).to.equal(0);
    slot.begin(part(0));
    expect(slot.spare).to.equal(0);
    slot.opened(5);
    expect(slot.spare).to.equal(0);
    slot.started(CASE);
    expect(slot.spare).to.equal(4);
  });

  it('gives away the later half, down to the last case, and keeps count of the parts', () => {
    const given = part(0);
    const slot = opened(given, 6);
    slot.started(CASE);
    const shares = [];
    while (slot.spare > 0) {
      const { task, file } = slot.give();
      expect(file).to.equal(given.file);
      shares.push([task.skip, task.until]);
    }
    expect(shares).to.deep.equal([
      [3, 6],
      [2, 3],
      [1, 2],
    ]);
    expect(given.file.parts).to.equal(4);
    expect(() => slot.give()).to.throw('nothing to give');
  });

  it('knows the cases that are no longer its own', () => {
    const slot = opened(part(2), 4);
    expect(slot.started(CASE)).to.equal(true);
    slot.give();
    slot.next++;
    expect(slot.started(CASE)).to.equal(false);
    expect(slot.beyond).to.equal(true);
    expect(slot.running).to.equal(null);
    expect(slot.rest()).to.equal(null);
  });

  it('hands back what is left of its part', () => {
    const slot = opened(part(1, 3), 9);
    slot.started(CASE);
    slot.next++;
    expect(slot.rest()?.task).to.include({ skip: 2, until: 3 });
    slot.next++;
    expect(slot.rest()).to.equal(null);
  });
});
