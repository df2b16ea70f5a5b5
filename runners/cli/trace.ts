/** `lockstep trace`: the instructions of one case, a line of JSON each (EIP-3155). */

import { printable } from '../../reports/printable.js';
import type { VmName } from '../../src/vm/name.js';
import { PreAllocations } from '../engine/pre-allocations.js';
import { EXIT, type ExitCode, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { compareTraces, describeDifference } from '../trace/compare-traces.js';
import type { TraceLine } from '../trace/lines.js';
import { type TraceSettings, traceCase } from '../trace/trace-case.js';
import type { CaseOutcome } from '../verdict/result.js';
import { faultText } from './fault-text.js';
import { findOneCase } from './find-one-case.js';
import type { Output } from './list.js';
import { type SelectionOptions, UsageError } from './options.js';
import { writingLines } from './writing.js';

export interface TraceOptions extends Pick<SelectionOptions, 'fixtures' | 'offline' | 'legacy'> {
  readonly vm: VmName;
  readonly transaction?: number;
  readonly block?: number;
  readonly memory?: boolean;
  /** False after `--no-stack`. */
  readonly stack: boolean;
  readonly out?: string;
  readonly diff?: boolean;
}

/**
 * Traces the case that `pattern` names to `out`, or to the file of `--out`; remarks go to `log`.
 * Answers the exit code. Throws {@link UsageError} where it names no case or several, and `OutputFileError`.
 */
export async function trace(
  pattern: string,
  options: TraceOptions,
  sources: readonly FixtureSource[],
  out: Output,
  log: Output,
): Promise<ExitCode> {
  try {
    return await traceFound(pattern, options, sources, out, log);
  } catch (error) {
    if (!(error instanceof FixtureError || error instanceof SourceError)) throw error;
    log.write(`${faultText(error)}\n`);
    return EXIT.infrastructure;
  }
}

async function traceFound(
  pattern: string,
  options: TraceOptions,
  sources: readonly FixtureSource[],
  out: Output,
  log: Output,
): Promise<ExitCode> {
  const { one, source } = await findOneCase(sources, pattern, 'trace', log);
  const preAllocations = new PreAllocations((_, file, name) => source.companion(file, name));
  const settings: TraceSettings = {
    vm: options.vm,
    transaction: options.transaction ?? null,
    block: options.block ?? null,
    stack: options.stack,
    memory: options.memory === true,
  };
  return writingLines(options.out, out, async (write) => {
    log.write(`${printable(one.id)}\n`);
    const { block, transaction } = options;
    const place = [
      ...(block === undefined ? [] : [`--block ${block}`]),
      ...(transaction === undefined ? [] : [`--transaction ${transaction}`]),
    ].join(' ');
    const checkPlace = (lines: number): void => {
      if (lines === 0 && place !== '')
        throw new UsageError(`${place}: ${printable(one.id)} executes no transaction there`);
    };
    if (options.diff === true) {
      const { lines, difference } = await compareTraces((vm, emit) =>
        traceCase(one, { ...settings, vm }, preAllocations, emit),
      );
      checkPlace(lines);
      const text = difference === null ? [`the traces are equal: ${lines} lines`] : describeDifference(difference);
      for (const line of text) write(line);
      return difference === null ? EXIT.expected : EXIT.unexpected;
    }
    let lines = 0;
    const outcome = await traceCase(one, settings, preAllocations, (line: TraceLine) => {
      lines++;
      write(JSON.stringify(line));
    });
    checkPlace(lines);
    log.write(`${printable(remark(outcome))}\n`);
    return isUnexpected(outcome.verdict) ? EXIT.unexpected : EXIT.expected;
  });
}

function remark({ verdict, cause }: CaseOutcome): string {
  return cause === null ? verdict : `${verdict}: ${cause}`;
}
