/**
 * A runner module without an engine: the text of a file is a JSON list of what its cases do. Used to
 * test what becomes of job processes.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindCompanionIn } from '../../runners/fixtures/companions.js';
import type { CaseRunner, OpenedFile, SelectedCase } from '../../runners/job/case-runner.js';
import type { FileTask, JobSettings } from '../../runners/job/protocol.js';
import { taskSelector } from '../../runners/job/selection.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';

/**
 * `exit` ends the process with an error, `quit` without one. `slow` takes 1.6 s in one go, `burn` 0.8 s of the processor, `fill` half a GiB that it keeps; `ask` passes where the file
 * has a companion. `wait` does not end before a `mark` has been run by another process of the same pool.
 */
export type Behaviour =
  | 'pass'
  | 'slow'
  | 'wait'
  | 'mark'
  | 'burn'
  | 'fill'
  | 'fail'
  | 'exit'
  | 'quit'
  | 'signal'
  | 'hang'
  | 'throw'
  | 'malformed'
  | 'ask';

const COVERAGE = {
  blocks: 1,
  multiTransactionBlocks: 0,
  transactions: 1,
  aborts: 0,
  reexecutions: 0,
  estimatesHit: 0,
  deferredFeeReads: 0,
  resets: 0,
  schedules: 0,
  exploredBlocks: 0,
};

const kept: Uint8Array[] = [];

/** The file by which processes that `parent` has started know that one of them has run a `mark`. */
export function markOf(parent: number): string {
  return join(tmpdir(), `lockstep-mark-${parent}`);
}

/** Microseconds of the processor. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function behave(behaviour: Behaviour): Promise<void> {
  if (behaviour === 'exit') {
    process.stderr.write('first line\nlast words\n');
    process.exit(7);
  }
  if (behaviour === 'quit') process.exit(0);
  if (behaviour === 'slow') for (const start = performance.now(); performance.now() - start < 1600; ) Math.random();
  if (behaviour === 'wait') while (!existsSync(markOf(process.ppid))) Math.random();
  if (behaviour === 'mark') writeFileSync(markOf(process.ppid), '');
  if (behaviour === 'burn') for (const start = spent(); spent() - start < 800_000; ) Math.random();
  if (behaviour === 'fill') kept.push(new Uint8Array(2 ** 29).fill(1));
  if (behaviour === 'signal') process.kill(process.pid, 'SIGABRT');
  if (behaviour === 'throw') throw new Error('the runner is broken');
  if (behaviour === 'signal' || behaviour === 'hang') {
    // Like a machine in an endless loop: the event loop gets no turn.
    for (;;) Math.random();
  }
}

/** `found TEXT`, `none`, or why the search failed. */
async function ask(companions: FindCompanionIn, task: FileTask): Promise<string> {
  try {
    const found = await companions(task.source, task.file, 'shared/a.json');
    return found === null ? 'none' : `found ${found.text} in ${found.file}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function fakeCase(task: FileTask, behaviour: Behaviour, index: number, companions: FindCompanionIn): SelectedCase {
  const identity = {
    id: `${task.file}::${behaviour}[Cancun/${index}]`,
    source: task.source,
    file: task.file,
    group: 'GeneralStateTests',
    network: 'Cancun',
    kind: 'state' as const,
  };
  return {
    identity,
    run: async () => {
      await behave(behaviour);
      if (behaviour === 'malformed') {
        return { source: task.source, file: task.file, test: identity.id, field: 'env', message: 'malformed' };
      }
      const answer = behaviour === 'ask' ? await ask(companions, task) : null;
      const failed = behaviour === 'fail' || (answer !== null && !answer.startsWith('found'));
      const result: CaseResult = {
        ...identity,
        verdict: failed ? 'nonconformant' : 'pass',
        cause: answer ?? (failed ? 'state differs from the fixture' : null),
        differences: failed ? [{ what: 'stateRoot', expected: '0x01', actual: '0x02' }] : [],
        block: null,
        transaction: null,
        threads: null,
        coverage: COVERAGE,
        // Says which process ran the case.
        milliseconds: process.pid,
      };
      return result;
    },
  };
}

/** A file with an error in it, whose process ends after it was opened and before its first case begins. */
function leaving(task: FileTask): OpenedFile {
  const { source, file } = task;
  const errors = ['odd', 'odder'].map((test) => ({ source, file, test, field: null, message: `${test}: malformed` }));
  const one: SelectedCase = {
    get identity(): never {
      return process.exit(5);
    },
    run: () => Promise.reject(new Error('this case does not begin')),
  };
  return { cases: [one], errors, notRun: null };
}

export async function createCaseRunner(_: JobSettings, companions: FindCompanionIn): Promise<CaseRunner> {
  return {
    open(task): OpenedFile {
      if (task.text === 'exit') process.exit(9);
      if (task.text === 'leave') return leaving(task);
      // Its list of cases is longer than what is there of them.
      if (task.text === 'short')
        return {
          cases: Object.assign(new Array(2), [fakeCase(task, 'pass', 0, companions)]),
          errors: [],
          notRun: null,
        };
      const isLeft = taskSelector(task);
      const behaviours = JSON.parse(task.text) as Behaviour[];
      return {
        cases: behaviours
          .map((one, index) => fakeCase(task, one, index, companions))
          .filter(({ identity }) => isLeft(identity.id)),
        errors: [],
        notRun: null,
      };
    },
    close: async () => undefined,
  };
}
