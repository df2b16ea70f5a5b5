import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { CONFIG_FILE, CONFIG_OPTIONS, configured, findConfig } from '../../runners/cli/config.js';
import { type RunOptions, UsageError } from '../../runners/cli/options.js';
import { type Actions, createProgram } from '../../runners/cli/program.js';
import { packageRoot } from '../support/root.js';

const OPTIONS: RunOptions = { vm: 'wasm', threads: [1, 2, 4], jobs: 2, timeout: 600, color: true };
const WHOLE = {
  $schema: './node_modules/lockstep/reports/schema/config-v1.schema.json',
  version: 1,
  run: {
    fixtures: ['fx/a.tar.gz', 'https://example.org/b.tar.gz', 'corpus:fixtures'],
    jobs: 3,
    threads: [2, 8],
    timeout: 60,
  },
  profiles: {
    mine: { suite: ['state'], fork: ['Cancun'], grep: '/x/', sample: 7, legacy: true, offline: true, vm: 'ethereumjs' },
    fused: { 'fuse-from': ['y'], 'fuse-sample': 9, preemptions: 1, 'explore-limit': 8, corpus: 'full' },
    ci: { bail: true, schedules: 5, seed: 's', fuse: 2, events: 'e', timings: 't', github: true, quiet: true },
    files: { expectations: 'x', 'expected-counts': 'y', json: 'out/r.json', html: 'r.html', junit: '/abs/j.xml' },
  },
};

