/** The one command that runs a case again. */

import type { CaseResult } from '../runners/verdict/verdict.js';
import { DEFAULT_VM } from '../src/vm/name.js';

/** Shell line; `threads` is named where only one parallel run is to blame, `vm` where it is not the default. */
export function reproduction(result: CaseResult, vm: string): string {
  const parts = ['npm run conformance --', '--fixtures', quote(result.source), '--grep', quote(result.id)];
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  if (result.threads !== null) parts.push('--threads', String(result.threads));
  return parts.join(' ');
}

function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
