import type { Profiler } from 'node:inspector';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { splitNames } from '../../bench/profile/core-names.js';
import { foldProfile } from '../../bench/profile/fold.js';
import { profilePage } from '../../bench/profile/page.js';
import { moduleUrl, Recording } from '../../bench/profile/record.js';
import { type FlameNode, type FlameProfile, PARTS } from '../../reports/html/client/flame-data.js';
import { coreBytes, coreModule } from '../../src/vm/core/wasm.js';

type CallFrame = Profiler.ProfileNode['callFrame'];

const frame = (functionName: string, url = '', lineNumber = -1): CallFrame => ({
  functionName,
  url,
  lineNumber,
  columnNumber: 0,
  scriptId: '1',
});

const CORE = 'wasm://wasm/0123abcd';

/** `run` calls `read` along two paths of V8's, and the machine; samples every 100 us from 1,000 on. */
const PROFILE: Profiler.Profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 7, 8] },
    { id: 2, callFrame: frame('run', 'file:///home/x/dist/src/executor/serial.js', 9), children: [3, 4, 5] },
    { id: 3, callFrame: frame('read', 'file:///home/x/dist/src/state/database.js', 19) },
    { id: 4, callFrame: frame('read', 'file:///home/x/dist/src/state/database.js', 19) },
    { id: 5, callFrame: frame('wasm-function[7]', CORE, 0), children: [6] },
    { id: 6, callFrame: frame('never') },
    { id: 7, callFrame: frame('(garbage collector)') },
    { id: 8, callFrame: frame('main', 'file:///home/x/dist/src/executor/worker.js', 40) },
  ],
  startTime: 900,
  endTime: 1700,
  samples: [2, 3, 4, 5, 7, 8, 8],
  timeDeltas: [100, 100, 100, 100, 100, 100, 100],
};

/** `name@place self [children]`. */
function shown({ names }: FlameProfile, { n, s, c }: FlameNode, profile: FlameProfile): string {
  const { name, place, part } = names[n] as FlameProfile['names'][number];
  return `${name}@${place} ${PARTS[part]} ${s}[${c.map((child) => shown(profile, child, profile)).join(', ')}]`;
}

const linesOf = (profile: FlameProfile): string[] => profile.roots.map((root) => shown(profile, root, profile));

describe('bench: flame graphs', () => {
  it('folds calls of one function by one path, leaves out what took no time, tells the parts', () => {
    const folded = foldProfile(PROFILE, { title: 'serial', root: '/home/x/dist', coreUrl: CORE });
    expect(linesOf(folded)).to.deep.equal([
      'run@src/executor/serial.js:10 executor 100[read@src/state/database.js:20 state 200[], wasm-function[7]@wasm:core WASM machine 100[]]',
      '(garbage collector)@ garbage collection 100[]',
      'main@src/executor/worker.js:41 executor 0[Atomics.wait@ waiting 200[]]',
    ]);
  });

  it('names the functions of the machine where their names are known', () => {
    const coreNames = new Map([[7, 'src/vm/core/assembly/frames/enter']]);
    const folded = foldProfile(PROFILE, { title: 'serial', root: '/home/x/dist', coreUrl: CORE, coreNames });
    expect(linesOf(folded)[0]).to.contain('enter@src/vm/core/assembly/frames.ts WASM machine 100[]');
    // Another module's function 7 is another function.
    const other = foldProfile(PROFILE, { title: 'serial', root: '/home/x/dist', coreUrl: 'wasm://wasm/1', coreNames });
    expect(linesOf(other)[0]).to.contain('wasm-function[7]@wasm:0123abcd libraries 100[]');
  });

  it('reads names from a module, and what is left without them', () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const type = [1, 4, 1, 0x60, 0, 0];
    const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
    const functions = [2, 0, ...text('a/b'), 130, 1, ...text('c')];
    const section = [...text('name'), 0, 2, 1, 0x78, 1, functions.length, ...functions];
    const { bare, names } = splitNames(Uint8Array.from([...header, 0, section.length, ...section, ...type]));
    expect([...bare]).to.deep.equal([...header, ...type]);
    expect([...names]).to.deep.equal([
      [0, 'a/b'],
      [130, 'c'],
    ]);
    expect(splitNames(coreBytes()).names.size).to.equal(0);
  });

  it('counts within a window only, samples at its edges in part', () => {
    const folded = foldProfile(PROFILE, { title: 'x', root: '/home/x/dist', window: { from: 1050, to: 1150 } });
    expect(linesOf(folded)).to.deep.equal([
      'run@src/executor/serial.js:10 executor 50[read@src/state/database.js:20 state 50[]]',
    ]);
  });

  it('finds the machine among the modules by its size', async () => {
    // Compiled when it is first asked for.
    coreModule();
    expect(await moduleUrl(coreBytes().length)).to.match(/^wasm:/);
    expect(await moduleUrl(7)).to.equal(null);
  });

  it('folds a real recording, in which a busy function shows', async () => {
    const recording = await Recording.start();
    const end = performance.now() + 60;
    let sum = 0;
    function busy(): void {
      while (performance.now() < end) sum += Math.sqrt(sum + 1);
    }
    busy();
    const folded = foldProfile(await recording.stop(), { title: 'real', root: '/nowhere' });
    expect(sum).to.be.greaterThan(0);
    expect(folded.names.map(({ name }) => name)).to.include('busy');
  });

  it('makes a page that holds everything itself, its texts as data or escaped', () => {
    const profiles = [foldProfile(PROFILE, { title: 'serial', root: '/home/x/dist' })];
    const nasty = '</script><img src=x onerror=alert(1)>';
    const page = profilePage({ title: nasty, note: nasty, profiles });
    expect(page).not.to.contain('<img');
    expect(page).not.to.match(/(src|href)="(?!data:)/);
    expect(page).not.to.match(/https?:\/\//);
    const [, packed = ''] = /<script id="data"[^>]*>([^<]*)<\/script>/.exec(page) ?? [];
    const data = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString());
    expect(data).to.deep.equal({ title: nasty, note: nasty, profiles });
    const [, map = ''] = /<script type="importmap">([^<]*)<\/script>/.exec(page) ?? [];
    expect(Object.keys((JSON.parse(map) as { imports: object }).imports)).to.include('lockstep/flame');
  });
});
