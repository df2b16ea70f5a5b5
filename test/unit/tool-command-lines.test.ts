/** Command lines of the tools that are no part of the `lockstep` command. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../runners/cli/options.js';
import { choice, jobCount, positiveNumber, wholeNumber } from '../support/command-line.js';
import { packageRoot } from '../support/root.js';

const FILLED = join(packageRoot, 'corpus', 'filled', 'London.json.gz');

function tool(file: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const script = join(packageRoot, 'dist', file);
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

describe('command lines of the tools', function () {
  this.timeout(60_000);

  it('take numbers and names, and say which option is wrong', () => {
    expect(wholeNumber('blocks', '12')).to.equal(12);
    expect(positiveNumber('minutes', '0.5')).to.equal(0.5);
    expect(choice('advice', 'off', ['on', 'off'])).to.equal('off');
    for (const text of ['', ' ', 'x', '-1', '1.5', '1e300']) {
      expect(() => wholeNumber('blocks', text), text).to.throw(
        UsageError,
        `--blocks takes a whole number from 0 on, not "${text}"`,
      );
    }
    expect(() => wholeNumber('every', '0', 1)).to.throw(UsageError, '--every takes a whole number from 1 on, not "0"');
    expect([jobCount('1'), jobCount('64')]).to.deep.equal([1, 64]);
    for (const text of ['0', '65']) {
      expect(() => jobCount(text)).to.throw(UsageError, `--jobs takes a whole number from 1 to 64, not "${text}"`);
    }
    for (const text of ['', '0', '-2', 'NaN', 'x']) {
      expect(() => positiveNumber('minutes', text), text).to.throw(UsageError, '--minutes takes a number above zero');
    }
    expect(() => choice('advice', 'maybe', ['on', 'off'])).to.throw(
      UsageError,
      '--advice takes one of on, off, not "maybe"',
    );
  });

  const wrong: readonly [string, string[], RegExp][] = [
    ['test/soak.js', ['--blocks', 'many'], /--blocks takes a whole number from 1 on, not "many"/],
    ['test/soak.js', ['--minutes', '0.000001', '--threads', '1'], /--minutes 0\.000001: no block was run in that time/],
    ['test/soak.js', ['--nothing'], /Unknown option '--nothing'/],
    ['test/fuzz/main.js', ['--fork', 'Atlantis'], /--fork takes one of Frontier, .*, not "Atlantis"/],
    ['test/mutants/main.js', ['--jobs', '0'], /--jobs takes a whole number from 1 to 64, not "0"/],
    ['test/differential.js', [join(packageRoot, 'nothing-here')], /nothing-here: no such file or folder/],
    ['test/run-all.js', ['--grep', 'lane'], /npm test takes no arguments, not "--grep"/],
    ['test/pack-check.js', ['here'], /npm run pack:check takes no arguments, not "here"/],
    ['corpus/generate.js', ['--seed', 'x'], /a seed is a whole number from 0 on/],
    ['contracts/build.js', ['--nothing'], /unknown option '--nothing'/],
    ['src/vm/core/build.js', ['--foo'], /unknown option '--foo'/],
    ['bench/main.js', ['--mainnet', 'nope', '--only', 'mainnet'], /nope: no such file or folder; check the path/],
    ['corpus/second-oracle.js', ['tests.json'], /required option '--anvil <path>' not specified/],
    [
      'corpus/second-oracle.js',
      ['--anvil', '/nowhere/anvil', FILLED],
      /--anvil \/nowhere\/anvil: cannot be started \(ENOENT\)/,
    ],
    ['corpus/second-oracle.js', ['--anvil', 'unused', join(packageRoot, 'none.json')], /none\.json: ENOENT/],
    ['corpus/second-oracle.js', ['--anvil', 'unused', '--grep', 'no such', FILLED], /no test's name holds "no such"/],
  ];
  for (const [file, args, message] of wrong) {
    it(`${file} ${args.map((arg) => arg.replace(packageRoot, '.')).join(' ')}: one line, exit code 2`, () => {
      const { status, stdout, stderr } = tool(file, ...args);
      expect(stderr).to.match(message);
      expect(stderr.trimEnd().split('\n'), stderr).to.have.length(1);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }

  const tools = ['soak.js', 'fuzz/main.js', 'mutants/main.js', 'differential.js', 'run-all.js', 'pack-check.js'];
  const others = ['corpus/generate.js', 'contracts/build.js', 'corpus/second-oracle.js'];
  for (const file of [...tools.map((name) => `test/${name}`), ...others]) {
    it(`${file} --help: its text, exit code 0`, () => {
      const { status, stdout, stderr } = tool(file, '--help');
      expect(stdout).to.match(/--help/);
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
    });
  }
});
