/** Where a run stands, from its events: what the live window and the lines of a log tell while it goes on. */
import type { RunEvent } from '../runners/events/events.js';

/** The rate is that of so many milliseconds before now. */
const RATE_WINDOW_MS = 15_000;
/** Before that, how far the run has come says too little about how long it will take. */
const ESTIMATE_FROM = 0.03;
const ESTIMATE_FROM_MS = 3000;

export interface RunningCase {
  readonly id: string;
  readonly since: number;
}

export class Progress {
  readonly #running = new Map<number, RunningCase>();
  /** Moments and the cases that had ended by then, oldest first. */
  #samples: { readonly at: number; readonly cases: number }[] = [];
  #started: number;
  #fraction = 0;
  #cases = 0;
  #source: string | null = null;
  #phase: 'starting' | 'reading' | 'finishing' | 'over' = 'starting';
  #sources = 0;
  #read = 0;

  /** `clock` tells milliseconds. */
  constructor(private readonly clock: () => number = () => performance.now()) {
    this.#started = clock();
  }

  on(event: RunEvent): void {
    switch (event.type) {
      case 'run:start':
        this.#sources = event.sources.length;
        this.#started = this.clock();
        break;
      case 'run:resume':
        this.#resume();
        break;
      case 'source:start':
        this.#source = event.source;
        this.#phase = 'reading';
        break;
      case 'source:progress':
        this.#fraction = Math.max(this.#fraction, event.fraction);
        break;
      case 'source:end':
      case 'source:error':
        this.#read++;
        if (this.#read >= this.#sources) this.#phase = 'finishing';
        break;
      case 'case:start':
        this.#running.set(event.job, { id: event.case.id, since: this.clock() });
        break;
      case 'case:end':
        this.#cases++;
        this.#running.delete(event.job);
        break;
      case 'case:unrunnable':
        this.#running.delete(event.job);
        break;
      case 'fixture:error':
        if (event.job !== undefined) this.#running.delete(event.job);
        break;
      case 'run:end':
        this.#phase = 'over';
        break;
      default:
        break;
    }
  }

  get elapsedMs(): number {
    return Math.max(0, this.clock() - this.#started);
  }

  /** Share of the sources that has been run, 0 to 1. */
  get fraction(): number {
    return this.#fraction;
  }

  /** In words: `reading ethereum-tests.tar.gz`. */
  get phase(): string {
    const phases = {
      starting: 'looking for cases',
      reading: `reading ${this.#source}`,
      finishing: 'running what has been read',
      over: 'over',
    };
    return phases[this.#phase];
  }

  /** Cases a second, of late. To be asked often. */
  rate(): number {
    const now = this.clock();
    this.#samples.push({ at: now, cases: this.#cases });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > RATE_WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || this.#samples.length < 2) return (1000 * this.#cases) / Math.max(1, this.elapsedMs);
    return (1000 * (this.#cases - first.cases)) / Math.max(1, now - first.at);
  }

  /** Milliseconds until the end, if the rest is like what came before; null while that cannot be said. */
  estimateMs(): number | null {
    const elapsed = this.elapsedMs;
    if (this.#fraction < ESTIMATE_FROM || this.#fraction >= 1 || elapsed < ESTIMATE_FROM_MS) return null;
    return (elapsed * (1 - this.#fraction)) / this.#fraction;
  }

  /** The case that has been running longest. */
  slowest(): (RunningCase & { readonly milliseconds: number }) | null {
    const [first] = [...this.#running.values()].sort((a, b) => a.since - b.since);
    return first === undefined ? null : { ...first, milliseconds: this.clock() - first.since };
  }

  /** What came before was not run now. */
  #resume(): void {
    this.#started = this.clock();
    this.#samples = [];
    this.#cases = 0;
    this.#running.clear();
    this.#fraction = 0;
    this.#read = 0;
    this.#phase = 'starting';
  }
}
