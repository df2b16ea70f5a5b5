import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pc from 'picocolors';
import { incompleteLines } from '../../reports/incomplete.js';
import type { CaseIdentity, IncompleteSuite, RunEvent } from '../../runners/events/events.js';
import { EXIT, emptyCoverage, Tally } from '../../runners/events/tally.js';
import { readExpectations } from '../../runners/expectations/expectations.js';
import type { ExpectedCounts } from '../../runners/expectations/expected-counts.js';
import { ExpectedRun, type ExpectedSelection } from '../../runners/expectations/expected-run.js';
import { ExpectationFileError } from '../../runners/expectations/file-error.js';
import type { MissingFile } from '../../runners/expectations/incomplete.js';
import { classifyPath, RUN_KINDS } from '../../runners/fixtures/classify.js';

const SUITE = 'blockchain_tests_engine_x/osaka';
const ENTRY: MissingFile = {
  suite: SUITE,
  missing: 'pre_alloc/0xcd.json',
  cases: 2,
  reason: 'published without it',
  link: 'https://example.org/release',
  proof: 'no account of it stands anywhere else',
};
const WHOLE: ExpectedSelection = { suites: RUN_KINDS, forks: null, grep: null, sample: null };
const NO_COUNTS: ExpectedCounts = new Map();

function identity(test: string, source = 's', group = SUITE): CaseIdentity {
  const file = `${group}/t.json`;
  return { id: `${file}::${test}[Osaka]`, source, file, group, network: 'Osaka', kind: 'blockchain-engine-x' };
}

function orphan(test: string, missing: string | null = ENTRY.missing, source = 's', group = SUITE): RunEvent {
  const one = identity(test, source, group);
  const error = { source, file: one.file, test, field: 'preHash', message: `there is no ${missing}` };
  return { type: 'fixture:error', error: missing === null ? error : { ...error, missing }, case: one, job: 0 };
}

function passing(test: string, source = 's', group = SUITE): RunEvent {
  const nothing = { cause: null, differences: [], block: null, transaction: null, threads: null } as const;
  const result = { ...identity(test, source, group), ...nothing, verdict: 'pass', milliseconds: 1 } as const;
  return { type: 'case:end', job: 0, result: { ...result, coverage: emptyCoverage() } };
}

interface Judged {
  readonly tally: Tally;
  readonly checked: readonly IncompleteSuite[];
}

function judge(events: readonly RunEvent[], entries = [ENTRY], selection = WHOLE): Judged {
  const run = new ExpectedRun({ outcomes: [], incomplete: entries, counts: NO_COUNTS }, selection);
  const tally = new Tally();
  for (const event of events) tally.on(run.judge(event));
  for (const event of run.conclude()) tally.on(event);
  return { tally, checked: tally.incomplete };
}

function lines({ tally }: Judged): string {
  return incompleteLines(tally, pc.createColors(false)).join('\n');
}

