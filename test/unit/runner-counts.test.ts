import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { RunEvent } from '../../runners/events/events.js';
import { emptyCoverage, Tally } from '../../runners/events/tally.js';
import type { CountedSelection } from '../../runners/expectations/check-counts.js';
import {
  type ExpectedCounts,
  formatExpectedCounts,
  type ReleaseCounts,
  readExpectedCounts,
} from '../../runners/expectations/expected-counts.js';
import { ExpectedRun } from '../../runners/expectations/expected-run.js';
import { ExpectationFileError } from '../../runners/expectations/file-error.js';
import { Recogniser } from '../../runners/expectations/recognise.js';
import { placeOf } from '../../runners/expectations/suite.js';
import { surveySource, totalOf } from '../../runners/expectations/survey.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { RUN_KINDS } from '../../runners/fixtures/classify.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { corpusSource, type FixtureSource, filledCorpusSource, openSource } from '../../runners/fixtures/sources.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { packageRoot } from '../support/root.js';

type Files = Readonly<Record<string, object>>;

const rlp = (...tests: string[]): object =>
  Object.fromEntries(tests.map((test) => [test, { in: test, out: `0x83${Buffer.from(test).toString('hex')}` }]));
const difficulty = (...forks: string[]): object => ({
  steps: Object.fromEntries(
    forks.map((fork) => [
      fork,
      {
        one: {
          parentTimestamp: '0x0',
          parentDifficulty: '0x20000',
          currentTimestamp: '0x1',
          currentBlockNumber: '0x1',
          parentUncles: '0x0',
          currentDifficulty: '0x20000',
        },
      },
    ]),
  ),
});

/** Twelve files of RLP tests with two cases each, and one of difficulties. */
const SUITE: Files = {
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`RLPTests/f${i}.json`, rlp('dog', `c${String(i).padStart(2, '0')}`)]),
  ),
  'DifficultyTests/d.json': difficulty('Berlin', 'Homestead'),
};
const WHOLE: CountedSelection = { suites: RUN_KINDS, forks: null };

