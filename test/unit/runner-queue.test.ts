import { expect } from 'chai';
import { PartQueue, weightOf } from '../../runners/job/queue.js';
import { FileRun, type Part } from '../../runners/job/slot.js';

const stateTest = (...gasLimits: string[]): string => JSON.stringify({ t: { transaction: { gasLimit: gasLimits } } });

function part(file: string, text = stateTest('0x5208'), skip = 0): Part {
  return { task: { source: 's', file, text, ids: null, skip }, file: new FileRun() };
}

function order(queue: PartQueue): string[] {
  const files: string[] = [];
  for (let next = queue.take(); next !== null; next = queue.take()) files.push(next.task.file);
  return files;
}

describe('queue of the job pool', () => {
  it('hands out rests, then the file with the most gas, then the others in their order', () => {
    const queue = new PartQueue();
    queue.add(part('a'));
    queue.add(part('b', stateTest('0x5208', '0x02540be400')));
    queue.add(part('c'));
    queue.add(part('d', stateTest('0x7fffffffffffffff')));
    queue.add(part('e', stateTest('0x02540be400')));
    queue.addRest(part('rest', '[]', 3));
    queue.addRest(part('later rest', '[]', 3));
    expect(order(queue)).to.deep.equal(['later rest', 'rest', 'd', 'b', 'e', 'a', 'c']);
    expect(queue.isEmpty).to.equal(true);
  });

  it('is full once its files have taken the room, rests apart', () => {
    const text = stateTest('0x1');
    const queue = new PartQueue(2 * text.length);
    queue.addRest(part('rest', text.repeat(9), 1));
    expect(queue.isFull).to.equal(false);
    queue.add(part('a', text));
    expect(queue.isFull).to.equal(false);
    queue.add(part('b', text));
    expect(queue.isFull).to.equal(true);
    queue.take();
    expect(queue.isFull).to.equal(true);
    queue.take();
    expect(queue.isFull).to.equal(false);
  });

  it('says how much of what came in waits', () => {
    const queue = new PartQueue();
    expect(queue.waiting).to.equal(0);
    for (const file of ['a', 'b', 'c', 'd']) queue.add(part(file));
    expect(queue.waiting).to.equal(1);
    queue.take();
    expect(queue.waiting).to.equal(0.75);
    order(queue);
    expect(queue.waiting).to.equal(0);
  });

  it('weighs by gas beyond what any block had, and by that of state tests only', () => {
    expect(weightOf(stateTest('0x0f4240', '0x3b9aca00'))).to.equal(0);
    expect(weightOf(stateTest('0x3b9aca01', '0x01'))).to.equal(1_000_000_001);
    expect(weightOf('{"env": {"currentGasLimit": "0x7fffffffffffffff"}}')).to.equal(0);
    expect(weightOf('{"blockHeader": {"gasLimit": "0x7fffffffffffffff"}}')).to.equal(0);
    expect(weightOf('no JSON "gasLimit" : [')).to.equal(0);
  });
});
