/** Every instruction that reads state, blocked at each of its reads: on both machines, and the same outcome on both. */
import { expect } from 'chai';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { READ_OK } from '../../src/state/view.js';
import { type Message, RUN_DONE, type Vm } from '../../src/vm/vm.js';
import {
  assemble,
  blockEachOnce,
  deployer,
  environment,
  MemoryView,
  message,
  OTHER,
  push,
  type Ran,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
} from './vm-harness.js';
import { MACHINES } from './vm-machines.js';

const ABSENT: Hex = `0x${'77'.repeat(20)}`;
const DELEGATED: Hex = `0x${'dd'.repeat(20)}`;
const ETHER = 10n ** 18n;

interface Program {
  readonly name: string;
  readonly fork: Fork;
  readonly code: Uint8Array;
  readonly sent?: Partial<Message>;
}

const join = (...pieces: string[]): string => pieces.join('');
/** Stores the top of the stack in slot `slot`. */
const store = (slot: number) => join(push(slot), '55');
/** Calls `to` with no input and no room for output. */
const call = (op: 'f1' | 'f2' | 'f4' | 'fa', to: Hex, value = 0) =>
  join(push(0), push(0), push(0), push(0), op === 'f1' || op === 'f2' ? push(value) : '', push(to), push(100_000), op);

/** Init code of a contract that destroys itself into OTHER, right-aligned in the first word of memory. */
const suicide = join(push(OTHER), 'ff');
const suicideInMemory = join(push(`0x${suicide}`), push(0), '52');
const create = (op: 'f0' | 'f5', value: number) =>
  join(
    suicideInMemory,
    op === 'f5' ? push(9) : '',
    push(suicide.length / 2),
    push(32 - suicide.length / 2),
    push(value),
    op,
  );

const programs: Program[] = [
  { name: 'SLOAD', fork: 'Osaka', code: assemble(push(1), '54', push(1), '54', '01', store(9)) },
  { name: 'SSTORE', fork: 'Osaka', code: assemble(push(5), store(1), push(4), store(1), push(0), store(2)) },
  { name: 'SSTORE', fork: 'Frontier', code: assemble(push(5), store(1), push(0), store(2)) },
  { name: 'SSTORE', fork: 'Constantinople', code: assemble(push(5), store(1), push(4), store(1), push(0), store(2)) },
  { name: 'BALANCE', fork: 'Frontier', code: assemble(push(OTHER), '31', store(9), push(ABSENT), '31', store(8)) },
  { name: 'BALANCE', fork: 'Osaka', code: assemble(push(OTHER), '31', store(9), push(ABSENT), '31', store(8)) },
  { name: 'EXTCODESIZE', fork: 'Osaka', code: assemble(push(OTHER), '3b', store(9), push(ABSENT), '3b', store(8)) },
  { name: 'EXTCODEHASH', fork: 'Osaka', code: assemble(push(OTHER), '3f', store(9), push(ABSENT), '3f', store(8)) },
  {
    name: 'EXTCODECOPY',
    fork: 'Osaka',
    code: assemble(push(40), push(0), push(3), push(OTHER), '3c', push(0), '51', store(9), '59', store(8)),
  },
  { name: 'CALL', fork: 'Osaka', code: assemble(call('f1', OTHER), store(9)) },
  { name: 'CALL with value to an absent account', fork: 'Osaka', code: assemble(call('f1', ABSENT, 3), store(9)) },
  { name: 'CALL with value to an absent account', fork: 'Frontier', code: assemble(call('f1', ABSENT, 3), store(9)) },
  { name: 'CALL to a delegated account', fork: 'Prague', code: assemble(call('f1', DELEGATED, 1), store(9)) },
  { name: 'CALLCODE', fork: 'Homestead', code: assemble(call('f2', OTHER, 1), store(9)) },
  { name: 'DELEGATECALL', fork: 'Osaka', code: assemble(call('f4', OTHER), store(9)) },
  { name: 'DELEGATECALL to a delegated account', fork: 'Osaka', code: assemble(call('f4', DELEGATED), store(9)) },
  { name: 'STATICCALL', fork: 'Osaka', code: assemble(call('fa', OTHER), store(9)) },
  { name: 'CREATE', fork: 'Osaka', code: assemble(create('f0', 2), store(9)) },
  { name: 'CREATE', fork: 'Homestead', code: assemble(create('f0', 2), store(9)) },
  { name: 'CREATE2', fork: 'London', code: assemble(create('f5', 2), store(9)) },
  { name: 'SELFDESTRUCT to an absent account', fork: 'Osaka', code: assemble(push(ABSENT), 'ff') },
  { name: 'SELFDESTRUCT to an absent account', fork: 'London', code: assemble(push(ABSENT), 'ff') },
  { name: 'SELFDESTRUCT', fork: 'Frontier', code: assemble(push(OTHER), 'ff') },
  {
    name: 'a creation',
    fork: 'Osaka',
    code: assemble(),
    sent: { to: null, data: deployer(assemble('3354'), join(suicideInMemory, push(1), '54', store(2))), value: 3n },
  },
  {
    name: 'a creation',
    fork: 'Frontier',
    code: assemble(),
    sent: { to: null, data: deployer(assemble('3354'), join(push(1), '54', store(2))), value: 3n },
  },
  {
    name: 'a message to a delegated account',
    fork: 'Osaka',
    code: assemble(),
    sent: { to: hexToBytes(DELEGATED), value: 2n },
  },
  {
    name: 'a value to an absent account',
    fork: 'EIP158',
    code: assemble(),
    sent: { to: hexToBytes(ABSENT), value: 2n },
  },
];