describe('expected counts', () => {
  let folder = '';
  let known: ExpectedCounts = new Map();
  let number = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-counts-'));
    known = await countsOf(await sourceOf(SUITE));
  });
  after(() => rm(folder, { recursive: true }));

  async function sourceOf(files: Files): Promise<FixtureSource> {
    const root = join(folder, `source${number++}`);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), JSON.stringify(content));
    }
    return openSource(root, { name: 'src' });
  }

  async function countsOf(source: FixtureSource): Promise<ExpectedCounts> {
    const fail = (error: Error): never => {
      throw error;
    };
    return new Map([['small', await surveySource(source, fail)]]);
  }

  /** Events at the end of a run that takes what `selection` says, and loses the cases that `loses` names. */
  async function check(
    source: FixtureSource,
    { suites, forks }: CountedSelection = WHOLE,
    loses: (id: string) => boolean = () => false,
    picks: { grep?: string; sample?: number } = {},
  ): Promise<RunEvent[]> {
    const selection = { suites, forks, grep: picks.grep ?? null, sample: picks.sample ?? null };
    const run = new ExpectedRun({ outcomes: [], incomplete: [], counts: known }, selection);
    const see = run.begin(source.name);
    for await (const entry of source) {
      await see(entry);
      for (const one of decodeFile(source.name, entry.file, await entry.text()).references) {
        if (one instanceof FixtureError) throw one;
        const { id, file, group, network, kind } = one;
        if (loses(id) || !suites.includes(kind) || forks?.includes(network) === false) continue;
        run.judge({
          type: 'case:end',
          job: 0,
          result: passing({ id, source: source.name, file, group, network, kind }),
        });
      }
    }
    return run.conclude();
  }

  function passing(identity: Pick<CaseResult, 'id' | 'source' | 'file' | 'group' | 'network' | 'kind'>): CaseResult {
    const nothing = { verdict: 'pass', cause: null, differences: [], block: null, transaction: null } as const;
    return { ...identity, ...nothing, threads: null, coverage: emptyCoverage(), milliseconds: 0 };
  }

  const mismatches = (events: readonly RunEvent[]): string[] =>
    events.flatMap((event) => {
      if (event.type !== 'counts:mismatch') return [];
      const { suite, network, kind, expected, found } = event.mismatch;
      return [`${suite} ${network} ${kind} ${expected} ${found}`];
    });
  const without = (path: string): Files => Object.fromEntries(Object.entries(SUITE).filter(([one]) => one !== path));
  const moved = (prefix: string): Files =>
    Object.fromEntries(Object.entries(SUITE).map(([path, content]) => [`${prefix}${path}`, content]));

  it('are as counted, whatever stands around the suites', async () => {
    expect(totalOf(known.get('small') ?? new Map())).to.equal(26);
    for (const files of [SUITE, moved('other-name/')]) {
      expect(await check(await sourceOf(files))).to.deep.equal([
        { type: 'counts:checked', source: 'src', releases: ['small'], expected: 26 },
      ]);
    }
  });

  it('are those of the release that fits best, in whatever order they are known', async () => {
    const source = await sourceOf(SUITE);
    const [[, suites]] = [...known] as [[string, ReleaseCounts]];
    // Another release with a few other files.
    const other = new Map(
      [...suites].map(([suite, counts]) => {
        const sample = [...counts.sample].map(
          ([path, mark], i) => [path, i % 4 === 3 ? '0'.repeat(16) : mark] as const,
        );
        return [suite, { ...counts, sample: new Map(sample) }] as const;
      }),
    );
    for (const releases of [
      [
        ['other', other],
        ['small', suites],
      ],
      [
        ['small', suites],
        ['other', other],
      ],
    ] as const) {
      const recogniser = new Recogniser(new Map(releases));
      for await (const entry of source) await recogniser.see(entry);
      const found = recogniser.recognised().filter(({ suite }) => suite === 'RLPTests');
      expect(found.map(({ release }) => release)).to.deep.equal(['small']);
    }
  });

  it('tell a case that was lost on the way, a file that is not there, and a whole suite', async () => {
    const lost = await check(await sourceOf(SUITE), WHOLE, (id) => id.endsWith('f3.json::dog[any]'));
    expect(mismatches(lost)).to.deep.equal(['RLPTests any rlp 24 23']);
    for (let i = 0; i < 12; i++) {
      const events = await check(await sourceOf(without(`RLPTests/f${i}.json`)));
      expect(mismatches(events), String(i)).to.deep.equal(['RLPTests any rlp 24 22']);
    }
    const suite = await check(await sourceOf(without('DifficultyTests/d.json')));
    expect(mismatches(suite)).to.deep.equal([
      'DifficultyTests Berlin difficulty 1 0',
      'DifficultyTests Homestead difficulty 1 0',
    ]);
    const all = await check(await sourceOf(SUITE), WHOLE, () => true);
    expect(mismatches(all)).to.have.length(3);
  });

  it('tell cases too many, also of a fork that the suite did not have', async () => {
    const more = { ...SUITE, 'RLPTests/extra.json': rlp('cat'), 'DifficultyTests/e.json': difficulty('London') };
    expect(mismatches(await check(await sourceOf(more)))).to.have.members([
      'RLPTests any rlp 24 25',
      'DifficultyTests London difficulty 0 1',
    ]);
  });

  it('make the run fail, before an empty selection is looked at', async () => {
    const tally = new Tally();
    for (const event of await check(await sourceOf(SUITE), WHOLE, () => true)) tally.on(event);
    expect(tally.exitCode()).to.equal(1);
  });

  it('are compared for whole kinds and forks, and not for picked cases', async () => {
    const source = await sourceOf(SUITE);
    const checked = async (selection: CountedSelection): Promise<unknown> => {
      const events = await check(source, selection);
      expect(mismatches(events)).to.deep.equal([]);
      return events[0]?.type === 'counts:checked' ? events[0].expected : null;
    };
    expect(await checked({ suites: ['rlp'], forks: null })).to.equal(24);
    expect(await checked({ suites: RUN_KINDS, forks: ['Berlin'] })).to.equal(1);
    const one = await check(source, { suites: ['rlp'], forks: null }, (id) => id.includes('f3.json::dog'));
    expect(mismatches(one)).to.deep.equal(['RLPTests any rlp 24 23']);
    for (const picks of [{ grep: 'dog' }, { sample: 5 }]) {
      expect(await check(source, WHOLE, (id) => !id.includes('dog'), picks)).to.deep.equal([]);
    }
  });

  it('say in one line that a source is unknown, or a suite in it', async () => {
    const other = Object.fromEntries(Object.keys(SUITE).map((path) => [path, rlp('cow')]));
    expect(await check(await sourceOf(other))).to.deep.equal([
      { type: 'note', message: 'src: not a release with expected counts, so its number of cases is not checked' },
    ]);
    const events = await check(await sourceOf({ ...SUITE, 'mine/x.json': rlp('cat') }));
    expect(events.map(({ type }) => type)).to.deep.equal(['note', 'counts:checked']);
    expect(events[0]).to.include({ message: 'src: no expected counts for mine' });
  });

  it('take a few files of a release for no release', async () => {
    const few = { 'RLPTests/f0.json': rlp('dog', 'c00'), 'RLPTests/f1.json': rlp('dog', 'c01') };
    expect((await check(await sourceOf(few))).map(({ type }) => type)).to.deep.equal(['note']);
  });

  it('double where a source is given twice, and are silent about one that broke off', async () => {
    const source = await sourceOf(SUITE);
    const run = new ExpectedRun(
      { outcomes: [], incomplete: [], counts: known },
      { ...WHOLE, grep: null, sample: null },
    );
    for (const see of [run.begin('src'), run.begin('src')]) for await (const entry of source) await see(entry);
    expect(run.conclude()[0]).to.include({ type: 'counts:checked', expected: 52 });
    run.judge({ type: 'source:error', source: 'src', message: 'truncated' });
    expect(run.conclude()).to.deep.equal([]);
  });

  it('keep their file through writing and reading', async () => {
    const path = join(folder, 'counts.json');
    await writeFile(path, formatExpectedCounts(known));
    const again = await readExpectedCounts(path);
    expect(formatExpectedCounts(again)).to.equal(formatExpectedCounts(known));
    expect(again.get('small')?.get('RLPTests')?.sample.size).to.equal(8);
  });

  it('refuse a bad file by name and field', async () => {
    const path = join(folder, 'bad.json');
    const suite = { sample: { 'a.json': '0123456789abcdef' }, cases: { rlp: { any: 2 } } };
    const of = (change: object): object => ({
      format: 'lockstep-expected-counts',
      version: 1,
      releases: { r: { RLPTests: { ...suite, ...change } } },
    });
    const bad: [object, string][] = [
      [{ releases: {} }, 'format'],
      [of({ cases: { rlp: { any: 0 } } }), 'releases.r.RLPTests.cases.rlp.any'],
      [of({ cases: { rpl: { any: 1 } } }), 'releases.r.RLPTests.cases.rpl'],
      [of({ sample: {} }), 'releases.r.RLPTests.sample'],
      [of({ sample: { 'a.json': 'xyz' } }), 'releases.r.RLPTests.sample["a.json"]'],
      [of({ more: 1 }), 'releases.r.RLPTests.more'],
    ];
    for (const [content, field] of bad) {
      await writeFile(path, JSON.stringify(content));
      const error: unknown = await readExpectedCounts(path).catch((thrown: unknown) => thrown);
      expect(error, field).to.be.instanceOf(ExpectationFileError);
      expect((error as ExpectationFileError).field).to.equal(field);
      expect((error as ExpectationFileError).message).to.contain(path);
    }
  });

  it('place files by their suite, with and without the folder of the older generations', () => {
    for (const prefix of ['', 'LegacyTests/', 'checkout/LegacyTests/', 'wrapped/']) {
      expect(placeOf(`${prefix}Cancun/GeneralStateTests/stX/y.json`)).to.deep.equal({
        suite: 'Cancun/GeneralStateTests',
        path: 'Cancun/GeneralStateTests/stX/y.json',
      });
    }
    expect(placeOf('fixtures/state_tests/prague/eip/a.json')).to.deep.equal({
      suite: 'state_tests/prague',
      path: 'state_tests/prague/eip/a.json',
    });
    expect(placeOf('a.json')).to.deep.equal({ suite: '.', path: 'a.json' });
  });

  for (const [release, open] of [
    ['corpus', corpusSource],
    ['corpus-filled', filledCorpusSource],
  ] as const) {
    it(`of the package hold for the embedded corpus: ${release}`, async () => {
      const shipped = await readExpectedCounts(join(packageRoot, 'runners/expectations/expected-counts.json'));
      const survey = await surveySource(await open(packageRoot), (error) => {
        throw error;
      });
      const counts = shipped.get(release) ?? new Map();
      expect(formatExpectedCounts(new Map([[release, survey]]))).to.equal(
        formatExpectedCounts(new Map([[release, counts]])),
      );
    });
  }
});
