/** The one case that a command is about. */
import { printable } from '../../reports/printable.js';
import { DEFAULT_VM } from '../../src/vm/name.js';
import type { BlockCases } from '../fixtures/cases.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { isUnitCase } from '../fixtures/unit-cases.js';
import { findCases } from '../trace/find-case.js';
import { isFusedId } from '../verdict/fused.js';
import { faultText } from './fault-text.js';
import { findFusedCase } from './fused-case.js';
import type { Output } from './list.js';
import { UsageError } from './options.js';

/** Ids that are listed where a pattern matches several. */
const LISTED = 10;

export interface OneCase {
  readonly one: BlockCases;
  readonly source: FixtureSource;
  /** Of its file. */
  readonly text: string;
}

/**
 * The case that `pattern` names; the id of a fused block stands for that block as an official test. What cannot be
 * decoded on the way is told to `log`. Throws {@link UsageError} where it names none or several, or one that executes
 * nothing.
 */
export async function findOneCase(
  sources: readonly FixtureSource[],
  pattern: string,
  purpose: 'trace' | 'replay' | 'explain' | 'minimise',
  log: Output,
): Promise<OneCase> {
  if (isFusedId(pattern)) {
    const fused = await findFusedCase(sources, pattern, DEFAULT_VM);
    if (fused === null) throw new UsageError(`no state test makes ${pattern}`);
    return fused;
  }
  const found = await findCases(sources, pattern, LISTED, (error) => log.write(`${faultText(error)}\n`));
  if (found === null) throw new UsageError(`no case matches ${pattern}`);
  if (found.ids.length > 1) {
    const rest = found.more ? ['…'] : [];
    throw new UsageError(['several cases match; name one of them:', ...found.ids.map(printable), ...rest].join('\n  '));
  }
  const one = found.decode();
  if (isUnitCase(one)) {
    throw new UsageError(`nothing to ${purpose}: cases of kind ${one.kind} run no instruction (${printable(one.id)})`);
  }
  return { one, source: found.source, text: found.text };
}
