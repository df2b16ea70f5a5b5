/** Runs sources as the command does, by job processes, and counts what comes of it. */
import type { RunOptions } from '../../runners/cli/options.js';
import { type RunContext, run } from '../../runners/cli/run.js';
import { Tally } from '../../runners/events/tally.js';

const CASE_RUNNER = new URL('../../runners/job/lockstep-runner.js', import.meta.url).href;

export interface RunOfSources {
  readonly exit: number;
  readonly tally: Tally;
}

/** `change`: what is not to be as in a run over one thread that expects nothing. */
export async function runSources(
  sources: RunContext['sources'],
  { options = {}, ...change }: Partial<RunContext> & { readonly options?: Partial<RunOptions> } = {},
): Promise<RunOfSources> {
  const tally = new Tally();
  const exit = await run(
    { vm: 'wasm', threads: [1], jobs: 1, timeout: 60, color: false, ...options },
    {
      sources,
      notes: [],
      environment: { lockstep: '0', node: '0', platform: 'x', cpus: 1 },
      expected: { outcomes: [], incomplete: [], counts: new Map() },
      reporters: [tally],
      runner: CASE_RUNNER,
      signal: new AbortController().signal,
      ...change,
    },
  );
  return { exit, tally };
}
