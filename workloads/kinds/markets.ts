/** Swaps and liquidity on both kinds of market. */
import { word } from '../../contracts/abi.js';
import { create2Address } from '../../contracts/addresses.js';
import { Contract } from '../../contracts/artifacts.js';
import type { ContractStorage } from '../../contracts/storage.js';
import { compareBytes, concatBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { type Cluster, GENESIS_TIME, HOLDING, type Placed } from '../cluster.js';
import type { Random } from '../random.js';
import { call, type Kind } from './kind.js';
import { clusterToken, SharedToken } from './tokens.js';

const RESERVE = 10n ** 22n;
const DEADLINE = 2n ** 40n;
/** Of a market's reserve, what one swap sells at most. */
const LARGEST_SWAP = 10n ** 18n;
const SWAP = 'swapExactIn(uint256,uint256,address[],address,uint256)';
const SWAP_GAS = 250_000n;

/** Factory and router; every pair is of the cluster's token and of the venue's own. */
interface Exchange {
  readonly factory: Placed;
  readonly router: Placed;
}

function exchange(cluster: Cluster): Exchange {
  return cluster.once('exchange', () => {
    const factory = cluster.place('factory', 'PairFactory');
    const pairCodeHash = keccak256(Contract.named('Pair').creation);
    const router = cluster.place('router', 'Router', { immutables: { factory: factory.address, pairCodeHash } });
    clusterToken(cluster).allow(router.address);
    return { factory, router };
  });
}

/** The venue's own token: whoever may act there has it. */
function venueTokens(cluster: Cluster): readonly SharedToken[] {
  const { router } = exchange(cluster);
  return cluster.everyVenue('venue token', (venue) =>
    new SharedToken(cluster, `token/${venue}`, 'Token', () => cluster.guests(venue)).allow(router.address),
  );
}

function sorted(a: Uint8Array, b: Uint8Array): [Uint8Array, Uint8Array] {
  return compareBytes(a, b) < 0 ? [a, b] : [b, a];
}

/** The pair of a venue, in the midst of its life. */
function pairs(cluster: Cluster): readonly Placed[] {
  const { factory } = exchange(cluster);
  const token = clusterToken(cluster);
  const others = venueTokens(cluster);
  return cluster.everyVenue('pair', (venue) => {
    const other = others[venue] as SharedToken;
    const [token0, token1] = sorted(token.placed.address, other.placed.address);
    const init = Contract.named('Pair').creation;
    const address = create2Address(factory.address, keccak256(concatBytes(token0, token1)), init);
    token.give(address, RESERVE);
    other.give(address, RESERVE);
    return cluster.place(`pair/${venue}`, 'Pair', {
      address,
      storage: (storage) => {
        storage.set('factory', factory.address).set('token0', token0).set('token1', token1);
        storage.set('reserve0', RESERVE).set('reserve1', RESERVE).set('updatedAt', GENESIS_TIME);
        storage
          .set('totalSupply', RESERVE)
          .set('locked', 1)
          .setAt('balanceOf', [cluster.addressOf('house')], RESERVE);
      },
    });
  });
}

/** True where the person may sell the venue's own token: a stranger has only the cluster's. */
function isGuest(cluster: Cluster, person: number, venue: number): boolean {
  return venue === 0 || cluster.venueOf(person) === venue;
}

/** What a swap pays in. */
const swapAmount = (random: Random): bigint =>
  1_000_000n + (LARGEST_SWAP * BigInt(random.below(1_000_000))) / 1_000_000n;

/** A swap in one pair; one in sixteen asks for more than it can get. */
export const swap: Kind = {
  name: 'swap',
  since: 'Berlin',
  place(cluster) {
    const { router } = exchange(cluster);
    pairs(cluster);
    const token = clusterToken(cluster).placed.address;
    const others = venueTokens(cluster);
    return ({ sender, venue, random }) => {
      const other = (others[venue] as SharedToken).placed.address;
      const back = isGuest(cluster, sender, venue) && random.below(2) === 0;
      const list = back ? [other, token] : [token, other];
      const amount = swapAmount(random);
      const least = random.below(16) === 0 ? 2n * amount : 1n;
      const args = [amount, least, { list }, cluster.address(sender), DEADLINE];
      return call(router, SWAP, args, SWAP_GAS);
    };
  },
};

/** A swap from one venue's token into another's, over two pairs; over one where the sender is a stranger. */
export const route: Kind = {
  name: 'route',
  since: 'Berlin',
  place(cluster) {
    const { router } = exchange(cluster);
    pairs(cluster);
    const token = clusterToken(cluster).placed.address;
    const others = venueTokens(cluster).map(({ placed }) => placed.address);
    return ({ sender, venue, random }) => {
      const own = others[venue] as Uint8Array;
      const into = (venue + 1 + random.below(Math.max(1, others.length - 1))) % others.length;
      const both = into !== venue && isGuest(cluster, sender, venue);
      const list = both ? [own, token, others[into] as Uint8Array] : [token, own];
      const amount = swapAmount(random);
      return call(router, SWAP, [amount, 1, { list }, cluster.address(sender), DEADLINE], 2n * SWAP_GAS);
    };
  },
};

/** Liquidity for a pair. */
export const liquidity: Kind = {
  name: 'liquidity',
  since: 'Berlin',
  place(cluster) {
    const { router } = exchange(cluster);
    pairs(cluster);
    const token = clusterToken(cluster).placed.address;
    const others = venueTokens(cluster);
    return ({ sender, venue, random }) => {
      const amount = BigInt(1 + random.below(2 ** 31)) << 20n;
      const args = [token, (others[venue] as SharedToken).placed.address, amount, amount, cluster.address(sender)];
      return call(router, 'addLiquidity(address,address,uint256,uint256,address)', args, 350_000n);
    };
  },
};

/** New pairs, by CREATE2; the tokens need not exist for that. */
export const pairCreation: Kind = {
  name: 'pairCreation',
  since: 'Berlin',
  place(cluster) {
    const { factory } = exchange(cluster);
    let made = 0;
    return ({ random }) => {
      // Now and then one that exists already.
      const number = made > 0 && random.below(6) === 0 ? random.below(made) : made++;
      const args = [cluster.addressOf(`pair/${number}/a`), cluster.addressOf(`pair/${number}/b`)];
      return call(factory, 'create(address,address)', args, 2_500_000n);
    };
  },
};

type Position = readonly [lower: number, upper: number, liquidity: bigint];

const HOUSE_POSITIONS: readonly Position[] = [
  [-400, 400, 5n * 10n ** 21n],
  [-40, 40, 5n * 10n ** 22n],
  [-3, 3, 5n * 10n ** 22n],
];
const ONE = 1n << 64n;

/** What providing the owner's `positions` leaves in a pool's storage; `held` of each token. Exported for the tests. */
export function writeRangePool(
  storage: ContractStorage,
  owner: Uint8Array,
  positions: readonly Position[],
  held: readonly [bigint, bigint],
): void {
  storage.setAt('state', [], ONE);
  storage.set('held0', held[0]).set('held1', held[1]);
  const edges = new Map<number, { gross: bigint; net: bigint }>();
  let active = 0n;
  for (const [lower, upper, amount] of positions) {
    if (lower <= 0 && 0 < upper) active += amount;
    for (const [edge, sign] of [
      [lower, 1n],
      [upper, -1n],
    ] as const) {
      const { gross, net } = edges.get(edge) ?? { gross: 0n, net: 0n };
      edges.set(edge, { gross: gross + amount, net: net + sign * amount });
    }
    const id = keccak256(concatBytes(word(owner), word(BigInt(lower)), word(BigInt(upper))));
    storage.setAt('positions', [id], amount);
  }
  storage.set('liquidity', active);
  const bitmap = new Map<number, bigint>();
  for (const [edge, { gross, net }] of edges) {
    storage.setAt('edges', [BigInt(edge)], (BigInt.asUintN(128, net) << 128n) | gross);
    bitmap.set(edge >> 8, (bitmap.get(edge >> 8) ?? 0n) | (1n << BigInt(edge & 255)));
  }
  for (const [at, bits] of bitmap) storage.setAt('bitmap', [BigInt(at)], bits);
}

function rangePools(cluster: Cluster): readonly Placed[] {
  const token = clusterToken(cluster);
  const others = venueTokens(cluster);
  return cluster.everyVenue('range pool', (venue) => {
    const other = others[venue] as SharedToken;
    const [token0, token1] = sorted(token.placed.address, other.placed.address);
    const placed = cluster.place(`range pool/${venue}`, 'RangePool', {
      immutables: { token0, token1 },
      storage: (storage) => writeRangePool(storage, cluster.addressOf('house'), HOUSE_POSITIONS, [HOLDING, HOLDING]),
    });
    token.give(placed.address, HOLDING);
    other.give(placed.address, HOLDING);
    return placed;
  });
}

/** A swap in a pool with ranges: some cross none of its edges, some several. */
export const range: Kind = {
  name: 'range',
  since: 'Berlin',
  place(cluster) {
    const { router } = exchange(cluster);
    const pools = rangePools(cluster);
    const token = clusterToken(cluster).placed.address;
    const others = venueTokens(cluster);
    return ({ sender, venue, random }) => {
      const other = (others[venue] as SharedToken).placed.address;
      const back = isGuest(cluster, sender, venue) && random.below(2) === 0;
      const down = compareBytes(token, other) < 0 !== back;
      const amount = BigInt(1 + random.below(1000)) * 10n ** (14n + BigInt(random.below(5)));
      const args = [(pools[venue] as Placed).address, down, amount, 1, cluster.address(sender)];
      return call(router, 'swapRange(address,bool,uint256,uint256,address)', args, 2_000_000n);
    };
  },
};

/** Positions that come and go. */
export const rangeLiquidity: Kind = {
  name: 'rangeLiquidity',
  since: 'Berlin',
  place(cluster) {
    const token = clusterToken(cluster);
    const others = venueTokens(cluster);
    const pools = rangePools(cluster);
    pools.forEach(({ address }, venue) => {
      token.allow(address);
      (others[venue] as SharedToken).allow(address);
    });
    const open = new Map<string, readonly [number, number, bigint]>();
    return ({ sender, venue, random }) => {
      const pool = pools[venue] as Placed;
      const key = `${sender}/${venue}`;
      const position = open.get(key);
      if (position !== undefined && random.below(2) === 0) {
        open.delete(key);
        const [lower, upper, amount] = position;
        return call(pool, 'withdraw(int24,int24,uint128)', [BigInt(lower), BigInt(upper), amount], 500_000n);
      }
      const lower = random.below(20) - 12;
      const made = [lower, lower + 1 + random.below(10), BigInt(1 + random.below(1000)) * 10n ** 16n] as const;
      if (position === undefined) open.set(key, made);
      return call(pool, 'provide(int24,int24,uint128)', [BigInt(made[0]), BigInt(made[1]), made[2]], 700_000n);
    };
  },
};
