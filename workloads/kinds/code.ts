/** Code that changes: proxies, metamorphic contracts, delegated accounts. */
import { word } from '../../contracts/abi.js';
import { create2Address } from '../../contracts/addresses.js';
import { Contract } from '../../contracts/artifacts.js';
import { callList, signedBatchArguments } from '../../contracts/signatures.js';
import { bytesToBigInt } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { Cluster, Placed } from '../cluster.js';
import { call, calldata, type Draft, type Kind } from './kind.js';
import { clusterToken } from './tokens.js';

/** ERC-1967. */
const IMPLEMENTATION = bytesToBigInt(keccak256(new TextEncoder().encode('eip1967.proxy.implementation'))) - 1n;

/** Records behind a proxy, whose logic is replaced now and then. */
export const proxy: Kind = {
  name: 'proxy',
  since: 'Berlin',
  place(cluster) {
    const ledgers = ['LedgerV1', 'LedgerV2'].map((name) => cluster.once(name, () => cluster.place(name, name)));
    const [first] = ledgers as [Placed];
    const proxies = cluster.everyVenue('proxy', (venue) => {
      const { address } = cluster.place(`proxy/${venue}`, 'Proxy', {
        storage: (storage) => storage.setSlot(word(IMPLEMENTATION), bytesToBigInt(first.address)),
      });
      return { placed: { address, contract: first.contract }, upgrades: 0 };
    });
    return ({ venue, random }) => {
      const one = proxies[venue] as (typeof proxies)[number];
      if (random.below(12) > 0) return call(one.placed, 'record(uint256)', [1 + random.below(1000)], 120_000n);
      const next = ledgers[++one.upgrades % 2] as Placed;
      return call(one.placed, 'upgradeTo(address)', [next.address], 60_000n);
    };
  },
};

/** What is done at a venue's address, in turn. */
const STEPS = ['deploy', 'poke', 'destroy', 'poke', 'flash', 'deploy', 'poke', 'feed'] as const;

/** A contract that is deployed, used and destroyed at one address; since Cancun a second deployment fails. */
export const metamorphic: Kind = {
  name: 'metamorphic',
  since: 'Berlin',
  place(cluster) {
    const bodies = ['BodyA', 'BodyB'].map((name) => cluster.once(name, () => cluster.place(name, name)));
    const factory = cluster.once('metamorphic', () => cluster.place('metamorphic', 'MetamorphicFactory'));
    const init = Contract.named('MetamorphicInit').creation;
    const children = cluster.everyVenue('child', (venue) => {
      const salt = word(venue);
      const address = create2Address(factory.address, salt, init);
      return { salt, placed: { address, contract: (bodies[0] as Placed).contract }, step: 0 };
    });
    let flashes = 0;
    return ({ counterpart, venue, random }): Draft => {
      const child = children[venue] as (typeof children)[number];
      const step = STEPS[child.step++ % STEPS.length];
      const body = (bodies[random.below(2)] as Placed).address;
      const heir = cluster.address(counterpart);
      const value = BigInt(1 + random.below(1000));
      switch (step) {
        case 'deploy':
          return call(factory, 'deploy(bytes32,address)', [{ raw: child.salt }, body], 600_000n);
        case 'flash': {
          const salt = { raw: word(2 ** 32 + flashes++) };
          return call(factory, 'flash(bytes32,address,address)', [salt, body, heir], 600_000n, { value });
        }
        case 'destroy':
          return call(child.placed, 'destroy(address)', [heir], 100_000n);
        case 'feed':
          return call(child.placed, 'feed()', [], 60_000n, { value });
        default:
          return call(child.placed, 'poke()', [], 60_000n);
      }
    };
  },
};

const ZERO = new Uint8Array(20);
const EXECUTE = 'execute((address,uint256,bytes)[])';
const EXECUTE_SIGNED = 'executeSigned((address,uint256,bytes)[],uint8,bytes32,bytes32)';
const BATCH_GAS = 400_000n;

/** What a cluster's accounts delegate to, as the block goes. */
class Delegations {
  readonly code: Placed;
  private readonly active = new Set<number>();
  private readonly batches = new Map<number, bigint>();

  constructor(cluster: Cluster) {
    this.code = cluster.place('delegate', 'BatchDelegate');
  }

  has(person: number): boolean {
    return this.active.has(person);
  }

  set(person: number, yes: boolean): void {
    if (yes) this.active.add(person);
    else this.active.delete(person);
  }

  /** Batches that the account has executed so far; counts this one. */
  count(person: number): bigint {
    const before = this.batches.get(person) ?? 0n;
    this.batches.set(person, before + 1n);
    return before;
  }
}

function delegations(cluster: Cluster): Delegations {
  return cluster.once('delegations', () => new Delegations(cluster));
}

/** Accounts that delegate to code, execute batches on themselves, and take the delegation back (EIP-7702). */
export const batch: Kind = {
  name: 'batch',
  since: 'Prague',
  place(cluster) {
    const state = delegations(cluster);
    const token = clusterToken(cluster).placed;
    return ({ sender, counterpart, random }) => {
      const own = cluster.address(sender);
      const to = cluster.address(counterpart);
      if (state.has(sender) && random.below(4) === 0) {
        state.set(sender, false);
        const authorizations = [{ authority: sender, delegate: ZERO }];
        return { to, data: new Uint8Array(0), value: 1n, gas: BATCH_GAS, authorizations };
      }
      const calls = [
        {
          target: token.address,
          data: calldata(token.contract, 'transfer(address,uint256)', [to, 1 + random.below(9)]),
        },
        { target: to, value: BigInt(random.below(9)) },
      ];
      state.count(sender);
      const draft = call({ address: own, contract: state.code.contract }, EXECUTE, [callList(calls)], BATCH_GAS);
      if (state.has(sender)) return draft;
      state.set(sender, true);
      return { ...draft, authorizations: [{ authority: sender, delegate: state.code.address }] };
    };
  },
};

/** Batches of the counterpart's, signed by it and paid for by the sender (EIP-7702). */
export const sponsor: Kind = {
  name: 'sponsor',
  since: 'Prague',
  needsKeys: true,
  place(cluster) {
    const state = delegations(cluster);
    const token = clusterToken(cluster).placed;
    return ({ sender, counterpart, random }) => {
      const account = cluster.address(counterpart);
      const to = cluster.address(sender);
      const data = calldata(token.contract, 'transfer(address,uint256)', [to, 1 + random.below(99)]);
      const calls = [{ target: token.address, data }];
      const signed = signedBatchArguments(1n, state.count(counterpart), calls, cluster.secret(counterpart));
      const code = state.code.contract;
      const draft = call({ address: account, contract: code }, EXECUTE_SIGNED, signed, BATCH_GAS);
      if (state.has(counterpart)) return draft;
      state.set(counterpart, true);
      return { ...draft, authorizations: [{ authority: counterpart, delegate: state.code.address }] };
    };
  },
};
