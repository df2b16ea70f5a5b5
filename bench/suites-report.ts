/** The tables of `npm run bench -- suites`, in Markdown. */
import type { Spread } from './measure.js';
import { digits, ranged } from './report.js';
import { BLOCK_SIDES, type BlockFigures } from './suites-blocks.js';
import { costOf, costsOf, type Measured, type Parts, ratioOf, ratioOfSums, ratiosOf, sumOf } from './suites-measure.js';
import { type LeftOut, STATE_SIDES, STATE_THREADS, type StateFigures } from './suites-state.js';

function scaled({ median, min, max }: Spread, by: number): Spread {
  return { median: median * by, min: min * by, max: max * by };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '--:|')
      .join('')}`,
    ...rows.map(line),
  ];
}

function named(leftOut: readonly LeftOut[], what: string): string[] {
  if (leftOut.length === 0) return [`No ${what} was left out.`];
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${name}\``]);
  const lines = [...byReason].map(([reason, names]) => `- ${reason} (${names.length}): ${names.join(', ')}`);
  return [`Left out of the ratios, ${leftOut.length}:`, '', ...lines];
}

/** What is timed, in words. */
export const STATE_METHOD = [
  'Timed, from the decoded case on. Lockstep, by the runner itself: database cleared and loaded, `txbytes` decoded with its',
  'sender recovered and compared with the fields beside it, block made, transaction executed, changes applied, state root, and the',
  'comparison with the fixture (root, logs hash, exception, every account where the fixture lists them). @ethereumjs: pre-state put',
  'into a MerkleStateManager with caches, `createTxFromRLP`, `createBlock`, `runTx`, the coinbase touched and empty accounts cleared',
  '(as its own tester does), `getStateRoot`, compared with the fixture. Its VM, state manager and Common are made beforehand, untimed.',
];

export const BLOCK_METHOD = [
  'One run of each side to warm up, then rounds in which the sides take turns on one block, each run until it has used 0.2 s of processor time. Timed: on our side `execute`, receipts, bloom and state changes read, gas used and bloom compared with the header; on theirs',
  '`runBlock` over caches that hold the whole pre-state, which compares gas used, receipts root, bloom and requests. Senders are',
  'known and transactions decoded beforehand on both sides. No state root on either side, unless the column says so (the state is',
  'partial, so its root would be none). "with senders" adds the decoding of the transactions and recovery of their senders, each',
  'side by its own means. Before it is timed each block has run on both sides and agreed with its header; ours in its receipts root too.',
];

/** Rows of the state table: figures of `runTx` above those of a side of ours. */
export function stateLines(figures: StateFigures): string[] {
  const { measured, first, leftOut } = figures;
  if (measured.length === 0) return ['No case could be measured.', ...named(leftOut, 'case')];
  const sides: readonly (readonly [string, number])[] = [
    ['@ethereumjs/vm runTx', STATE_SIDES.runTx],
    ['lockstep, serial', STATE_SIDES.serial],
    [`lockstep, serial and ${STATE_THREADS} threads`, STATE_SIDES.both],
  ];
  const theirs: Parts = [STATE_SIDES.runTx];
  const ratio = (all: readonly Measured[], side: number): string =>
    side === STATE_SIDES.runTx ? '' : ranged(ratioOfSums(all, theirs, [side]));
  return [
    ...table(
      [
        'side',
        'us/case, median',
        'sum, ms (min-max)',
        'ratio of sums (min-max)',
        'ratio by case, median (min-max)',
        'first pass',
      ],
      sides.map(([name, side]) => [
        name,
        digits(costsOf(measured, [side]).median),
        ranged(scaled(sumOf(measured, [side]), 1e-3)),
        ratio(measured, side),
        side === STATE_SIDES.runTx ? '' : ranged(ratiosOf(measured, theirs, [side])),
        ratio(first, side).replace(/ .*/, ''),
      ]),
    ),
    ...archiveLines(figures),
    '',
    ...named(leftOut, 'case'),
  ];
}

/** Rows of the same figures by archive; none where there is one only. */
export function archiveLines({ measured }: Pick<StateFigures, 'measured'>): string[] {
  const names = [...new Set(measured.map(({ source }) => source))];
  if (names.length < 2) return [];
  const { runTx, serial, both } = STATE_SIDES;
  const rows = names.map((name) => {
    const own = measured.filter(({ source }) => source === name);
    const ratios = [serial, both].map((side) => ranged(ratioOfSums(own, [runTx], [side])));
    return [name, String(own.length), ranged(scaled(sumOf(own, [runTx]), 1e-3)), ...ratios];
  });
  return [
    '',
    ...table(
      [
        'archive',
        'cases',
        'runTx, sum, ms (min-max)',
        'ratio, serial (min-max)',
        `ratio, serial and ${STATE_THREADS} threads`,
      ],
      rows,
    ),
  ];
}

export function blockLines(blocks: readonly BlockFigures[], leftOut: readonly LeftOut[]): string[] {
  if (blocks.length === 0) return ['No block could be measured.', ...named(leftOut, 'block')];
  const { runBlock, withStateRoot, theirSenders, serial, ourSenders } = BLOCK_SIDES;
  const pairs: readonly (readonly [above: Parts, below: Parts])[] = [
    [[runBlock], [serial]],
    [[withStateRoot], [serial]],
    [
      [runBlock, theirSenders],
      [serial, ourSenders],
    ],
  ];
  const milliseconds = (cost: (parts: Parts) => Spread, parts: Parts): string =>
    digits(scaled(cost(parts), 1e-3).median);
  const costs = (cost: (parts: Parts) => Spread): string[] =>
    [[runBlock], [serial], [theirSenders], [ourSenders]].map((parts) => milliseconds(cost, parts));
  const rows = blocks.map((block) => [
    String(block.number),
    block.fork,
    String(block.transactions),
    (block.gasUsed / 1e6).toFixed(1),
    ...costs((parts) => costOf(block, parts)),
    ...pairs.map(([above, below]) => ranged(ratioOf(block, above, below))),
  ]);
  const total = [
    'sum',
    '',
    String(blocks.reduce((sum, { transactions }) => sum + transactions, 0)),
    (blocks.reduce((sum, { gasUsed }) => sum + gasUsed, 0) / 1e6).toFixed(1),
    ...costs((parts) => sumOf(blocks, parts)),
    ...pairs.map(([above, below]) => ranged(ratioOfSums(blocks, above, below))),
  ];
  return [
    ...table(
      [
        'block',
        'fork',
        'transactions',
        'Mgas',
        'runBlock ms',
        'lockstep ms',
        'their senders ms',
        'our senders ms',
        'ratio (min-max)',
        'theirs with a state root',
        'with senders',
      ],
      [...rows, total],
    ),
    '',
    ...named(leftOut, 'block'),
  ];
}
