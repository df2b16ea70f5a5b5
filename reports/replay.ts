/** Replayed blocks as a table that grows line by line, and what is to be said at its end. */
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { isUnexpected } from '../runners/events/tally.js';
import type { ReplayResult } from '../runners/verdict/replay-result.js';
import { figure, type Paint, plural } from './format.js';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly left?: boolean;
}

/** Differences of one block that are shown; the JSON report has all. */
const SHOWN = 8;
const LONGEST_VALUE = 160;

/** Three figures that tell: `0.42`, `4.21`, `42.1`, `421`. */
export function milliseconds(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : figure(Math.round(value));
}

function ratio(serial: number | null, parallel: number | undefined): string {
  return serial === null || parallel === undefined || parallel === 0 ? '' : `×${(serial / parallel).toFixed(2)}`;
}

function clip(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

export class ReplayTable {
  readonly #colors: Colors;
  readonly #columns: readonly Column[];
  readonly #results: ReplayResult[] = [];
  /** Why a receipts root was not checked, in the order of their marks. */
  readonly #notes: string[] = [];

  constructor(
    private readonly threads: readonly number[],
    color: boolean,
  ) {
    this.#colors = pc.createColors(color && pc.isColorSupported);
    this.#columns = [
      { title: 'block', width: 10 },
      { title: 'fork', width: 14, left: true },
      { title: 'txs', width: 6 },
      { title: 'Mgas', width: 6 },
      { title: 'serial ms', width: 9 },
      ...threads.flatMap((count) => [
        { title: plural(count, 'thread'), width: 10 },
        { title: '', width: 6 },
      ]),
      { title: 'verdict', width: 7, left: true },
    ];
  }

  header(): string {
    return this.#colors.dim(this.#line(this.#columns.map(({ title }) => title)));
  }

  row(result: ReplayResult): string {
    this.#results.push(result);
    const { times } = result;
    const cells = [
      String(result.number),
      result.fork,
      figure(result.transactions),
      (result.gasUsed / 1e6).toFixed(1),
      times.serial === null ? '' : milliseconds(times.serial),
    ];
    for (const count of this.threads) {
      const found = times.parallel.find(({ threads }) => threads === count)?.milliseconds;
      cells.push(found === undefined ? '' : milliseconds(found), ratio(times.serial, found));
    }
    const failed = isUnexpected(result.verdict);
    const paint: Paint = failed ? this.#colors.red : this.#colors.green;
    const mark = failed ? '' : this.#mark(result.unchecked.receiptsRoot);
    return this.#line([...cells, `${paint(result.verdict)}${mark}`]);
  }

  /** Lines after the last row: failures, marks, totals, and whether more blocks were to come. */
  summary(interrupted = false): string[] {
    const lines: string[] = [];
    for (const result of this.#results) if (isUnexpected(result.verdict)) lines.push('', ...this.#failure(result));
    lines.push('');
    for (const [index, note] of this.#notes.entries()) {
      lines.push(this.#colors.dim(`${'*'.repeat(index + 1)} receipts root not checked: ${note}`));
    }
    lines.push(...this.#stateRoots().map((line) => this.#colors.dim(line)));
    lines.push(...this.#totals(interrupted));
    return lines;
  }

  #mark(note: string | null): string {
    if (note === null) return '';
    if (!this.#notes.includes(note)) this.#notes.push(note);
    return '*'.repeat(this.#notes.indexOf(note) + 1);
  }

  #line(cells: readonly string[]): string {
    return this.#columns
      .map(({ width, left }, i) => (left ? (cells[i] as string).padEnd(width) : (cells[i] as string).padStart(width)))
      .join('  ')
      .trimEnd();
  }

  #failure(result: ReplayResult): string[] {
    const { number, verdict, cause, threads, transaction, differences } = result;
    const where = [
      ...(threads === null ? [] : [plural(threads, 'thread')]),
      ...(transaction === null ? [] : [`first differing transaction ${transaction}`]),
    ];
    const more = differences.length - SHOWN;
    return [
      this.#colors.red(`✖ block ${number} ${verdict}: ${[cause ?? '', ...where].join(', ')}`),
      ...differences
        .slice(0, SHOWN)
        .flatMap(({ what, expected, actual }) => [
          `    ${what}`,
          `      ${threads === null ? 'file  ' : 'serial  '} ${clip(expected)}`,
          `      ${threads === null ? 'replay' : 'parallel'} ${clip(actual)}`,
        ]),
      ...(more > 0 ? [`    and ${plural(more, 'further difference')}`] : []),
    ];
  }

  #stateRoots(): string[] {
    const reasons = new Map<string, number>();
    for (const { unchecked } of this.#results) {
      if (unchecked.stateRoot === null) continue;
      // Each incomplete witness lacks a node of its own.
      const reason = unchecked.stateRoot.replace(/0x[0-9a-f]{64}/, '…');
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const count = this.#results.length;
    return [...reasons].map(
      ([reason, blocks]) => `state root not checked in ${blocks} of ${plural(count, 'block')}: ${reason}`,
    );
  }

  #totals(interrupted: boolean): string[] {
    const failed = this.#results.filter(({ verdict }) => isUnexpected(verdict)).length;
    const sum = (pick: (result: ReplayResult) => number): number =>
      this.#results.reduce((total, result) => total + pick(result), 0);
    const passed = this.#results.length - failed;
    const words = [
      this.#colors.bold(`${figure(passed)} of ${plural(this.#results.length, 'block')} passed`),
      plural(
        sum(({ transactions }) => transactions),
        'transaction',
      ),
      `${figure(Math.round(sum(({ gasUsed }) => gasUsed) / 1e6))} Mgas`,
      ...(interrupted ? [this.#colors.yellow('interrupted')] : []),
    ];
    const serial = sum(({ times }) => times.serial ?? 0);
    if (serial === 0) return [words.join(' · ')];
    const speeds = [`serial ${milliseconds(serial)} ms`];
    for (const count of this.threads) {
      const total = sum(({ times }) => times.parallel.find(({ threads }) => threads === count)?.milliseconds ?? 0);
      speeds.push(`${plural(count, 'thread')} ${milliseconds(total)} ms ${ratio(serial, total)}`);
    }
    return [words.join(' · '), speeds.join(' · ')];
  }
}
