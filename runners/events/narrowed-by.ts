/** What leaves cases out of a run. */
import { RUN_KINDS } from '../fixtures/classify.js';
import type { RunSettings } from './events.js';

/** The options that select cases; none where all of the sources are run. */
export function narrowedBy({
  suites = RUN_KINDS,
  forks = null,
  grep = null,
  shard,
  fuse,
}: Partial<RunSettings>): string[] {
  return [
    ...(grep === null ? [] : ['--grep']),
    ...(forks === null ? [] : ['--fork']),
    // Fused blocks are made of one kind, whatever is asked for.
    ...(suites.length === RUN_KINDS.length || fuse !== undefined ? [] : ['--suite']),
    ...(shard === undefined ? [] : ['--shard']),
  ];
}
