import { expect } from 'chai';
import { PrecompileResults } from '../../src/vm/core/precompile-results.js';
import { Precompiles } from '../../src/vm/core/precompiles.js';
import { MachineError } from '../../src/vm/errors.js';
import { type Precompile, referencePrecompile } from '../../src/vm/ethereumjs/precompiles.js';

/** Costs as much gas as the input has bytes, fails on an empty one, and counts its runs. */
function counted(): { runs: number; run: Precompile } {
  const one = {
    runs: 0,
    run: ((input, gas) => {
      one.runs++;
      const gasUsed = BigInt(input.length);
      if (input.length === 0 || gas < gasUsed) return { ok: false, gasUsed: gas, output: new Uint8Array(0) };
      return { ok: true, gasUsed, output: input.slice(0, 1) };
    }) as Precompile,
  };
  return one;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('kept results of precompiles', () => {
  it('run once for an input, and know it by all of its bytes', () => {
    const one = counted();
    const run = new PrecompileResults().remember(8, one.run);
    const good = { ok: true, gasUsed: 2n, output: bytes(1) };
    expect(run(bytes(1, 2), 9n)).to.deep.equal(good);
    expect(run(bytes(1, 2), 2n)).to.deep.equal(good);
    expect(run(bytes(0, 1, 2).subarray(1), 9n)).to.deep.equal(good);
    expect(one.runs).to.equal(1);
    expect(run(bytes(1, 3), 9n).output).to.deep.equal(bytes(1));
    expect(run(bytes(1, 2, 0), 9n)).to.include({ gasUsed: 3n });
    expect(one.runs).to.equal(3);
  });

  it('are not given for less gas than they cost', () => {
    const one = counted();
    const run = new PrecompileResults().remember(8, one.run);
    run(bytes(1, 2), 9n);
    expect(run(bytes(1, 2), 1n)).to.deep.equal({ ok: false, gasUsed: 1n, output: bytes() });
    expect(run(bytes(1, 2), 2n).ok).to.equal(true);
    expect(one.runs).to.equal(2);
  });

  it('leave failures out: each takes the gas of its own call', () => {
    const one = counted();
    const run = new PrecompileResults().remember(8, one.run);
    for (const gas of [5n, 7n, 5n]) expect(run(bytes(), gas)).to.include({ ok: false, gasUsed: gas });
    expect(one.runs).to.equal(3);
  });

  it('keep precompiles apart', () => {
    const [first, second] = [counted(), counted()];
    const results = new PrecompileResults();
    const [a, b] = [results.remember(8, first.run), results.remember(0x100, second.run)];
    a(bytes(5), 9n);
    b(bytes(5), 9n);
    expect([first.runs, second.runs]).to.deep.equal([1, 1]);
  });

  it('forget the one that was not used for longest where there is no room', () => {
    const one = counted();
    // A key is the address and the input: three of these fit.
    const run = new PrecompileResults(9).remember(8, one.run);
    for (const value of [1, 2, 3, 1, 4]) run(bytes(value, 0), 9n);
    expect(one.runs).to.equal(4);
    run(bytes(1, 0), 9n);
    expect(one.runs).to.equal(4);
    run(bytes(2, 0), 9n);
    expect(one.runs).to.equal(5);
    for (let i = 0; i < 2; i++) run(new Uint8Array(10), 99n);
    expect(one.runs).to.equal(7);
  });

  it('are those of the library', () => {
    const active = new Precompiles('Osaka', () => undefined);
    // The identity of an empty pairing, and 3 ** 5 % 7 by modular exponentiation.
    const modexp = Uint8Array.from(
      Buffer.from(`${['01', '01', '01'].map((n) => n.padStart(64, '0')).join('')}030507`, 'hex'),
    );
    for (const [address, input] of [
      [8, bytes()],
      [5, modexp],
      [6, new Uint8Array(128)],
    ] as const) {
      const reference = referencePrecompile('Osaka', address);
      for (let i = 0; i < 2; i++) {
        expect(active.at(address)(input, 100_000n), `${address}`).to.deep.equal(reference?.(input, 100_000n));
      }
    }
  });

  it('are none where a fork has no precompile at an address', () => {
    for (const [fork, address] of [
      ['Homestead', 5],
      ['Shanghai', 0x0a],
      ['Cancun', 0x0b],
      ['Prague', 0x100],
      ['Osaka', 0x12],
    ] as const) {
      const precompiles = new Precompiles(fork, () => undefined);
      expect(() => precompiles.at(address), `${fork} ${address}`).to.throw(
        MachineError,
        `there is no precompile ${address} in this fork`,
      );
    }
  });
});
