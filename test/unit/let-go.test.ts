import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { LetGo } from '../../src/executor/let-go.js';
import { runNode } from '../support/command.js';
import { hammer } from '../support/hammer.js';

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}.js`, import.meta.url));
const DATABASES = 700;
/** Those that are dropped before a thread collects, those since the script looked last, and the room that V8 takes itself. */
const MOST = 256 + 50 + 50;

describe('memory that worker threads let go of', function () {
  this.timeout(120_000);

  it('is given back, of however many databases', async function () {
    if (process.platform !== 'linux') this.skip();
    const { code, out, err } = await runNode(['--expose-gc', script('many-databases'), String(DATABASES), '3']).ended;
    expect(code, err).to.equal(0);
    const [, most] = /^(\d+) of 700 mapped, one held: true$/.exec(out) ?? [];
    expect(Number(most), out).to.be.within(1, MOST);
  });

  it('is given back, of however many large blocks', async () => {
    const { code, out, err } = await runNode(['--expose-gc', script('many-large-blocks'), '100', '3']).ended;
    expect(code, err).to.equal(0);
    const [, most, records] = /^(-?\d+) of (\d+) MiB$/.exec(out) ?? [];
    expect(Number(records), out).to.be.above(900);
    // 256 MiB are dropped before a thread collects, and each of two does so in its own time.
    expect(Number(most), out).to.be.below(600);
  });

  it('is collected where it is much, in memories or in bytes, and not before', () => {
    let collections = 0;
    const letGo = new LetGo(() => () => collections++);
    const settled = (): number => {
      letGo.settle();
      return collections;
    };
    for (let i = 0; i < 255; i++) letGo.memory(1);
    for (let i = 0; i < 300; i++) letGo.buffer(1);
    expect(settled()).to.equal(0);
    letGo.memory(1);
    expect(settled()).to.equal(1);
    expect(settled()).to.equal(1);
    letGo.buffer(2 ** 28 - 1);
    expect(settled()).to.equal(1);
    letGo.buffer(1);
    expect(settled()).to.equal(2);
  });

  it('is collected the next time where the means were not there', () => {
    let collections = 0;
    const found = [null, null, () => collections++];
    const letGo = new LetGo(() => found.shift() ?? null);
    letGo.buffer(2 ** 28);
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
    letGo.buffer(2 ** 28);
    letGo.settle();
    expect(reference.deref()).to.equal(undefined);
    expect(globalThis.gc).to.equal(undefined);
    expect(runInNewContext('typeof gc')).to.equal('undefined');
  });
});
