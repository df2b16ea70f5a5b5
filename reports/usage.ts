/** What a run cost: a line for each source, and the cases that took longest. */
import type { Colors } from 'picocolors/types.js';
import type { Tally } from '../runners/events/tally.js';
import { bytes, type Cell, duration, figure, shorten, table } from './format.js';

/** Ids are cut in the middle beyond this. */
const ID_WIDTH = 100;

export function usageLines(tally: Tally, durationMs: number, colors: Colors): string[] {
  return [...costLines(tally, durationMs, colors), ...slowestLines(tally, colors)];
}

function costLines({ usage }: Tally, durationMs: number, colors: Colors): string[] {
  if (usage === null) return [];
  const { cpuMs, memory } = usage;
  const size = (peakBytes: number | null): string => (peakBytes === null ? '–' : bytes(peakBytes));
  const head = ['source', 'cases', 'wall', 'CPU', `peak memory (${memory})`];
  const rows: Cell[][] = [head.map((text) => ({ text, paint: colors.dim }))];
  for (const { source, cases, wallMs, cpuMs: spent, peakBytes } of usage.sources) {
    const texts = [shorten(source, ID_WIDTH), figure(cases), duration(wallMs), duration(spent), size(peakBytes)];
    rows.push(texts.map((text) => ({ text })));
  }
  const cases = usage.sources.reduce((sum, one) => sum + one.cases, 0);
  const all = ['with reading and start', figure(cases), duration(durationMs), duration(cpuMs.jobs + cpuMs.parent)];
  rows.push([...all, size(usage.peakBytes)].map((text) => ({ text, paint: colors.bold })));
  return ['', ...table(rows, [false, true, true, true, true]).map((line) => `  ${line}`)];
}

function slowestLines({ slowest }: Tally, colors: Colors): string[] {
  // Of a single case the line above says the same.
  if (slowest.length < 2) return [];
  const rows: Cell[][] = [['slowest', 'CPU', 'wall'].map((text) => ({ text, paint: colors.dim }))];
  for (const { id, verdict, cpuMilliseconds, milliseconds } of slowest) {
    const name = verdict === 'pass' ? id : `${id} ${verdict}`;
    rows.push([shorten(name, ID_WIDTH), duration(cpuMilliseconds), duration(milliseconds)].map((text) => ({ text })));
  }
  return ['', ...table(rows, [false, true, true]).map((line) => `  ${line}`)];
}
