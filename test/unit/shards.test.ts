import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { JsonReporter } from '../../reports/json.js';
import type { Report } from '../../reports/report.js';
import { merge } from '../../runners/cli/merge.js';
import { parseShard, type RunOptions } from '../../runners/cli/options.js';
import { report } from '../../runners/cli/report.js';
import { timings } from '../../runners/cli/timings.js';
import type { RunEvent } from '../../runners/events/events.js';
import { formatLine } from '../../runners/events/log-line.js';
import { shardOf } from '../../runners/shards/hash.js';
import { MergeError } from '../../runners/shards/merge.js';
import { hashPlan, timedPlan } from '../../runners/shards/plan.js';
import { caseEvents, resultOf, runOf, SOURCE } from '../support/events.js';
import type { Behaviour } from '../support/fake-case-runner.js';
import { ENVIRONMENT, type FakeFiles, runFakes, timeless, writeFakes } from '../support/run-command.js';

const PASSES = new Array<Behaviour>(20).fill('pass');
const FILES: FakeFiles = {
  'GeneralStateTests/a.json': [...PASSES, 'fail', 'fail', 'fail', 'malformed', 'malformed'],
  'GeneralStateTests/b.json': [...PASSES, 'throw'],
  'GeneralStateTests/deep/c.json': ['pass', 'fail'],
};
const CASES = 48;

