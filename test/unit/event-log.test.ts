import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { merge } from '../../runners/cli/merge.js';
import { readPriorRun } from '../../runners/cli/prior-run.js';
import { report } from '../../runners/cli/report.js';
import type { Reporter, RunEvent } from '../../runners/events/events.js';
import { EventLogError } from '../../runners/events/log-error.js';
import { formatLine } from '../../runners/events/log-line.js';
import { type LogEnd, readEventLog } from '../../runners/events/log-reader.js';
import { EventLog } from '../../runners/events/log-writer.js';
import { type LoggedRunEnd, readLoggedRun } from '../../runners/events/logged-run.js';
import { emptyCoverage } from '../../runners/events/tally.js';
import { VERDICTS } from '../../runners/verdict/verdict.js';
import { caseEvents, identityOf, resultOf, runOf, SOURCE, startOf } from '../support/events.js';

const EVERYTHING: RunEvent[] = [
  { type: 'note', message: 'a sample' },
  { type: 'not-run', source: SOURCE, file: 'y.json', kind: 'metadata', count: 1 },
  { type: 'source:error', source: SOURCE, message: 'truncated' },
  {
    type: 'fixture:error',
    error: { source: SOURCE, file: 'y.json', test: 't', field: 'env', message: 'malformed' },
    case: identityOf('bad'),
    job: 0,
  },
  { type: 'case:unrunnable', job: 1, case: identityOf('lacking'), missing: 'pre_alloc/0x1.json' },
  { type: 'counts:checked', source: SOURCE, releases: ['r'], expected: 7 },
  {
    type: 'counts:mismatch',
    mismatch: { source: SOURCE, release: 'r', suite: 's', kind: 'state', network: 'Cancun', expected: 2, found: 1 },
  },
  { type: 'expectation:stale', expectation: { case: '*', outcome: 'nonconformant', reason: 'r', link: 'l' } },
  {
    type: 'incomplete:checked',
    incomplete: {
      ...{ source: SOURCE, suite: 's', missing: 'm.json', expected: 1, found: 1, state: 'met' },
      ...{ reason: 'r', link: 'l', proof: 'p' },
    },
  },
  { type: 'shard:facts', facts: { suites: [], expectations: [], incomplete: [] } },
  { type: 'run:error', message: 'no job could be started' },
];

const RESULTS = [
  ...VERDICTS.map((verdict, index) => resultOf(`t${index}`, verdict)),
  resultOf('zero', 'pass', { coverage: emptyCoverage(), block: 0, transaction: 0, cause: 'c', milliseconds: 0 }),
  resultOf('fused', 'divergent', {
    fused: { plan: 'conflict', aborted: true, rejected: false, seconded: false },
    expectation: { case: '*', outcome: 'divergent', reason: 'r', link: 'l', unmet: null },
    schedule: '17',
    explanation: {
      ...{ transaction: 1, subject: 'a to b', outcome: [], writes: [], schedule: ['17 1 executing 3.0'] },
      reads: [{ location: 'l', serial: '1', parallel: '2', origin: 'o', standing: 's' }],
      finding: 'Stale “read” \u2028 of\nslot 1.',
      incarnations: [{ transaction: 1, incarnations: 2, state: 'committed', history: 'twice' }],
    },
  }),
];

