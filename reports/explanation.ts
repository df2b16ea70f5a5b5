/** Why a parallel run differs, as lines for a terminal. */
import type { Colors } from 'picocolors/types.js';
import type { ExplainedTransaction, Explanation } from '../runners/verdict/explanation.js';
import type { Difference } from '../runners/verdict/verdict.js';
import { shorten } from './format.js';
import { scheduleLines } from './schedule.js';

const VALUE_WIDTH = 160;
const SENTENCE_WIDTH = 100;
/** How much is shown; the report holds all of it. */
const OUTCOME_SHOWN = 3;
const WRITES_SHOWN = 3;
const READS_SHOWN = 3;

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
  lines.push(...incarnations.flatMap(historyLines), ...scheduleLines(schedule, colors));
  lines.push(...hanging(`  ${colors.yellow('→')} `, 4, finding));
  return lines;
}

function historyLines({ transaction, state, history }: ExplainedTransaction): string[] {
  const head = `    ${String(transaction).padStart(4)}  ${state.padEnd(9)}  `;
  return hanging(head, head.length, history);
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

/** `head` and the sentence, whose further lines are indented by `indent`. */
function hanging(head: string, indent: number, sentence: string): string[] {
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
  const [first = '', ...rest] = [...lines, line];
  return [`${head}${first}`, ...rest.map((text) => `${' '.repeat(indent)}${text}`)];
}
