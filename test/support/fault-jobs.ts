/** Job processes that a pool starts in this process, while the spy is on; and a pool that runs the corpus. */
import childProcess, { type ChildProcess, type ForkOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RunEvent } from '../../runners/events/events.js';
import { JobPool, type PoolOptions } from '../../runners/job/pool.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { packageRoot } from './root.js';

/** Takes the place of `fork` for the modules of this process. */
export class JobSpy {
  readonly children: ChildProcess[] = [];
  /** Arguments and Node's options of the process with this number. */
  dress: (number: number) => { args: string[]; execArgv: string[] } = () => ({ args: [], execArgv: [] });
  /** Told of every process as soon as it is there. */
  born: (child: ChildProcess, number: number) => void = () => {};
  private readonly real = childProcess.fork;

  begin(): void {
    const fork = (module: string, _args: readonly string[], options: ForkOptions): ChildProcess => {
      const number = this.children.length;
      const { args, execArgv } = this.dress(number);
      const child = this.real(module, args, { ...options, execArgv: [...process.execArgv, ...execArgv] });
      this.children.push(child);
      this.born(child, number);
      return child;
    };
    (childProcess as { fork: unknown }).fork = fork;
    syncBuiltinESMExports();
  }

  end(): void {
    (childProcess as { fork: unknown }).fork = this.real;
    syncBuiltinESMExports();
  }

  get live(): ChildProcess[] {
    return this.children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  }

  /** Resolves once no process is left. */
  async gone(): Promise<void> {
    while (this.live.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const LOCKSTEP_RUNNER = new URL('../../runners/job/lockstep-runner.js', import.meta.url).href;
export const FAKE_RUNNER = new URL('./fake-case-runner.js', import.meta.url).href;
export const SETTINGS: PoolOptions['settings'] = {
  vm: 'wasm',
  threads: [2],
  suites: ['blockchain', 'state'],
  forks: ['Cancun'],
  grep: null,
};

export type Files = Readonly<Record<string, string>>;

export function corpusFiles(): Files {
  const folder = join(packageRoot, 'corpus', 'fixtures');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
  return Object.fromEntries(names.map((name) => [name, gunzipSync(readFileSync(join(folder, name))).toString()]));
}

/** Events of a run of files. */
export async function runPool(files: Files, more: Partial<PoolOptions> = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const pool = new JobPool({
    jobs: 2,
    timeoutMs: 60_000,
    settings: SETTINGS,
    runner: LOCKSTEP_RUNNER,
    ...more,
    emit: (event) => {
      events.push(event);
      more.emit?.(event);
    },
  });
  try {
    for (const [file, text] of Object.entries(files)) await pool.add({ source: 's', file, text, ids: null, skip: 0 });
    await pool.drain();
  } finally {
    pool.stop();
  }
  return events;
}

export function resultsOf(events: readonly RunEvent[]): CaseResult[] {
  return events.flatMap((event) => (event.type === 'case:end' ? [event.result] : []));
}

/** What of a result must be the same in every run. */
export function judgement({ id, verdict, cause, differences, block, transaction }: CaseResult): string {
  return JSON.stringify({ id, verdict, cause, differences, block, transaction });
}
