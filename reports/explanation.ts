/** Why a parallel run differs, as lines for a terminal. */
import type { Colors } from 'picocolors/types.js';
import type { Explanation } from '../runners/verdict/explanation.js';
import type { Difference } from '../runners/verdict/verdict.js';
import { shorten } from './format.js';

const VALUE_WIDTH = 160;
const SENTENCE_WIDTH = 100;
/** How much is shown; the report holds all of it. */
const OUTCOME_SHOWN = 3;
const WRITES_SHOWN = 3;
const READS_SHOWN = 3;
const EVENTS_SHOWN = 24;

export function explanationLines(explanation: Explanation, colors: Colors): string[] {
  const { transaction, subject, outcome, writes, reads, finding, incarnations, schedule } = explanation;
  const lines: string[] = [];
  if (transaction !== null) {
    lines.push(`${colors.bold(`first divergence: transaction ${transaction}`)}  ${colors.dim(subject ?? '')}`);
    lines.push(...outcome.slice(0, OUTCOME_SHOWN).flatMap((one) => differenceLines('outcome', one, colors)));
    lines.push(...writes.slice(0, WRITES_SHOWN).flatMap((one) => differenceLines('leaves', one, colors)));
    lines.push(
      ...moreLines(
        outcome.length +
          writes.length -
          Math.min(outcome.length, OUTCOME_SHOWN) -
          Math.min(writes.length, WRITES_SHOWN),
        'difference',
        colors,
      ),
    );
    for (const read of reads.slice(0, READS_SHOWN)) {
      lines.push(`  ${colors.dim('read')}  ${read.location}`);
      lines.push(`    ${colors.dim('serial  ')}  ${shorten(read.serial, VALUE_WIDTH)}`);
      lines.push(
        `    ${colors.dim('parallel')}  ${colors.red(shorten(read.parallel, VALUE_WIDTH))}  ${colors.dim('from')} ${read.origin}`,
      );
      lines.push(`    ${colors.dim('standing')}  ${shorten(read.standing, VALUE_WIDTH)}`);
    }
    lines.push(...moreLines(reads.length - READS_SHOWN, 'read', colors));
  }
  if (incarnations.length > 0) lines.push(`  ${colors.dim('incarnations')}`);
  for (const one of incarnations) {
    lines.push(`    ${String(one.transaction).padStart(4)}  ${one.state.padEnd(9)}  ${one.history}`);
  }
  if (schedule.length > 0) {
    const shown = schedule.slice(-EVENTS_SHOWN);
    const note = shown.length < schedule.length ? `, the last ${shown.length} of ${schedule.length} events` : '';
    lines.push(`  ${colors.dim(`schedule${note}`)}`, ...shown.map((event) => `    ${event}`));
  }
  const [first = '', ...rest] = wrapped(finding);
  lines.push(`  ${colors.yellow('→')} ${first}`, ...rest.map((line) => `    ${line}`));
  return lines;
}

function differenceLines(label: string, { what, expected, actual }: Difference, colors: Colors): string[] {
  return [
    `  ${colors.dim(label)}  ${what}`,
    `    ${colors.dim('serial  ')}  ${shorten(expected, VALUE_WIDTH)}`,
    `    ${colors.dim('parallel')}  ${colors.red(shorten(actual, VALUE_WIDTH))}`,
  ];
}

function moreLines(more: number, noun: string, colors: Colors): string[] {
  return more > 0 ? [`  ${colors.dim(`… and ${more} more ${noun}${more === 1 ? '' : 's'}`)}`] : [];
}

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > SENTENCE_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
