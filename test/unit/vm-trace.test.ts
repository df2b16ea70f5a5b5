/** Traces: both machines tell the same of the same programs, with prices that can be checked by hand. */
import { expect } from 'chai';
import { hexToBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { StepCosts, type TracedStep } from '../../src/vm/trace.js';
import type { Message } from '../../src/vm/vm.js';
import {
  assemble,
  blockEachOnce,
  deployer,
  type Gate,
  message,
  OTHER,
  open,
  push,
  runMessage,
  SENDER,
  TARGET,
  type TestState,
} from './vm-harness.js';
import { MACHINES, type Machine } from './vm-machines.js';

const STOP = '00';
const call = (opcode: string, to: string, gas: number, value: number | null = 0, out = 0): string =>
  [push(out), push(0), push(0), push(0), value === null ? '' : push(value), to, push(gas), opcode].join('');
const CALL = (to: string, gas: number, value = 0, out = 0): string => call('f1', to, gas, value, out);
const address = (hex: string): string => `73${hex.slice(2)}`;

interface Program {
  readonly fork: Fork;
  readonly code: string;
  /** Code of the account that the first calls. */
  readonly other?: string;
  readonly message?: Partial<Message>;
}

const RETURNS = `${push(7)}${push(0)}52${push(32)}${push(0)}f3`;
const REVERTS = `${push(7)}${push(0)}52${push(32)}${push(0)}fd`;

const PROGRAMS: Readonly<Record<string, Program>> = {
  arithmetic: { fork: 'Cancun', code: `${push(2)}${push(3)}01${push(5)}0a50${STOP}` },
  'no STOP at the end': { fork: 'Cancun', code: `${push(1)}${push(2)}01` },
  'a push that runs over the end': { fork: 'Cancun', code: '6101' },
  'a jump': { fork: 'Cancun', code: '600456fe5b00' },
  'a jump to nowhere': { fork: 'Cancun', code: '600356' },
  'a stack underflow': { fork: 'Cancun', code: '01' },
  'an unknown instruction': { fork: 'Cancun', code: '60010c' },
  'an unknown instruction after a jump': { fork: 'Cancun', code: '6003565b0c' },
  'an instruction of a later fork': { fork: 'London', code: '5f' },
  INVALID: { fork: 'Cancun', code: 'fe' },
  'a revert': { fork: 'Cancun', code: REVERTS },
  'a revert without its arguments': { fork: 'Cancun', code: 'fd' },
  'memory and a return': { fork: 'Cancun', code: RETURNS },
  'storage: set, change, clear, restore': {
    fork: 'Cancun',
    code: `${push(1)}${push(1)}55${push(2)}${push(1)}55${push(0)}${push(9)}55${push(9)}${push(9)}55${push(9)}54${STOP}`,
  },
  'storage before Istanbul': { fork: 'Byzantium', code: `${push(0)}${push(9)}55${push(5)}${push(1)}55${STOP}` },
  'transient storage': { fork: 'Cancun', code: `${push(1)}${push(2)}5d${push(2)}5c${STOP}` },
  'out of gas in a plain instruction': { fork: 'Cancun', code: '60016001016001', message: { gas: 8n } },
  'out of gas for storage': { fork: 'Cancun', code: `${push(1)}${push(1)}55`, message: { gas: 10000n } },
  'out of gas for memory': { fork: 'Cancun', code: `${push(1)}${push(2 ** 30)}52` },
  'a call that returns': {
    fork: 'Cancun',
    code: `${CALL(address(OTHER), 50000, 0, 32)}3d${push(0)}51${STOP}`,
    other: RETURNS,
  },
  'a call with value': { fork: 'Cancun', code: `${CALL(address(OTHER), 100, 3)}${STOP}`, other: `3450${STOP}` },
  'a call that reverts': { fork: 'Cancun', code: `${CALL(address(OTHER), 50000)}3d${STOP}`, other: REVERTS },
  'a call that runs out of gas': { fork: 'Cancun', code: `${CALL(address(OTHER), 10)}${STOP}`, other: RETURNS },
  'a call as the last instruction': { fork: 'Cancun', code: CALL(address(OTHER), 50000), other: RETURNS },
  'a call whose refund is undone': {
    fork: 'Cancun',
    code: `${CALL(address(OTHER), 50000)}${push(0)}${push(9)}55${STOP}`,
    other: `${push(0)}${push(8)}55${REVERTS}`,
  },
  'a call before EIP-150': { fork: 'Homestead', code: `${CALL(address(OTHER), 5000, 3)}${STOP}`, other: RETURNS },
  'a call with more gas than there is, before EIP-150': {
    fork: 'Homestead',
    code: `${CALL(address(OTHER), 2 ** 30)}${STOP}`,
    other: RETURNS,
  },
  DELEGATECALL: { fork: 'Cancun', code: `${call('f4', address(OTHER), 9999, null)}${STOP}`, other: `5850${STOP}` },
  CALLCODE: { fork: 'Istanbul', code: `${call('f2', address(OTHER), 9999, 1)}${STOP}`, other: `5850${STOP}` },
  'a write in STATICCALL': {
    fork: 'Cancun',
    code: `${call('fa', address(OTHER), 9999, null)}${STOP}`,
    other: `${push(1)}${push(1)}55`,
  },
  'a call to an account without code': { fork: 'Cancun', code: `${CALL(push(0x1234), 5000, 1)}3d${STOP}` },
  'a call of more value than there is': { fork: 'Cancun', code: `${CALL(address(OTHER), 5000, 10 ** 9)}3d${STOP}` },
  'a precompile': { fork: 'Cancun', code: `${CALL(push(2), 5000, 0, 32)}3d${STOP}` },
  'a precompile that fails': { fork: 'Cancun', code: `${CALL(push(8), 5000)}3d${STOP}` },
  'a creation': {
    fork: 'Cancun',
    code: `${push(RETURNS.length / 2)}${push(14)}${push(0)}39${push(RETURNS.length / 2)}${push(0)}${push(0)}f000${STOP}${RETURNS}`,
  },
  'a creation of nothing': { fork: 'Cancun', code: `${push(0)}${push(0)}${push(0)}f03d${STOP}` },
  CREATE2: { fork: 'Cancun', code: `${push(9)}${push(32)}${push(0)}${push(0)}f53d${STOP}` },
  SELFDESTRUCT: { fork: 'Cancun', code: `${address(OTHER)}ff` },
  'SELFDESTRUCT with a refund': { fork: 'Istanbul', code: `${CALL(address(OTHER), 90000)}${STOP}`, other: `33ff` },
  logs: { fork: 'Cancun', code: `${push(5)}${push(32)}${push(0)}a1${STOP}` },
  'code, balance and hash of others': {
    fork: 'Cancun',
    code: `${address(OTHER)}31${address(OTHER)}3b${address(OTHER)}3f${push(8)}${push(0)}${push(0)}${address(OTHER)}3c${STOP}`,
    other: RETURNS,
  },
};

async function trace(machine: Machine, program: Program, gate: Gate = open): Promise<TracedStep[]> {
  const vm = await machine.create();
  const steps: TracedStep[] = [];
  vm.setTracer?.(new StepCosts(true, true, (step) => steps.push(step)));
  const state: TestState = {
    [SENDER]: { balance: 10n ** 18n },
    [TARGET]: { balance: 1000n, nonce: 1n, code: assemble(program.code), storage: { 9: 9n } },
    [OTHER]: { balance: 5n, nonce: 1n, code: assemble(program.other ?? ''), storage: { 8: 8n } },
  };
  await runMessage(vm, program.fork, state, message(program.message ?? {}), { gate });
  return steps;
}

/** Machines may find different faults first where an instruction has several. */
function comparable(steps: readonly TracedStep[]): object[] {
  return steps.map((step) => ({ ...step, error: step.error !== null }));
}

const [reference, wasm] = MACHINES as [Machine, Machine];
const find = async (name: string, machine = wasm): Promise<TracedStep[]> => trace(machine, PROGRAMS[name] as Program);

describe('traces of the machines', () => {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    it(`agree on ${name}`, async () => {
      const expected = await trace(reference, program);
      expect(expected.length).to.be.greaterThan(0);
      expect(comparable(await trace(wasm, program))).to.deep.equal(comparable(expected));
      for (const machine of MACHINES) {
        const blocked = await trace(machine, program, blockEachOnce());
        expect(comparable(blocked), `${machine.name}, blocked at every read`).to.deep.equal(comparable(expected));
      }
    });
  }

  for (const machine of MACHINES) {
    describe(machine.name, () => {
      it('reports what was before each instruction', async () => {
        const [first, second, add] = await find('no STOP at the end', machine);
        expect(first).to.deep.include({ pc: 0, op: 0x60, gas: 1_000_000n, gasCost: 3n, depth: 1, stack: [] });
        expect(second).to.deep.include({ pc: 2, stack: [1n] });
        expect(add).to.deep.include({ pc: 4, op: 0x01, stack: [1n, 2n], gasCost: 3n, callerGas: null, error: null });
      });

      it('has no line for the STOP behind the end of the code', async () => {
        expect(await find('no STOP at the end', machine)).to.have.length(3);
        expect((await find('a jump', machine)).map(({ op }) => op)).to.deep.equal([0x60, 0x56, 0x5b, 0x00]);
      });

      it('charges a call for the gas that it hands over, stipend excluded', async () => {
        const steps = await find('a call with value', machine);
        const made = steps.find(({ op }) => op === 0xf1) as TracedStep;
        // EIP-2929 cold account, value transfer, gas handed over.
        expect(made.gasCost).to.equal(2600n + 9000n + 100n);
        const inner = steps.filter(({ depth }) => depth === 2);
        expect(inner.map(({ gas }) => gas)).to.deep.equal([2400n, 2398n, 2396n]);
        expect(inner[0]?.callerGas).to.equal(made.gas - made.gasCost);
      });

      it('charges a precompile for what it used', async () => {
        const made = (await find('a precompile', machine)).find(({ op }) => op === 0xf1) as TracedStep;
        // SHA-256 of nothing: 60; a warm account: 100; one word of memory: 3.
        expect(made.gasCost).to.equal(163n);
      });

      it('charges all gas for an exceptional halt, and names it', async () => {
        const last = (await find('out of gas in a plain instruction', machine)).at(-1);
        expect(last).to.deep.include({ op: 0x01, gas: 2n, gasCost: 2n, error: 'out of gas' });
        const reverted = (await find('a revert', machine)).at(-1);
        expect(reverted).to.deep.include({ op: 0xfd, gasCost: 0n, error: 'revert', memSize: 32 });
      });

      it('shows return data, memory and refunds', async () => {
        const steps = await find('a call that returns', machine);
        const after = steps[steps.findIndex(({ op }) => op === 0xf1) + 6] as TracedStep;
        expect(after.op).to.equal(0xf3);
        const size = steps.find(({ op }) => op === 0x3d) as TracedStep;
        expect(BigInt(`0x${Buffer.from(size.returnData).toString('hex')}`)).to.equal(7n);
        expect(size.memory).to.deep.equal(hexToBytes(`${'00'.repeat(31)}07`));
        const restored = await find('storage: set, change, clear, restore', machine);
        expect(restored.map(({ refund }) => refund)).to.include(4800n);
      });

      it('reports nothing once the tracer is gone', async () => {
        const vm = await machine.create();
        const steps: TracedStep[] = [];
        vm.setTracer?.(new StepCosts(false, false, (step) => steps.push(step)));
        const state = { [SENDER]: { balance: 1n }, [TARGET]: { code: deployer(assemble('00')) } };
        await runMessage(vm, 'Cancun', state);
        const told = steps.length;
        expect(told).to.equal(7);
        expect(steps[0]).to.deep.include({ stack: null, memory: null });
        vm.setTracer?.(null);
        await runMessage(vm, 'Cancun', state);
        expect(steps).to.have.length(told);
      });
    });
  }
});
