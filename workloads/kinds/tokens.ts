/** Tokens: transfers, mints, permits, airdrops and collectibles. */
import { word } from '../../contracts/abi.js';
import { permitArguments } from '../../contracts/signatures.js';
import { ContractStorage } from '../../contracts/storage.js';
import type { Cluster, Placed } from '../cluster.js';
import { HOLDING } from '../cluster.js';
import { call, type Kind } from './kind.js';

const TRANSFER = 'transfer(address,uint256)';
const MOST = 1000;
const SUPPLY = 2n ** 100n;
const UNBOUNDED = 2n ** 256n - 1n;

/**
 * The cluster's token, of which everybody has plenty. `holders` are contracts that hold it too; `spenders` may take
 * it from everybody.
 */
export class SharedToken {
  readonly placed: Placed;
  private readonly holders: (readonly [Uint8Array, bigint])[] = [];
  private readonly spenders = new Map<Uint8Array, Iterable<number> | null>();

  constructor(
    cluster: Cluster,
    label: string,
    name = 'Token',
    /** Who has it, by number: an iterable that can be walked again. Null: everybody. */
    people: (() => Iterable<number>) | null = null,
  ) {
    this.placed = cluster.place(label, name, {
      storage: (storage) => {
        storage.set('totalSupply', SUPPLY);
        if (name === 'FeeToken') storage.set('collector', cluster.addressOf(`${label}/collector`));
        for (const [holder, amount] of this.holders) storage.setAt('balanceOf', [holder], amount);
        for (const person of people === null ? cluster.everybody() : people()) {
          const owner = cluster.address(person);
          storage.setAt('balanceOf', [owner], HOLDING);
          for (const spender of this.spenders.keys()) storage.setAt('allowance', [owner, spender], UNBOUNDED);
        }
      },
    });
  }

  /** Gives a contract some of it in the genesis. */
  give(holder: Uint8Array, amount: bigint): this {
    this.holders.push([holder, amount]);
    return this;
  }

  /** Allows a contract to take it from all who have it. */
  allow(spender: Uint8Array): this {
    this.spenders.set(spender, null);
    return this;
  }
}

/** The token that payments, markets and airdrops of a cluster share. */
export function clusterToken(cluster: Cluster): SharedToken {
  return cluster.once('token', () => new SharedToken(cluster, 'token'));
}

/** Tokens to the counterpart. */
export const erc20: Kind = {
  name: 'erc20',
  since: 'Berlin',
  place(cluster) {
    const { placed } = clusterToken(cluster);
    const lists = cluster.options.types.some(([type]) => type === 1);
    return ({ sender, counterpart, random }) => {
      const [from, to] = [cluster.address(sender), cluster.address(counterpart)];
      const slots = lists ? { slots: [slotOf(placed, from), slotOf(placed, to)] } : {};
      return call(placed, TRANSFER, [to, 1 + random.below(MOST)], 80_000n, slots);
    };
  },
};

function slotOf({ contract }: Placed, holder: Uint8Array): Uint8Array {
  return new ContractStorage(contract).slot('balanceOf', [holder]);
}

/** Tokens to the counterpart, of which the collector gets a part each time. */
export const feeToken: Kind = {
  name: 'feeToken',
  since: 'Berlin',
  place(cluster) {
    const { placed } = cluster.once('fee token', () => new SharedToken(cluster, 'fee token', 'FeeToken'));
    return ({ counterpart, random }) =>
      call(placed, TRANSFER, [cluster.address(counterpart), 100 + random.below(MOST)], 100_000n);
  },
};

/** New tokens for the counterpart: each mint writes the venue's total supply. */
export const mint: Kind = {
  name: 'mint',
  since: 'Berlin',
  place(cluster) {
    const tokens = cluster.everyVenue('minted token', (venue) => cluster.place(`minted token/${venue}`, 'Token'));
    return ({ counterpart, venue, random }) => {
      const args = [cluster.address(counterpart), 1 + random.below(MOST)];
      return call(tokens[venue] as Placed, 'mint(address,uint256)', args, 100_000n);
    };
  },
};

/** The sender brings the counterpart's signed permit. */
export const permit: Kind = {
  name: 'permit',
  since: 'Berlin',
  needsKeys: true,
  place(cluster) {
    const token = cluster.once('permit token', () => cluster.place('permit token', 'PermitToken'));
    const nonces = new Map<number, bigint>();
    return ({ sender, counterpart, random }) => {
      const nonce = nonces.get(counterpart) ?? 0n;
      // One in eight permits was used before: it reverts.
      const replayed = nonce > 0n && random.below(8) === 0;
      if (!replayed) nonces.set(counterpart, nonce + 1n);
      const args = permitArguments(
        {
          chainId: 1n,
          token: token.address,
          spender: cluster.address(sender),
          value: BigInt(random.below(MOST)),
          nonce: replayed ? nonce - 1n : nonce,
          deadline: 2n ** 40n,
        },
        cluster.secret(counterpart),
      );
      return call(token, 'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)', args, 150_000n);
    };
  },
};

const SHARE = 50n;
const MOST_RECIPIENTS = 8;

/** Claims, of which 256 share a slot, and lists that are paid; claims are made twice now and then. */
export const airdrop: Kind = {
  name: 'airdrop',
  since: 'Berlin',
  place(cluster) {
    const token = clusterToken(cluster);
    const airdrops = cluster.everyVenue('airdrop', (venue) => {
      const immutables = { token: token.placed.address, share: word(SHARE) };
      const placed = cluster.place(`airdrop/${venue}`, 'Airdrop', { immutables });
      token.give(placed.address, HOLDING);
      return { placed, claims: 0 };
    });
    return ({ venue, counterpart, random }) => {
      const one = airdrops[venue] as (typeof airdrops)[number];
      if (random.below(4) === 0) {
        const others = Array.from(
          { length: random.below(MOST_RECIPIENTS) },
          () => cluster.first + random.below(cluster.size),
        );
        const list = [counterpart, ...others].map((person) => cluster.address(person));
        const gas = 60_000n + 60_000n * BigInt(list.length);
        return call(one.placed, 'distribute(address[],uint256)', [{ list }, 1 + random.below(MOST)], gas);
      }
      const index = one.claims > 0 && random.below(10) === 0 ? random.below(one.claims) : one.claims++;
      return call(one.placed, 'claim(uint256)', [index], 120_000n);
    };
  },
};

/** Mints from a counter, and transfers of what was minted. */
export const nft: Kind = {
  name: 'nft',
  since: 'Berlin',
  place(cluster) {
    const collections = cluster.everyVenue('collection', (venue) => ({
      placed: cluster.place(`collection/${venue}`, 'Collectible'),
      minted: 0,
      owned: new Map<number, number[]>(),
    }));
    return ({ sender, counterpart, venue, random }) => {
      const one = collections[venue] as (typeof collections)[number];
      const own = one.owned.get(sender) ?? [];
      if (own.length > 0 && random.below(3) === 0) {
        const id = own.pop() as number;
        one.owned.set(counterpart, [...(one.owned.get(counterpart) ?? []), id]);
        const args = [cluster.address(sender), cluster.address(counterpart), id];
        return call(one.placed, 'transferFrom(address,address,uint256)', args, 120_000n);
      }
      const count = 1 + random.below(3);
      for (let i = 0; i < count; i++) own.push(one.minted++);
      one.owned.set(sender, own);
      return call(one.placed, 'mint(uint256)', [count], 60_000n + 40_000n * BigInt(count));
    };
  },
};
