/** `lockstep timeline`: what each worker did when, as a trace for Perfetto. */

import { duration, figure, plural } from '../../reports/format.js';
import { writeJson } from '../../reports/output-file.js';
import { perfettoTrace } from '../../reports/perfetto.js';
import { printable } from '../../reports/printable.js';
import type { VmName } from '../../src/vm/name.js';
import { PreAllocations } from '../engine/pre-allocations.js';
import { EXIT, type ExitCode, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { recordTimelines } from '../timeline/record.js';
import type { BlockTimeline } from '../timeline/timeline.js';
import { faultText } from './fault-text.js';
import { findOneCase } from './find-one-case.js';
import type { Output } from './list.js';
import { type SelectionOptions, UsageError } from './options.js';

export interface TimelineOptions extends Pick<SelectionOptions, 'fixtures' | 'offline' | 'legacy'> {
  readonly vm: VmName;
  /** Threads of the parallel run. */
  readonly threads: number;
  readonly block?: number;
  readonly warmUps: number;
  readonly out: string;
}

/**
 * Answers the exit code. Throws {@link UsageError} where the pattern names no case or several, and `OutputFileError`,
 * after the outcome is printed.
 */
export async function timeline(
  pattern: string,
  options: TimelineOptions,
  sources: readonly FixtureSource[],
  out: Output,
  log: Output,
): Promise<ExitCode> {
  try {
    const { one, source } = await findOneCase(sources, pattern, 'replay', log);
    const preAllocations = new PreAllocations((_, file, name) => source.companion(file, name));
    const { vm, threads, block = null, warmUps } = options;
    const { outcome, blocks } = await recordTimelines(one, { vm, threads, block, warmUps }, preAllocations);
    if (blocks.length === 0)
      throw new UsageError(
        block === null
          ? `${printable(one.id)} executes no block`
          : `--block: ${printable(one.id)} has no block ${block}`,
      );
    out.write(`${printable(one.id)}\n`);
    for (const told of blocks) out.write(`  ${describe(told)}\n`);
    out.write(`${outcome.cause === null ? outcome.verdict : `${outcome.verdict}: ${printable(outcome.cause)}`}\n`);
    await writeJson(options.out, perfettoTrace(blocks, { case: one.id, threads: String(threads), vm }));
    out.write(`${options.out}: open it at ui.perfetto.dev, or in chrome://tracing\n`);
    return isUnexpected(outcome.verdict) ? EXIT.unexpected : EXIT.expected;
  } catch (error) {
    if (!(error instanceof FixtureError || error instanceof SourceError)) throw error;
    log.write(`${faultText(error)}\n`);
    return EXIT.infrastructure;
  }
}

/** `block 0: 40 transactions in 1.2ms, 52 runs, 12 aborts; busy 91%, 64%`. */
function describe({ block, timeline: { workers, transactions, spans, duration: micros } }: BlockTimeline): string {
  const runs = spans.filter(({ kind }) => kind === 'execute').length;
  const aborts = spans.filter(({ kind }) => kind === 'abort').length;
  const busy = Array.from({ length: workers }, (_, worker) => {
    const worked = spans.filter((span) => span.worker === worker && span.kind !== 'wait');
    const time = worked.reduce((sum, { start, end }) => sum + end - start, 0);
    return `${Math.round((100 * time) / Math.max(1, micros))}%`;
  });
  const time = micros < 1000 ? `${Math.round(micros)}us` : duration(micros / 1000);
  const place = block === null ? '' : `block ${block}: `;
  return `${place}${plural(transactions, 'transaction')} in ${time}, ${figure(runs)} runs, ${plural(aborts, 'abort')}; workers busy ${busy.join(', ')}`;
}