describe('parts of a run', function () {
  this.timeout(60_000);
  let folder = '';
  let fixtures = '';
  let known = '';
  let counts = '';
  let whole: Report;
  const logs: string[] = [];

  async function part(index: number, of: number, more: Partial<RunOptions> = {}, environment = ENVIRONMENT) {
    const events = join(folder, `${Object.keys(more).join('-') || 'part'}-${environment.lockstep}-${index}.jsonl`);
    await rm(events, { force: true });
    const asked = { fixtures: [fixtures], expectations: known, expectedCounts: counts, shard: { index, of }, events };
    return { ...(await runFakes({ ...asked, ...more }, environment)), path: events };
  }

  async function reported(paths: readonly string[]): Promise<{ code: number; report: Report }> {
    const path = join(folder, 'report.json');
    const code = await report(paths, [new JsonReporter(path)]);
    return { code, report: JSON.parse(await readFile(path, 'utf8')) as Report };
  }

  const SILENT = { write: (): void => undefined };

  async function refused(paths: readonly string[]): Promise<string> {
    const out = join(folder, 'refused.jsonl');
    try {
      await merge(paths, { out }, SILENT);
    } catch (error) {
      expect(error).to.be.instanceOf(MergeError);
      expect((await readdir(folder)).filter((name) => name.startsWith('refused'))).to.deep.equal([]);
      return (error as Error).message;
    }
    throw new Error('was accepted');
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-shards-'));
    fixtures = join(folder, 'fixtures');
    await writeFakes(fixtures, FILES);
    const proof = {
      eip: 'EIP-1',
      issue: 'https://example.org/1',
      machines: [
        { machine: 'a', says: 'x' },
        { machine: 'b', says: 'x' },
      ],
    };
    const entry = { outcome: 'nonconformant', cause: 'state', reason: 'r', link: 'https://example.org', proof };
    const entries = [
      { ...entry, case: 'GeneralStateTests/deep/c.json::fail[*]' },
      { ...entry, case: 'GeneralStateTests/a.json::gone[*]' },
    ];
    known = join(folder, 'known.json');
    await writeFile(known, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries }));
    counts = join(folder, 'counts.json');
    const mark = await import('../../runners/expectations/suite.js').then(({ contentMark }) =>
      contentMark(Buffer.from(JSON.stringify(FILES['GeneralStateTests/deep/c.json']))),
    );
    const suite = { sample: { 'GeneralStateTests/deep/c.json': mark }, cases: { state: { Cancun: CASES + 1 } } };
    const releases = { fakes: { GeneralStateTests: suite } };
    await writeFile(counts, JSON.stringify({ format: 'lockstep-expected-counts', version: 1, releases }));
    const run = await runFakes({ fixtures: [fixtures], expectations: known, expectedCounts: counts });
    whole = run.report;
    for (const index of [1, 2, 3]) logs.push((await part(index, 3)).path);
  });
  after(() => rm(folder, { recursive: true }));

  it('make the report of the whole run, counts and expectations included, in whatever order they come', async () => {
    expect(whole.expectedCounts.mismatches).to.have.length(1);
    expect(whole.staleExpectations).to.have.length(1);
    expect(whole.summary).to.include({ cases: CASES - 2, expected: 1, nonconformant: 3, crashed: 1 });
    const out = join(folder, 'merged.jsonl');
    let told = '';
    const write = (text: string): void => {
      told += text;
    };
    const inOtherOrder = [2, 0, 1].map((i) => logs[i] as string);
    expect(await merge(inOtherOrder, { out }, { write })).to.equal(3);
    expect(told).to.equal(`${CASES - 2} cases of 3 parts in ${out}\n`);
    const merged = await reported([out]);
    expect(merged.code).to.equal(3);
    expect(timeless(merged.report)).to.deep.equal(timeless(whole));
    expect(timeless((await reported(logs)).report)).to.deep.equal(timeless(whole));
  });

  it('judge nothing that only the whole can be judged by', async () => {
    const { events } = await part(1, 3);
    const types = new Set(events.map(({ type }) => type));
    expect(types).to.include('shard:facts');
    for (const type of ['counts:mismatch', 'counts:checked', 'expectation:stale'] as const)
      expect(types).not.to.include(type);
  });

  it('each hold their own cases, also where one is killed and gone on with', async () => {
    const { path, ran } = await part(2, 3, { bail: false });
    expect(ran.every((id) => shardOf(id, 3) === 2)).to.equal(true);
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, lines.slice(0, 12).join('\n'));
    expect(await refused([logs[0] as string, path, logs[2] as string])).to.match(
      /part 2 of 3 was killed; `lockstep run --resume .*-2.jsonl` goes on/,
    );
    await runFakes({ resume: path, expectations: known, expectedCounts: counts });
    const { report } = await reported([logs[0] as string, path, logs[2] as string]);
    expect(timeless(report)).to.deep.equal(timeless(whole));
  });

  it('are refused where one is missing, twice there, or no part', async () => {
    const [a, b, c] = logs as [string, string, string];
    expect(await refused([a, c])).to.match(/part 2 of 3 is missing/);
    expect(await refused([b, a])).to.match(/part 3 of 3 is missing/);
    expect(await refused([c])).to.match(/part 1 of 3 is missing.*part 2 of 3 is missing/s);
    expect(await refused([a, b, c, b])).to.match(/part 2 of 3 is there twice: .*-2.jsonl and .*-2.jsonl/);
    const path = join(folder, 'unsplit.jsonl');
    await runFakes({ fixtures: [fixtures], events: path });
    expect(await refused([a, b, path])).to.match(/unsplit.jsonl: is the log of a whole run/);
  });

  it('are refused where settings, versions or fixtures are not the same', async () => {
    const [a, b] = logs as [string, string, string];
    expect(await refused([a, b, (await part(3, 3, { threads: [1, 2] })).path])).to.match(/threads: 1 in .*, 1,2 in /);
    expect(await refused([a, b, (await part(3, 4)).path])).to.match(/shard\.of: 3 in .*, 4 in /);
    const other = await part(3, 3, {}, { ...ENVIRONMENT, lockstep: '0.0.9' });
    expect(await refused([a, b, other.path])).to.match(/version of lockstep: 0.1.0 in .*, 0.0.9 in /);
    const text = await readFile((await part(3, 3)).path, 'utf8');
    const moved = join(folder, 'moved.jsonl');
    await writeFile(moved, text.replaceAll(/"digest":"[0-9a-f]{4}/g, '"digest":"0000'));
    expect(await refused([a, b, moved])).to.match(/different fixtures: digest of .*fixtures is \w{64} in .*, 0000/);
  });

  /** The log of one part of two, as it is. */
  const log = async (name: string, index: number, events: RunEvent[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, events.map((event) => `${formatLine({ at: index, event })}\n`).join(''));
    return path;
  };
  const of = (index: number, timed = {}) => ({ shard: { index, of: 2, ...timed } });

  it('say nothing of counts where the source of one broke off, which has not met all cases', async () => {
    const broken = [1, 2].map((index) => {
      const suites = [
        { suite: 'x', release: 'r', cases: [{ kind: 'state', network: 'Cancun', expected: 9 } as const] },
      ];
      const facts = { suites: index === 1 ? [{ source: SOURCE, suites }] : [], expectations: [], incomplete: [] };
      const told: RunEvent[] = [{ type: 'source:error', source: SOURCE, message: 'truncated' }];
      const more: RunEvent[] = [...(index === 1 ? [] : told), { type: 'shard:facts', facts }];
      return log(`broken-${index}.jsonl`, index, runOf([], of(index), more));
    });
    const merged = await reported(await Promise.all(broken));
    expect(merged.report.sourceErrors).to.have.length(1);
    expect(merged.report.expectedCounts).to.deep.equal({ checked: [], mismatches: [] });
  });

  it('are refused where a case has ended twice, or in a part that it does not belong to', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const home = (name: string): number => shardOf(resultOf(name).id, 2);
    const all = ids.map((name) => resultOf(name));
    const strays = [1, 2].map((index) => log(`stray-${index}.jsonl`, index, runOf(all, of(index))));
    expect(await refused(await Promise.all(strays))).to.match(
      /stray-\d.jsonl: .*::\w\[Cancun\] is no case of part \d of 2/,
    );
    const timed = [1, 2].map((index) => log(`timed-${index}.jsonl`, index, runOf(all, of(index, { timings: 'x' }))));
    expect(await refused(await Promise.all(timed))).to.match(/has ended in .*timed-1.jsonl and in .*timed-2.jsonl/);
    const again = runOf([resultOf('a')], of(home('a')));
    const file = again.findIndex(({ type }) => type === 'file:start');
    const twice = await log('twice.jsonl', 1, again.toSpliced(file, 0, ...again.slice(file, file + 4)));
    const rest = await log('rest.jsonl', 1, runOf([], of(3 - home('a'))));
    expect(await refused([twice, rest])).to.match(
      /::a\[Cancun\] of .* has ended in .*twice.jsonl and in .*twice.jsonl/,
    );
    const own = [1, 2].map((index) => {
      const results = ids.filter((name) => home(name) === index).map((name) => resultOf(name));
      return log(`own-${index}.jsonl`, index, runOf(results, of(index)));
    });
    const merged = join(folder, 'own.jsonl');
    expect(await merge(await Promise.all(own), { out: merged }, SILENT)).to.equal(0);
    expect(caseEvents(resultOf('a'))).to.have.length(2);
    const { report } = await reported([merged]);
    expect(report.summary.pass).to.equal(4);
    expect(report.usage).to.include({ peakBytes: 4e8 });
    expect(report.usage?.cpuMs).to.deep.equal({ jobs: 1800, parent: 200 });
  });

  it('by recorded times hold every case once, cases that are new included', async () => {
    const path = join(folder, 'timings.json');
    expect(await timings(logs, { out: path }, { write: () => undefined })).to.equal(0);
    await writeFakes(fixtures, {
      'GeneralStateTests/new.json': PASSES,
      'GeneralStateTests/a.json': [...PASSES, ...PASSES],
    });
    const all = await runFakes({ fixtures: [fixtures], expectations: known, expectedCounts: counts });
    const parts = [];
    for (const index of [1, 2, 3]) parts.push(await part(index, 3, { shardBy: 'time', timings: path }));
    const merged = await reported(parts.map((one) => one.path));
    expect(timeless(merged.report)).to.deep.equal(timeless(all.report));
    expect(parts.map(({ ran }) => ran.length)).to.satisfy((sizes: number[]) => sizes.every((size) => size > 5));
    await writeFakes(fixtures, FILES);
    await rm(join(fixtures, 'GeneralStateTests/new.json'));
  });
});

