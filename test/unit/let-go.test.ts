import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { LetGo, memoryWeight } from '../../src/state/let-go.js';
import { runNode } from '../support/command.js';
import { hammer } from '../support/hammer.js';

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}.js`, import.meta.url));
/** Collected by one thread: databases of the least weight, and mebibytes. */
const ROUND = { databases: 512, mebibytes: 256 };
/** It goes with the last thread that has collected, and in the background: by then as many again may be there, and those since the script looked. */
const MOST_MAPPED = 2 * ROUND.databases + 250;

describe('shared memory that threads let go of', function () {
  this.timeout(120_000);

  for (const threads of [0, 3]) {
    const who = threads === 0 ? 'the serial executor' : `${threads} threads`;

    it(`is given back by ${who}, of however many databases`, async function () {
      if (process.platform !== 'linux') this.skip();
      const { code, out, err } = await runNode([script('many-databases'), '1500', String(threads)]).ended;
      expect(code, err).to.equal(0);
      const [, most] = /^(\d+) of 1500 mapped, one held: true$/.exec(out) ?? [];
      expect(Number(most), out).to.be.within(1, MOST_MAPPED);
    });

    it(`is given back by ${who}, of however many large blocks`, async () => {
      const { code, out, err } = await runNode([script('many-large-blocks'), '100', String(threads)]).ended;
      expect(code, err).to.equal(0);
      const [, most, records] = /^(-?\d+) of (\d+) MiB$/.exec(out) ?? [];
      expect(Number(records), out).to.be.above(900);
      expect(Number(most), out).to.be.below(2 * ROUND.mebibytes + 150);
    });
  }

  for (const threads of [0, 1]) {
    it(`does not stay with outcomes, in a loop that leaves the event loop no turn: ${threads} threads`, async () => {
      const { code, out, err } = await runNode([
        '--max-old-space-size=60',
        script('many-outcomes'),
        String(threads),
        '2000',
      ]).ended;
      expect(code, err.slice(-500)).to.equal(0);
      expect(out).to.equal('2000 blocks');
    });
  }

  it('is given back though no block is ever executed', async function () {
    if (process.platform !== 'linux') this.skip();
    const { code, out, err } = await runNode([script('many-databases'), '1500']).ended;
    expect(code, err).to.equal(0);
    const [, most] = /^(\d+) of 1500 mapped, one held: true$/.exec(out) ?? [];
    expect(Number(most), out).to.be.within(1, MOST_MAPPED);
  });

  it('is collected where it is much, and not before', () => {
    let collections = 0;
    const letGo = new LetGo(() => () => collections++);
    const settled = (): number => {
      letGo.settle();
      return collections;
    };
    // The heap of the tests themselves counts.
    const { used_heap_size: heap } = getHeapStatistics();
    const much = Math.max(2 ** 28, 2 * heap);
    letGo.add(2 ** 28 - 1);
    expect(settled()).to.equal(0);
    letGo.add(much - 2 ** 28 + 1);
    expect(settled()).to.equal(1);
    expect(settled()).to.equal(1);
    letGo.add(memoryWeight(2 ** 20) - 1);
    expect(settled()).to.equal(1);
  });

  it('counts for a WebAssembly memory what its addresses are worth, however small it is', () => {
    expect(memoryWeight(65_536)).to.equal(2 ** 28 / ROUND.databases);
    expect(memoryWeight(2 ** 24)).to.equal(2 ** 24);
  });

  it('is collected the next time where the means were not there', () => {
    let collections = 0;
    const found = [null, null, () => collections++];
    const letGo = new LetGo(() => found.shift() ?? null);
    letGo.add(2 ** 40);
    for (const expected of [0, 0, 1, 1]) {
      letGo.settle();
      expect(collections).to.equal(expected);
    }
  });

  it('is collected whatever other threads do, whose flags are the same', async () => {
    const times = 40;
    const found = await hammer<number, number>('collector-thread', Array<number>(4).fill(times));
    for (const one of found) expect(one).to.be.within(1, times);
  });

  it('is collected by V8 itself, and nobody else is given the means', async () => {
    let token: object | null = {};
    const reference = new WeakRef(token);
    token = null;
    // Until the turn is over a WeakRef keeps what it was made of.
    await new Promise((resolve) => setImmediate(resolve));
    const letGo = new LetGo();
    letGo.add(2 ** 40);
    letGo.settle();
    expect(reference.deref()).to.equal(undefined);
    expect(globalThis.gc).to.equal(undefined);
    expect(runInNewContext('typeof gc')).to.equal('undefined');
  });
});
