/** Memory of a tree of processes, sampled. */
import { existsSync, readFileSync } from 'node:fs';

/** Whether this system tells the memory of other processes. */
const hasProcessMemory = existsSync('/proc/self/status');

/** Whether this kernel tells how much of it is shared. */
const hasShares = readable('/proc/self/smaps_rollup');

function readable(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('\nPss:');
  } catch {
    // Older kernels have no such file, and some systems hide it.
    return false;
  }
}

/** Bytes of the line `field` of a file of /proc; null where the process has just ended. */
function kilobytesOf(path: string, field: string): number | null {
  try {
    const found = new RegExp(`^${field}:\\s+([0-9]+) kB`, 'm').exec(readFileSync(path, 'utf8'));
    return found === null ? null : 1024 * Number(found[1]);
  } catch (error) {
    if (/^(?:ENOENT|ESRCH|EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** A process of the tree, and what it has said of itself: systems without /proc know no more. */
export interface ProcessSize {
  readonly pid: number;
  readonly reportedBytes: number;
}

/** How the memory of several processes is added up: proportional or resident set sizes. */
export const MEMORY_MEASURE = hasShares ? 'pss' : 'rss';

/** Resident bytes of all processes: shared pages count for each. */
function residentBytes(processes: readonly ProcessSize[]): number {
  let sum = 0;
  for (const { pid, reportedBytes } of processes) {
    sum += hasProcessMemory ? (kilobytesOf(`/proc/${pid}/status`, 'VmRSS') ?? 0) : reportedBytes;
  }
  return sum;
}

/** Bytes of all processes by {@link MEMORY_MEASURE}; some 10 ms for each process. */
function measuredBytes(processes: readonly ProcessSize[], resident: number): number {
  if (!hasShares) return resident;
  return processes.reduce((sum, { pid }) => sum + (kilobytesOf(`/proc/${pid}/smaps_rollup`, 'Pss') ?? 0), 0);
}

/**
 * The largest sums seen. Shares are asked for only where the resident sum, which is cheap, is larger than
 * ever: what processes share hardly changes.
 */
export class MemoryPeaks {
  readonly #peaks = new Map<string, { resident: number; bytes: number }>();

  /** Takes a sample of the processes on behalf of `names`. */
  sample(processes: readonly ProcessSize[], names: readonly string[]): void {
    const resident = residentBytes(processes);
    const rising = names.filter((name) => resident > (this.#peaks.get(name)?.resident ?? 0));
    if (rising.length === 0) return;
    const bytes = measuredBytes(processes, resident);
    for (const name of rising) {
      const before = this.#peaks.get(name)?.bytes ?? 0;
      this.#peaks.set(name, { resident, bytes: Math.max(before, bytes) });
    }
  }

  /** Bytes; null where no sample was taken for `name`. */
  of(name: string): number | null {
    return this.#peaks.get(name)?.bytes ?? null;
  }
}
