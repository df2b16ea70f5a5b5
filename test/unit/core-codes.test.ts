import { expect } from 'chai';
import { bigIntToBytes, bytesToBigInt, bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, wordsToBytes } from '../../src/primitives/words.js';
import { type Code, READ_OK } from '../../src/state/view.js';
import { CODE_STORE_SIZE } from '../../src/vm/core/layout.js';
import { type MessageResult, RUN_DONE, type Vm } from '../../src/vm/vm.js';
import { assemble, blockEachOnce, environment, MemoryView, message, push, SENDER, TARGET } from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

/** Contracts that take more room together than the store has. */
const COUNT = 20;
const SIZE = CODE_STORE_SIZE / 16;
/** Contracts that call one another. */
const DEPTH = 4;
const addressOf = (n: number): Hex => bytesToHex(bigIntToBytes(0x10_0000n + BigInt(n), 20));
const DELEGATED = addressOf(COUNT);

/** CALL with all gas; 32 bytes of output at 0. The flag is dropped. */
const call = (address: Hex): string =>
  [push(32), push(0), push(0), push(0), push(0), push(address), '5a', 'f1', '50'].join('');

/** Contract `n` answers `n` and what the one below answers, where there is one, and a word of memory that nobody has written. */
function codeOf(n: number): Code {
  const bytes = new Uint8Array(SIZE);
  const below = n % DEPTH === 0 ? [] : [call(addressOf(n - 1)), push(0), '51', '01'];
  bytes.set(assemble(push(64), '51', push(n), '01', ...below, push(0), '52', push(32), push(0), 'f3'));
  bytes[SIZE - 1] = n;
  // Hashes are believed: to compute them of so much code would take long.
  return { bytes, hash: bigIntToBytes(BigInt(n + 1), 32) };
}

/** Logs size, hash, the last byte and what lies behind it, and what a call answers, of each contract; then 64 KiB of its own memory. */
const TARGET_CODE = assemble(
  ...Array.from({ length: COUNT }, (_, n) => {
    const address = push(addressOf(n));
    const facts = [address, '3b', push(32), '52', address, '3f', push(64), '52'];
    const end = [push(32), push(SIZE - 1), push(96), address, '3c'];
    return [call(addressOf(n)), ...facts, ...end, push(128), push(0), 'a0'].join('');
  }),
  call(DELEGATED),
  push(32),
  push(0),
  'a0',
  push(0x10000),
  push(128),
  'a0',
);

/** Serves the large codes without hashing them; every read is blocked once. */
class CodesView extends MemoryView {
  constructor(private readonly codes: ReadonlyMap<Hex, Code>) {
    const contracts = [...codes.keys()].map((address) => [address, { nonce: 1n }] as const);
    const delegation = { nonce: 1n, code: assemble('ef0100', addressOf(COUNT - 1).slice(2)) };
    const target = { nonce: 1n, code: TARGET_CODE };
    super(
      { [SENDER]: { balance: 1n }, [TARGET]: target, [DELEGATED]: delegation, ...Object.fromEntries(contracts) },
      blockEachOnce(),
    );
  }

  override code(words: Uint32Array, address: number): Code | number {
    const answer = super.code(words, address);
    if (typeof answer === 'number') return answer;
    return this.codes.get(bytesToHex(wordsToBytes(words, address, ADDRESS_WORDS))) ?? answer;
  }
}

async function run(vm: Vm, view: MemoryView): Promise<MessageResult> {
  vm.begin(environment('Prague'), view);
  while (vm.load(hexToBytes(SENDER)) !== READ_OK);
  vm.start(message({ gas: 1n << 40n }));
  while ((await vm.run()) !== RUN_DONE);
  const result = vm.result();
  while (vm.finish() !== READ_OK);
  return result;
}

describe('more code than the store holds', function () {
  this.timeout(60_000);
  const codes = new Map(Array.from({ length: COUNT }, (_, n) => [addressOf(n), codeOf(n)]));
  const answerOf = (n: number): bigint => BigInt(n) + (n % DEPTH === 0 ? 0n : answerOf(n - 1));
  /** Of all machines and rounds. */
  const gas = new Set<bigint>();

  for (const { name, create } of MACHINES) {
    it(`is run, measured, hashed and copied within one transaction, and in the next (${name})`, async () => {
      const vm = await create();
      for (let round = 0; round < 2; round++) {
        const result = await run(vm, new CodesView(codes));
        expect(result.success).to.equal(true);
        gas.add(result.gasLeft);
        const logs = result.logs.map(({ data }) => data);
        expect(logs).to.have.length(COUNT + 2);
        for (let n = 0; n < COUNT; n++) {
          const words = [0, 32, 64, 96].map((at) => bytesToBigInt((logs[n] as Uint8Array).subarray(at, at + 32)));
          expect(words).to.deep.equal([answerOf(n), BigInt(SIZE), BigInt(n + 1), BigInt(n) << 248n]);
        }
        expect(bytesToBigInt(logs[COUNT] as Uint8Array)).to.equal(answerOf(COUNT - 1));
        expect((logs[COUNT + 1] as Uint8Array).every((byte) => byte === 0)).to.equal(true);
      }
      expect(gas.size).to.equal(1);
    });
  }
});
