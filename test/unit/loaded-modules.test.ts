/** What is loaded before it is needed is paid for by every thread, job and command that starts. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { CLI, runNode } from '../support/command.js';

const HOOK = new URL('../support/loaded-modules.js', import.meta.url).href;
/** Given to Node before the program; threads inherit it. */
const REGISTER = `data:text/javascript,import { register } from 'node:module'; register(${JSON.stringify(HOOK)});`;

describe('modules that are loaded', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-modules-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** URLs of what a program loads, in all of its threads. */
  async function loadedBy(...args: string[]): Promise<string[]> {
    const log = join(folder, 'modules.txt');
    const ended = await runNode(['--import', REGISTER, ...args], () => {}, { LOADED_MODULES: log }).ended;
    expect(ended.code, ended.err).to.equal(0);
    const loaded = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await rm(log);
    return loaded;
  }

  it('by an executor with the machine of its own: nothing of the reference machine, in any thread', async () => {
    const script = fileURLToPath(new URL('../support/many-outcomes.js', import.meta.url));
    const loaded = await loadedBy(script, '2', '3');
    const workers = loaded.filter((url) => url.endsWith('/src/executor/worker-entry.js'));
    expect(workers).to.have.length(1);
    // The calling thread and the other each have a machine.
    expect(loaded.filter((url) => url.endsWith('/src/vm/core/machine.js'))).to.have.length(2);
    expect(loaded.filter((url) => /@ethereumjs\/(?!rlp\/)/.test(url))).to.deep.equal([]);
  });

  it('by --help: no part of the engine, and no command', async () => {
    const loaded = await loadedBy(CLI, '--help');
    expect(loaded.filter((url) => url.endsWith('/runners/cli/program.js'))).to.have.length(1);
    expect(
      loaded.filter((url) => /\/dist\/src\/(?!vm\/name|primitives\/)|\/@ethereumjs\/|\/ox\//.test(url)),
    ).to.deep.equal([]);
    expect(loaded.filter((url) => /\/cli\/(run|replay|minimise|explain|trace)(-\w+)?\.js$/.test(url))).to.deep.equal(
      [],
    );
  });
});
