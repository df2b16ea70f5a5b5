/** What changed from one run to another, as lines for a terminal. */
import type { Colors } from 'picocolors/types.js';
import { figure, plural } from './format.js';
import { isWorse, type LostCases, type RunChanges } from './gate.js';
import { xmlText } from './xml.js';

/** Lines of one kind that are shown. */
const SHOWN = 20;

export function changeLines(changes: RunChanges, colors: Colors): string[] {
  const { newFailures, otherFailures, fixed, lost, added, newFaults, incomplete, remarks } = changes;
  const lostCases = lost.reduce((sum, one) => sum + one.lost, 0);
  return [
    ...remarks.map((remark) => colors.yellow(`! ${remark}`)),
    ...(incomplete ? [colors.red('✖ the run is not complete')] : []),
    ...section(
      colors.red(`✖ ${plural(newFailures.length, 'new failure')}`),
      newFailures,
      ({ id, verdict, cause }) => `${verdict}  ${id}${cause === null ? '' : `  (${cause})`}`,
    ),
    ...section(
      colors.red(`✖ ${plural(otherFailures.length, 'failure')} of another kind`),
      otherFailures,
      (one) => `${one.before}, now ${one.now}  ${one.id}`,
    ),
    ...section(colors.red(`✖ ${plural(lostCases, 'lost case')}`), lost.flatMap(lostLines), (line) => line),
    ...section(colors.red(`✖ ${plural(newFaults.length, 'new fault')}`), newFaults, (fault) => fault),
    ...section(colors.green(`✔ ${figure(fixed.length)} fixed`), fixed, (id) => id),
    ...(added > 0 ? [`  ${plural(added, 'case')} more than before`] : []),
    isWorse(changes) ? colors.red('worse than the baseline') : colors.green('no worse than the baseline'),
  ];
}

/** What changed as a part of a job summary: the lines as they are. */
export function gateSummary(worse: boolean, lines: readonly string[]): string {
  const title = worse ? '✖ Worse than the baseline' : '✔ No worse than the baseline';
  return `## ${title}\n\n<pre>\n${lines.map(xmlText).join('\n')}\n</pre>\n\n`;
}

function lostLines({ file, lost, before, ids }: LostCases): string[] {
  return ids.length > 0 ? [...ids] : [`${figure(lost)} of ${plural(before, 'case')} in ${file}`];
}

function section<T>(title: string, items: readonly T[], line: (item: T) => string): string[] {
  if (items.length === 0) return [];
  const lines = items.slice(0, SHOWN).map((item) => `    ${line(item)}`);
  if (items.length > SHOWN) lines.push(`    … and ${figure(items.length - SHOWN)} more`);
  return [title, ...lines];
}
