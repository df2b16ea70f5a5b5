/** What a run costs: time by source, and the memory of all its processes. */
import type { RunUsage, SourceUsage } from '../events/events.js';
import { MEMORY_MEASURE, MemoryPeaks, type ProcessSize } from './process-memory.js';

interface SourceCost {
  readonly began: number;
  ended: number;
  cases: number;
  cpuMs: number;
}

/** Stands for all sources among the names of peaks; no source has an empty name. */
const ALL = '';

export class UsageMeter {
  readonly #sources = new Map<string, SourceCost>();
  readonly #peaks = new MemoryPeaks();
  readonly #parent = process.cpuUsage();
  /** Processor time of jobs that belongs to no source: their start. */
  #idleMs = 0;

  /** `clock` tells milliseconds. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** A job process has spent `cpuMs` on the source, or on no source. */
  spent(source: string | null, cpuMs: number): void {
    if (source === null) {
      this.#idleMs += cpuMs;
      return;
    }
    const cost = this.#at(source);
    cost.cpuMs += cpuMs;
    cost.ended = this.clock();
  }

  /** A case of the source has ended. */
  ended(source: string): void {
    this.#at(source).cases++;
  }

  /** A file of the source begins. */
  began(source: string): void {
    this.#at(source);
  }

  /** Looks at the memory of the processes, while files of `sources` are run. */
  sample(processes: readonly ProcessSize[], sources: readonly string[]): void {
    this.#peaks.sample(processes, [ALL, ...sources]);
  }

  conclude(): RunUsage {
    const sources = [...this.#sources].map(([source, { began, ended, cases, cpuMs }]): SourceUsage => {
      const wallMs = Math.round(ended - began);
      return { source, cases, wallMs, cpuMs: Math.round(cpuMs), peakBytes: this.#peaks.of(source) };
    });
    const { user, system } = process.cpuUsage(this.#parent);
    const jobs = Math.round(sources.reduce((sum, { cpuMs }) => sum + cpuMs, this.#idleMs));
    const parent = Math.round((user + system) / 1000);
    return { cpuMs: { jobs, parent }, peakBytes: this.#peaks.of(ALL), memory: MEMORY_MEASURE, sources };
  }

  #at(source: string): SourceCost {
    const known = this.#sources.get(source);
    if (known !== undefined) return known;
    const now = this.clock();
    const cost = { began: now, ended: now, cases: 0, cpuMs: 0 };
    this.#sources.set(source, cost);
    return cost;
  }
}
