import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CommanderError, InvalidArgumentError } from 'commander';
import type { RunOptions } from '../../runners/cli/options.js';
import {
  parseCount,
  parseForks,
  parseJobs,
  parsePattern,
  parseSeconds,
  parseSuites,
  parseThreads,
  UsageError,
} from '../../runners/cli/options.js';
import { type Actions, createProgram } from '../../runners/cli/program.js';
import { drawSample, type ListedCase } from '../../runners/cli/sample.js';
import { optionsOf as optionsFrom, runSettings } from '../../runners/cli/settings.js';
import { findSources, fusedSources, openNamed, openPath, selfTestSources } from '../../runners/cli/sources.js';
import type { FixtureSource } from '../../runners/fixtures/sources.js';
import { mostJobs } from '../../runners/job/memory-needs.js';
import { fileSelector } from '../../runners/job/selection.js';
import { silence } from '../support/documented-commands.js';
import { packageRoot } from '../support/root.js';

const NOTHING = { outcomes: [], incomplete: [], counts: new Map() };

/** What the action `name` is called with for a command line. */
async function parsed(name: keyof Actions, ...args: string[]): Promise<unknown[]> {
  let given: unknown[] = [];
  const actions = new Proxy({} as Actions, {
    get:
      (_, action) =>
      (...values: unknown[]) => {
        expect(action).to.equal(name);
        given = values;
      },
  });
  const program = createProgram('1.2.3', actions);
  silence(program);
  await program.parseAsync(args, { from: 'user' });
  return given;
}

async function optionsOf(...args: string[]): Promise<RunOptions> {
  const [options] = await parsed('run', 'run', ...args);
  return options as RunOptions;
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

  it('takes a part of the embedded corpus by its name', async () => {
    expect((await optionsOf()).corpus).to.equal(undefined);
    expect((await optionsOf('--corpus', 'full')).corpus).to.equal('full');
    const settings = async (...args: string[]) => runSettings(await optionsOf(...args), { expected: NOTHING });
    // A log keeps it, so that a run that goes on takes the same cases.
    const full = await settings('--corpus', 'full', '--legacy');
    expect(full.defaults).to.deep.equal({ legacy: true, corpus: 'full' });
    expect(optionsFrom(full, [])).to.include({ legacy: true, corpus: 'full' });
    expect((await settings('--corpus', 'quick')).defaults).to.deep.equal({ legacy: false });
    expect((await settings('--fixtures', 'a')).defaults).to.equal(undefined);
  });

  it('refuses what makes no sense, and says what would', () => {
    expect(() => parseForks('Cancun,Nowhere')).to.throw(InvalidArgumentError, /Nowhere.*Frontier.*Osaka/);
    expect(() => parseSuites('state,engine')).to.throw(InvalidArgumentError, /state, blockchain, .*rlp/);
    for (const text of ['', '0', '-1', '1,,2', '1.5', 'two', '1000']) {
      expect(() => parseThreads(text), text).to.throw(InvalidArgumentError);
    }
    for (const text of ['0', '-3', '', 'x', 'Infinity', '1e9'])
      expect(() => parseSeconds(text), text).to.throw(InvalidArgumentError, /, such as 90 or 0\.5\.$/);
    expect([parseSeconds('90'), parseSeconds('0.5')]).to.deep.equal([90, 0.5]);
    for (const text of ['0', '1e3', '0x10', ' 5']) expect(() => parseCount(text), text).to.throw(InvalidArgumentError);
    expect(() => parsePattern('/(/')).to.throw(InvalidArgumentError, /expression/i);
    expect(parsePattern('(not a regex[')).to.equal('(not a regex[');
  });

  it('refuses more jobs than there is memory for, and says how many there is for', () => {
    const most = mostJobs();
    expect(parseJobs(String(most))).to.equal(most);
    const message = new RegExp(
      `^${most + 1} jobs want about \\d+ GiB of memory, and \\d+ GiB are there: ${most} at most\\.$`,
    );
    expect(() => parseJobs(String(most + 1))).to.throw(InvalidArgumentError, message);
    expect(() => parseJobs('0')).to.throw(InvalidArgumentError, /no positive whole number/);
    const gibibyte = 2 ** 30;
    expect([mostJobs(64 * gibibyte, 2), mostJobs(gibibyte, 1), mostJobs(gibibyte, 16)]).to.deep.equal([130, 1, 16]);
  });

  it('refuses a pattern that is no expression, whatever is to be done with the case', async () => {
    for (const [action, command] of [
      ['trace', ['trace']],
      ['explain', ['explain']],
      ['minimise', ['minimise', '--out', 'x.json']],
      ['timeline', ['timeline']],
      ['replaySchedule', ['replay-schedule', '--seed', '1']],
    ] as const) {
      expect((await parsed(action, ...command, 'id'))[0], action).to.equal('id');
      const error = await parsed(action, ...command, '/(/').catch((reason: unknown) => reason);
      expect(error, action).to.be.instanceOf(CommanderError);
      expect((error as Error).message, action).to.include('/(/');
    }
  });

  it('takes one number of threads where there is one parallel run', async () => {
    for (const name of ['timeline', 'selftest'] as const) {
      const threadsOf = async (...args: string[]): Promise<unknown> =>
        ((await parsed(name, name, 'x', ...args))[1] as { threads: unknown }).threads;
      expect(await threadsOf(), name).to.equal(2);
      expect(await threadsOf('--threads', '4'), name).to.equal(4);
      for (const text of ['1,2', '0', '257', 'two']) {
        const error = await threadsOf('--threads', text).catch((reason: unknown) => reason);
        expect(error, `${name} ${text}`).to.be.instanceOf(CommanderError);
        expect((error as Error).message).to.match(new RegExp(`--threads .*${text}`));
      }
    }
  });
});

