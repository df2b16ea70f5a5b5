/**
 * The network upgrades the engine knows, oldest first. Blob-parameter-only forks (EIP-7892) are
 * not listed: they are Osaka with another {@link BlobSchedule}. The DAO fork is Homestead with an
 * irregular state change, which a block asks for by itself.
 */
export const FORKS = [
  'Frontier',
  'Homestead',
  'EIP150',
  'EIP158',
  'Byzantium',
  'Constantinople',
  'ConstantinopleFix',
  'Istanbul',
  'MuirGlacier',
  'Berlin',
  'London',
  'ArrowGlacier',
  'GrayGlacier',
  'Paris',
  'Shanghai',
  'Cancun',
  'Prague',
  'Osaka',
] as const;

export type Fork = (typeof FORKS)[number];

const ORDER = new Map<string, number>(FORKS.map((fork, index) => [fork, index]));

/** Position of a fork in {@link FORKS}; comparable as a number. */
export function forkIndex(fork: Fork): number {
  return ORDER.get(fork) as number;
}

/** True when `fork` is `since` or later. */
export function atLeast(fork: Fork, since: Fork): boolean {
  return forkIndex(fork) >= forkIndex(since);
}

export function isFork(name: string): name is Fork {
  return ORDER.has(name);
}

/** Blob parameters of one fork (EIP-4844, EIP-7691, EIP-7840): counts of blobs, and the update fraction. */
export interface BlobSchedule {
  readonly target: number;
  readonly max: number;
  readonly baseFeeUpdateFraction: bigint;
}

/** Default blob schedules on mainnet (EIP-4844 and EIP-7691); a fixture's `config` overrides them. */
export const BLOB_SCHEDULES: Readonly<Record<'Cancun' | 'Prague' | 'Osaka', BlobSchedule>> = {
  Cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477n },
  Prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716n },
  Osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5007716n },
};
