/** Events of a schedule as people read them: a column for each worker, so that what ran beside what is seen at once. */
import type { Colors } from 'picocolors/types.js';
import type { RunSettings } from '../runners/events/events.js';
import { plural, table } from './format.js';

/** Events that are shown, the last ones; the report holds all of them. */
const EVENTS_SHOWN = 24;

interface Event {
  readonly step: string;
  readonly worker: number;
  /** `3.1 executing`: incarnation 1 of transaction 3. */
  readonly text: string;
}

/** What each block of a run is run under besides threads: nothing, drawn schedules, an exploration, or both. */
export function schedulesText(schedules: RunSettings['schedules']): string[] {
  if (schedules === undefined) return [];
  const { count, seed, exploration } = schedules;
  return [
    ...(count === 0 ? [] : [`${plural(count, 'schedule')} per block from seed ${seed}`]),
    ...(exploration === undefined
      ? []
      : [`all schedules with ${plural(exploration.preemptions, 'pre-emption')} of small blocks`]),
  ];
}

/** `events` are lines `step worker event transaction.incarnation`, and remarks that begin with `#`. */
export function scheduleLines(events: readonly string[], colors: Colors): string[] {
  if (events.length === 0) return [];
  const remarks = events.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim());
  const all = events.filter((line) => !line.startsWith('#')).map(eventOf);
  const shown = all.slice(-EVENTS_SHOWN);
  const lines = [`  ${colors.dim('schedule')}  ${remarks.join('; ')}`];
  if (shown.length < all.length) {
    lines.push(`    ${colors.dim(`the last ${shown.length} of ${all.length} events, by transaction.incarnation`)}`);
  }
  if (shown.length === 0) return lines;
  const workers = [...new Set(shown.map(({ worker }) => worker))].sort((a, b) => a - b);
  const head = ['step', ...workers.map((worker) => `worker ${worker}`)].map((text) => ({ text, paint: colors.dim }));
  const rows = shown.map(({ step, worker, text }) => [
    { text: step },
    ...workers.map((one) => ({ text: one === worker ? text : '' })),
  ]);
  return [...lines, ...table([head, ...rows], [true, ...workers.map(() => false)]).map((line) => `    ${line}`)];
}

function eventOf(line: string): Event {
  const [step = '', worker = '', event = '', place = ''] = line.split(' ');
  return { step, worker: Number(worker), text: `${place} ${event}` };
}
