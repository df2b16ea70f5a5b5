/** Block rewards before Paris (yellow paper 11.3; EIP-649, EIP-1234; ended by EIP-3675). */
import { atLeast, type Fork } from '../../primitives/fork.js';

const ETHER = 10n ** 18n;

/** Wei for the block itself; 0 from Paris on. */
function blockReward(fork: Fork): bigint {
  if (atLeast(fork, 'Paris')) return 0n;
  if (atLeast(fork, 'Constantinople')) return 2n * ETHER;
  if (atLeast(fork, 'Byzantium')) return 3n * ETHER;
  return 5n * ETHER;
}

/** Who is owed what for a block, in wei: its beneficiary first, then the ommers' in order. */
export function blockRewards(
  fork: Fork,
  number: bigint,
  coinbase: Uint8Array,
  ommers: readonly { readonly number: bigint; readonly coinbase: Uint8Array }[],
): { readonly address: Uint8Array; readonly amount: bigint }[] {
  const reward = blockReward(fork);
  if (reward === 0n) return [];
  const nephew = (reward / 32n) * BigInt(ommers.length);
  return [
    { address: coinbase, amount: reward + nephew },
    ...ommers.map((ommer) => ({ address: ommer.coinbase, amount: ((8n + ommer.number - number) * reward) / 8n })),
  ];
}