describe('suites that lack a file', () => {
  it('have exactly as many cases that cannot run as their entry says, which are neither passed nor skipped', () => {
    const judged = judge([passing('a'), orphan('b'), passing('c'), orphan('d')]);
    expect(judged.tally.summary).to.include({ cases: 2, pass: 2, skipped: 0, expected: 0 });
    expect(judged.tally.unrunnable).to.equal(2);
    expect(judged.tally.fixtureErrors).to.deep.equal([]);
    const { cases: expected, ...rest } = ENTRY;
    expect(judged.checked).to.deep.equal([{ source: 's', ...rest, expected, found: 2, state: 'met' }]);
    expect(judged.tally.exitCode()).to.equal(EXIT.expected);
    expect(lines(judged)).to.contain('2 cases cannot run: s lacks pre_alloc/0xcd.json (expectations.json)');
    expect(lines(judged)).to.contain('published without it https://example.org/release');
  });

  it('hold a run up with one case more, and with one fewer', () => {
    for (const found of [1, 3]) {
      const orphans = Array.from({ length: found }, (_, i) => orphan(`o${i}`));
      const judged = judge([passing('a'), ...orphans]);
      expect(judged.checked.map((one) => [one.found, one.state])).to.deep.equal([[found, 'unmet']]);
      expect(judged.tally.exitCode()).to.equal(EXIT.infrastructure);
      expect(lines(judged)).to.match(new RegExp(`✖ ${found} cases? cannot run: s lacks .*; 2 expected`));
    }
  });

  it('are counted by source: half of the cases in each of two is no match', () => {
    const judged = judge([passing('a'), orphan('b'), passing('a', 't'), orphan('c', ENTRY.missing, 't')]);
    expect(judged.checked.map(({ source, state }) => [source, state])).to.deep.equal([
      ['s', 'unmet'],
      ['t', 'unmet'],
    ]);
    expect(judged.tally.exitCode()).to.equal(EXIT.infrastructure);
  });

  it('excuse no other file, no other suite and no other fault', () => {
    const both = [passing('a'), orphan('b'), orphan('c')];
    for (const other of [
      orphan('x', 'pre_alloc/0xce.json'),
      orphan('x', ENTRY.missing, 's', 'blockchain_tests_engine_x/prague'),
      orphan('x', null),
    ]) {
      const { tally } = judge([...both, other]);
      expect(tally.fixtureErrors).to.have.length(1);
      expect(tally.unrunnable).to.equal(2);
      expect(tally.exitCode()).to.equal(EXIT.infrastructure);
    }
    const { tally } = judge(both, []);
    expect(tally.fixtureErrors).to.have.length(2);
    expect(tally.exitCode()).to.equal(EXIT.infrastructure);
  });

  it('make an entry stale where no case lacks the file, and say nothing of suites that were not run', () => {
    const stale = judge([passing('a')]);
    expect(stale.checked.map(({ found, state }) => [found, state])).to.deep.equal([[0, 'stale']]);
    expect(stale.tally.exitCode()).to.equal(EXIT.expected);
    expect(lines(stale)).to.contain('! stale expectation');
    expect(judge([passing('a', 's', 'blockchain_tests_engine_x/prague')]).checked).to.deep.equal([]);
  });

  it('may have fewer such cases where a run takes some cases only, but not more', () => {
    for (const part of [{ grep: 'x' }, { sample: 3 }, { forks: ['Osaka'] }]) {
      const selection = { ...WHOLE, ...part };
      const some = judge([passing('a'), orphan('b')], [ENTRY], selection);
      expect(some.checked.map(({ state }) => state)).to.deep.equal(['met']);
      expect(some.tally.exitCode()).to.equal(EXIT.expected);
      expect(lines(some)).to.contain('1 selected case (of 2) cannot run: s lacks');
      const many = judge([passing('a'), ...['b', 'c', 'd'].map((test) => orphan(test))], [ENTRY], selection);
      expect(many.tally.exitCode()).to.equal(EXIT.infrastructure);
      expect(judge([passing('a')], [ENTRY], selection).checked).to.deep.equal([]);
    }
  });

  it('do not make a run of nothing else a success', () => {
    expect(judge([orphan('b'), orphan('c')]).tally.exitCode()).to.equal(EXIT.noCase);
  });

  it('have their cases counted: a case that cannot run is not lost', async () => {
    const path = `${SUITE}/t.json`;
    expect(classifyPath(path)).to.equal('blockchain-engine-x');
    const bytes = Buffer.from('{}');
    const entry = { file: path, size: 2, bytes: async () => bytes, text: async () => '{}' };
    const mark = '44136fa355b3678a';
    const counts: ExpectedCounts = new Map([
      [
        'release',
        new Map([
          [
            SUITE,
            { sample: new Map([[path, mark]]), cases: new Map([['blockchain-engine-x', new Map([['Osaka', 3]])]]) },
          ],
        ]),
      ],
    ]);
    const run = new ExpectedRun({ outcomes: [], incomplete: [ENTRY], counts }, WHOLE);
    await run.begin('s')(entry);
    for (const event of [passing('a'), orphan('b'), orphan('c')]) run.judge(event);
    expect(run.conclude().map(({ type }) => type)).to.deep.equal(['counts:checked', 'incomplete:checked']);
  });
});

describe('entries of the expectations file about a missing file', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-incomplete-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function read(...incomplete: unknown[]): Promise<readonly MissingFile[]> {
    const path = join(folder, 'known.json');
    await writeFile(path, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries: [], incomplete }));
    return (await readExpectations(path)).incomplete;
  }

  it('are read, and checked field by field', async () => {
    expect(await read(ENTRY)).to.deep.equal([ENTRY]);
    const { proof: _, ...noProof } = ENTRY;
    const wrong: [unknown[], string, RegExp][] = [
      [[noProof], 'incomplete[0].proof', /is missing/],
      [[{ ...ENTRY, proof: ' ' }], 'incomplete[0].proof', /is no text/],
      [[{ ...ENTRY, cases: 0 }], 'incomplete[0].cases', /no positive whole number/],
      [[{ ...ENTRY, tests: ['a'] }], 'incomplete[0].tests', /no such field/],
      [[{ ...ENTRY, link: 'somewhere' }], 'incomplete[0].link', /is no address/],
      [[{ ...ENTRY, missing: 'pre_alloc/*.json' }], 'incomplete[0].missing', /is no path/],
      [[{ ...ENTRY, missing: '../x.json' }], 'incomplete[0].missing', /is no path/],
      [[ENTRY, { ...ENTRY, cases: 3 }], 'incomplete[1]', /twice/],
    ];
    for (const [entries, field, message] of wrong) {
      const error = await read(...entries).catch((one: unknown) => one);
      expect(error).to.be.instanceOf(ExpectationFileError);
      expect(error).to.include({ field });
      expect((error as ExpectationFileError).detail).to.match(message);
    }
  });
});
