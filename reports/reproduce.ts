/** The one command that runs a case again. */

import type { RunSettings } from '../runners/events/events.js';
import { isFusedId } from '../runners/verdict/fused.js';
import type { CaseResult } from '../runners/verdict/verdict.js';
import { DEFAULT_VM } from '../src/vm/name.js';
import { invocation } from './invocation.js';

/** Shell line; `threads` is named where only one parallel run is to blame, `vm` where it is not the default. */
export function reproduction(result: CaseResult, { vm, fuse }: Pick<RunSettings, 'fuse'> & { vm: string }): string {
  if (result.schedule !== undefined) return replayOf(result, result.schedule, vm);
  const parts = [invocation('run'), '--fixtures', quote(result.source), '--grep', quote(result.id)];
  if (fuse !== undefined && isFusedId(result.id)) parts.push('--fuse', String(fuse.blocks), '--seed', quote(fuse.seed));
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  if (result.threads !== null) parts.push('--threads', String(result.threads));
  return parts.join(' ');
}

/** Shell line that shrinks the case; null where it is none that can be. */
export function minimising(
  { id, source, fused, explanation, schedule, threads }: CaseResult,
  vm: string,
): string | null {
  if (fused === undefined || explanation === undefined) return null;
  const parts = [invocation('minimise'), quote(id), '--fixtures', quote(source), '-o', 'minimal.json'];
  if (schedule !== undefined) parts.push('--schedule', quote(schedule));
  else if (threads !== null) parts.push('--threads', String(threads));
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  return parts.join(' ');
}

/** Runs the very interleaving again. */
function replayOf({ id, source, block }: CaseResult, schedule: string, vm: string): string {
  const parts = [invocation('replay-schedule'), quote(id), '--fixtures', quote(source), '--seed', quote(schedule)];
  if (block !== null) parts.push('--block', String(block));
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  return parts.join(' ');
}

/** One word of a shell line. */
export function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