describe('settings of a run', () => {
  const expected = { outcomes: [], incomplete: [], counts: new Map() };

  it('come back to the options that they were made of', async () => {
    const defaults = await optionsOf();
    for (const args of [
      [],
      ['--fixtures', 'a', '--fixtures', 'b', '--sample', '7', '--suite', 'state'],
      ['--fixtures', 'a', '--fixtures', 'b', '--fuse', '2', '--fuse-sample', '9', '--seed', 'x'],
      ['--fixtures', 'a', '--fuse', '2', '--fuse-from', 'b', '--fuse-sample', '9', '--sample', '5', '--schedules', '4'],
      ['--fuse', '2', '--fuse-from', 'b', '--suite', 'blockchain'],
    ]) {
      const settings = runSettings(await optionsOf(...args), { expected });
      const again = { ...defaults, ...optionsFrom(settings, ['a', 'b']) };
      expect(runSettings(again, { expected }), args.join(' ')).to.deep.equal(settings);
    }
  });

  it('name sources of fused blocks as they may be shown', async () => {
    const options = await optionsOf('--fuse', '1', '--fuse-from', 'https://user:secret@example/x.tar.gz');
    expect(runSettings(options, { expected }).fuse?.from).to.deep.equal(['https://example/x.tar.gz']);
  });

  it('explore a block under a thousand schedules at most, unless another number is named', async () => {
    const limit = async (...args: string[]): Promise<number | undefined> =>
      runSettings(await optionsOf('--preemptions', '1', ...args), { expected }).schedules?.exploration?.limit;
    expect([await limit(), await limit('--explore-limit', '5')]).to.deep.equal([1000, 5]);
  });

  it('are refused where options do not go together', async () => {
    for (const args of [
      ['--fuse-from', 'b'],
      ['--fuse-sample', '3'],
      ['--fuse', '1', '--sample', '3'],
      ['--fuse', '1', '--suite', 'blockchain'],
      ['--explore-limit', '5'],
      ['--explore-limit', '5', '--schedules', '3'],
    ]) {
      const options = await optionsOf(...args);
      expect(() => runSettings(options, { expected }), args.join(' ')).to.throw(UsageError);
    }
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

describe('sources', () => {
  it('are not those that options about the default ones speak of', async () => {
    for (const [option, said] of [
      ['corpus', { corpus: 'full' }],
      ['legacy', { legacy: true }],
    ] as const) {
      const error = await findSources(packageRoot, { fixtures: ['runners'], ...said }, () => undefined).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(UsageError);
      expect((error as Error).message).to.match(
        new RegExp(`^--${option} is about .*; it does not go with --fixtures$`),
      );
    }
    const { sources } = await findSources(packageRoot, { fixtures: ['runners'], legacy: false }, () => undefined);
    expect(sources.map(({ name }) => name)).to.deep.equal(['runners']);
  });

  it('are refused where one is named twice, by whatever names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-twice-'));
    const refusal = (sources: Promise<unknown>): Promise<string> =>
      sources.then(
        () => 'accepted',
        (error: unknown) => (error instanceof UsageError ? error.message : String(error)),
      );
    try {
      const [a, link, file] = [join(folder, 'a'), join(folder, 'link'), join(folder, 'a', 'f.json')];
      await mkdir(a);
      await writeFile(file, '{}');
      await symlink(a, link);
      const found = (...fixtures: string[]) => refusal(findSources(packageRoot, { fixtures }, () => undefined));
      expect(await found(a, a)).to.equal(`${a}: this source is named twice`);
      expect(await found(a, `${a}/`)).to.equal(`${a}/: this source is named twice, as ${a} too`);
      expect(await found(a, link)).to.equal(`${link}: this source is named twice, as ${a} too`);
      expect(await found(file, join(link, 'f.json'))).to.match(/: this source is named twice, as /);
      expect(await found('https://example.org/a.tar', 'https://example.org/a.tar')).to.match(/ is named twice$/);
      expect(await refusal(selfTestSources(packageRoot, [a, link], true))).to.match(/ is named twice, as /);
      const { sources } = await findSources(packageRoot, { fixtures: [a] }, () => undefined);
      const fused = await optionsOf('--fuse', '1', '--fuse-from', link);
      expect(await refusal(fusedSources(packageRoot, fused, sources))).to.match(/ in place of the cases of a source/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are refused where a name is empty', async () => {
    const empty = 'the name of a source is empty: name a folder, a file or a URL';
    const ways: (() => Promise<unknown>)[] = [
      () => openPath(''),
      () => openNamed(packageRoot, ''),
      () => selfTestSources(packageRoot, [''], false),
      () => findSources(packageRoot, { fixtures: ['docs', ''] }, () => undefined),
    ];
    for (const open of ways) {
      const error = await open().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(UsageError);
      expect((error as UsageError).message).to.equal(empty);
    }
  });

  it('are refused where one is part of another, by whatever names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-part-'));
    const found = (...fixtures: string[]): Promise<string> =>
      findSources(packageRoot, { fixtures }, () => undefined).then(
        () => 'accepted',
        (error: unknown) => (error instanceof UsageError ? error.message : String(error)),
      );
    try {
      const [a, link, part, file] = [join(folder, 'a'), join(folder, 'link'), join(folder, 'a/b/c'), 'f.json'];
      await mkdir(part, { recursive: true });
      await mkdir(join(a, 'node_modules/c'), { recursive: true });
      await mkdir(join(folder, 'a b'));
      for (const name of [file, 'x.tar']) await writeFile(join(part, name), '{}');
      await symlink(part, link);
      const told = (one: string): string => `${one}: this source is part of ${a}, which is named too`;
      for (const one of [part, join(part, file), link, join(link, file), join(a, 'b')]) {
        expect(await found(a, one)).to.equal(told(one));
        expect(await found(one, a)).to.equal(told(one));
      }
      const nearest = `${join(link, file)}: this source is part of ${link}, which is named too`;
      expect(await found(join(folder, 'a b'), link, join(link, file))).to.equal(nearest);
      // What a folder does not hand out: archives in it, and what it passes over.
      for (const one of [
        join(part, 'x.tar'),
        join(a, 'node_modules'),
        join(a, 'node_modules/c'),
        join(folder, 'a b'),
      ]) {
        expect(await found(a, one)).to.equal('accepted');
      }
      expect(await found('corpus:fixtures', 'corpus:filled')).to.equal('accepted');
      expect(await found('corpus:fixtures', join(packageRoot, 'corpus'))).to.match(/^corpus:fixtures: .* is part of /);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are opened again by the names that reports give them, in whatever folder that is', async () => {
    // The package stands elsewhere than where the command is called.
    const root = await mkdtemp(join(tmpdir(), 'lockstep-installed-'));
    const filesOf = async (sources: readonly FixtureSource[]): Promise<string[]> => {
      const files: string[] = [];
      for (const source of sources) for await (const { file } of source) files.push(`${source.name} ${file}`);
      return files;
    };
    try {
      for (const part of ['fixtures', 'filled']) {
        await mkdir(join(root, 'corpus', part), { recursive: true });
        await writeFile(join(root, 'corpus', part, `${part}-of-this-package.json`), '{}');
      }
      const ignore = (): void => undefined;
      const { sources } = await findSources(root, { offline: true, corpus: 'full' }, ignore);
      const named = await findSources(root, { fixtures: sources.map(({ name }) => name) }, ignore);
      expect(await filesOf(named.sources)).to.deep.equal(await filesOf(sources));
      expect(await filesOf(sources)).to.deep.equal([
        'corpus:fixtures fixtures-of-this-package.json',
        'corpus:filled filled-of-this-package.json',
      ]);
      const error = await openNamed(root, 'corpus:full').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(UsageError);
      expect((error as Error).message).to.match(/^corpus:full: .* there are corpus:fixtures and corpus:filled$/);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