function world(code: Uint8Array): TestState {
  return {
    [SENDER]: { nonce: 5n, balance: ETHER },
    [TARGET]: { nonce: 1n, balance: 50n, storage: { 1: 4n, 2: 8n }, code },
    // Writes, reads, calls one deeper, and answers a word.
    [OTHER]: {
      balance: 7n,
      storage: { 1: 6n },
      code: assemble(push(1), '54', push(0), '52', call('fa', DELEGATED), '50', push(32), push(0), 'f3'),
    },
    [DELEGATED]: { nonce: 3n, code: assemble('ef0100', `${'ee'.repeat(20)}`) },
    [`0x${'ee'.repeat(20)}`]: { nonce: 1n, code: assemble(push(3), '54', push(5), '01', '50') },
  };
}

describe('vm, suspended in each instruction', () => {
  let machines: Vm[];
  before(async () => {
    machines = await Promise.all(MACHINES.map(({ create: make }) => make()));
  });

  for (const { name, fork, code, sent } of programs) {
    it(`${name} (${fork})`, async () => {
      const state = world(code);
      const outcomes: Omit<Ran, 'asked' | 'blocked'>[] = [];
      const read: Set<string>[] = [];
      for (const vm of machines) {
        const plain = await runMessage(vm, fork, state, message(sent));
        const halting = await runMessage(vm, fork, state, message(sent), { gate: blockEachOnce() });
        expect(plain.blocked, vm.name).to.equal(0);
        expect(new Set(plain.asked).size, vm.name).to.equal(plain.asked.length);
        expect(halting.blocked, vm.name).to.equal(plain.asked.length);
        expect(halting.result, vm.name).to.deep.equal(plain.result);
        expect(halting.writes, vm.name).to.deep.equal(plain.writes);
        expect(halting.asked, vm.name).to.deep.equal(plain.asked);
        const halt = plain.result.halt === null ? null : 'halted';
        outcomes.push({ result: { ...plain.result, halt }, writes: plain.writes });
        read.push(new Set(plain.asked));
      }
      expect(outcomes[1]).to.deep.equal(outcomes[0]);
      expect([...(read[1] as Set<string>)].sort()).to.deep.equal([...(read[0] as Set<string>)].sort());
    });

    it(`${name} (${fork}), abandoned at each read`, async () => {
      const state = world(code);
      for (const vm of machines) {
        const plain = await runMessage(vm, fork, state, message(sent));
        for (let stop = 2; stop < plain.asked.length; stop++) {
          let reads = 0;
          vm.begin(environment(fork), new MemoryView(state, () => (reads++ < stop ? READ_OK : 1)));
          expect(vm.load(hexToBytes(SENDER))).to.equal(READ_OK);
          vm.setNonce(hexToBytes(SENDER), 6n);
          vm.start(message(sent));
          const status = await vm.run();
          if (status === RUN_DONE) expect(vm.finish()).to.equal(1);
          else expect(status).to.equal(1);
          expect(await runMessage(vm, fork, state, message(sent)), vm.name).to.deep.equal(plain);
        }
      }
    });
  }
});
