/** What memory a run needs, as far as that can be told beforehand. */
import { availableParallelism, totalmem } from 'node:os';

export const MIB = 1024 * 1024;
/** What a job process with its engines needs for ordinary cases, and the process that feeds them. */
const BYTES_PER_JOB = 500 * MIB;
const BYTES_OF_PARENT = 300 * MIB;

/** Bytes that a run of so many jobs wants. */
export function bytesForJobs(jobs: number): number {
  return BYTES_OF_PARENT + jobs * BYTES_PER_JOB;
}

/** Jobs that so many bytes are enough for; 1 where there are fewer. */
export function jobsFor(bytes: number): number {
  return Math.max(1, Math.floor((bytes - BYTES_OF_PARENT) / BYTES_PER_JOB));
}

/** Bytes of memory that this process may use, at most: the machine's, or what a container allows of them. */
export function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Jobs at a time that are no mistake: with more the machine would do nothing but move memory about. */
export function mostJobs(bytes = usableMemory(), cores = availableParallelism()): number {
  return Math.max(cores, jobsFor(bytes));
}
