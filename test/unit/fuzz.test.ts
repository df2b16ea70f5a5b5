/** The fuzzer itself: it must see what it is there to see. */
import { expect } from 'chai';
import { createVm } from '../../src/executor/scope.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { READ_OK } from '../../src/state/view.js';
import type { Vm } from '../../src/vm/vm.js';
import type { FuzzCase } from '../fuzz/case.js';
import { disassemble, instructions } from '../fuzz/disassemble.js';
import { generateCase, SENDER } from '../fuzz/generate.js';
import { compare, observe, resuming, signature } from '../fuzz/machines.js';
import { minimise } from '../fuzz/minimise.js';
import { blockEachOnce, open } from './vm-harness.js';

/** A fork, the one before it, and in how many of 100 programs the step between them must show. */
const STEPS: readonly (readonly [before: Fork, after: Fork, least: number])[] = [
  ['EIP158', 'EIP150', 5],
  ['Constantinople', 'ConstantinopleFix', 1],
  ['MuirGlacier', 'Berlin', 30],
  ['Berlin', 'London', 15],
  ['Shanghai', 'Cancun', 5],
  ['Cancun', 'Prague', 5],
];

function codesOf({ accounts }: FuzzCase): Hex[] {
  return Object.values(accounts).map(({ code }) => code);
}

describe('fuzzer', () => {
  let vm: Vm;
  before(async () => {
    vm = await createVm('wasm');
  });

  it('makes a case again from its seed and iteration', () => {
    for (let iteration = 0; iteration < 20; iteration++) {
      expect(generateCase(7, iteration)).to.deep.equal(generateCase(7, iteration));
    }
    expect(generateCase(7, 1)).not.to.deep.equal(generateCase(7, 2));
    expect(generateCase(7, 1)).not.to.deep.equal(generateCase(8, 1));
  });

  it('makes cases that survive JSON', () => {
    const fuzzCase = generateCase(7, 3);
    expect(JSON.parse(JSON.stringify(fuzzCase))).to.deep.equal(fuzzCase);
  });

  for (const [before, after, least] of STEPS) {
    it(`sees a machine of ${before} that should be one of ${after}`, async () => {
      let seen = 0;
      for (let iteration = 0; iteration < 100; iteration++) {
        const fuzzCase = generateCase(7, iteration, after);
        const right = await observe(vm, fuzzCase, open);
        const wrong = await observe(vm, { ...fuzzCase, fork: before }, open);
        if (compare(right, wrong).length > 0) seen++;
      }
      expect(seen).to.be.at.least(least);
    });
  }

  it('blocks reads, and the outcome stays', async () => {
    let blocked = 0;
    for (let iteration = 0; iteration < 60; iteration++) {
      const fuzzCase = generateCase(9, iteration);
      const gate = blockEachOnce();
      const counting = (location: string): number => {
        const status = gate(location);
        if (status !== READ_OK) blocked++;
        return status;
      };
      const differences = compare(await observe(vm, fuzzCase, open), await observe(resuming(vm), fuzzCase, counting));
      expect(differences).to.deep.equal([]);
    }
    expect(blocked).to.be.greaterThan(300);
  });

  it('tells differences apart by what they are about', () => {
    const one = compare({ gasUsed: '1', 'slot 0xaa 1': '2' }, { gasUsed: '2' });
    expect(one).to.deep.equal([
      { what: 'gasUsed', reference: '1', wasm: '2' },
      { what: 'slot 0xaa 1', reference: '2', wasm: undefined },
    ]);
    expect(signature(one)).to.equal('gasUsed, slot');
    expect(signature(compare({ 'slot 0xbb 5': '1', gasUsed: '5' }, { 'slot 0xbb 5': '7', gasUsed: '6' }))).to.equal(
      signature(one),
    );
    expect(compare({ error: 'x' }, { error: 'x' })).to.have.length(1);
  });

  it('disassembles code with its immediates, also where they are cut off', () => {
    expect(disassemble(hexToBytes('6001612b'), 'Osaka')).to.deep.equal(['0000 PUSH1 0x01', '0002 PUSH2 0x2b']);
    expect(disassemble(hexToBytes('5f'), 'London')).to.deep.equal(['0000 undefined(0x5f)']);
  });

  it('minimises to what makes the difference', async () => {
    const destroys = (fuzzCase: FuzzCase): boolean =>
      codesOf(fuzzCase).some((code) => instructions(hexToBytes(code)).some(({ code: byte }) => byte === 0xff));
    let iteration = 0;
    while (!destroys(generateCase(7, iteration))) iteration++;
    const small = await minimise(generateCase(7, iteration), async (candidate) => destroys(candidate));
    expect(codesOf(small).filter((code) => code !== '0x')).to.deep.equal(['0xff']);
    expect(Object.keys(small.accounts)).to.have.length(2).and.to.include(SENDER);
    expect(small.transaction).to.deep.include({ data: '0x', value: '0x0', accessList: [], authorizations: [] });
  });
});
