import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CLI } from '../support/command.js';
import { packageRoot } from '../support/root.js';

describe('a command whose output nobody takes', function () {
  this.timeout(180_000);
  let folder = '';
  const at = (name: string): string => join(folder, name);

  before(async function () {
    if (process.platform === 'win32') this.skip();
    folder = await mkdtemp(join(tmpdir(), 'lockstep-output-'));
    const tests = { right: { in: 'dog', out: '0x83646f67' }, wrong: { in: 'dog', out: '0x83646f68' } };
    await writeFile(at('rlp.json'), JSON.stringify(tests));
  });
  after(() => (folder === '' ? undefined : rm(folder, { recursive: true })));

  /** Exit code and standard error of the command, in a line of the shell where it stands as `$`. */
  function shell(line: string, ...args: readonly string[]): { code: number; err: string } {
    return run(CLI, line, args);
  }

  function run(script: string, line: string, args: readonly string[]): { code: number; err: string } {
    const command = [process.execPath, script, ...args].map((word) => `"${word}"`).join(' ');
    const whole = line.replace('$', `{ ${command}; echo $? > code; }`);
    const { stderr } = spawnSync('sh', ['-c', `${whole}; cat code >&2`], { cwd: folder, encoding: 'utf8' });
    const [, err = '', code] = /^([\s\S]*?)([0-9]+)\n$/.exec(stderr) ?? [];
    return { code: Number(code), err };
  }

  it('runs to its end where the reader has seen enough, and says by its exit code what came of it', async () => {
    const args = ['run', '--fixtures', 'rlp.json', '--json', 'report.json'];
    expect(shell('$ | true', ...args, '--events', 'run.jsonl')).to.deep.equal({ code: 1, err: '' });
    expect(JSON.parse(await readFile(at('report.json'), 'utf8')).summary).to.include({ pass: 1, nonconformant: 1 });
    expect(shell('$ | true', 'report', 'run.jsonl', '--json', 'again.json')).to.deep.equal({ code: 1, err: '' });
    expect(JSON.parse(await readFile(at('again.json'), 'utf8')).summary).to.include({ pass: 1, nonconformant: 1 });
    // Both streams to one reader.
    expect(shell('$ 2>&1 | true', ...args).code).to.equal(1);
  });

  it('runs to its end where it is a tool: a benchmark, whose figures are written, or one of the tests', async () => {
    const tool = (file: string, ...args: string[]): { code: number; err: string } =>
      run(join(packageRoot, 'dist', file), '$ | true', args);
    const few = ['--only', 'independent transfers', '--sizes', '1', '--threads', '2', '--rounds', '1'];
    expect(tool('bench/main.js', 'engine', ...few, '--json', 'engine.json').code).to.equal(0);
    expect(JSON.parse(await readFile(at('engine.json'), 'utf8'))).to.include({ bench: 'engine' });
    const silent = { code: 0, err: '' };
    for (const command of ['', 'engine', 'simulate']) {
      expect(tool('bench/main.js', ...(command === '' ? [] : [command]), '--help')).to.deep.equal(silent);
    }
    expect(tool('test/soak.js', '--blocks', '20', '--seed', '2')).to.deep.equal(silent);
    expect(tool('corpus/generate.js', '--help')).to.deep.equal(silent);
  });

  it('ends where it only prints', () => {
    expect(shell('$ | true', 'list', '--fixtures', 'rlp.json').code).to.equal(0);
  });

  it('runs to its end where the disk is full, and fails', async function () {
    if (process.platform !== 'linux') this.skip();
    const said = 'error: standard output: cannot be written (ENOSPC)\n';
    await rm(at('report.json'), { force: true });
    const args = ['run', '--fixtures', 'rlp.json', '--json', 'report.json'];
    expect(shell('$ > /dev/full', ...args)).to.deep.equal({ code: 3, err: said });
    expect(JSON.parse(await readFile(at('report.json'), 'utf8')).summary).to.include({ pass: 1, nonconformant: 1 });
    expect(shell('$ > /dev/full', 'list', '--fixtures', 'rlp.json').err).to.contain(said);
  });
});
