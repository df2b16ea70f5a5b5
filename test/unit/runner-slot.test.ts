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

  it('lets cases wait for a second, behind one long case or behind many short ones', () => {
    const slot = opened(part(0), 11);
    slot.started(CASE);
    const begin = slot.since;
    expect(slot.delay(begin + 999)).to.equal(0);
    expect(slot.delay(begin + 1500)).to.equal(1500);
    // Ten cases later: they took 20 ms each on average, as the 80 that follow may.
    const many = opened(part(0), 91);
    many.started(CASE);
    const start = many.since;
    many.next = 10;
    many.since = start + 200;
    expect(many.delay(start + 200)).to.be.within(1599, 1601);
    many.next = 60;
    many.since = start + 1200;
    expect(many.delay(start + 1200)).to.equal(0);
    many.until = many.next + 1;
    expect(many.delay(start + 9000)).to.equal(0);
  });

  it('tells what its process has used since it was last asked, also where it can be asked no more', () => {
    const slot = new Slot(0);
    expect(slot.report({ cpuMs: 120, bytes: 9 })).to.equal(120);
    expect(slot.charge(150)).to.equal(30);
    expect(slot.charge(140)).to.equal(0);
    expect(slot.chargeSeen()).to.equal(0);
    expect(slot.size).to.equal(null);
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
