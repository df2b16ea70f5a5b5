/** What a page of flame graphs holds. */

/** A function as it was called along one path, with everything that it called. */
export interface FlameNode {
  /** Index into {@link FlameProfile.names}. */
  readonly n: number;
  /** Microseconds spent in the function itself. */
  readonly s: number;
  readonly c: readonly FlameNode[];
}

export interface FlameName {
  readonly name: string;
  /** File and line; empty where there is none. */
  readonly place: string;
  /** Part of the program that it belongs to: one of {@link PARTS}. */
  readonly part: number;
}

/** One thread over one stretch of time. */
export interface FlameProfile {
  /** `serial`, `2 threads: worker 1`. */
  readonly title: string;
  readonly names: readonly FlameName[];
  readonly roots: readonly FlameNode[];
}

export interface FlameData {
  readonly title: string;
  readonly note: string;
  readonly profiles: readonly FlameProfile[];
}

/** Parts of the program, each with a colour of its own. */
export const PARTS = [
  'WASM machine',
  'executor',
  'scheduler',
  'multi-version memory',
  'state',
  'transition',
  'machine host',
  'rest of Lockstep',
  'libraries',
  'Node and V8',
  'garbage collection',
  'waiting',
] as const;
