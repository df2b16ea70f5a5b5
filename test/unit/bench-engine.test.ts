import { expect } from 'chai';
import { type BarChart, barChart } from '../../bench/chart/bar-chart.js';
import { type LineChart, lineChart } from '../../bench/chart/line-chart.js';
import { escapeXml } from '../../bench/chart/svg.js';
import { benchBlock, type Sample, Subject, serialContender } from '../../bench/contender.js';
import { CoreMeter, coresOf, Load } from '../../bench/cores.js';
import { type EngineRow, growth } from '../../bench/engine.js';
import { DisagreementError, mustAgree, mustSucceed } from '../../bench/engine-check.js';
import { EngineTable, pictures, summary } from '../../bench/engine-report.js';
import { BASE_FEE, CONTENDED_WORKLOADS, ENGINE_WORKLOADS, type EngineWorkload } from '../../bench/engine-workloads.js';
import { Pieces } from '../../bench/pieces.js';
import {
  type Block,
  BlockError,
  type BlockOutcome,
  createBlock,
  Database,
  SerialExecutor,
  type StateDiff,
  type Transaction,
} from '../../src/index.js';

const COINBASE = `0x${'c0'.repeat(20)}` as const;
const TAG = /<(\/?)([a-z]+)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)>/y;

/** Element names of an XML document in order; throws where it is not well formed. Enough for what the charts use. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  let at = 0;
  while (at < xml.length) {
    const next = xml.indexOf('<', at);
    const text = xml.slice(at, next < 0 ? xml.length : next);
    if (/&(?!(?:amp|lt|gt|quot|#39);)|>/.test(text)) throw new SyntaxError(`bare sign in "${text}"`);
    if (next < 0) break;
    TAG.lastIndex = next;
    const tag = TAG.exec(xml);
    if (tag === null) throw new SyntaxError(`not a tag: ${xml.slice(next, next + 60)}`);
    const [whole, closing, name, attributes, empty] = tag as unknown as [string, string, string, string, string];
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(attributes)) throw new SyntaxError(`bare & in ${whole}`);
    const keys = [...attributes.matchAll(/([a-zA-Z0-9:-]+)="/g)].map(([, key]) => key);
    if (new Set(keys).size !== keys.length) throw new SyntaxError(`attribute twice in ${whole}`);
    if (closing !== '') {
      if (open.pop() !== name) throw new SyntaxError(`${whole} closes another element`);
    } else {
      seen.push(name);
      if (empty === '') open.push(name);
    }
    at = next + whole.length;
  }
  if (open.length > 0) throw new SyntaxError(`${open.join(', ')} left open`);
  return seen;
}

const NASTY = `a < b & "c" > 'd'\u0007`;
const point = (value: number) => ({ median: value, min: value * 0.9, max: value * 1.1 });

const BARS: BarChart = {
  title: NASTY,
  subtitle: NASTY,
  source: NASTY,
  series: ['1 thread', NASTY],
  groups: [
    { label: NASTY, values: [point(0.9), point(1.8)], bars: [null, 1.7] },
    { label: 'half measured', values: [null, point(1.2)], bars: [null, null] },
  ],
  reference: { value: 1, label: NASTY },
  barLabel: NASTY,
};

const LINES: LineChart = {
  title: NASTY,
  subtitle: NASTY,
  source: NASTY,
  series: ['serial', NASTY],
  panels: [
    {
      label: NASTY,
      lines: [
        [
          { x: 1, y: 20 },
          { x: 1000, y: 3 },
        ],
        [{ x: 1, y: 60 }],
      ],
    },
    { label: 'not measured', lines: [[], []] },
  ],
};

describe('bench: charts', () => {
  it('escapes markup and drops control characters', () => {
    expect(escapeXml(NASTY)).to.equal('a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;\ufffd');
    expect(escapeXml('120 µs, 1.7×')).to.equal('120 µs, 1.7×');
  });

  it('draws bars as well-formed XML: one per value, a mark per promise', () => {
    const svg = barChart(BARS);
    const names = elements(svg);
    expect(names[0]).to.equal('svg');
    expect(svg.match(/<rect [^>]*class="bar\d"><title>/g)).to.have.length(3);
    // One stands in the legend.
    expect(svg.match(/class="mark"/g)).to.have.length(2);
    expect(svg.match(/class="reference"/g)).to.have.length(1);
    expect(svg).to.contain('prefers-color-scheme:dark');
  });

  it('draws lines as well-formed XML, a lone point without a line', () => {
    const svg = lineChart(LINES);
    expect(elements(svg).filter((name) => name === 'polyline')).to.have.length(1);
    expect(svg.match(/<circle [^>]*><title>/g)).to.have.length(3);
    expect(svg).not.to.contain('NaN');
  });

  it('puts longer bars and dearer points where they belong', () => {
    const widths = [...barChart(BARS).matchAll(/width="([\d.]+)" height="9.5" rx="1.5"/g)].map(([, width]) =>
      Number(width),
    );
    expect((widths[1] as number) / (widths[0] as number)).to.be.closeTo(2, 0.001);
    const heights = [...lineChart(LINES).matchAll(/cy="([\d.]+)" r="3" class="dot\d"><title>/g)].map(([, y]) =>
      Number(y),
    );
    expect(heights[1]).to.be.above(heights[0] as number);
    expect(heights[2]).to.be.below(heights[0] as number);
  });

  it('refuses what it cannot draw', () => {
    expect(() => barChart({ ...BARS, series: ['1', '2', '3', '4', '5'] })).to.throw(RangeError, 'at most 4 series');
    expect(() => lineChart({ ...LINES, panels: [] })).to.throw(RangeError, 'without a point');
    const zero = [{ label: 'zero', lines: [[{ x: 0, y: 1 }]] }];
    expect(() => lineChart({ ...LINES, panels: zero })).to.throw(RangeError, 'above zero');
  });
});

describe('bench: processors that the machine gives', () => {
  const round = (...times: number[]): Sample[] => times.map((time) => ({ time }) as Sample);

  it('counts rounds with two, and the speed-up in those', () => {
    const taken = [round(10, 9, 5), round(10, 9, 8), round(12, 9, 10)];
    expect(coresOf([1.9, 1.1, 2.01], taken, 2)).to.deep.equal({
      given: { median: 1.9, min: 1.1, max: 2.01 },
      whole: 2,
      speedup: { median: 1.6, min: 1.2, max: 2 },
    });
    expect(coresOf([1.89, 1, 1.5], taken, 2)).to.deep.include({ whole: 0, speedup: null });
  });

  it('reads again and again, and ends its thread', async () => {
    expect(new Load().run(1000)).to.not.equal(new Load().run(1001));
    const meter = await CoreMeter.start();
    for (let i = 0; i < 20; i++) expect(meter.read()).to.be.greaterThan(0).and.lessThan(1000);
    await meter.close();
  });

  it('says so where its thread is dead, in place of waiting for ever', async () => {
    const meter = await CoreMeter.start(2000);
    await meter.close();
    expect(() => meter.read()).to.throw('has not answered for 2000 ms');
  });
});

describe('bench: a block in pieces', () => {
  const chain = (size: number): Subject => {
    const workload = ENGINE_WORKLOADS.find(({ name }) => name === 'one dependency chain') as EngineWorkload;
    return Subject.of(workload.build(size));
  };

  it('runs each over the state that the one before left, and leaves the database as it was', async () => {
    // Nobody in the chain has anything to pass on but what came in the piece before.
    const subject = chain(25);
    const before = subject.database.stateRoot();
    const { executor, ...rest } = await serialContender();
    const lengths: number[] = [];
    const watched = {
      execute: (database: Database, block: Block) => {
        lengths.push(block.transactions.length);
        return executor.execute(database, block);
      },
      close: () => executor.close(),
    };
    for (let i = 0; i < 2; i++)
      expect(await new Pieces(subject, 10).time({ ...rest, executor: watched })).to.be.greaterThan(0);
    expect(lengths).to.deep.equal([10, 10, 5, 10, 10, 5]);
    expect(subject.database.stateRoot()).to.deep.equal(before);
  });

  it('leaves the database as it was where a piece is invalid', async () => {
    const { database, block } = chain(25);
    const before = database.stateRoot();
    const [first, second, ...rest] = block.transactions as [Transaction, Transaction, ...Transaction[]];
    const swapped = new Pieces(new Subject(database, benchBlock([first, ...rest, second])), 1);
    let error: unknown;
    await swapped.time(await serialContender()).catch((thrown: unknown) => {
      error = thrown;
    });
    expect(error).to.be.instanceOf(BlockError);
    expect(database.stateRoot()).to.deep.equal(before);
  });
});

describe('bench: rows and bars', () => {
  const stats = { transactions: 1000, incarnations: 1003, aborts: 2, reexecutions: 3, estimatesHit: 1 };
  const row = (size: number, us: number): EngineRow => ({
    workload: 'independent ERC-20',
    size,
    rounds: 3,
    gasPerTransaction: 40_000,
    serial: point(us),
    noise: 0.2,
    parallel: [
      {
        threads: 2,
        time: point(us / 1.8),
        speedup: point(1.8),
        processor: point(1.1),
        overhead: { median: -3, min: -4, max: -2 },
        stats: {
          ...stats,
          deferredFeeReads: 0,
          resets: 0,
          credits: 0,
          rebases: 0,
          suspensions: 0,
          resumptions: 0,
          checkpoints: 0,
          restores: 0,
          workers: 2,
        },
      },
    ],
    cores: { given: { median: 1.98, min: 1.02, max: 2.01 }, whole: 2, speedup: point(1.85) },
    length: size === 100_000 ? [{ threads: 0, ratio: point(1.04) }] : null,
    verdicts: [{ what: '2 threads', value: 1.8, relation: '>=', limit: 1.7, unit: 'x', met: true, clear: false }],
  });

  it('prints as many cells as titles, and what was promised', () => {
    const table = new EngineTable([1, 2], true);
    const cells = table.row(row(1000, 3)).split('|');
    expect(cells).to.have.length((table.heading().split('\n')[0] as string).split('|').length);
    expect(cells.map((cell) => cell.trim())).to.include.members([
      '20 %',
      '1.98 (1.02-2.01)',
      '2 / 1003 / 1',
      '2 threads 1.80 >= 1.7 x: ok?',
    ]);
  });

  it('names the rows in whose rounds the machine gave less than two processors', () => {
    const line = 'fewer than 1.9 cores in 1 of 3 rounds, independent ERC-20, 1,000';
    const disturbed = row(1000, 3);
    expect(summary([disturbed], [])[0]).to.equal(`${line}; 2 threads in the others 1.85 (1.67-2.04) x`);
    const given = { median: 1.2, min: 1, max: 1.3 };
    const always = { ...disturbed, cores: { given, whole: 0, speedup: null } };
    expect(summary([always], [])[0]).to.equal('fewer than 1.9 cores in 3 of 3 rounds, independent ERC-20, 1,000');
    for (const other of [
      { ...disturbed, cores: { given, whole: 3, speedup: point(1.85) } },
      { ...disturbed, cores: null },
      { ...disturbed, verdicts: [] },
      row(100, 3),
    ]) {
      expect(summary([other], [])).to.have.length(1);
    }
  });

  it('judges how the cost grows from 1,000 to 100,000 transactions', () => {
    const rows = [row(1000, 3), row(10_000, 30), row(100_000, 4.5)];
    const grown = growth(rows);
    expect(grown).to.have.length(1);
    expect(grown[0]?.verdicts.map(({ what, met }) => [what, met])).to.deep.equal([
      ['serial', false],
      ['2 threads', false],
    ]);
    // Rounds spread by a tenth either way: 1.5 may have been 1.23.
    expect(grown[0]?.verdicts.map(({ clear }) => clear)).to.deep.equal([false, false]);
    expect(summary(rows, grown).at(-1)).to.equal('bars: 3 of 5 met, 2 missed');
    const length = '; over the same transactions in blocks of 1,000: serial 1.04 (0.94-1.14) x';
    expect(summary(rows, grown).at(-2)?.endsWith(length)).to.equal(true);
    expect(growth([row(1000, 3), row(100_000, 3.8)])[0]?.verdicts.every(({ met }) => met)).to.equal(true);
  });

  it('draws a picture per size of 1,000 and more, and one of the cost', () => {
    const files = pictures([row(10, 9), row(1000, 3), row(10_000, 3)], 'machine');
    expect([...files.keys()]).to.deep.equal(['engine-speedup-1000.svg', 'engine-speedup-10000.svg', 'engine-cost.svg']);
    for (const svg of files.values()) expect(() => elements(svg)).not.to.throw();
  });
});

describe('bench: engine workloads', () => {
  const blockOf = (transactions: readonly Transaction[]): Block =>
    createBlock({
      fork: 'Cancun',
      coinbase: COINBASE,
      environment: { baseFee: BASE_FEE, gasLimit: 2n ** 45n },
      transactions,
    });

  async function run(database: Database, transactions: readonly Transaction[]): Promise<BlockOutcome | null> {
    const result = await serial.execute(database, blockOf(transactions));
    return result.ok ? result : null;
  }

  let serial: SerialExecutor;
  before(async () => {
    serial = await SerialExecutor.create({ vm: 'wasm' });
  });
  after(() => serial.close());

  /** What changed, by location, the coinbase left out. */
  function changes(diff: StateDiff): Map<string, string> {
    const found = new Map<string, string>();
    for (const [address, { before, after, code, storage }] of diff) {
      if (address === COINBASE) continue;
      const same = before?.nonce === after?.nonce && before?.balance === after?.balance;
      if (!same) found.set(address, `${after?.nonce} ${after?.balance}`);
      if (code) found.set(`${address} code`, String(code.after.length));
      for (const [slot, value] of storage) found.set(`${address} ${slot}`, String(value.after));
    }
    return found;
  }

  interface Walk {
    /** Locations that two transactions write. */
    readonly shared: number;
    /** Transactions whose changes are not those they make on the pre-state alone. */
    readonly dependent: readonly number[];
  }

  /** Executes the transactions one by one, each in its turn and alone. */
  async function walk(name: string, size: number): Promise<Walk> {
    const { accounts, transactions } = workload(name).build(size);
    const pre = [...accounts];
    const base = Database.from(pre);
    const moving = Database.from(pre);
    const writers = new Map<string, number>();
    const dependent: number[] = [];
    for (const [index, transaction] of transactions.entries()) {
      const alone = await run(base, [transaction]);
      const unaided = alone === null ? null : JSON.stringify([...changes(alone.diff)].sort());
      const outcome = await run(moving, [transaction]);
      if (outcome === null) throw new Error(`${name}: transaction ${index} is invalid in its turn`);
      const own = changes(outcome.diff);
      if (unaided !== JSON.stringify([...own].sort())) dependent.push(index);
      for (const location of own.keys()) writers.set(location, (writers.get(location) ?? 0) + 1);
      moving.apply(outcome.diff);
    }
    return { shared: [...writers.values()].filter((count) => count > 1).length, dependent };
  }

  function workload(name: string) {
    const found = ENGINE_WORKLOADS.find((own) => own.name === name);
    if (found === undefined) throw new Error(`no workload ${name}`);
    return found;
  }

  for (const { name, build } of [...ENGINE_WORKLOADS, ...CONTENDED_WORKLOADS]) {
    it(`${name}: all transactions succeed, at sizes 1 and 20`, async () => {
      for (const size of [1, 20]) {
        const { accounts, transactions } = build(size);
        expect(transactions).to.have.length(size);
        const outcome = await run(Database.from(accounts), transactions);
        if (outcome === null) throw new Error('the block is invalid');
        mustSucceed(name, outcome);
      }
    });
  }

  it('builds the same block each time', () => {
    for (const { build } of [...ENGINE_WORKLOADS, ...CONTENDED_WORKLOADS]) {
      const [one, two] = [build(30), build(30)];
      expect(one.transactions).to.deep.equal(two.transactions);
      expect([...one.accounts]).to.deep.equal([...two.accounts]);
    }
  });

  for (const name of ['independent transfers', 'independent ERC-20', 'independent swaps']) {
    it(`${name}: no two write one location, none depends on another`, async () => {
      expect(await walk(name, 20)).to.deep.equal({ shared: 0, dependent: [] });
    });
  }

  const later = Array.from({ length: 19 }, (_, index) => index + 1);
  for (const name of [
    'one hot slot',
    'one hot recipient',
    'one nonce chain',
    'one dependency chain',
    'one dependency chain in storage',
    'coinbase readers',
  ]) {
    it(`${name}: each transaction but the first depends on those before`, async () => {
      expect((await walk(name, 20)).dependent).to.deep.equal(later);
    });
  }

  it('half-chained: every second transaction but the first depends on those before', async () => {
    expect((await walk('half-chained', 20)).dependent).to.deep.equal(later.filter((index) => index % 2 === 0));
  });

  for (const percent of [1, 10, 30]) {
    it(`random conflicts, ${percent} % hot keys: about as many transactions depend on others`, async () => {
      const { dependent, shared } = await walk(`random conflicts, ${percent} % hot keys`, 400);
      expect(shared).to.be.within(1, 4);
      // The first transfers to the four hot holders depend on none.
      expect(dependent.length + 4).to.be.within(4 * percent * 0.5, 4 * percent * 1.5 + 4);
    });
  }

  it('mixed: some transactions depend on others, and some do not', async () => {
    const { dependent } = await walk('mixed', 100);
    expect(dependent.length).to.be.within(30, 80);
  });
});

