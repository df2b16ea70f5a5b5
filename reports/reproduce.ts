/** The one command that runs a case again. */

import type { RunSettings } from '../runners/events/events.js';
import { isFusedId } from '../runners/verdict/fused.js';
import type { CaseResult } from '../runners/verdict/verdict.js';
import { DEFAULT_VM } from '../src/vm/name.js';
import { invocation } from './invocation.js';

/** What a line must repeat of the run's settings. */
export type ReproducedSettings = Pick<RunSettings, 'fuse'> &
  Partial<Pick<RunSettings, 'threads' | 'schedules' | 'timeoutSeconds'>> & { readonly vm: string };

/**
 * Shell line that runs the case again: with the threads to blame where one parallel run is, with all that was run where
 * the case brought its process down or did not end, and on the machine where that is not the default.
 */
export function reproduction(result: CaseResult, settings: ReproducedSettings): string {
  const { vm, fuse } = settings;
  if (result.schedule !== undefined) return replayOf(result, result.schedule, vm);
  const parts = [invocation('run'), '--fixtures', quote(result.source), '--grep', quote(result.id)];
  const fused = fuse !== undefined && isFusedId(result.id);
  if (fused) parts.push('--fuse', String(fuse.blocks));
  const all = result.verdict === 'crashed' || result.verdict === 'timeout';
  if (all) parts.push(...schedulesOf(settings));
  const seed = fused ? fuse.seed : all ? settings.schedules?.seed : undefined;
  if (seed !== undefined) parts.push('--seed', quote(seed));
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  if (result.threads !== null) parts.push('--threads', String(result.threads));
  else if (all && settings.threads !== undefined) parts.push('--threads', settings.threads.join(','));
  if (result.verdict === 'timeout' && settings.timeoutSeconds !== undefined)
    parts.push('--timeout', String(settings.timeoutSeconds));
  return parts.join(' ');
}

function schedulesOf({ schedules }: ReproducedSettings): string[] {
  if (schedules === undefined) return [];
  const { count, exploration } = schedules;
  const parts = count === 0 ? [] : ['--schedules', String(count)];
  if (exploration === undefined) return parts;
  const { preemptions, limit } = exploration;
  return [...parts, '--preemptions', String(preemptions), '--explore-limit', String(limit)];
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
