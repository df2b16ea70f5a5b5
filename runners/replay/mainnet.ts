/** Which rules hold at which block of Ethereum mainnet. */
import { BLOB_SCHEDULES, type BlobSchedule, type Fork } from '../../src/primitives/fork.js';
import { BPO_SCHEDULES, type ForkRules } from '../fixtures/networks.js';

export const MAINNET_CHAIN_ID = 1n;

interface Upgrade {
  readonly fork: Fork;
  /** What people call it, where that is not the fork's name. */
  readonly label?: string;
  /** First block, or first second (seconds since 1970) from Shanghai on. */
  readonly at: bigint;
  readonly blobSchedule?: BlobSchedule;
}

/** EIP-779: the block with the irregular state change. */
const DAO_FORK_BLOCK = 1_920_000n;

const BY_NUMBER: readonly Upgrade[] = [
  { fork: 'Frontier', at: 0n },
  { fork: 'Homestead', at: 1_150_000n },
  { fork: 'EIP150', at: 2_463_000n },
  { fork: 'EIP158', at: 2_675_000n },
  { fork: 'Byzantium', at: 4_370_000n },
  // Constantinople and its fix came in one block: EIP-1283 was never in force on mainnet.
  { fork: 'ConstantinopleFix', label: 'Constantinople', at: 7_280_000n },
  { fork: 'Istanbul', at: 9_069_000n },
  { fork: 'MuirGlacier', at: 9_200_000n },
  { fork: 'Berlin', at: 12_244_000n },
  { fork: 'London', at: 12_965_000n },
  { fork: 'ArrowGlacier', at: 13_773_000n },
  { fork: 'GrayGlacier', at: 15_050_000n },
  // The first block whose parent had reached the terminal total difficulty (EIP-3675).
  { fork: 'Paris', at: 15_537_394n },
];

const BY_TIME: readonly Upgrade[] = [
  { fork: 'Shanghai', at: 1_681_338_455n },
  { fork: 'Cancun', at: 1_710_338_135n, blobSchedule: BLOB_SCHEDULES.Cancun },
  { fork: 'Prague', at: 1_746_612_311n, blobSchedule: BLOB_SCHEDULES.Prague },
  { fork: 'Osaka', at: 1_764_798_551n, blobSchedule: BLOB_SCHEDULES.Osaka },
  { fork: 'Osaka', label: 'BPO1', at: 1_765_290_071n, blobSchedule: BPO_SCHEDULES.BPO1 },
  { fork: 'Osaka', label: 'BPO2', at: 1_767_747_671n, blobSchedule: BPO_SCHEDULES.BPO2 },
];

/** Rules of the mainnet block `number`, whose timestamp is in seconds since 1970. */
export function mainnetRules(number: bigint, timestamp: bigint): ForkRules {
  let found = BY_NUMBER[0] as Upgrade;
  for (const upgrade of BY_NUMBER) if (number >= upgrade.at) found = upgrade;
  if (found.fork === 'Paris') for (const upgrade of BY_TIME) if (timestamp >= upgrade.at) found = upgrade;
  const { fork, label = fork, blobSchedule = null } = found;
  return { fork, label, blobSchedule, daoForkBlock: DAO_FORK_BLOCK };
}
