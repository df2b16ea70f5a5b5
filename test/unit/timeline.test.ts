/** Timelines of blocks, and their traces. */
import { expect } from 'chai';
import { perfettoTrace } from '../../reports/perfetto.js';
import {
  NOTE_CHECK,
  NOTE_FRONTIER,
  NOTE_LANE,
  NOTE_STATUS,
  NOTE_WAIT,
  NOTE_WOKEN,
  NoteWriter,
  newLog,
  readLog,
} from '../../runners/timeline/log.js';
import { NotingEngine } from '../../runners/timeline/noting-engine.js';
import { type Timeline, timelineOf } from '../../runners/timeline/timeline.js';
import { ABORTING, COMMITTED, EXECUTED, EXECUTING, READY, statusWord } from '../../src/mvmemory/statuses.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from '../support/sample-block.js';

const status = (at: number, transaction: number, incarnation: number, state: number) => ({
  at,
  kind: NOTE_STATUS,
  first: transaction,
  second: statusWord(incarnation, state),
});
const note = (at: number, kind: number, first = 0) => ({ at, kind, first, second: 0 });

describe('timeline', () => {
  it('makes spans of notes', () => {
    const { spans, frontier, duration } = timelineOf(
      [
        [
          status(1000, 0, 0, EXECUTING),
          status(1010, 0, 0, EXECUTED),
          note(1011, NOTE_LANE, 1),
          status(1013, 0, 0, COMMITTED),
          note(1014, NOTE_FRONTIER, 1),
          note(1015, NOTE_LANE, 0),
          note(1016, NOTE_CHECK, 2),
          status(1019, 2, 0, ABORTING),
          status(1022, 2, 1, READY),
        ],
        [note(1002, NOTE_WAIT), note(1030, NOTE_WOKEN), status(1031, 2, 1, EXECUTING), status(1040, 2, 1, EXECUTED)],
      ],
      3,
    );
    expect(
      spans.map(({ worker, kind, start, end, transaction, incarnation, outcome }) => [
        worker,
        kind,
        start,
        end,
        transaction,
        incarnation,
        outcome,
      ]),
    ).to.deep.equal([
      [0, 'execute', 0, 10, 0, 0, 'executed'],
      [1, 'wait', 2, 30, null, null, ''],
      [0, 'validate', 11, 13, 0, 0, 'committed'],
      [0, 'commit', 13, 14, 0, 0, ''],
      [0, 'validate', 16, 19, 2, 0, 'stale'],
      [0, 'abort', 19, 22, 2, 0, ''],
      [1, 'execute', 31, 40, 2, 1, 'executed'],
    ]);
    expect(frontier).to.deep.equal([{ at: 14, transactions: 1 }]);
    expect(duration).to.equal(40);
  });

  it('says where a log was too small, instead of telling half of it', () => {
    const log = newLog(2);
    const writer = new NoteWriter(log);
    for (let i = 0; i < 2; i++) writer.write(NOTE_FRONTIER, i, 0);
    expect(readLog(log).map(({ first }) => first)).to.deep.equal([0, 1]);
    writer.write(NOTE_FRONTIER, 2, 0);
    expect(() => readLog(log)).to.throw(RangeError, '3 notes about the block; there is room for 2');
  });

  for (const threads of [1, 2, 4]) {
    it(`tells of every run and every commit of a block on ${threads} threads`, async () => {
      const told: Timeline[] = [];
      const engine = await NotingEngine.create('wasm', threads, 2, (timeline) => told.push(timeline));
      try {
        const block = sampleBlock(sampleTransactions(40, 5));
        const result = await engine.execute(sampleDatabase(40), block);
        expect(result.ok).to.equal(true);
        expect(told).to.have.length(1);
        const { spans, frontier, transactions } = told[0] as Timeline;
        expect(transactions).to.equal(40);
        const runs = spans.filter(({ kind }) => kind === 'execute');
        // One that a hint parks has not run; one that an estimate parks has.
        expect(result.stats.incarnations).to.be.at.most(runs.length);
        expect(result.stats.incarnations).to.be.at.least(runs.filter(({ outcome }) => outcome !== 'parked').length);
        const committed = spans.filter(({ kind }) => kind === 'commit').map(({ transaction }) => transaction);
        expect(committed).to.deep.equal(Array.from({ length: 40 }, (_, index) => index));
        expect(frontier.map((one) => one.transactions)).to.deep.equal(
          Array.from({ length: 40 }, (_, index) => index + 1),
        );
        for (let worker = 0; worker < threads; worker++) {
          const own = spans.filter((span) => span.worker === worker);
          own.slice(1).forEach((span, index) => {
            expect(span.start, 'a worker does one thing at a time').to.be.at.least(own[index]?.end as number);
          });
        }
        const trace = perfettoTrace([{ block: null, timeline: told[0] as Timeline }], { case: 'sample' });
        const slices = trace.traceEvents.filter(({ ph }) => ph === 'X');
        expect(slices.length).to.equal(spans.length);
        for (const { tid, dur } of slices) {
          expect(tid).to.be.within(1, threads);
          expect(dur).to.be.at.least(0);
        }
        expect(JSON.parse(JSON.stringify(trace))).to.deep.equal(trace);
      } finally {
        await engine.close();
      }
    });
  }
});