describe('bench: agreement of executors', () => {
  const outcomeOf = async (name: string, size: number): Promise<BlockOutcome> => {
    const { accounts, transactions } = (ENGINE_WORKLOADS.find((own) => own.name === name) ?? expect.fail()).build(size);
    const executor = await SerialExecutor.create({ vm: 'wasm' });
    const block = createBlock({
      fork: 'Cancun',
      coinbase: COINBASE,
      environment: { baseFee: BASE_FEE, gasLimit: 2n ** 45n },
      transactions,
    });
    const result = await executor.execute(Database.from(accounts), block);
    if (!result.ok) throw result.error;
    return result;
  };

  it('accepts equal outcomes and names the first difference', async () => {
    const one = await outcomeOf('independent ERC-20', 5);
    const two = await outcomeOf('independent ERC-20', 5);
    mustAgree('two runs', one, two);
    const receipts = one.receipts.map((receipt, index) =>
      index === 3 ? { ...receipt, cumulativeGasUsed: 7n } : receipt,
    );
    expect(() => mustAgree('run', one, { ...two, receipts })).to.throw(
      DisagreementError,
      `run: receipt 3 cumulativeGasUsed is 7, expected ${one.receipts[3]?.cumulativeGasUsed}`,
    );
    const logs = one.receipts.map((receipt, index) => (index === 1 ? { ...receipt, logs: [] } : receipt));
    expect(() => mustAgree('run', one, { ...two, receipts: logs })).to.throw(
      'receipt 1 number of logs is 0, expected 1',
    );
  });

  it('compares the state changes as a whole', async () => {
    const one = await outcomeOf('independent ERC-20', 5);
    const two = await outcomeOf('independent ERC-20', 5);
    const [address, change] = [...two.diff].find(([, { storage }]) => storage.size > 0) ?? expect.fail();
    const [slot, value] = [...change.storage][0] ?? expect.fail();
    const storage = new Map(change.storage).set(slot, { ...value, after: 5n });
    const diff = new Map(two.diff).set(address, { ...change, storage });
    expect(() => mustAgree('run', one, { ...two, diff })).to.throw(
      `slot ${slot} of ${address} after the block is 5, expected ${value.after}`,
    );
    diff.delete(address);
    expect(() => mustAgree('run', one, { ...two, diff })).to.throw(`account ${address} is unchanged, expected changed`);
    expect(() => mustAgree('run', { ...one, diff }, two)).to.throw(`account ${address} is changed, expected unchanged`);
  });

  it('refuses a block in which a transaction failed', async () => {
    const one = await outcomeOf('independent transfers', 3);
    mustSucceed('run', one);
    const receipts = one.receipts.map((receipt, index) => (index === 2 ? { ...receipt, status: 0 as const } : receipt));
    expect(() => mustSucceed('run', { ...one, receipts })).to.throw('receipt 2 status is 0, expected 1');
  });
});
