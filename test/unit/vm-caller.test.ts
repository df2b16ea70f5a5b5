import { expect } from 'chai';
import { EMPTY_BYTES, hexToBytes } from '../../src/primitives/bytes.js';
import { READ_OK } from '../../src/state/view.js';
import { RUN_DONE, type Vm } from '../../src/vm/vm.js';
import {
  assemble,
  environment,
  MemoryView,
  message,
  OTHER,
  push,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
  Writes,
} from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

const ETHER = 10n ** 18n;
const SSTORE = '55';
const SLOAD = '54';

function world(target: { code?: Uint8Array; storage?: Record<string, bigint>; balance?: bigint }): TestState {
  return { [SENDER]: { nonce: 5n, balance: ETHER }, [TARGET]: { nonce: 1n, ...target } };
}

for (const { name, create } of MACHINES)
  describe(`vm/${name}`, () => {
    let vm: Vm;
    before(async () => {
      vm = await create();
    });

    describe('the caller’s side', () => {
      it('refuses accounts that are not loaded, and calls out of order', async () => {
        const fresh = await create();
        expect(() => fresh.load(hexToBytes(SENDER))).to.throw('begin was not called');
        fresh.begin(environment('Osaka'), new MemoryView(world({})));
        expect(() => fresh.balance(hexToBytes(SENDER))).to.throw(RangeError);
        expect(() => fresh.setBalance(hexToBytes(SENDER), 1n)).to.throw(RangeError);
        expect(() => fresh.result()).to.throw('start was not called');
        fresh.start(message());
        expect(() => fresh.result()).to.throw('not done');
        expect(() => fresh.finish()).to.throw('not done');
      });

      it('changes accounts without any message', () => {
        const state = world({ code: assemble('00'), storage: { 1: 1n } });
        vm.begin(environment('Prague'), new MemoryView(state));
        for (const address of [SENDER, TARGET, OTHER]) {
          expect(vm.isLoaded(hexToBytes(address))).to.equal(false);
          expect(vm.load(hexToBytes(address))).to.equal(READ_OK);
          expect(vm.isLoaded(hexToBytes(address))).to.equal(true);
        }
        expect(vm.exists(hexToBytes(OTHER))).to.equal(false);
        expect(vm.balance(hexToBytes(SENDER))).to.equal(ETHER);
        expect(vm.code(hexToBytes(TARGET)).bytes).to.deep.equal(assemble('00'));
        vm.setBalance(hexToBytes(OTHER), 5n);
        vm.setNonce(hexToBytes(SENDER), 9n);
        vm.setNonce(hexToBytes(SENDER), 5n);
        vm.setCode(hexToBytes(TARGET), EMPTY_BYTES);
        expect(vm.finish()).to.equal(READ_OK);
        const writes = new Writes();
        vm.writes(writes);
        expect(writes.toObject()).to.deep.equal({
          [`basics ${OTHER}`]: 'nonce 0 balance 5',
          [`code ${TARGET}`]: '0x',
        });
      });

      it('runs two messages in one begin, each a transaction of its own', async () => {
        // slot 1 += 1; TSTORE is seen by the same message only; slot 2 keeps what TLOAD saw at the start
        const code = assemble(
          push(0),
          '5c',
          push(2),
          SSTORE,
          push(1),
          push(0),
          '5d',
          push(1),
          SLOAD,
          push(1),
          '01',
          push(1),
          SSTORE,
        );
        vm.begin(environment('Cancun'), new MemoryView(world({ code })));
        vm.load(hexToBytes(SENDER));
        const gas: bigint[] = [];
        for (let i = 0; i < 2; i++) {
          vm.start(message());
          expect(await vm.run()).to.equal(RUN_DONE);
          expect(vm.result().success).to.equal(true);
          gas.push(vm.result().gasLeft);
        }
        expect(vm.finish()).to.equal(READ_OK);
        const writes = new Writes();
        vm.writes(writes);
        expect(writes.toObject()).to.deep.equal({ [`slot ${TARGET} 1`]: '2' });
        // The second write is of a non-zero original (EIP-2200), again from a cold slot: 17,100 gas less.
        expect((gas[1] as bigint) - (gas[0] as bigint)).to.equal(17_100n);
      });

      it('deletes what the first message destroyed before the second runs', async () => {
        const state = world({ code: assemble(push(OTHER), 'ff'), balance: 3n });
        vm.begin(environment('London'), new MemoryView(state));
        vm.load(hexToBytes(SENDER));
        for (const value of [0n, 7n]) {
          vm.start(message({ value }));
          expect(await vm.run()).to.equal(RUN_DONE);
        }
        expect(vm.finish()).to.equal(READ_OK);
        expect(vm.exists(hexToBytes(TARGET))).to.equal(true);
        expect(vm.balance(hexToBytes(TARGET))).to.equal(7n);
        expect(vm.code(hexToBytes(TARGET)).bytes).to.have.length(0);
      });

      it('destroys once: a destroyed account may be credited after the transaction has ended', async () => {
        vm.begin(environment('London'), new MemoryView(world({ code: assemble(push(OTHER), 'ff') })));
        vm.load(hexToBytes(SENDER));
        vm.start(message());
        expect(await vm.run()).to.equal(RUN_DONE);
        expect(vm.finish()).to.equal(READ_OK);
        vm.setBalance(hexToBytes(TARGET), 5n);
        expect(vm.finish()).to.equal(READ_OK);
        vm.start(message({ to: hexToBytes(OTHER) }));
        expect(await vm.run()).to.equal(RUN_DONE);
        expect(vm.finish()).to.equal(READ_OK);
        expect(vm.balance(hexToBytes(TARGET))).to.equal(5n);
      });

      it('passes on what the EVM throws that is no outcome of a message', async () => {
        const view = new MemoryView(world({ code: assemble(push(1), SLOAD) }), (location) => {
          if (location.startsWith('slot')) throw new TypeError('the host failed');
          return READ_OK;
        });
        vm.begin(environment('Osaka'), view);
        vm.start(message());
        const failure = async () => {
          try {
            await vm.run();
            return null;
          } catch (error) {
            return error;
          }
        };
        const thrown = await failure();
        expect(thrown).to.be.instanceOf(TypeError);
        expect(await failure()).to.equal(thrown);
        expect(() => vm.result()).to.throw('not done');
        expect((await runMessage(vm, 'Osaka', world({}))).result.success).to.equal(true);
      });
    });
  });
