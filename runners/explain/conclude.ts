/** What follows from a first difference, in a sentence: where in the engine to look. */

import type { PlaceValue } from '../../src/index.js';
import type { Difference } from '../verdict/verdict.js';
import type { DivergentRun, FoundRead } from './explain.js';
import { originText } from './values.js';

export interface FirstDifference {
  /** Null where no transaction differs, as far as the memory tells. */
  readonly transaction: number | null;
  readonly outcome: readonly Difference[];
  readonly writes: readonly Difference[];
  /** What the serial run was answered in that transaction, by key of the place. */
  readonly before: ReadonlyMap<string, PlaceValue>;
}

export function conclude(run: DivergentRun, first: FirstDifference, reads: readonly FoundRead[]): string {
  const { transaction } = first;
  if (transaction === null) {
    return (
      'No transaction differs, neither in its outcome nor in what it left in the multi-version memory: look at what ' +
      'comes after them, the steps of the block and the packing of its changes.'
    );
  }
  const one = run.memory.transactions[transaction];
  if (one === undefined || one.state !== 'committed') return `Transaction ${transaction} ${notCommitted(first, reads)}`;
  const worst = reads.find(({ unseenBalance }) => !unseenBalance);
  if (worst !== undefined) return aboutRead(transaction, worst);
  const moved = reads.find(({ read }) => first.writes.some(({ what }) => what === read.location));
  if (moved !== undefined) return aboutBalance(transaction, moved);
  if (first.writes.length === 0 && first.outcome.length > 0 && first.outcome.every(isRoot)) {
    return (
      `All that differs after transaction ${transaction} is the state root in its receipt: what it left in the ` +
      'multi-version memory is right, so look at how the lane makes the root of it while other threads go on.'
    );
  }
  if (one.reads === null) {
    return (
      `Transaction ${transaction} ran last as an exact one, whose reads are not recorded, and what stands below it is what ` +
      'the serial run read: it ran before that was final, or its writes or outcome were changed on the way into memory.'
    );
  }
  if (first.outcome.length === 0) {
    return (
      `Transaction ${transaction} read what the serial run read and has the same outcome: its writes were lost or changed ` +
      'when they were published, cleared, or folded by the commit lane.'
    );
  }
  return (
    `Transaction ${transaction} read what the serial run read, and yet came to another outcome: look at a location that it ` +
    'read in only one of the runs, and at the machine and what it keeps from run to run.'
  );
}

/** Receipts hold state roots before Byzantium. */
function isRoot({ what }: Difference): boolean {
  return /^receipts\[\d+\]\.stateRoot$/.test(what);
}

function notCommitted(first: FirstDifference, reads: readonly FoundRead[]): string {
  const read = reads[0];
  if (read !== undefined)
    return `was judged by a read of ${read.read.location} that the serial run was answered otherwise.`;
  return first.outcome.length > 0
    ? 'was judged otherwise than in the serial run, though no recorded read of it differs: look at the checks in the lane.'
    : 'was not committed.';
}

function aboutBalance(transaction: number, { read, origin }: FoundRead): string {
  return (
    `Transaction ${transaction} read ${read.location} from ${originText(origin)}, with another balance than the serial run, ` +
    'on which nothing depends, as the machine said: look at whether that is so, at whether the balance that it was to find ' +
    'was enough, and at how the lane put right what was written.'
  );
}

function aboutRead(transaction: number, { read, recorded, standing, standingIsSerial, origin }: FoundRead): string {
  if (!recorded) {
    return (
      `What stands at ${read.location} below transaction ${transaction} is not what the serial run read there, though no ` +
      'transaction before it differs: look at sums of fees and credits, and at resets.'
    );
  }
  const where = `Transaction ${transaction} read ${read.location} from ${originText(origin)}`;
  if (standing !== null && standingIsSerial) {
    return (
      `${where}, but ${originText(standing.origin)} stands below it: the read was stale or wrongly resolved, and was ` +
      'committed all the same, so that its validation was left out, came too early, or was answered wrongly too.'
    );
  }
  if (standing === null)
    return `${where}, which the serial run was answered otherwise; what stands there is not known any more.`;
  return (
    `${where}, and what stands there is not what the serial run read either, though no transaction before it differs: ` +
    'look at sums of fees and credits, and at resets.'
  );
}
