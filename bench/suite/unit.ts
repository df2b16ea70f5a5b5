/** What the suite consists of: units, each measured in a process of its own. */
import type { WorkloadOptions } from '../../workloads/index.js';

/** Groups in the order of the tables and charts. */
export const GROUPS = {
  gigagas: 'Blocks of a gigagas',
  huge: 'Half a million transactions',
  chain: 'One chain',
  mixed: 'Mixed',
  hot: 'Hot accounts',
  distance: 'Dependencies',
  mainnet: 'Real mainnet blocks',
  eest: 'EEST benchmark blocks',
} as const;

export type GroupName = keyof typeof GROUPS;

/** Promises (bench/README.md, "Bars") that a unit is judged by, besides the one for a single thread. */
export interface UnitBars {
  /** Least speed-up with two threads. */
  readonly speedup?: number;
  /** Most seconds of the serial run, and with two threads. */
  readonly serialSeconds?: number;
  readonly parallelSeconds?: number;
  /** Least ratio over `runBlock`. */
  readonly runBlock?: number;
  /** Most memory of the process, GB. */
  readonly memory?: number;
}

/** A block of the generator; everything in it can be sent to another process. */
export interface GeneratedSpec {
  readonly kind: 'generated';
  readonly options: Omit<WorkloadOptions, 'coinbase' | 'baseFee'>;
  /** Transactions of the smaller block, made with the same options, that `runBlock` is measured on. */
  readonly sample: number;
}

/** Real blocks, as `lockstep replay` reads them. */
export interface MainnetSpec {
  readonly kind: 'mainnet';
  readonly source: string;
  /** Blocks that `runBlock` is measured on, one from each class by gas. */
  readonly sample: number;
}

/** Benchmark tests of EEST about one kind of opcode or precompile. */
export interface EestSpec {
  readonly kind: 'eest';
  readonly source: string;
  /** Folder of the tests in the source. */
  readonly folder: string;
  /** Millions of gas that the tests' blocks use, and those of the blocks that `runBlock` is measured on. */
  readonly megagas: number;
  readonly sampleMegagas: number;
}

export type UnitSpec = GeneratedSpec | MainnetSpec | EestSpec;

/** Seconds on two cores with three contenders, for planning only. */
export interface UnitCost {
  /** Building, checking, warming up. */
  readonly fixed: number;
  readonly round: number;
  /** The comparison with `runBlock`. */
  readonly peer: number;
}

export interface Unit {
  /** `gigagas/erc20`. */
  readonly name: string;
  readonly group: GroupName;
  /** What it is, in words. */
  readonly title: string;
  readonly spec: UnitSpec;
  readonly bars: UnitBars;
  readonly cost: UnitCost;
  /** Whether `runBlock` is measured beside it: of rows that differ in a parameter only, one says enough. */
  readonly peer: boolean;
  /** Rounds at most, where a block takes long. */
  readonly mostRounds?: number;
  /** Whether `--profile` takes it where nothing is selected. */
  readonly profiled: boolean;
}
