/** Sums and ratios of `npm run bench -- suites`, and the order in which the sides run. */
import { expect } from 'chai';
import { costOf, ratioOf, ratioOfSums, runBatch, type Side, sumOf } from '../../bench/suites-measure.js';
import { archiveLines } from '../../bench/suites-report.js';

const MEASURED = [
  {
    name: 'a',
    rounds: [
      [100, 10],
      [300, 20],
    ],
  },
  {
    name: 'b',
    rounds: [
      [900, 10],
      [100, 20],
    ],
  },
];

describe('bench suites', () => {
  it('takes ratios of sums round by round', () => {
    expect(sumOf(MEASURED, [0])).to.deep.equal({ median: 700, min: 400, max: 1000 });
    expect(ratioOfSums(MEASURED, [0], [1])).to.deep.equal({ median: 30, min: 10, max: 50 });
    expect(ratioOf(MEASURED[0] as (typeof MEASURED)[number], [0, 1], [1]).max).to.equal(16);
    expect(costOf(MEASURED[0] as (typeof MEASURED)[number], [0, 1])).to.deep.equal({ median: 215, min: 110, max: 320 });
  });

  it('gives each archive its own ratio', () => {
    const rounds = (theirs: number, serial: number, both: number): number[][] => [[theirs, serial, both]];
    const measured = [
      { name: 'a', source: 'one', rounds: rounds(6000, 100, 200) },
      { name: 'b', source: 'two', rounds: rounds(1000, 100, 250) },
      { name: 'c', source: 'one', rounds: rounds(2000, 300, 600) },
    ];
    const [, , , one, two] = archiveLines({ measured }).map((line) => line.replace(/ \([^)]*\)/g, ''));
    expect(one).to.match(/^\| one \| 2 \| 8\S* \| 20\S* \| 10\S* \|$/);
    expect(two).to.match(/^\| two \| 1 \| 1\S* \| 10\S* \| 4\S* \|$/);
    expect(archiveLines({ measured: measured.slice(1, 2) })).to.deep.equal([]);
  });

  it('runs one side over all the work before the next, and keeps what went wrong', async () => {
    const order: string[] = [];
    const side = (name: string, fault: string | null = null): Side => ({
      prepare: async () => async () => {
        order.push(name);
        return fault;
      },
    });
    const work = [
      [side('x1'), side('y1', 'wrong')],
      [side('x2'), side('y2')],
    ];
    const passes = await runBatch(work, false);
    await runBatch(work, true);
    expect(order).to.deep.equal(['x1', 'x2', 'y1', 'y2', 'y1', 'y2', 'x1', 'x2']);
    expect(passes.map(({ faults }) => faults)).to.deep.equal([
      [null, 'wrong'],
      [null, null],
    ]);
  });
});
