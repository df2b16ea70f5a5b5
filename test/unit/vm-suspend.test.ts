import { expect } from 'chai';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { READ_OK } from '../../src/state/view.js';
import { RUN_DONE, type Vm } from '../../src/vm/vm.js';
import {
  assemble,
  blockEachOnce,
  environment,
  MemoryView,
  message,
  OTHER,
  push,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
} from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

const call = [push(0), push(0), push(0), push(0), push(3), push(OTHER), '5a', 'f1', '50'];

/** Reads and writes slots, calls, creates, looks at balances and code, stores transiently, destroys itself. */
const state: TestState = {
  [SENDER]: { nonce: 5n, balance: 10n ** 18n },
  [TARGET]: {
    nonce: 1n,
    balance: 50n,
    storage: { 1: 4n, 2: 8n },
    code: assemble(
      push(1),
      '54',
      push(2),
      '54',
      '01',
      push(3),
      '55',
      push(1),
      push(0),
      '5d',
      ...call,
      push(1),
      push(0),
      push(2),
      'f0',
      '31',
      push(4),
      '55',
      push(`0x${'77'.repeat(20)}`),
      '3f',
      push(5),
      '55',
      push(`0x${'88'.repeat(20)}`),
      '3b',
      push(6),
      '55',
      push(`0x${'99'.repeat(20)}`),
      'ff',
    ),
  },
  [OTHER]: {
    balance: 1n,
    storage: { 1: 6n },
    code: assemble(
      push(0),
      push(1),
      '55',
      push(9),
      push(2),
      '55',
      push(1),
      '54',
      push(0),
      '52',
      push(32),
      push(0),
      'fd',
    ),
  },
  [`0x${'88'.repeat(20)}`]: { code: assemble('0102') },
};

for (const { name, create } of MACHINES)
  describe(`vm/${name}, suspended reads`, () => {
    let vm: Vm;
    before(async () => {
      vm = await create();
    });

    for (const fork of ['Cancun', 'Osaka'] as const) {
      it(`resumes at every single read with the same outcome (${fork})`, async () => {
        const plain = await runMessage(vm, fork, state);
        const halting = await runMessage(vm, fork, state, message(), { gate: blockEachOnce() });
        expect(plain.blocked).to.equal(0);
        expect(halting.blocked).to.equal(plain.asked.length);
        expect(halting.blocked).to.be.greaterThan(15);
        expect(halting.result).to.deep.equal(plain.result);
        expect(halting.writes).to.deep.equal(plain.writes);
        expect(halting.asked).to.deep.equal(plain.asked);
        expect(new Set(plain.asked).size).to.equal(plain.asked.length);
      });
    }

    it('answers the blocker again while the read stays blocked', async () => {
      let blocker = 3;
      const view = new MemoryView(state, (location) => (location === `slot ${TARGET} 2` ? blocker : READ_OK));
      vm.begin(environment('Osaka'), view);
      vm.load(hexToBytes(SENDER));
      vm.start(message());
      expect(await vm.run()).to.equal(3);
      expect(await vm.run()).to.equal(3);
      blocker = 4;
      expect(await vm.run()).to.equal(4);
      blocker = READ_OK;
      expect(await vm.run()).to.equal(RUN_DONE);
      expect(vm.result().success).to.equal(true);
      expect(await vm.run()).to.equal(RUN_DONE);
    });

    it('blocks a load, and answers it when asked again', () => {
      const view = new MemoryView(state, blockEachOnce());
      vm.begin(environment('Osaka'), view);
      expect(vm.load(hexToBytes(TARGET))).to.equal(7);
      expect(() => vm.balance(hexToBytes(TARGET))).to.throw(RangeError);
      expect(vm.load(hexToBytes(TARGET))).to.equal(7);
      expect(vm.load(hexToBytes(TARGET))).to.equal(READ_OK);
      expect(vm.balance(hexToBytes(TARGET))).to.equal(50n);
    });

    it('blocks in finish where a touched account was never read', () => {
      // Only its code says that this account is not empty.
      const codeOnly: TestState = { [SENDER]: { balance: 0n, code: assemble('00') } };
      vm.begin(environment('Osaka'), new MemoryView(codeOnly, blockEachOnce()));
      vm.touch(hexToBytes(SENDER));
      expect(vm.finish()).to.equal(7);
      expect(vm.finish()).to.equal(7);
      expect(vm.finish()).to.equal(READ_OK);
    });

    if (name === 'wasm') {
      it('does not ask for the code of a touched account whose balance says that it is not empty', () => {
        vm.begin(environment('Osaka'), new MemoryView(state, blockEachOnce()));
        vm.touch(hexToBytes(SENDER));
        expect(vm.finish()).to.equal(7);
        expect(vm.finish()).to.equal(READ_OK);
      });
    }

    it('leaks nothing of an abandoned incarnation into the next, wherever it was abandoned', async () => {
      const plain = await runMessage(vm, 'Osaka', state);
      for (let stop = 2; stop < plain.asked.length; stop++) {
        let reads = 0;
        vm.begin(environment('Osaka'), new MemoryView(state, () => (reads++ < stop ? READ_OK : 1)));
        expect(vm.load(hexToBytes(SENDER))).to.equal(READ_OK);
        vm.setNonce(hexToBytes(SENDER), 6n);
        vm.warmAddress(hexToBytes(OTHER));
        vm.start(message());
        expect(await vm.run()).to.equal(1);
        const next = await runMessage(vm, 'Osaka', state);
        expect(next).to.deep.equal(plain);
      }
    });

    it('leaks nothing of a run that was never awaited', async () => {
      const plain = await runMessage(vm, 'Osaka', state);
      vm.begin(environment('Osaka'), new MemoryView(state));
      vm.load(hexToBytes(SENDER));
      vm.start(message({ value: 9n }));
      const stray = vm.run();
      expect(await runMessage(vm, 'Osaka', state)).to.deep.equal(plain);
      expect(await stray).to.equal(RUN_DONE);
      expect(await runMessage(vm, 'Osaka', state)).to.deep.equal(plain);
    });
  });
