/** The table of a self-test. */
import pc from 'picocolors';
import type { FlipRow, SelfTestResult } from '../runners/verdict/selftest-result.js';
import { plural } from './format.js';

const HEADINGS = ['kind of case', 'kind of flip', 'tried', 'caught', 'refused', 'survived', 'broken'] as const;
const TEXT_COLUMNS = 2;

function cells({ kind, flip, tried, caught, refused, survived, broken }: FlipRow): string[] {
  return [kind, flip, ...[tried, caught, refused, survived, broken].map(String)];
}

function total(rows: readonly FlipRow[]): FlipRow {
  const sum: FlipRow = {
    kind: rows[0]?.kind ?? 'state',
    flip: '',
    tried: 0,
    caught: 0,
    refused: 0,
    survived: 0,
    broken: 0,
  };
  for (const row of rows) {
    for (const key of ['tried', 'caught', 'refused', 'survived', 'broken'] as const) sum[key] += row[key];
  }
  return sum;
}

/** Lines of the whole report: the table, what was not caught, and one line that sums up. */
export function selfTestLines(result: SelfTestResult, color: boolean, interrupted = false): string[] {
  const { bold, red, green, yellow, dim } = pc.createColors(color && pc.isColorSupported);
  const { rows, loose, unusable, faults } = result;
  const tried = rows.filter((row) => row.tried > 0);
  const sum = total(rows);
  const table = [[...HEADINGS], ...tried.map(cells), ['total', '', ...cells(sum).slice(TEXT_COLUMNS)]];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row, index) => {
    const line = row
      .map((cell, column) =>
        column < TEXT_COLUMNS ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ');
    if (index === 0 || index === table.length - 1) return bold(line);
    const row_ = tried[index - 1] as FlipRow;
    return row_.survived + row_.broken > 0 ? red(line) : line;
  });
  const idle = rows.filter((row) => row.tried === 0).map((row) => `${row.kind} ${row.flip}`);
  if (idle.length > 0 && !interrupted) lines.push('', dim(`no drawn case has a place for: ${idle.join('; ')}`));
  for (const one of loose) {
    lines.push('', red(`${one.outcome}: ${one.flip}`), `  ${one.source} ${one.id}`);
    lines.push(`  ${one.path}: ${one.before} -> ${one.after}`, `  ${one.said}`);
  }
  for (const one of unusable)
    lines.push('', red(`does not pass as it stands: ${one.source} ${one.id}`), `  ${one.cause}`);
  for (const fault of faults) lines.push('', red(fault));
  const seconds = (result.durationMs / 1000).toFixed(1);
  const caught = sum.caught + sum.refused;
  const end = interrupted ? ', interrupted' : '';
  const verdict = `${caught} of ${plural(sum.tried, 'flip')} caught, in ${plural(result.cases, 'case')}, seed ${result.seed}${end} (${seconds} s)`;
  const good = interrupted ? yellow : green;
  lines.push('', caught === sum.tried && unusable.length + faults.length === 0 ? good(verdict) : red(verdict));
  return lines;
}
