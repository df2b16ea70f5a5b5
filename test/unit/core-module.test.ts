/** What the compiled machine is made of: no allocator, no strings, nothing that runs by itself. */
import { expect } from 'chai';
import { ASSEMBLY, CoreCompileError, compileCore } from '../../src/vm/core/compile.js';
import { coreBytes, coreModule } from '../../src/vm/core/wasm.js';
import { wasm } from '../../src/vm/core/webassembly.js';
import { readSections, utf16Text } from '../support/wasm-sections.js';

/** Where the arithmetic's scratch begins (assembly/scratch.ts): static data has to end below. */
const SCRATCH_BASE = 0x40000;

const IMPORTS = [
  'basics',
  'blockhash',
  'code',
  'codeBytes',
  'grown',
  'hasStorage',
  'leave',
  'memory',
  'precompile',
  'step',
  'storage',
];

/** Names by which AssemblyScript's runtime shows itself (`__new`, `__pin`, `__collect`, `__rtti_base`, ...). */
const RUNTIME = /^__|^(memory|table|_start)$|heap|rtti/i;

/** An entry that allocates: what the checks below have to notice. */
const MANAGED = `export function greet(count: i32): i32 {
  const words = new Array<string>(count);
  words[0] = 'managed text';
  return words[count - 1].length;
}`;

function compile(source: string): Promise<Uint8Array> {
  const entry = `${ASSEMBLY}/module-test.ts`;
  return compileCore(entry, new Map([[entry, source]]));
}

const texts = (binary: Uint8Array): string[] => readSections(binary).data.flatMap(({ bytes }) => utf16Text(bytes));

describe('core module', () => {
  it('imports what the host has to provide and nothing else', () => {
    const imports = wasm.Module.imports(coreModule());
    expect(imports.map(({ name }) => name).sort()).to.deep.equal(IMPORTS);
    for (const { module, name, kind } of imports) {
      expect([module, kind]).to.deep.equal(['env', name === 'memory' ? 'memory' : 'function']);
    }
  });

  it('exports functions only, and none of a runtime', () => {
    const exports = wasm.Module.exports(coreModule());
    expect(exports.map(({ name }) => name)).to.include.members(['begin', 'start', 'run', 'finish']);
    for (const { name, kind } of exports) {
      expect(kind, name).to.equal('function');
      expect(name).not.to.match(RUNTIME);
    }
  });

  it('runs nothing when it is instantiated, and has no names and no source map', () => {
    const { hasStart, custom } = readSections(coreBytes());
    expect(hasStart).to.equal(false);
    expect(custom.filter((name) => name !== 'target_features')).to.deep.equal([]);
  });

  it('has no text in its static data, which ends below the scratch memory', () => {
    const { data } = readSections(coreBytes());
    expect(data.length).to.be.greaterThan(0);
    expect(texts(coreBytes())).to.deep.equal([]);
    for (const { at, bytes } of data) expect(at + bytes.length).to.be.at.most(SCRATCH_BASE);
  });

  it('is compiled once per thread', () => {
    expect(coreModule()).to.equal(coreModule());
  });
});

describe('core compiler', function () {
  this.timeout(60_000);

  it('makes the same bytes from the same sources', async () => {
    const source = "export { keccak256 } from './keccak';";
    expect(Buffer.from(await compile(source)).equals(Buffer.from(await compile(source)))).to.equal(true);
  });

  it('shows managed objects in the module, so that the checks of the machine can see them', async () => {
    const binary = await compile(MANAGED);
    expect(texts(binary)).to.include('managed text');
    expect(wasm.Module.imports(new wasm.Module(binary)).map(({ name }) => name)).to.include('abort');
  });

  it('reports what the compiler says about wrong sources', async () => {
    const failure = await compile('export function wrong(): i32 { return missing; }').then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(CoreCompileError);
    expect((failure as CoreCompileError).diagnostics).to.contain("Cannot find name 'missing'");
  });
});
