/** The suite's tables in Markdown, and a row as a line for a terminal. */
import { bytes, figure } from '../../reports/format.js';
import { shortNumber } from '../chart/svg.js';
import { threadsName } from '../contender.js';
import { ranged, verdictText } from '../engine-report.js';
import { machineLine } from '../report.js';
import type { PeerRow, SuiteRow } from './row.js';
import type { SuiteReport } from './run-suite.js';
import { GROUPS, type GroupName } from './unit.js';

/** Transactions or gas per second: `1.23 M`, `870 k`. */
export function rate(perSecond: number): string {
  if (perSecond >= 1e9) return `${shortNumber(perSecond / 1e9)} G`;
  if (perSecond >= 1e6) return `${shortNumber(perSecond / 1e6)} M`;
  return perSecond >= 1e3 ? `${shortNumber(perSecond / 1e3)} k` : shortNumber(perSecond);
}

/** A time in microseconds: `12.3 ms`. */
export function duration(us: number): string {
  if (us >= 1e6) return `${shortNumber(us / 1e6)} s`;
  return us >= 1e3 ? `${shortNumber(us / 1e3)} ms` : `${shortNumber(us)} us`;
}

function peerCell(peer: PeerRow | null): string {
  if (peer === null) return '';
  if (peer.ratio === null) return 'left out';
  return ranged(peer.ratio);
}

function titles(threads: readonly number[]): string[] {
  return [
    'workload',
    'tx',
    'Mgas',
    'rounds',
    'serial',
    'tx/s',
    'gas/s',
    'noise',
    ...threads.map((count) => `${threadsName(count)} x`),
    `best tx/s`,
    `best gas/s`,
    'over runBlock',
    'memory',
    'bars',
  ];
}

function cells(row: SuiteRow, threads: readonly number[]): string[] {
  const { serial, parallel } = row;
  const best = [serial, ...parallel].reduce((a, b) => (b.gasPerSecond > a.gasPerSecond ? b : a));
  return [
    row.detail ? row.title : row.name,
    figure(row.transactions),
    (row.gas / 1e6).toFixed(1),
    String(row.rounds),
    duration(serial.time.median),
    rate(serial.transactionsPerSecond),
    rate(serial.gasPerSecond),
    row.rounds < 2 ? '–' : `${(100 * row.noise).toFixed(0)} %`,
    ...threads.map((count) => {
      const own = parallel.find((one) => one.threads === count);
      return own === undefined ? '' : ranged(own.speedup);
    }),
    rate(best.transactionsPerSecond),
    rate(best.gasPerSecond),
    peerCell(row.peer),
    row.memory === null ? '' : bytes(row.memory.peak),
    row.verdicts.map(verdictText).join('; '),
  ];
}

const escaped = (text: string): string => text.replaceAll('|', '\\|');

function table(rows: readonly SuiteRow[], threads: readonly number[]): string[] {
  const head = titles(threads);
  const line = (texts: readonly string[]): string => `| ${texts.map(escaped).join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 || index === head.length - 1 ? '---' : '--:'));
  return [line(head), `|${rule.join('|')}|`, ...rows.map((row) => line(cells(row, threads)))];
}

/** How the figures came to be and what they mean. */
export function method({ settings }: SuiteReport): string[] {
  return [
    `Timed: \`execute()\` of a block whose transactions are decoded and whose senders are known, until its results stand in memory. Wall clock, interleaved rounds (${settings.rounds} at most), medians with the least and the greatest round in brackets. x: serial time over parallel time, round by round. Noise: (max - min) / median of the serial rounds.`,
    'Before anything is timed, serial and parallel executors have agreed on every receipt, bloom and state change; blocks of fixtures and the main chain also with their headers (gas, receipts root, bloom).',
    'Over runBlock: processor time of @ethereumjs/vm `runBlock` over that of serial execution with all results read, on a sample of the workload; senders known, no state root on either side.',
    'Memory: greatest resident size of the process when the executor with most threads has run the block, the block and its state included. gas/s counts gas used; best: of all contenders.',
  ];
}

/** Lines on what the verdicts of all rows come to. */
export function verdictLines(rows: readonly SuiteRow[]): string[] {
  const all = rows.flatMap(({ name, verdicts }) => verdicts.map((verdict) => ({ name, verdict })));
  const missed = all.filter(({ verdict }) => !verdict.met);
  return [
    `bars: ${all.length - missed.length} of ${all.length} met, ${missed.length} missed`,
    ...missed.map(({ name, verdict }) => `- ${name}: ${verdictText(verdict)}`),
  ];
}

function leftOutLines(rows: readonly SuiteRow[]): string[] {
  const lines = rows
    .filter(({ detail }) => !detail)
    .flatMap(({ name, peer }) => (peer?.leftOut ?? []).map((one) => `- ${name}: ${one.name}: ${one.reason}`));
  return lines.length === 0 ? [] : ['', 'Left out of the comparison with runBlock:', '', ...lines];
}

/** The whole report. */
export function markdown(report: SuiteReport): string {
  const { rows, machine, settings, notes, failures, seconds, date } = report;
  const lines = [
    '# Benchmark suite',
    '',
    `${machineLine(machine)}. ${date.slice(0, 10)}, ${Math.round(seconds / 60)} minutes.`,
    '',
    ...method(report),
    '',
    ...notes.map((note) => `Note: ${note}.`),
    ...failures.map(({ name, message }) => `Failed: ${name}: ${message.split('\n')[0]}`),
  ];
  for (const group of Object.keys(GROUPS) as GroupName[]) {
    const own = rows.filter((row) => row.group === group && !row.detail);
    if (own.length === 0) continue;
    lines.push('', `## ${GROUPS[group]}`, '', ...table(own, settings.threads));
    lines.push('', ...own.map(({ name, title }) => `- \`${name}\`: ${title}`));
    const details = rows.filter((row) => row.group === group && row.detail);
    if (details.length > 0) {
      lines.push('', `<details><summary>${details.length} single blocks</summary>`, '');
      lines.push(...table(details, settings.threads), '', '</details>');
    }
    lines.push(...leftOutLines(own));
  }
  lines.push('', '## Bars', '', ...verdictLines(rows));
  return `${lines.join('\n')}\n`;
}

/** A row as it is done, for a terminal. */
export function rowLine(row: SuiteRow): string {
  const { name, serial, parallel, peer, rounds, noise } = row;
  const last = parallel.at(-1);
  return [
    name.padEnd(28),
    duration(serial.time.median).padStart(9),
    `${rate(serial.gasPerSecond)}gas/s`.padStart(13),
    `noise ${rounds < 2 ? '–' : `${(100 * noise).toFixed(0)} %`}`.padStart(11),
    last === undefined ? '' : `  ${threadsName(last.threads)} ${shortNumber(last.speedup.median)}x`,
    peer?.ratio ? `  runBlock ${shortNumber(peer.ratio.median)}x` : '',
    row.verdicts.some(({ met }) => !met) ? '  bar missed' : '',
  ].join(' ');
}