describe('configuration file', () => {
  let folder = '';
  let validate: (value: unknown) => boolean = () => false;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-config-'));
    const schema = join(packageRoot, 'reports', 'schema', 'config-v1.schema.json');
    const compiled = new Ajv({ strict: true }).compile(JSON.parse(await readFile(schema, 'utf8')));
    validate = (value) => compiled(value) === true;
  });
  after(() => rm(folder, { recursive: true }));

  async function options(content: unknown, asked: Partial<RunOptions> = {}): Promise<RunOptions> {
    await writeFile(join(folder, CONFIG_FILE), JSON.stringify(content));
    const config = await findConfig(folder);
    return configured({ ...OPTIONS, ...asked }, new Set(Object.keys(asked)), config);
  }

  async function refused(content: unknown): Promise<string> {
    expect(validate(content), JSON.stringify(content)).to.equal(false);
    try {
      await options(content);
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      return (error as Error).message.replace(join(folder, CONFIG_FILE), 'FILE');
    }
    throw new Error('was accepted');
  }

  it('gives options for every run; paths are taken from its folder', async () => {
    expect(validate(WHOLE)).to.equal(true);
    const all = await options(WHOLE);
    expect(all).to.include({ jobs: 3, timeout: 60, vm: 'wasm' });
    expect(all.threads).to.deep.equal([2, 8]);
    expect(all.fixtures).to.deep.equal([
      join(folder, 'fx', 'a.tar.gz'),
      'https://example.org/b.tar.gz',
      'corpus:fixtures',
    ]);
    const files = await options(WHOLE, { profile: 'files' });
    expect(files).to.include({
      json: join(folder, 'out', 'r.json'),
      junit: '/abs/j.xml',
      expectedCounts: join(folder, 'y'),
    });
  });

  it('gives way to its profile, and both to the command line', async () => {
    const mine = await options(WHOLE, { profile: 'mine', sample: 9, jobs: 1 });
    expect(mine).to.include({ sample: 9, jobs: 1, legacy: true, vm: 'ethereumjs', grep: '/x/', timeout: 60 });
    expect(mine.fork).to.deep.equal(['Cancun']);
  });

  it('says where options that leave cases out come from, unless it is the command line', async () => {
    const all = {
      version: 1,
      run: { grep: 'a', fork: ['Cancun'], jobs: 1 },
      profiles: { p: { grep: 'b', sample: 3 } },
    };
    const file = join(folder, CONFIG_FILE);
    const from = async (asked: Partial<RunOptions>) => (await options(all, asked)).origins;
    expect(await from({})).to.deep.equal({ grep: file, fork: file });
    expect(await from({ profile: 'p' })).to.deep.equal({
      fork: file,
      grep: `profile p of ${file}`,
      sample: `profile p of ${file}`,
    });
    expect(await from({ profile: 'quick', fork: ['Osaka'] })).to.deep.equal({ grep: file, sample: 'profile quick' });
    expect(await from({ grep: 'x', fork: ['Osaka'] })).to.equal(undefined);
    expect((await options(all)).config).to.equal(file);
    expect(configured(OPTIONS, new Set(), null)).to.not.have.any.keys('origins', 'config');
  });

  it('may replace a profile that is always there, and need not be there itself', async () => {
    expect(await options(WHOLE, { profile: 'ci' }))
      .to.include({ bail: true, schedules: 5 })
      .and.not.to.have.property('sample');
    expect(configured({ ...OPTIONS, profile: 'quick' }, new Set(['profile']), null)).to.include({ sample: 500 });
    expect(configured({ ...OPTIONS, profile: 'nightly' }, new Set(['profile']), null)).to.include({ legacy: true });
    expect(() => configured({ ...OPTIONS, profile: 'nil' }, new Set(), null)).to.throw(
      /--profile nil: there are quick, ci, nightly/,
    );
    expect(await findConfig(join(folder, 'nowhere'))).to.equal(null);
  });

  it('says nothing of the default sources where others are named', async () => {
    const nightly = (given: Partial<RunOptions>) =>
      configured({ ...OPTIONS, profile: 'nightly', ...given }, new Set(['profile', ...Object.keys(given)]), null);
    expect(nightly({})).to.include({ corpus: 'full', legacy: true });
    expect(nightly({ corpus: 'quick' })).to.include({ corpus: 'quick' });
    expect(nightly({ fixtures: ['a'] })).not.to.have.any.keys('corpus', 'legacy');
    const both = nightly({ fixtures: ['a'], corpus: 'full' });
    expect(both).to.include({ corpus: 'full' }).and.to.have.property('fixtures');
  });

  it('refuses what this machine is too small for, which no schema can tell', async () => {
    const content = { version: 1, run: { jobs: 1_000_000 } };
    expect(validate(content)).to.equal(true);
    const error = await options(content).catch((refusal: Error) => refusal);
    expect((error as Error).message).to.match(/lockstep\.config\.json: run\.jobs: 1000000 jobs want about \d+ GiB/);
  });

  it('names file and field of what is wrong, as its schema does', async () => {
    expect(await refused({})).to.equal('FILE: version: is missing');
    expect(await refused({ version: 2 })).to.match(/FILE: version: 2 is none of 1/);
    expect(await refused({ version: 1, run: { thread: [1] } })).to.match(
      /FILE: run.thread: no such field; there are fixtures/,
    );
    expect(await refused({ version: 1, run: { threads: [0] } })).to.match(
      /run.threads\[0\]: is no positive whole number/,
    );
    expect(await refused({ version: 1, profiles: { a: { suite: ['stat'] } } })).to.match(
      /profiles.a.suite: "stat" is none of/,
    );
    expect(await refused({ version: 1, run: { quiet: 'yes' } })).to.match(/run.quiet: is neither true nor false/);
    expect(await refused({ version: 1, run: { vm: 'geth' } })).to.match(/run.vm: "geth" is none of/);
    await findConfig(folder, join(folder, 'none.json')).then(
      () => expect.fail('was accepted'),
      (error: Error) => expect(error.message).to.match(/none.json: no such file$/),
    );
  });

  it('says nothing twice: the last would count without a word', async () => {
    const file = join(folder, 'twice.json');
    for (const [text, field] of [
      ['{"version": 1, "run": {"sample": 1}, "run": {"jobs": 2}}', 'run'],
      ['{"version": 1, "profiles": {"a b": {"bail": true, "bail": false}}}', 'profiles["a b"].bail'],
    ] as const) {
      await writeFile(file, text);
      const error = await findConfig(folder, file).catch((refusal: Error) => refusal);
      expect(error).to.be.instanceOf(UsageError);
      expect((error as Error).message).to.equal(`--config ${file}: ${field}: stands twice in its object`);
    }
  });

  it('knows all options of run but those that are about one run alone', () => {
    const run = createProgram('0.0.0', {} as Actions).commands.find((command) => command.name() === 'run');
    const names = run?.options.map(({ long }) => long?.replace(/^--(?:no-)?/, '') ?? '') ?? [];
    expect(names.filter((name) => !CONFIG_OPTIONS.includes(name)).sort()).to.deep.equal(
      ['color', 'config', 'last-failed', 'profile', 'resume', 'shard', 'shard-by'].sort(),
    );
    expect(CONFIG_OPTIONS.filter((name) => !names.includes(name))).to.deep.equal([]);
  });

  it('has a schema that knows the same options', async () => {
    const schema = join(packageRoot, 'reports', 'schema', 'config-v1.schema.json');
    const { definitions } = JSON.parse(await readFile(schema, 'utf8')) as {
      definitions: { options: { properties: Record<string, unknown> } };
    };
    expect(Object.keys(definitions.options.properties).sort()).to.deep.equal([...CONFIG_OPTIONS].sort());
    expect(
      Object.values(WHOLE.profiles)
        .concat(WHOLE.run as never)
        .flatMap(Object.keys)
        .sort(),
    ).to.deep.equal([...CONFIG_OPTIONS].sort());
  });
});
