/** Adds up what the parts of a run cost. */
import type { RunUsage, SourceUsage } from './events.js';

/**
 * `after`: the parts ran one after the other, so that their times by the clock add up; `beside`: at the same time, so
 * that the longest counts. Of memory the largest counts either way: parts that run beside each other have machines of
 * their own.
 */
export type Arrangement = 'after' | 'beside';

export function sumUsage(parts: readonly RunUsage[], arrangement: Arrangement): RunUsage {
  const sources = new Map<string, SourceUsage>();
  for (const one of parts.flatMap((part) => part.sources)) {
    const sum = sources.get(one.source);
    sources.set(one.source, sum === undefined ? one : sumSource(sum, one, arrangement));
  }
  return {
    cpuMs: {
      jobs: parts.reduce((sum, { cpuMs }) => sum + cpuMs.jobs, 0),
      parent: parts.reduce((sum, { cpuMs }) => sum + cpuMs.parent, 0),
    },
    peakBytes: parts.reduce<number | null>((most, { peakBytes }) => larger(most, peakBytes), null),
    memory: parts.every(({ memory }) => memory === 'pss') ? 'pss' : 'rss',
    sources: [...sources.values()],
  };
}

function sumSource(a: SourceUsage, b: SourceUsage, arrangement: Arrangement): SourceUsage {
  return {
    source: a.source,
    cases: a.cases + b.cases,
    wallMs: arrangement === 'after' ? a.wallMs + b.wallMs : Math.max(a.wallMs, b.wallMs),
    cpuMs: a.cpuMs + b.cpuMs,
    peakBytes: larger(a.peakBytes, b.peakBytes),
  };
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
