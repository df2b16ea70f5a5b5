/** Contracts in which order decides: vaults, order books, races, batches of calls, counters. */
import { word } from '../../contracts/abi.js';
import { type BatchCall, callList } from '../../contracts/signatures.js';
import type { Placed } from '../cluster.js';
import { HOLDING } from '../cluster.js';
import { call, calldata, type Kind } from './kind.js';
import { clusterToken } from './tokens.js';

const CREDIT = 10n ** 15n;
/** Of all credit, what a vault has in the genesis: it runs short when more come. */
const COVERED = 30n;

/** Withdrawals from a vault that cannot pay all, deposits and loans. */
export const vault: Kind = {
  name: 'vault',
  since: 'Berlin',
  place(cluster) {
    const vaults = cluster.everyVenue('vault', (venue) => {
      const guests = BigInt([...cluster.guests(venue)].length);
      return cluster.place(`vault/${venue}`, 'Vault', {
        balance: (guests * CREDIT * COVERED) / 100n,
        storage: (storage) => {
          for (const person of cluster.guests(venue)) storage.setAt('credit', [cluster.address(person)], CREDIT);
        },
      });
    });
    return ({ venue, random }) => {
      const one = vaults[venue] as Placed;
      const turn = random.below(20);
      const amount = (CREDIT * BigInt(1 + random.below(100))) / 100n;
      if (turn === 0) return call(one, 'borrow()', [], 150_000n);
      if (turn < 6) return call(one, 'deposit()', [], 100_000n, { value: amount });
      return call(one, 'withdraw(uint256)', [amount], 120_000n);
    };
  },
};

/** Orders placed and taken at one queue; a taker may find it empty. */
export const order: Kind = {
  name: 'order',
  since: 'Berlin',
  place(cluster) {
    const books = cluster.everyVenue('book', (venue) => cluster.place(`book/${venue}`, 'OrderBook'));
    return ({ venue, random }) => {
      const one = books[venue] as Placed;
      const amount = 1 + random.below(1000);
      if (random.below(2) === 0) return call(one, 'place(uint96,uint128)', [amount, 1 + random.below(100)], 150_000n);
      return call(one, 'take(uint96)', [amount], 1_000_000n);
    };
  },
};

/** Callers who want each opportunity. */
const RACERS = 3;

/** Races whose winners pay the beneficiary, whose balance they note. */
export const searcher: Kind = {
  name: 'searcher',
  since: 'Berlin',
  place(cluster) {
    const races = cluster.everyVenue('searcher', (venue) => ({
      placed: cluster.place(`searcher/${venue}`, 'Searcher'),
      calls: 0,
    }));
    return ({ venue, random }) => {
      const one = races[venue] as (typeof races)[number];
      const opportunity = { raw: word(Math.floor(one.calls++ / RACERS)) };
      return call(one.placed, 'capture(bytes32)', [opportunity], 150_000n, { value: BigInt(1 + random.below(1000)) });
    };
  },
};

const MOST_CALLS = 4;

/** Several token transfers in one transaction, some of which fail. */
export const multicall: Kind = {
  name: 'multicall',
  since: 'Berlin',
  place(cluster) {
    const token = clusterToken(cluster);
    const places = cluster.everyVenue('multicall', (venue) => {
      const placed = cluster.place(`multicall/${venue}`, 'Multicall');
      token.give(placed.address, HOLDING);
      return placed;
    });
    const transferTo = (person: number, amount: bigint): BatchCall => {
      const args = [cluster.address(person), amount];
      return { target: token.placed.address, data: calldata(token.placed.contract, 'transfer(address,uint256)', args) };
    };
    return ({ counterpart, venue, random }) => {
      const calls = [transferTo(counterpart, BigInt(1 + random.below(1000)))];
      for (let i = random.below(MOST_CALLS); i > 0; i--) {
        const tooMuch = random.below(8) === 0;
        calls.push(transferTo(cluster.first + random.below(cluster.size), tooMuch ? 2n * HOLDING : BigInt(i)));
      }
      const args = [callList(calls), random.below(8) !== 0];
      return call(places[venue] as Placed, 'aggregate((address,uint256,bytes)[],bool)', args, 400_000n);
    };
  },
};

const ROUNDS = 200;

/** Hashing between a read and a write of the venue's slot. */
export const work: Kind = {
  name: 'work',
  since: 'Berlin',
  place(cluster) {
    const worker = cluster.once('worker', () => cluster.place('worker', 'Worker'));
    return ({ venue }) => call(worker, 'work(uint256,uint256)', [venue, ROUNDS], 200_000n);
  },
};

/** Blobs for a rollup's inbox. */
export const blob: Kind = {
  name: 'blob',
  since: 'Cancun',
  blobs: 3,
  place(cluster) {
    const inboxes = cluster.everyVenue('inbox', (venue) => cluster.place(`inbox/${venue}`, 'BlobInbox'));
    return ({ venue, random }) => {
      const root = { raw: word(random.word()) };
      return call(inboxes[venue] as Placed, 'post(bytes32)', [root], 200_000n, { blobs: 1 + random.below(3) });
    };
  },
};

const MOST_PARTIES = 6;

/** Rounds of payments that are netted in transient storage. */
export const clearing: Kind = {
  name: 'clearing',
  since: 'Cancun',
  place(cluster) {
    const houses = cluster.everyVenue('clearing', (venue) => cluster.place(`clearing/${venue}`, 'Clearing'));
    return ({ sender, counterpart, venue, random }) => {
      const others = Array.from(
        { length: random.below(MOST_PARTIES - 1) },
        () => cluster.first + random.below(cluster.size),
      );
      const parties = [sender, counterpart, ...others].map((person) => cluster.address(person));
      const amounts = parties.map(() => 1 + random.below(4));
      const args = [{ list: parties }, { list: amounts }];
      return call(houses[venue] as Placed, 'clear(address[],uint256[])', args, 400_000n);
    };
  },
};

/** Amounts counted by their number of bits. */
export const histogram: Kind = {
  name: 'histogram',
  since: 'Osaka',
  place(cluster) {
    const counts = cluster.everyVenue('histogram', (venue) => cluster.place(`histogram/${venue}`, 'Histogram'));
    return ({ venue, random }) =>
      call(counts[venue] as Placed, 'add(uint256)', [random.word() >>> random.below(32)], 80_000n);
  },
};