describe('event log', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-log-'));
    path = join(folder, 'run.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  function log(events: readonly RunEvent[]): void {
    const writer = EventLog.create(path);
    for (const event of events) writer.on(event, Date.now());
    writer.close();
  }

  async function read(): Promise<{ events: RunEvent[]; end: LogEnd }> {
    const events: RunEvent[] = [];
    const lines = readEventLog(path);
    for (let next = await lines.next(); ; next = await lines.next()) {
      if (next.done) return { events, end: next.value };
      events.push(next.value.event);
    }
  }

  async function folded(): Promise<{ events: RunEvent[]; end: LoggedRunEnd }> {
    const events: RunEvent[] = [];
    const lines = readLoggedRun(path);
    for (let next = await lines.next(); ; next = await lines.next()) {
      if (next.done) return { events, end: next.value };
      events.push(next.value.event);
    }
  }

  async function refused(content: string): Promise<EventLogError> {
    await writeFile(path, content);
    try {
      await read();
    } catch (error) {
      if (error instanceof EventLogError) return error;
      throw error;
    }
    throw new Error('was accepted');
  }

  const lines = (...events: RunEvent[]): string => events.map((event) => `${formatLine({ at: 1, event })}\n`).join('');

  it('gives back every event as it was, with what is null, empty or zero left out of the file', async () => {
    const events = runOf(RESULTS, {}, EVERYTHING);
    log(events);
    expect((await read()).events).to.deep.equal(events);
    const text = await readFile(path, 'utf8');
    expect(text.split('\n').find((line) => line.includes('::t0[') && line.includes('case:end'))).not.to.match(
      /null|aborts|differences/,
    );
  });

  it('leaves out what lives only while the run does', async () => {
    log([startOf(), { type: 'source:progress', source: SOURCE, fraction: 0.5 }]);
    expect((await read()).events).to.deep.equal([startOf()]);
  });

  it('counts everything before a torn last line, wherever it is torn', async () => {
    const events = runOf([resultOf('a'), resultOf('b', 'nonconformant')]);
    log(events);
    const whole = await readFile(path);
    for (let size = whole.indexOf('\n') + 1; size < whole.length; size += 23) {
      await writeFile(path, whole.subarray(0, size));
      const { events: found, end } = await read();
      expect(found).to.deep.equal(events.slice(0, found.length));
      expect(end.bytes).to.equal(whole.lastIndexOf('\n', size - 1) + 1);
      expect(end.torn).to.equal(end.bytes < size);
    }
  });

  it('has each case that ended on disk at once, and what began soon after', async () => {
    const writer = EventLog.create(path);
    for (const event of [startOf(), ...caseEvents(resultOf('a'))]) writer.on(event, Date.now());
    expect((await read()).events).to.have.length(3);
    writer.on(caseEvents(resultOf('b'))[0] as RunEvent, Date.now());
    expect((await read()).events).to.have.length(3);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await read()).events).to.have.length(4);
    writer.close();
  });

  it('does not write over a file that holds anything', async () => {
    log([startOf()]);
    expect(() => EventLog.create(path)).to.throw(EventLogError, /exists.*--resume/);
    await writeFile(path, '');
    EventLog.create(path).close();
  });

  it('makes the folder, and says where it cannot write', async () => {
    EventLog.create(join(folder, 'a', 'b', 'run.jsonl')).close();
    await writeFile(join(folder, 'file'), '');
    expect(() => EventLog.create(join(folder, 'file', 'run.jsonl'))).to.throw(EventLogError, /cannot be written \(E/);
  });

  it('goes on behind the last whole line', async () => {
    const [start, ...rest] = runOf([resultOf('a')]);
    await writeFile(path, `${lines(start as RunEvent)}{"at":1,"type":"case:e`);
    const { end } = await read();
    const writer = EventLog.continued(path, end.bytes);
    for (const event of rest) writer.on(event, Date.now());
    writer.close();
    expect((await read()).events).to.deep.equal([start, ...rest]);
  });

  it('names file, line and field of what it cannot read', async () => {
    const start = lines(startOf());
    expect((await refused('')).message).to.equal(`${path}: holds no event; this is no event log`);
    expect((await refused('{"format":"lockstep-report"}\n')).message).to.match(
      /line 1: does not start a run; this is no/,
    );
    expect((await refused('hello\n')).message).to.match(/line 1: is no JSON; this is no event log/);
    const other = await refused(start.replace('"version":1', '"version":2'));
    expect(other.message).to.match(/run.jsonl line 1 field version: 2 is a version that this lockstep does not know/);
    expect((await refused(`${start}{"at":1,\n${start}`)).message).to.match(/line 2: malformed JSON/);
    expect((await refused(`${start}{"type":"note","message":"m"}\n`)).message).to.match(
      /line 2 field at: is no number/,
    );
    const bad = lines(...caseEvents(resultOf('a', 'divergent'))).replace('"what":"stateRoot"', '"what":5');
    const error = await refused(start + bad);
    expect(error.message).to.match(/line 3 field result\.differences\[0\]\.what: is no text/);
    expect(error).to.include({ line: 3, field: 'result.differences[0].what', code: 'EVENT_LOG' });
    const odd = lines(...caseEvents(resultOf('a'))).replace('"verdict":"pass"', '"verdict":"fine"');
    expect((await refused(start + odd)).message).to.match(/field result\.verdict: "fine" is none of pass, /);
  });

  it('passes over events and fields of later versions', async () => {
    await writeFile(
      path,
      `${lines(startOf())}{"at":2,"type":"case:heat","job":1}\n{"at":3,"type":"note","message":"m","more":1}\n`,
    );
    expect((await read()).events.map(({ type }) => type)).to.deep.equal(['run:start', 'note']);
  });

  it('reads a run that was broken off and gone on with as one', async () => {
    const [a, b] = [resultOf('a'), resultOf('b')];
    const whole = runOf([a, b]);
    const resume: RunEvent = { type: 'run:resume', version: 1, environment: startOf().environment, ended: 1 };
    const broken: RunEvent = { type: 'source:error', source: SOURCE, message: 'vanished' };
    const before = [...whole.slice(0, 6), broken, caseEvents(b)[0] as RunEvent];
    log([...before, resume, ...caseEvents(b, 1), ...whole.slice(8)]);
    const { events, end } = await folded();
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'run:start')).to.have.length(1);
    expect(types).not.to.include.members(['run:resume']);
    expect(types).not.to.include('source:error');
    expect(types.filter((type) => type === 'case:end')).to.have.length(2);
    expect(end).to.include({ whole: true, durationMs: 1000 });
    expect(end.running).to.deep.equal([]);
  });

  it('does not call a run whole whose source broke off, though it came to its end', async () => {
    for (const event of [
      { type: 'source:error', source: SOURCE, message: 'truncated' },
      { type: 'run:error', message: 'no job could be started' },
    ] as const) {
      await writeFile(path, lines(...runOf([resultOf('a')], {}, [event])));
      expect((await folded()).end.whole, event.type).to.equal(false);
    }
    await writeFile(path, lines(...runOf([resultOf('a')])));
    expect((await folded()).end.whole).to.equal(true);
  });

  it('tells of a killed run what it was at and what it had cost', async () => {
    const text = lines(...runOf([resultOf('a'), resultOf('b')]).slice(0, 7)).split('\n');
    await writeFile(path, text.map((line, i) => line.replace('"at":1', `"at":${1000 + 10 * i}`)).join('\n'));
    const { end } = await folded();
    expect(end).to.include({ end: null, whole: false, durationMs: 60 });
    expect(end.running).to.deep.equal([identityOf('b')]);
    expect(end.usage).to.deep.equal({
      cpuMs: { jobs: 7, parent: 0 },
      peakBytes: null,
      memory: 'pss',
      sources: [{ source: SOURCE, cases: 1, wallMs: 0, cpuMs: 7, peakBytes: null }],
    });
    const told: RunEvent[] = [];
    expect(await report([path], [{ on: (event) => told.push(event) } satisfies Reporter])).to.equal(130);
    expect(told.at(-1)).to.include({ type: 'run:end', reason: 'interrupted', exitCode: 130 });
    expect(told.find(({ type }) => type === 'note'))
      .to.have.property('message')
      .that.matches(/killed at .*::b\[Cancun\]/);
  });

  it('refuses a log that holds fewer or more cases of a file than the file had, whatever reads it', async () => {
    const whole = runOf([resultOf('a'), resultOf('b'), resultOf('c')], { shard: { index: 1, of: 1 } });
    const ends = whole.flatMap((event) => (event.type === 'case:end' ? [event] : []));
    const lacking = whole.filter((event) => event !== ends[1]);
    const doubled = whole.flatMap((event) => (event === ends[1] ? [event, event] : [event]));
    for (const [events, line, held] of [
      [lacking, 10, 2],
      [doubled, 12, 4],
    ] as const) {
      await writeFile(path, lines(...events));
      const cases = `cases of ${ends[0]?.result.file} of ${SOURCE} that have ended`;
      const said = `${path} line ${line} field cases: says 3, but the log holds ${held} ${cases}; it is not whole`;
      for (const reading of [folded, () => report([path], []), () => readPriorRun(path)]) {
        const error: unknown = await reading().catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(EventLogError).with.property('message', said);
      }
    }
    await writeFile(path, lines(...lacking));
    const merged = merge([path], { out: join(folder, 'merged.jsonl') }, { write: () => undefined });
    expect(await merged.catch((reason: unknown) => reason)).to.be.instanceOf(EventLogError);
  });

  it('refuses what comes after the end, and a second run', async () => {
    const whole = runOf([resultOf('a')]);
    for (const event of [{ type: 'note', message: 'm' } as const, ...caseEvents(resultOf('b')).slice(1)]) {
      await writeFile(path, lines(...whole, event));
      await folded().then(
        () => expect.fail('was accepted'),
        (error: Error) =>
          expect(error.message).to.contain(`line 10 field type: ${event.type} comes after the end of the run`),
      );
    }
    await writeFile(path, lines(startOf(), startOf()));
    await folded().then(
      () => expect.fail('was accepted'),
      (error: Error) => expect(error.message).to.match(/line 2 field type: a second run starts/),
    );
  });
});
