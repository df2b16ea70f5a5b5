/** What a machine must have for a run, looked at piece by piece: what was found, and what to do where it is wanting. */
import { execFile } from 'node:child_process';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { createBlock, createTransaction, Database } from '../../src/index.js';
import { DEFAULT_VM } from '../../src/vm/name.js';
import { closeEngines, createEngines } from '../job/engine.js';
import { bytesForJobs, jobsFor, MIB, usableMemory } from '../job/memory-needs.js';
import { MEMORY_MEASURE } from '../job/process-memory.js';

/** `bad`: runs fail; `poor`: they work, slower or less thoroughly than they could. */
export type CheckState = 'good' | 'poor' | 'bad';

export interface Check {
  readonly subject: string;
  readonly state: CheckState;
  readonly found: string;
  /** Null where there is nothing to do. */
  readonly advice: string | null;
}

export function good(subject: string, found: string): Check {
  return { subject, state: 'good', found, advice: null };
}

/** `least` as in `20.19`: the field `engines` of the package. */
export function checkNode(version: string, least: string): Check {
  const numbers = (text: string): number[] =>
    text
      .replace(/^[^\d]*/, '')
      .split('.')
      .map(Number);
  const [have, need] = [numbers(version), numbers(least)];
  const at = need.findIndex((part, index) => part !== have[index]);
  const enough = at < 0 || (have[at] ?? 0) > (need[at] as number);
  if (enough) return good('Node', `${version} (${least} or later is needed)`);
  return { subject: 'Node', state: 'bad', found: version, advice: `install Node ${least} or later` };
}

export function checkCores(cores = availableParallelism()): Check {
  if (cores > 1) return good('cores', `${cores}, as many jobs run side by side (--jobs)`);
  const advice =
    'parallel runs take turns on it: verdicts are the same, but few transactions meet; give the process two cores or more';
  return { subject: 'cores', state: 'poor', found: '1', advice };
}

/** `limit`: what a container allows, bytes; 0 where nothing does. */
export function checkMemory(
  free = freemem(),
  total = totalmem(),
  limit = usableMemory(),
  jobs = availableParallelism(),
): Check {
  const bounded = limit > 0 && limit < total;
  const usable = bounded ? Math.min(free, limit) : free;
  const needed = bytesForJobs(jobs);
  const found = `${mebibytes(usable)} free${bounded ? ` of ${mebibytes(limit)} that this process may use` : ` of ${mebibytes(total)}`}`;
  if (usable >= needed) return good('memory', found);
  const fitting = jobsFor(usable);
  const advice = `${jobs} jobs want about ${mebibytes(needed)}: close something, or run with --jobs ${fitting}`;
  return { subject: 'memory', state: usable < bytesForJobs(1) ? 'bad' : 'poor', found, advice };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}

/** Memory that threads share and that grows in place. */
export function checkSharedMemory(
  allocate: (bytes: number) => unknown = (bytes) => new SharedArrayBuffer(bytes),
): Check {
  try {
    allocate(64 * MIB);
    return good('shared memory', 'can be had');
  } catch (error) {
    const advice = 'the engine cannot run without it: raise the limit on address space (ulimit -v), or free memory';
    return { subject: 'shared memory', state: 'bad', found: messageOf(error), advice };
  }
}

/** A block of two transfers, serially and with two threads: the WASM module, shared memory and threads at once. */
export async function checkEngine(): Promise<Check> {
  const subject = 'engine';
  try {
    const engines = await createEngines(DEFAULT_VM, [2]);
    try {
      const { database, block } = sample();
      const serial = await engines.serial.execute(database, block);
      const parallel = await engines.parallel.get(2)?.execute(database, block);
      if (!serial.ok || parallel?.ok !== true || serial.gasUsed !== parallel.gasUsed)
        throw new Error('a block of two transfers came out differently in series and in parallel');
    } finally {
      await closeEngines(engines);
    }
    return good(subject, 'runs a block serially and with two threads (WASM machine)');
  } catch (error) {
    const advice =
      'the flags of Node may forbid WebAssembly or worker threads (node --jitless); please report it otherwise';
    return { subject, state: 'bad', found: messageOf(error), advice };
  }
}

function sample() {
  const [alice, bob, carol] = ['a1', 'b0', 'ca'].map((hex) => `0x${hex.repeat(20)}` as const) as [
    `0x${string}`,
    `0x${string}`,
    `0x${string}`,
  ];
  const account = { nonce: 0n, balance: 10n ** 18n, code: new Uint8Array(), storage: new Map() };
  const transfer = { maxFeePerGas: 10n, maxPriorityFeePerGas: 2n, value: 10n ** 17n };
  const block = createBlock({
    fork: 'Shanghai',
    coinbase: carol,
    environment: { baseFee: 7n },
    transactions: [
      createTransaction({ ...transfer, sender: alice, to: bob }),
      createTransaction({ ...transfer, sender: bob, to: alice }),
    ],
  });
  return {
    database: Database.from([
      [alice, account],
      [bob, account],
    ]),
    block,
  };
}

export async function checkGit(command = 'git'): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version']);
    return good('git', stdout.trim().replace(/^git version /, ''));
  } catch {
    // Whatever is wrong with it, it cannot be used.
    const advice =
      'needed only to fetch the official suites on the first run: install it, or name archives with --fixtures';
    return { subject: 'git', state: 'poor', found: 'cannot be run', advice };
  }
}

/** How the memory of a run is added up. */
export function checkMeasure(): Check {
  return good(
    'memory figures',
    MEMORY_MEASURE === 'pss' ? 'shared pages count once (pss)' : 'shared pages count for each process (rss)',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
