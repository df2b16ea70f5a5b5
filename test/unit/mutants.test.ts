/** The mutation gate's faults must fit the sources as they are, and the sources must hold nothing of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { FAULT_VARIABLE, sourceRoot } from '../mutants/build.js';
import { AREAS, type Edit, type Fault } from '../mutants/fault.js';
import { FAULTS } from '../mutants/faults.js';
import { filesOf, PatchError, patched } from '../mutants/patch.js';
import type { Finding } from '../mutants/process.js';
import { suitesFor } from '../mutants/suites.js';
import { caughtBy, markdown } from '../mutants/table.js';

const root = sourceRoot();

function edit(fields: Partial<Edit>): Edit {
  return { file: 'src/x/y.ts', before: '', right: 'a', after: '', wrong: 'b', form: 'expression', ...fields };
}

function faultOf(name: string, ...edits: Edit[]): Fault {
  return { name, area: 'commit lane', about: 'something is wrong', edits, units: [] };
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

describe('mutation gate', () => {
  it('has faults enough, in every area, each with a name of its own', () => {
    expect(FAULTS.length).to.be.at.least(45);
    expect(new Set(FAULTS.map(({ name }) => name)).size).to.equal(FAULTS.length);
    expect(new Set(FAULTS.map(({ area }) => area))).to.deep.equal(new Set(AREAS));
    for (const { name, about, edits } of FAULTS) {
      expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(about, name).to.match(/^[^|]{10,}[^.|]$/);
      expect(edits, name).not.to.have.length(0);
    }
  });

  it('names unit tests that exist', () => {
    const files = new Set(readdirSync(join(root, 'test', 'unit')));
    for (const { name, units } of FAULTS) {
      for (const unit of units) expect(files.has(`${unit}.test.ts`), `${name}: ${unit}`).to.equal(true);
    }
  });

  for (const file of filesOf(FAULTS)) {
    it(`finds the place of every fault in ${file}, and what comes out is TypeScript`, () => {
      const text = readFileSync(join(root, file), 'utf8');
      const own = FAULTS.filter(({ edits }) => edits.some((one) => one.file === file));
      // Alone, so that a text that is gone is told by the fault's name; and all together, as they are built.
      for (const fault of own) expect(patched(file, text, [fault])).to.include(`fault('${fault.name}')`);
      const { diagnostics } = ts.transpileModule(patched(file, text, FAULTS), {
        reportDiagnostics: true,
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext },
      });
      expect(diagnostics?.map(({ messageText }) => messageText)).to.deep.equal([]);
    });
  }

  it('leaves no switch in what is shipped', () => {
    for (const folder of ['src', 'runners', 'reports']) {
      for (const path of sources(join(root, folder))) {
        const text = readFileSync(path, 'utf8');
        expect(text, path).not.to.match(/from '.*\/fault\.js'/);
        expect(text, path).not.to.include(FAULT_VARIABLE);
      }
    }
    expect(existsSync(join(root, 'src', 'fault.ts'))).to.equal(false);
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    const taken = files.filter((name) => !name.startsWith('!'));
    expect(taken.filter((name) => /build|test|^dist\/?$/.test(name))).to.deep.equal([]);
  });
});

describe('switches of faults', () => {
  it('switch an expression', () => {
    expect(patched('src/x/y.ts', 'f(a);', [faultOf('one', edit({}))])).to.equal(
      "import { fault } from '../fault.js'; f((fault('one') ? (b) : (a)));",
    );
  });

  it('switch statements, and bring in the layout where they name it', () => {
    const one = faultOf('one', edit({ form: 'statement', right: 'f(a);', wrong: 'f(layout.B);' }));
    expect(
      patched('src/y.ts', 'f(a);', [{ ...one, edits: [{ ...(one.edits[0] as Edit), file: 'src/y.ts' }] }]),
    ).to.equal(
      "import { fault } from './fault.js'; import * as layout from './layout.js'; if (fault('one')) { f(layout.B); } else { f(a); }",
    );
  });

  it('share a place', () => {
    const faults = [faultOf('one', edit({})), faultOf('two', edit({ wrong: 'c' }))];
    expect(patched('src/x/y.ts', 'f(a);', faults)).to.include("(fault('one') ? (b) : fault('two') ? (c) : (a))");
  });

  it('tell one place from another by what stands around it', () => {
    const one = faultOf('one', edit({ before: 'g(' }));
    expect(patched('src/x/y.ts', 'f(a); g(a);', [one])).to.include("f(a); g((fault('one') ? (b) : (a)));");
  });

  it('refuse what does not stand there exactly once, and what reaches into another place', () => {
    const build =
      (text: string, ...faults: Fault[]) =>
      () =>
        patched('src/x/y.ts', text, faults);
    expect(build('f(c);', faultOf('one', edit({})))).to.throw(PatchError, 'fault "one": its text occurs 0 times');
    expect(build('f(a, a);', faultOf('one', edit({})))).to.throw(PatchError, 'occurs 2 times');
    const wider = faultOf('two', edit({ right: 'f(a)' }));
    expect(build('f(a);', faultOf('one', edit({})), wider)).to.throw(PatchError, 'fault "two": its text overlaps');
  });

  it('leave a source alone that no fault changes', () => {
    expect(patched('src/x/z.ts', 'f(a);', [faultOf('one', edit({}))])).to.equal('f(a);');
  });
});

describe('table of the mutation gate', () => {
  const finding = (suite: Finding['suite'], verdict: Finding['verdict']): Finding => {
    return { suite, verdict, detail: '', cases: 1234, schedules: 5, seconds: 1.25 };
  };
  const fault = faultOf('some-fault', edit({}));

  it('counts a time limit only where nothing else notices', () => {
    const slow = finding('random blocks', 'time limit');
    expect(caughtBy({ fault, findings: [slow, finding('corpus', 'caught')] })?.suite).to.equal('corpus');
    expect(caughtBy({ fault, findings: [slow, finding('corpus', 'nothing')] })).to.equal(slow);
    expect(caughtBy({ fault, findings: [finding('corpus', 'nothing')] })).to.equal(null);
  });

  it('says what noticed a fault, after how much, and what did not', () => {
    const findings = [finding('random blocks', 'nothing'), finding('corpus', 'caught')];
    const text = markdown(
      'engine',
      [
        { fault, findings },
        { fault, findings: [] },
      ],
      false,
      'Made by a test.',
    );
    expect(text).to.include('1 of 2 faults are caught. Made by a test.');
    expect(text).to.include('| `some-fault` | something is wrong | corpus | 1,234 | 5 | 1.3 | random blocks |');
    expect(text).to.include('| `some-fault` | something is wrong | **nothing** |');
  });

  it('tries the suite first that can tell', () => {
    const settings = { root: '/r', dist: '/r/dist', blocks: 1, schedules: 1, seed: 1, scratch: '/s' };
    const order = (area: Fault['area']) => suitesFor({ ...fault, area }, settings).map(({ suite }) => suite);
    expect(order('commit lane')).to.deep.equal(['schedules', 'random blocks', 'corpus', 'unit tests']);
    expect(order('transition')).to.deep.equal(['corpus', 'unit tests', 'random blocks', 'schedules']);
    expect(order('mapping')).to.deep.equal(['exact views', 'unit tests']);
    expect(order('hints')[0]).to.equal('unit tests');
    expect(order('verdicts')).to.deep.equal(['unit tests', 'corpus']);
  });
});