describe('dealing out', () => {
  it('spreads ids evenly, and always alike', () => {
    const sizes = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5000; i++) sizes[shardOf(`GeneralStateTests/stX/x.json::t${i}[Cancun/d0g0v0]`, 5) - 1]!++;
    for (const size of sizes) expect(size).to.be.within(900, 1100);
    expect(shardOf('a.json::a[Cancun]', 1)).to.equal(1);
    expect([1, 2, 3].filter((index) => hashPlan({ index, of: 3 }).takes('a.json', 'a.json::a[Cancun]'))).to.have.length(
      1,
    );
  });

  it('by time gives each case to one part, and all parts about as much', () => {
    const files = new Map<string, Map<string, number>>();
    let total = 0;
    for (let f = 0; f < 60; f++) {
      const cases = new Map<string, number>();
      for (let c = 0; c < 1 + (f % 7); c++) cases.set(`t${c}[Cancun]`, f === 3 ? 9000 : (f * 37 + c * 11) % 400);
      files.set(`f${f}.json`, cases);
      for (const one of cases.values()) total += one;
    }
    const plans = [1, 2, 3, 4].map((index) => timedPlan({ index, of: 4 }, files));
    const loads = [0, 0, 0, 0];
    for (const [file, cases] of [...files, ['unknown.json', new Map([['t', 0]])] as const]) {
      for (const name of [...cases.keys(), 'new[Cancun]']) {
        const id = `${file}::${name}`;
        const owners = plans.flatMap((plan, i) => (plan.takes(file, id) ? [i] : []));
        expect(owners).to.have.length(1);
        loads[owners[0] as number]! += cases.get(name) ?? 0;
        for (const [i, plan] of plans.entries()) {
          const share = plan.share(file);
          const isRun =
            share !== null &&
            (share.ids === null || share.ids.includes(id)) &&
            share.except?.includes(id) !== true &&
            (share.shard === undefined || shardOf(id, 4) === i + 1);
          expect(isRun, `${id} in part ${i + 1}`).to.equal(i === owners[0]);
        }
      }
    }
    for (const load of loads) expect(load).to.be.within(0.8 * (total / 4), 1.2 * (total / 4));
    expect(plans.filter((plan) => plan.share('f2.json') !== null)).to.have.length(1);
    expect(plans.filter((plan) => plan.share('f3.json') !== null).length).to.be.greaterThan(1);
  });

  it('reads the parts of a run as they are written', () => {
    expect(parseShard('2/3')).to.deep.equal({ index: 2, of: 3 });
    for (const text of ['0/3', '4/3', '1', '1/', 'a/b', '1/0', '-1/3'])
      expect(() => parseShard(text)).to.throw(/no part/);
  });
});
