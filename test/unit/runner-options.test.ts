import { expect } from 'chai';
import { InvalidArgumentError } from 'commander';
import type { RunOptions } from '../../runners/cli/options.js';
import {
  parseCount,
  parseForks,
  parsePattern,
  parseSeconds,
  parseSuites,
  parseThreads,
} from '../../runners/cli/options.js';
import { createProgram } from '../../runners/cli/program.js';
import { drawSample, type ListedCase } from '../../runners/cli/sample.js';
import { fileSelector } from '../../runners/job/selection.js';

async function optionsOf(...args: string[]): Promise<RunOptions> {
  let parsed: RunOptions | null = null;
  const program = createProgram('1.2.3', {
    run: async (options) => {
      parsed = options;
    },
    trace: async () => undefined,
    timeline: async () => undefined,
    explain: async () => undefined,
    minimise: async () => undefined,
    list: async () => undefined,
    counts: async () => undefined,
    replay: async () => undefined,
    replaySchedule: async () => undefined,
    capture: async () => undefined,
    selftest: async () => undefined,
  });
  await program.parseAsync(['run', ...args], { from: 'user' });
  return parsed as unknown as RunOptions;
}

describe('options', () => {
  it('has defaults for everything', async () => {
    const options = await optionsOf();
    expect(options).to.include({ vm: 'wasm', timeout: 600, color: true });
    expect(options.threads).to.deep.equal([1, 2, 4]);
    expect(options.jobs).to.be.greaterThan(0);
    expect(options.fixtures).to.equal(undefined);
  });

  it('reads lists, repeated options and flags', async () => {
    const options = await optionsOf(
      ...['--fixtures', 'a', '--fixtures', 'b', '--fork', 'Cancun, BerlinToLondonAt5', '--suite', 'state'],
      ...['--threads', '2,8,2', '--timeout', '0.5', '--sample', '7', '--no-color', '--bail', '--jobs', '3'],
    );
    expect(options.fixtures).to.deep.equal(['a', 'b']);
    expect(options.fork).to.deep.equal(['Cancun', 'BerlinToLondonAt5']);
    expect(options.suite).to.deep.equal(['state']);
    expect(options.threads).to.deep.equal([2, 8]);
    expect(options).to.include({ timeout: 0.5, sample: 7, color: false, bail: true, jobs: 3 });
  });

  it('refuses what makes no sense, and says what would', () => {
    expect(() => parseForks('Cancun,Nowhere')).to.throw(InvalidArgumentError, /Nowhere.*Frontier.*Osaka/);
    expect(() => parseSuites('state,engine')).to.throw(InvalidArgumentError, /state, blockchain, .*rlp/);
    for (const text of ['', '0', '-1', '1,,2', '1.5', 'two', '1000']) {
      expect(() => parseThreads(text), text).to.throw(InvalidArgumentError);
    }
    for (const text of ['0', '-3', '', 'x', 'Infinity'])
      expect(() => parseSeconds(text), text).to.throw(InvalidArgumentError);
    for (const text of ['0', '1e3', '0x10', ' 5']) expect(() => parseCount(text), text).to.throw(InvalidArgumentError);
    expect(() => parsePattern('/(/')).to.throw(InvalidArgumentError, /expression/i);
    expect(parsePattern('(not a regex[')).to.equal('(not a regex[');
  });
});

describe('selection', () => {
  it('opens only the file that a pasted id names', () => {
    const opens = fileSelector('stX/a.json::a[Cancun/d0g0v0]');
    expect(opens('GeneralStateTests/stX/a.json')).to.equal(true);
    expect(opens('GeneralStateTests/stX/b.json')).to.equal(false);
    for (const pattern of [null, 'stX', 'tests/x.py::test_a', '/a.json::b/']) {
      expect(fileSelector(pattern)('GeneralStateTests/stX/b.json'), String(pattern)).to.equal(true);
    }
  });

  const cases = (group: string, network: string, count: number): ListedCase[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `${group}/f.json::t${i}[${network}]`,
      source: 's',
      file: `${group}/f.json`,
      group,
      network,
      kind: 'state' as const,
    }));
  const all = [...cases('a', 'Cancun', 500), ...cases('a', 'Berlin', 3), ...cases('b', 'Cancun', 200)];

  it('spreads a sample over suites and forks, small ones in full', () => {
    const drawn = drawSample(all, 43);
    const count = (group: string, network: string): number =>
      drawn.filter((one) => one.group === group && one.network === network).length;
    expect(drawn).to.have.length(43);
    expect([count('a', 'Berlin'), count('a', 'Cancun'), count('b', 'Cancun')]).to.deep.equal([3, 20, 20]);
    expect(new Set(drawn.map((one) => one.id)).size).to.equal(43);
  });

  it('draws the same sample whatever the order of the cases', () => {
    const ids = (sample: ListedCase[]): string[] => sample.map((one) => one.id).sort();
    expect(ids(drawSample([...all].reverse(), 50))).to.deep.equal(ids(drawSample(all, 50)));
  });

  it('takes everything where there is less than asked for', () => {
    expect(drawSample(all, 10_000)).to.have.length(all.length);
    expect(drawSample([], 5)).to.deep.equal([]);
  });
});
