/** Profiles one unit: its blocks again and again, serially and with threads, every thread by itself. */
import type { Profiler } from 'node:inspector';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { FlameProfile } from '../../reports/html/client/flame-data.js';
import { packageOf } from '../../runners/cli/package.js';
import { createVm } from '../../src/executor/scope.js';
import { ParallelExecutor } from '../../src/index.js';
import { coreBytes } from '../../src/vm/core/wasm.js';
import { type Contender, serialContender, threadsName } from '../contender.js';
import { foldProfile, type Window } from '../profile/fold.js';
import { moduleUrl, Recording } from '../profile/record.js';
import { type NamedSubject, openSubjects } from './subjects.js';
import type { Unit } from './unit.js';

/** Before the profile begins, so that compiling is not what it shows. */
const WARM_UP_MILLISECONDS = 1500;

export interface ProfileOptions {
  readonly threads: number;
  /** Of each profile. */
  readonly milliseconds: number;
  /** Names of the machine's functions by their numbers; null: not known. */
  readonly coreNames: ReadonlyMap<number, string> | null;
}

async function runFor(milliseconds: number, subjects: readonly NamedSubject[], contender: Contender): Promise<void> {
  const end = performance.now() + milliseconds;
  do {
    for (const { subject } of subjects) (await subject.run(contender)).release();
  } while (performance.now() < end);
}

async function profiled(
  milliseconds: number,
  subjects: readonly NamedSubject[],
  contender: Contender,
): Promise<Profiler.Profile> {
  await runFor(WARM_UP_MILLISECONDS, subjects, contender);
  const recording = await Recording.start();
  await runFor(milliseconds, subjects, contender);
  return recording.stop();
}

/** An executor whose worker threads are profiled; `profiles` is filled, by worker, when it is closed. */
async function profiledExecutor(threads: number, profiles: Profiler.Profile[]): Promise<Contender> {
  const executor = await ParallelExecutor.create({
    vm: 'wasm',
    threads,
    host: {
      createVm,
      memories: () => null,
      startThread: (options) => {
        const worker = new Worker(new URL('../profile/thread.js', import.meta.url), {
          workerData: options,
          transferList: [options.mail as MessagePort],
          name: `lockstep worker ${options.worker}`,
        });
        worker.on('message', (message: unknown) => {
          if (message !== 'ready') profiles[options.worker] = message as Profiler.Profile;
        });
        return worker;
      },
    },
  });
  return { name: threadsName(threads), threads, executor };
}

/** The graphs of the serial run, of the calling thread with `threads` threads, and of each worker thread. */
export async function profileUnit(
  unit: Unit,
  { threads, milliseconds, coreNames }: ProfileOptions,
): Promise<FlameProfile[]> {
  const { root } = packageOf(import.meta.url);
  const subjects = await openSubjects(unit.spec);
  const serial = await serialContender();
  let alone: Profiler.Profile;
  try {
    alone = await profiled(milliseconds, subjects, serial);
  } finally {
    await serial.executor.close();
  }
  const workers: Profiler.Profile[] = [];
  const contender = await profiledExecutor(threads, workers);
  let calling: Profiler.Profile;
  try {
    calling = await profiled(milliseconds, subjects, contender);
  } finally {
    await contender.executor.close();
  }
  const coreUrl = await moduleUrl(coreBytes().length);
  const fold = (title: string, profile: Profiler.Profile, window?: Window): FlameProfile =>
    foldProfile(profile, { title, root: `${root}/dist`, window, coreUrl, coreNames });
  const window = { from: calling.startTime, to: calling.endTime };
  const name = threadsName(threads);
  return [
    fold('serial', alone),
    fold(`${name}: calling thread`, calling),
    ...workers.flatMap((profile, worker) => [fold(`${name}: worker ${worker}`, profile, window)]),
  ];
}
