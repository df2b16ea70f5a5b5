import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { InvalidArgumentError } from 'commander';
import { nameMatcher, parseCounts } from '../../bench/options.js';
import { machine } from '../../bench/report.js';
import { Budget } from '../../bench/suite/budget.js';
import { BlockMismatchError, mustFitHeader } from '../../bench/suite/case-block.js';
import { generatedUnits, sampleOptions } from '../../bench/suite/catalogue.js';
import { charts, chosenThreads } from '../../bench/suite/charts.js';
import { eestName } from '../../bench/suite/eest.js';
import { judge, judgePeer } from '../../bench/suite/judge.js';
import { duration, markdown, rate, rowLine } from '../../bench/suite/markdown.js';
import { measurePeer, type PeerFigures, peerRow } from '../../bench/suite/measure-peer.js';
import { measureUnit, oneMore } from '../../bench/suite/measure-unit.js';
import { defaultThreads, parseAmount, parseBudget, parseScale } from '../../bench/suite/options.js';
import type { SuiteRow } from '../../bench/suite/row.js';
import { clock, runSuite, type SuiteReport } from '../../bench/suite/run-suite.js';
import { selectUnits } from '../../bench/suite/select.js';
import { openPeerCases, openSubjects } from '../../bench/suite/subjects.js';
import type { Unit } from '../../bench/suite/unit.js';
import { benchFigures } from '../../reports/bench/figures.js';
import { SerialExecutor } from '../../src/index.js';
import { packageRoot } from '../support/root.js';

const TINY = 0.002;

function unitNamed(name: string, scale = TINY): Unit {
  return generatedUnits(scale).find((unit) => unit.name === name) as Unit;
}

