/** Waiting without falling asleep: as long as the word stays, and no longer than was asked for. */
import { expect } from 'chai';
import { spinWhile } from '../../src/executor/spin.js';
import { hammer } from '../support/hammer.js';

describe('executor/spin', () => {
  it('gives up after so many looks', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    expect(spinWhile(words, 1, 0, 100)).to.equal(true);
    // Without a look nothing is known: the caller goes on to sleep, which looks by itself.
    expect(spinWhile(words, 1, 7, 0)).to.equal(true);
  });

  it('sees at once that the word is another', () => {
    const words = Int32Array.of(0, 3);
    expect(spinWhile(words, 1, 2, Number.POSITIVE_INFINITY)).to.equal(false);
  });

  it('sees what another thread writes', async function () {
    this.timeout(8000);
    const memory = new SharedArrayBuffer(4);
    const words = new Int32Array(memory);
    // Each waits until the other has counted on.
    const answers = await hammer<{ memory: SharedArrayBuffer; turns: number }, number>(
      'spin-thread',
      [0, 1].map(() => ({ memory, turns: 200 })),
    );
    expect(answers).to.deep.equal([200, 200]);
    expect(words[0]).to.equal(400);
  });
});
