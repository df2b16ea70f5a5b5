import { expect } from 'chai';
import fc from 'fast-check';
import { bigIntToBytes, bytesToHex, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { SECP256K1_N, signHash } from '../../src/primitives/crypto.js';
import { FORKS, type Fork } from '../../src/primitives/fork.js';
import type { Vm } from '../../src/vm/vm.js';
import { message, runMessage, SENDER } from '../unit/vm-harness.js';
import { MACHINES } from '../unit/vm-machines.js';

/** One scalar as ecrecover takes it: mostly random, sometimes at an edge of the group. */
const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, SECP256K1_N - 1n, SECP256K1_N).map((n) => bigIntToBytes(n, 32)) },
);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const v = fc.constantFrom(27n, 28n, 27n, 28n, 0n, 1n, 29n, 27n + (1n << 200n)).map((n) => bigIntToBytes(n, 32));

const signed = fc.record({ hash: bytes(32), key: bytes(31), v: fc.constantFrom(27, 28) }).map(({ hash, key, v }) => {
  const secret = concatBytes(new Uint8Array(1), key);
  secret[31] = (secret[31] as number) | 1;
  return concatBytes(hash, bigIntToBytes(BigInt(v), 32), signHash(hash, secret).subarray(1));
});

const modexpInput = fc
  .record({
    base: fc.uint8Array({ maxLength: 70 }),
    exponent: fc.uint8Array({ maxLength: 40 }),
    modulus: fc.uint8Array({ maxLength: 70 }),
    cut: fc.nat(60),
  })
  .map(({ base, exponent, modulus, cut }) => {
    const whole = concatBytes(
      ...[base, exponent, modulus].map((part) => bigIntToBytes(BigInt(part.length), 32)),
      base,
      exponent,
      modulus,
    );
    return cut > 50 ? whole.subarray(0, whole.length - Math.min(cut, whole.length)) : whole;
  });

const blake2fInput = fc
  .record({
    rounds: fc.nat(40),
    rest: bytes(208),
    final: fc.constantFrom(0, 1, 1, 2),
    extra: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ rounds, rest, final, extra }) =>
    concatBytes(bigIntToBytes(BigInt(rounds), 4), rest, new Uint8Array([final]), new Uint8Array(extra)),
  );

/** Address and an input for it. */
const INPUTS: readonly { name: string; address: number; input: fc.Arbitrary<Uint8Array>; runs: number }[] = [
  { name: 'ecrecover, signed', address: 1, input: signed, runs: 30 },
  {
    name: 'ecrecover, any',
    address: 1,
    input: fc.tuple(bytes(32), v, scalar, scalar).map((all) => concatBytes(...all)),
    runs: 60,
  },
  { name: 'ecrecover, any length', address: 1, input: fc.uint8Array({ maxLength: 200 }), runs: 30 },
  { name: 'sha256', address: 2, input: fc.uint8Array({ maxLength: 300 }), runs: 60 },
  { name: 'ripemd160', address: 3, input: fc.uint8Array({ maxLength: 300 }), runs: 60 },
  { name: 'identity', address: 4, input: fc.uint8Array({ maxLength: 300 }), runs: 60 },
  { name: 'modexp', address: 5, input: modexpInput, runs: 60 },
  { name: 'blake2f', address: 9, input: blake2fInput, runs: 60 },
];

describe('precompiles of the WASM machine', () => {
  let machines: Vm[];
  before(async () => {
    machines = await Promise.all(MACHINES.map(({ create }) => create()));
  });

  async function agree(fork: Fork, address: number, data: Uint8Array, gas: bigint): Promise<void> {
    const to = hexToBytes(address.toString(16).padStart(40, '0'));
    const state = { [SENDER]: { balance: 1n } };
    const results = [];
    for (const vm of machines) {
      const { result, writes } = await runMessage(vm, fork, state, message({ to, data, gas }));
      results.push({ ...result, halt: result.halt !== null, writes });
    }
    expect(results[1]).to.deep.equal(results[0]);
  }

  for (const { name, address, input, runs } of INPUTS) {
    it(`${name}: same output and gas as the reference machine`, async () => {
      await fc.assert(
        fc.asyncProperty(
          input,
          fc.constantFrom(...FORKS),
          fc.constantFrom(10_000_000n, 3000n, 500n, 20n),
          (data, fork, gas) => agree(fork, address, data, gas),
        ),
        { numRuns: runs, seed: 7 },
      );
    });
  }

  it('are active from the same fork on', async () => {
    for (const fork of FORKS) {
      for (const address of [...Array(20).keys(), 0x100, 0x101])
        await agree(fork, address, new Uint8Array(3), 100_000n);
    }
  });

  it('agrees on BLAKE2F with many rounds', async function () {
    this.timeout(60_000);
    const rounds = 200_000;
    const input = new Uint8Array(213);
    new DataView(input.buffer).setUint32(0, rounds);
    const sent = message({ to: hexToBytes('09'.padStart(40, '0')), data: input, gas: BigInt(rounds) });
    const outputs: string[] = [];
    for (const vm of machines) {
      const { result } = await runMessage(vm, 'Osaka', { [SENDER]: { balance: 1n } }, sent);
      expect(result).to.deep.include({ success: true, gasLeft: 0n });
      outputs.push(bytesToHex(result.output));
    }
    expect(new Set(outputs).size).to.equal(1);
    expect(outputs[0]).to.have.length(2 + 128);
  });
});
