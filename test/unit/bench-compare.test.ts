import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pc from 'picocolors';
import { type CompareOptions, compareBench, hasRegression } from '../../reports/bench/compare.js';
import { BenchFileError, benchFigures, readBenchFile } from '../../reports/bench/figures.js';
import { comparisonLines } from '../../reports/bench/lines.js';

const MACHINE = { cpu: 'one', cores: 2, node: 'v20.20.0' };
const OPTIONS: CompareOptions = { threshold: 0.9, missing: 'regression' };

const spread = (median: number, half = 0) => ({ median, min: median - half, max: median + half });

/** A suite's file with one row of 1,000 transactions. */
function suite(serial: number, speedup: number, ratio: number | null, half = 0, machine: object = MACHINE): unknown {
  const row = {
    name: 'gigagas/erc20',
    detail: false,
    transactions: 1000,
    serial: { time: spread(serial, half * serial) },
    parallel: [{ threads: 2, speedup: spread(speedup, half * speedup) }],
    peer: ratio === null ? null : { ratio: spread(ratio, half * ratio) },
  };
  return { bench: 'suite', machine, rows: [row, { ...row, name: 'gigagas/erc20: part', detail: true }] };
}

function compared(before: unknown, now: unknown, options = OPTIONS) {
  return compareBench(benchFigures('old.json', before), benchFigures('new.json', now), options);
}

describe('bench: figures of two files', () => {
  it('reads the suite: time per transaction, speed-ups, the ratio over runBlock; no details', () => {
    const { figures } = benchFigures('x.json', suite(4000, 1.8, 60));
    expect(figures.map(({ name, unit, median }) => [name, unit, median])).to.deep.equal([
      ['gigagas/erc20, serial', 'us/tx', 4],
      ['gigagas/erc20, 2 threads', 'x', 1.8],
      ['gigagas/erc20, over runBlock', 'x', 60],
    ]);
  });

  it('reads the other benchmarks, whose files have ratios', () => {
    const engine = {
      bench: 'engine',
      rows: [{ workload: 'mix', size: 1000, parallel: [{ threads: 1, speedup: spread(0.9, 0.1) }] }],
    };
    expect(benchFigures('x.json', engine).figures).to.deep.equal([
      { name: 'mix × 1000, 1 thread', unit: 'x', median: 0.9, min: 0.8, max: 1 },
    ]);
    const vm = { bench: 'vm', rows: [{ name: 'erc20', setting: 'runBlock', ratio: { median: 60 } }] };
    expect(benchFigures('x.json', vm).figures).to.deep.equal([
      { name: 'erc20, runBlock', unit: 'x', median: 60, min: 60, max: 60 },
    ]);
  });

  it('calls worse what is beyond the noise and below the threshold', () => {
    const { changes } = compared(suite(4000, 1.8, 60, 0.01), suite(5000, 1.75, 50, 0.01));
    expect(changes.map(({ beyondNoise, regression }) => [beyondNoise, regression])).to.deep.equal([
      [true, true],
      [true, false],
      [true, true],
    ]);
    // A time of 5 in place of 4 is 0.8 times as good.
    expect(changes[0]?.gain).to.be.closeTo(-0.2, 1e-9);
    expect(changes[2]?.gain).to.be.closeTo(-1 / 6, 1e-9);
    expect(hasRegression(compared(suite(4000, 1.8, 60), suite(4000, 1.8, 60)))).to.equal(false);
  });

  it('lets pass what the rounds differ by themselves, however great', () => {
    const { changes } = compared(suite(4000, 1.8, 60, 0.2), suite(5000, 1.4, 45, 0.2));
    expect(changes.some(({ beyondNoise, regression }) => beyondNoise || regression)).to.equal(false);
    const better = compared(suite(4000, 1.8, 60), suite(2000, 1.8, 60));
    expect(better.changes[0]).to.include({ gain: 1, beyondNoise: true, regression: false });
  });

  it('compares times between machines that are alike only', () => {
    const other = compared(suite(4000, 1.8, 60), suite(9000, 1.8, 60, 0, { ...MACHINE, cores: 16 }));
    expect(other.changes.map(({ name }) => name)).to.deep.equal([
      'gigagas/erc20, 2 threads',
      'gigagas/erc20, over runBlock',
    ]);
    expect(other.notes.join('\n')).to.contain('machine, cores: 2 before, 16 now').and.to.contain('only ratios');
    expect(hasRegression(other)).to.equal(false);
  });

  it('takes a figure that is gone for a regression where all were to be measured', () => {
    const [before, now] = [suite(4000, 1.8, 60), suite(4000, 1.8, null)];
    const whole = compared(before, now);
    expect(whole.missing).to.deep.equal(['gigagas/erc20, over runBlock']);
    expect(hasRegression(whole)).to.equal(true);
    const part = compared(before, now, { ...OPTIONS, missing: 'let pass' });
    expect(hasRegression(part)).to.equal(false);
    expect(part.missing).to.deep.equal(whole.missing);
    expect(compared(now, before).added).to.deep.equal(whole.missing);
  });

  it('says so in lines', () => {
    const colors = pc.createColors(false);
    const lines = comparisonLines(compared(suite(4000, 1.8, 60, 0.01), suite(5000, 1.8, 120, 0.01)), colors);
    expect(lines).to.deep.equal([
      '✖ gigagas/erc20, serial: 4.00 us/tx before, 5.00 us/tx (-20.0 %)',
      '▲ gigagas/erc20, over runBlock: 60.00x before, 120x (+100.0 %)',
      '  1 figure within the noise of the rounds',
      '1 of 3 figures below 0.9 of the baseline',
    ]);
    expect(comparisonLines(compared(suite(4, 1, 2), suite(4, 1, null)), colors)).to.deep.equal([
      '✖ gigagas/erc20, over runBlock: 2.00x before, not measured',
      '  2 figures within the noise of the rounds',
      '1 of 3 figures below 0.9 of the baseline, or missing (1)',
    ]);
    expect(comparisonLines(compared(suite(4, 1, null), suite(4, 1, 2)), colors)).to.deep.equal([
      '  2 figures within the noise of the rounds',
      '  1 figure not in the earlier file',
      '2 figures, none below 0.9 of the baseline beyond the noise',
    ]);
  });

  it('refuses what is no such file, and says where', async () => {
    const refused = (value: unknown): string => {
      try {
        benchFigures('x.json', value);
      } catch (error) {
        expect(error).to.be.instanceOf(BenchFileError);
        return (error as Error).message;
      }
      return 'accepted';
    };
    expect(refused(null)).to.match(/x.json: field bench: is none of vm, engine, suite/);
    expect(refused({ bench: 'constructor', rows: [] })).to.match(/field bench/);
    expect(refused({ bench: 'suite', rows: [{ name: 'a' }] })).to.match(/field rows\[0\]\.detail: is missing/);
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
    try {
      await writeFile(join(folder, 'half.json'), '{"bench":');
      for (const [name, said] of [
        ['none.json', /none.json: no such file$/],
        ['half.json', /half.json: malformed JSON/],
      ] as const) {
        await readBenchFile(join(folder, name)).then(
          () => expect.fail('was accepted'),
          (error: Error) => expect(error.message).to.match(said),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
