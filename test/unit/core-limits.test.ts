import { expect } from 'chai';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, equalWords } from '../../src/primitives/words.js';
import type { Code } from '../../src/state/view.js';
import { createWasmVm } from '../../src/vm/core/index.js';
import { CODE_STORE_SIZE } from '../../src/vm/core/layout.js';
import { MachineError } from '../../src/vm/errors.js';
import { RUN_DONE, type Vm } from '../../src/vm/vm.js';
import { addressWords } from '../support/keys.js';
import {
  assemble,
  environment,
  MemoryView,
  message,
  push,
  type Ran,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
} from './vm-harness.js';

/** Gas for any memory. */
const ALL_GAS = (1n << 63n) - 1n;

const MIB = 1 << 20;

describe('vm/core, limits', () => {
  let vm: Vm;
  before(async () => {
    vm = await createWasmVm();
  });

  function run(code: Uint8Array): Promise<Ran> {
    const state: TestState = { [SENDER]: { balance: 1n }, [TARGET]: { code } };
    return runMessage(vm, 'Osaka', state, message({ to: hexToBytes(TARGET), gas: ALL_GAS }));
  }

  async function failure(code: Uint8Array): Promise<unknown> {
    try {
      await run(code);
    } catch (error) {
      return error;
    }
    return null;
  }

  /** Stores a word at the end of so much memory, reads it back, and returns it. */
  const memoryOf = (bytes: number) =>
    assemble(push(7), push(bytes - 32), '52', push(bytes - 32), '51', push(0), '52', push(32), push(0), 'f3');

  it('serves a large memory, and lets go of it', async () => {
    for (const bytes of [MIB, 300 * MIB, 2 * MIB]) {
      const { result } = await run(memoryOf(bytes));
      expect(result.success, `${bytes}`).to.equal(true);
      expect(result.output[31]).to.equal(7);
    }
  });

  it('gives zeroed memory where a creation had put its init code', async () => {
    // A machine that has run nothing yet: on one that has reached far, the whole of its memory is cleared.
    vm = await createWasmVm();
    const creation = message({ to: null, data: new Uint8Array(2048).fill(0x5b), gas: ALL_GAS });
    const created = await runMessage(vm, 'Osaka', { [SENDER]: { balance: 1n, nonce: 1n } }, creation);
    expect(created.result.success).to.equal(true);
    const { result } = await run(assemble(push(2048), push(0), 'f3'));
    expect(result.output.length).to.equal(2048);
    expect(result.output.every((byte) => byte === 0)).to.equal(true);
    // The same with CREATE, whose frame's code lies behind the memory of its caller.
    vm = await createWasmVm();
    const creator = assemble(push(2048), push(0), push(0), '39', push(2048), push(0), push(0), 'f0');
    const padded = new Uint8Array(2048).fill(0x5b);
    padded.set(creator);
    padded[creator.length] = 0;
    expect((await run(padded)).result.success).to.equal(true);
    const larger = await run(assemble(push(6144), push(0), 'f3'));
    expect(larger.result.output.every((byte) => byte === 0)).to.equal(true);
  });

  it('ends a transaction whose memory is too large with an error that says so, and serves the next', async () => {
    const error = await failure(memoryOf(3072 * MIB));
    expect(error).to.be.instanceOf(MachineError);
    expect(error).to.include({ code: 'LIMIT' });
    expect((error as MachineError).message).to.match(/memory/);
    expect((await run(memoryOf(MIB))).result.success).to.equal(true);
  });

  it('ends one with too much return data or calldata in the same way', async () => {
    // Called without input it calls itself with one byte, and then answers 40 MiB.
    const callsItself = ['36', push(1), '14', push(21), '57', push(0), push(0), push(1), push(0), push(0), '305af100'];
    const error = await failure(assemble(...callsItself, '5b', push(40 * MIB), push(0), 'f3'));
    expect(error).to.include({ code: 'LIMIT' });
    const state: TestState = { [SENDER]: { balance: 1n } };
    const sent = message({ data: new Uint8Array(17 * MIB), gas: ALL_GAS });
    let refused: unknown = null;
    await runMessage(vm, 'Osaka', state, sent).catch((thrown: unknown) => {
      refused = thrown;
    });
    expect(refused).to.include({ code: 'LIMIT' });
    expect((await run(memoryOf(MIB))).result.success).to.equal(true);
  });

  it('has room for the accounts and slots that Frontier reads for 24 and 54 gas each', async () => {
    for (const [read, gas] of [
      ['3b', 12_000_000n],
      ['54', 28_000_000n],
    ] as const) {
      // Reads what is named by the gas left, again and again.
      const code = assemble('5b', `5a${read}50`.repeat(4000), push(0), '56');
      const state: TestState = { [SENDER]: { balance: 1n }, [TARGET]: { code } };
      const { result, asked } = await runMessage(vm, 'Frontier', state, message({ gas }));
      expect(result).to.deep.include({ success: false, gasLeft: 0n, halt: 'out of gas' });
      expect(asked.length).to.be.greaterThan(490_000);
    }
  }).timeout(20_000);

  it('takes no code for one that stood in its place before the store was emptied', async () => {
    // Code that answers a number, as long as it is wished.
    const codeOf = (answer: number, bytes: number): Code => {
      const code = new Uint8Array(bytes);
      code.set(assemble(push(answer), push(0), '52', push(32), push(0), 'f3'));
      // Hashes are believed: to compute them of so much code would take long.
      return { bytes: code, hash: hexToBytes(answer.toString(16).padStart(64, '0')) };
    };
    class CodeView extends MemoryView {
      constructor(private readonly target: Code) {
        super({ [SENDER]: { balance: 1n }, [TARGET]: {} });
      }
      override code(words: Uint32Array, address: number): Code | number {
        const isTarget = equalWords(words, address, addressWords(BigInt(TARGET)), 0, ADDRESS_WORDS);
        return isTarget ? this.target : super.code(words, address);
      }
    }
    const answer = (code: Code): number | undefined => {
      vm.begin(environment('Osaka'), new CodeView(code));
      vm.load(hexToBytes(SENDER));
      vm.start(message());
      expect(vm.run()).to.equal(RUN_DONE);
      return vm.result().output[31];
    };
    const first = codeOf(1, 64);
    expect(answer(first)).to.equal(1);
    const large = (CODE_STORE_SIZE / 16) | 0;
    for (let n = 2; n < 12; n++) expect(answer(codeOf(n, large)), `code ${n}`).to.equal(n);
    for (let n = 12; n < 15; n++) expect(answer(codeOf(n, 64)), `code ${n}`).to.equal(n);
    expect(answer(first)).to.equal(1);
  });
});