describe('bench suite: options', () => {
  it('reads threads, times and numbers', () => {
    expect(parseCounts('4, 1-3,2')).to.deep.equal([1, 2, 3, 4]);
    expect(parseCounts('8 - 9,100000')).to.deep.equal([8, 9, 100_000]);
    expect(parseBudget('90s')).to.equal(90);
    expect(parseBudget('15')).to.equal(900);
    expect(parseBudget('1.5h')).to.equal(5400);
    expect(parseAmount('0')).to.equal(0);
    expect(parseScale('0.5')).to.equal(0.5);
    for (const text of ['', '0', '3-1', '0-2', '1-', '1.5', 'x', '1,,2']) {
      expect(() => parseCounts(text), text).to.throw(InvalidArgumentError);
    }
    for (const text of ['', '0', '-1m', '5d', 'm']) expect(() => parseBudget(text), text).to.throw();
    for (const text of ['', '-1', 'x']) expect(() => parseAmount(text), text).to.throw();
    for (const text of ['0', '2']) expect(() => parseScale(text), text).to.throw();
  });

  it('takes every number of threads on small machines, powers of two on large ones', () => {
    expect(defaultThreads(2)).to.deep.equal([1, 2]);
    expect(defaultThreads(6)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(defaultThreads(24)).to.deep.equal([1, 2, 4, 8, 16, 24]);
    expect(chosenThreads([1, 2, 4, 8, 16, 24])).to.deep.equal([1, 4, 8, 24]);
  });

  it('selects by texts and by patterns with stars', () => {
    expect(nameMatcher([])('anything')).to.equal(true);
    expect(nameMatcher()('anything')).to.equal(true);
    const some = nameMatcher(['gigagas', 'hot/*-10%']);
    expect(['gigagas/erc20', 'hot/erc20-10%', 'hot/erc20-30%', 'chain/erc20'].map(some)).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(nameMatcher(['a.c*'])('abc')).to.equal(false);
  });

  it('says of groups without a source that they are left out, and refuses sources that are none', async () => {
    const options = { only: ['gigagas'], scale: 1, mainnet: null, eest: null, megagas: 30, sampleMegagas: 1 };
    const { units, notes } = await selectUnits({ ...options, root: join(packageRoot, 'bench') });
    expect(units.map(({ name }) => name)).to.deep.equal(['gigagas/transfers', 'gigagas/erc20', 'gigagas/swaps']);
    // Nobody has asked for them.
    expect(notes).to.deep.equal([]);
    const notesOf = async (...only: string[]) =>
      (await selectUnits({ ...options, only, root: join(packageRoot, 'bench') })).notes.map(
        (note) => /--\w+/.exec(note)?.[0],
      );
    expect(await notesOf()).to.deep.equal(['--mainnet', '--eest']);
    expect(await notesOf('hot/', 'eest/')).to.deep.equal(['--eest']);
    await selectUnits({ ...options, root: packageRoot, eest: join(packageRoot, 'no-such-archive.tar.gz') }).then(
      () => expect.fail('was accepted'),
      (error: Error) => expect(error.name).to.equal('SourceError'),
    );
  });

  it('names EEST tests by what they are about', () => {
    const id = 'x.py::test_shifts[fork_Osaka-blockchain_test-opcode_SAR-benchmark-gas-value_100M]';
    expect(eestName(id)).to.equal('shifts opcode_SAR');
    expect(eestName('x.py::test_keccak[fork_Osaka-blockchain_test-benchmark-gas-value_1M]')).to.equal('keccak');
  });
});

describe('bench suite: catalogue', () => {
  const units = generatedUnits();

  it('has the blocks by which other engines are known', () => {
    const sizes = new Map(
      units.map(({ name, spec }) => [name, spec.kind === 'generated' ? spec.options.transactions : 0]),
    );
    expect(['transfers', 'erc20', 'swaps'].map((name) => sizes.get(`gigagas/${name}`))).to.deep.equal([
      47_620, 37_123, 6_413,
    ]);
    expect([sizes.get('huge/transfers'), sizes.get('huge/erc20')]).to.deep.equal([500_000, 500_000]);
    expect(units.filter(({ group }) => group === 'hot')).to.have.length(20);
    expect(units.filter(({ group }) => group === 'distance')).to.have.length(18);
    expect(new Set(units.map(({ name }) => name)).size).to.equal(units.length);
  });

  it('makes samples of the same kind that can be signed', () => {
    const { spec } = units.find(({ name }) => name === 'gigagas/swaps') as Unit;
    if (spec.kind !== 'generated') throw new TypeError('not generated');
    const options = sampleOptions(spec);
    expect(options).to.include({ keys: true, transactions: spec.sample, clusters: spec.sample });
    expect(options.mix).to.deep.equal(spec.options.mix);
  });

  it('promises nothing of blocks that were made smaller', () => {
    expect(generatedUnits(0.5).every(({ bars }) => Object.keys(bars).length === 0)).to.equal(true);
    expect(units.find(({ name }) => name === 'gigagas/erc20')?.bars).to.deep.equal({ speedup: 1.7, runBlock: 50 });
  });
});

describe('bench suite: budget', () => {
  const cost = (fixed: number, round: number) => ({ fixed, round, peer: 0, rounds: 5 });

  it('gives rounds no bound where there is time for all', () => {
    const budget = new Budget(1000, [cost(10, 1), cost(10, 1)], () => 0);
    expect(budget.allowance()).to.equal(Number.POSITIVE_INFINITY);
    expect(budget.left()).to.be.closeTo(30, 1e-9);
  });

  it('shortens the rounds of all alike where time is short', () => {
    // 20 s of fixed work and 100 s of rounds in 70 s: half of the rounds.
    const costs = [cost(10, 10), cost(10, 10)];
    const budget = new Budget(70, costs, () => 0);
    expect(budget.allowance()).to.be.closeTo(25, 1e-9);
  });

  it('learns the machine from what units took, and never gives less than nothing', () => {
    let now = 0;
    const budget = new Budget(100, [cost(20, 0), cost(20, 4)], () => now);
    now = 60;
    budget.done(60, 5);
    // (60 + 20) / (20 + 20): twice as slow, so that the second takes 40 s besides its rounds: all that is left.
    expect(budget.allowance()).to.equal(0);
    budget.done(40, 1);
    expect(budget.left()).to.equal(0);
    expect(() => budget.done(1, 1)).to.throw(RangeError);
  });
});

describe('bench suite: measuring', function () {
  this.timeout(60_000);
  const OPTIONS = { threads: [1, 2], rounds: 2, seconds: 60 };

  it('measures a unit once serial and parallel execution agree', async () => {
    const [row, ...more] = await measureUnit(unitNamed('mixed/hybrid-10k', 0.005), OPTIONS);
    expect(more).to.deep.equal([]);
    if (row === undefined) throw new TypeError('no row');
    expect(row).to.include({ name: 'mixed/hybrid-10k', transactions: 50, rounds: 2, detail: false, peer: null });
    expect(row.gas).to.be.greaterThan(50 * 21_000);
    expect(row.parallel.map(({ threads }) => threads)).to.deep.equal([1, 2]);
    expect(row.serial.gasPerSecond).to.be.closeTo((row.gas * 1e6) / row.serial.time.median, 1);
    expect(row.memory).to.include({ threads: 2 });
    expect(row.memory?.peak).to.be.greaterThan(row.memory?.executor as number);
  });

  it('ends rounds when their time is up, but measures three short ones', async () => {
    const [row] = await measureUnit(unitNamed('gigagas/erc20'), { ...OPTIONS, rounds: 9, seconds: 0 });
    expect(row?.rounds).to.equal(3);
    // Rounds of 2 seconds: a third one is still within what they may take at least; of 3 seconds it is not.
    const none = { ...OPTIONS, rounds: 9, seconds: 0 };
    expect(oneMore(1, 2000, 2000, none)).to.equal(true);
    expect(oneMore(2, 3000, 1500, none)).to.equal(true);
    expect(oneMore(2, 4000, 2000, none)).to.equal(false);
    expect(oneMore(1, 3000, 3000, none)).to.equal(false);
    expect(oneMore(3, 30, 10, none)).to.equal(false);
    expect(oneMore(8, 50_000, 9_000, { ...none, seconds: 60 })).to.equal(true);
    expect(oneMore(9, 10, 1, { ...none, seconds: 60 })).to.equal(false);
  });

  it('compares a sample with runBlock, which agrees with its header', async () => {
    const found: PeerFigures[] = [];
    const begun: string[] = [];
    const unit = unitNamed('gigagas/swaps');
    await measurePeer(unit, {
      rounds: 2,
      seconds: { warmUp: 0, round: 0 },
      skip: [],
      onBegin: (name) => begun.push(name),
      onFigures: (one) => found.push(one),
    });
    expect(begun).to.deep.equal(['13 transactions made alike']);
    const row = peerRow(found);
    expect(row).to.include({ transactions: 13, rounds: 2, sample: '13 transactions made alike' });
    expect(row?.leftOut).to.deep.equal([]);
    expect(row?.ratio?.median).to.be.greaterThan(1);
    const never = (): void => expect.fail('was measured again');
    await measurePeer(unit, { rounds: 1, skip: begun, onBegin: never, onFigures: never });
  });

  it('executes generated blocks and their samples without an error, whatever the unit', async () => {
    const executor = await SerialExecutor.create({ vm: 'wasm' });
    try {
      for (const { name, spec } of generatedUnits(0.001)) {
        if (name.startsWith('hot/') || name.startsWith('distance/')) continue;
        const [one] = await openSubjects(spec);
        if (one === undefined) throw new TypeError(`${name}: no block`);
        const result = await executor.execute(one.subject.database, one.subject.block);
        expect(result.ok, name).to.equal(true);
      }
    } finally {
      await executor.close();
    }
  });

  it('notes a block that is not what its header says', async () => {
    for await (const { make } of openPeerCases(unitNamed('gigagas/erc20').spec)) {
      const { database, block, peer } = await make();
      const executor = await SerialExecutor.create({ vm: 'wasm' });
      const outcome = await executor.execute(database, block);
      if (!outcome.ok) throw outcome.error;
      mustFitHeader('block', peer.raw, outcome);
      const header = { ...peer.raw.header, gasUsed: outcome.gasUsed + 1n };
      expect(() => mustFitHeader('block', { ...peer.raw, header }, outcome)).to.throw(BlockMismatchError, /gas used/);
      const root = { ...peer.raw.header, receiptsRoot: new Uint8Array(32) };
      expect(() => mustFitHeader('block', { ...peer.raw, header: root }, outcome)).to.throw(/receipts root/);
      await executor.close();
    }
  });

  it('leaves blocks out that runBlock could not run, and says why', () => {
    const one = { name: 'a', transactions: 2, gas: 10, rounds: [[300, 10]], fault: null };
    const left = { name: 'b', transactions: 0, gas: 0, rounds: [], fault: 'did not end within 5 s' };
    expect(peerRow([])).to.equal(null);
    expect(peerRow([left])).to.include({ ratio: null, sample: '0 blocks', rounds: 0 });
    const row = peerRow([one, left]);
    expect(row?.ratio?.median).to.equal(30);
    expect(row?.leftOut).to.deep.equal([{ name: 'b', reason: 'did not end within 5 s' }]);
  });
});

describe('bench suite: the report', function () {
  this.timeout(120_000);
  let report: SuiteReport;

  before(async () => {
    const wanted = ['gigagas/transfers', 'hot/erc20-10%', 'distance/erc20-50%-1'];
    const units = [...generatedUnits(TINY).filter(({ name }) => wanted.includes(name))];
    const broken: Unit = {
      ...(units[0] as Unit),
      name: 'mainnet/none',
      group: 'mainnet',
      spec: { kind: 'mainnet', source: join(packageRoot, 'no-such-folder'), sample: 1 },
    };
    const lines: string[] = [];
    let written = 0;
    report = await runSuite({
      units: [...units, broken],
      settings: { threads: [1, 2], rounds: 2, budget: 600, peerSeconds: 30, only: wanted, scale: TINY },
      notes: ['a group is left out'],
      onProgress: (line) => lines.push(line),
      onUnit: async () => {
        written++;
      },
    });
    expect(lines).to.have.length(4);
    expect(lines[0]).to.match(/^\[1\/4\] gigagas\/transfers, \d+:\d\d left$/);
    expect(written).to.equal(4);
  });

  it('has a row for each unit, and goes on after one that failed', () => {
    expect(report.rows.map(({ name }) => name)).to.deep.equal([
      'gigagas/transfers',
      'hot/erc20-10%',
      'distance/erc20-50%-1',
    ]);
    expect(report.failures.map(({ name }) => name)).to.deep.equal(['mainnet/none']);
    expect(report.failures[0]?.message).to.contain('no-such-folder');
    // Of the grids' rows one in each is measured beside runBlock.
    for (const { name, peer } of report.rows) {
      if (name === 'hot/erc20-10%') expect(peer).to.equal(null);
      else expect(peer?.ratio?.median).to.be.greaterThan(1);
    }
    expect(report.units.map(({ name }) => name)).to.have.length(report.planned);
  });

  it('is what its schema says, and what comparisons read', async () => {
    const path = join(packageRoot, 'reports', 'schema', 'bench-v1.schema.json');
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(await readFile(path, 'utf8')));
    const value: unknown = JSON.parse(JSON.stringify(report));
    expect(validate(value), JSON.stringify(validate.errors)).to.equal(true);
    expect(benchFigures('x.json', value).figures).to.have.length(11);
  });

  it('becomes Markdown and charts', () => {
    const text = markdown(report);
    expect(text).to.contain('## Blocks of a gigagas').and.to.contain('`hot/erc20-10%`: ERC-20, 10 %');
    expect(text).to.contain('Note: a group is left out.').and.to.contain('Failed: mainnet/none');
    const columns = new Set(
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.replaceAll('\\|', '').split('|').length),
    );
    expect(columns.size).to.equal(1);
    const pictures = charts(report);
    expect([...pictures.keys()]).to.deep.equal([
      'throughput.svg',
      'speedup.svg',
      'hot-accounts.svg',
      'dependencies.svg',
    ]);
    for (const picture of pictures.values())
      expect(picture)
        .to.match(/^<svg /)
        .and.not.to.contain('NaN');
    const rows = report.rows.map((row) => {
      const two = row.parallel.find(({ threads }) => threads === 2) as SuiteRow['parallel'][number];
      return { ...row, parallel: [...row.parallel, { ...two, threads: 4 }] };
    });
    const many = { ...report, rows };
    expect([...charts(many).keys()]).to.include('scaling.svg');
    expect(charts({ ...report, rows: [] }).size).to.equal(0);
    expect(rowLine(report.rows[0] as SuiteRow)).to.match(/^gigagas\/transfers .*gas\/s .* 2 threads .* runBlock/);
  });

  it('writes figures as people read them', () => {
    expect([rate(950), rate(12_345), rate(1_234_567), rate(2.5e9)]).to.deep.equal([
      '950',
      '12.3 k',
      '1.23 M',
      '2.50 G',
    ]);
    expect([duration(12), duration(1500), duration(2.5e6)]).to.deep.equal(['12.0 us', '1.50 ms', '2.50 s']);
    expect([clock(5), clock(65.4), clock(600)]).to.deep.equal(['0:05', '1:05', '10:00']);
    expect(machine().cores).to.be.greaterThan(0);
  });

  it('judges by the medians', () => {
    const row = report.rows[0] as SuiteRow;
    const slow = { ...row, transactions: 5000, parallel: row.parallel.map((one) => ({ ...one, speedup: at(0.5) })) };
    const missed = judge({ speedup: 1.7, serialSeconds: 0, parallelSeconds: 1000, memory: 100 }, slow);
    expect(missed.map(({ what, unit, met }) => [what, unit, met])).to.deep.equal([
      ['2 threads', 'x', false],
      ['1 thread', 'x', false],
      ['serial', 's', false],
      ['2 threads', 's', true],
      ['memory', 'GB', true],
    ]);
    expect(judge({}, { ...row, transactions: 999 })).to.deep.equal([]);
    const peer = row.peer as NonNullable<SuiteRow['peer']>;
    expect(judgePeer({ runBlock: 1e9 }, peer).map(({ met }) => met)).to.deep.equal([false]);
    expect(judgePeer({ runBlock: 50 }, { ...peer, ratio: null })).to.deep.equal([]);
  });
});

const at = (value: number) => ({ median: value, min: value, max: value });
