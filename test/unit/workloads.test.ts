import { expect } from 'chai';
import { word } from '../../contracts/abi.js';
import { Contract } from '../../contracts/artifacts.js';
import { ContractStorage } from '../../contracts/storage.js';
import { scenarioBlock, scenarioDatabase } from '../../runners/scenario/block.js';
import { scenarioFixture } from '../../runners/scenario/fixture.js';
import { scenarioOf } from '../../runners/scenario/read.js';
import { bytesToHex, concatBytes, Database, type Fork, type Hex, SerialExecutor } from '../../src/index.js';
import { atLeast, FORKS } from '../../src/primitives/fork.js';
import { BLOB_HASHES, COMMITMENTS } from '../../workloads/blobs.js';
import { KIND_NAMES, type KindName, Workload, type WorkloadOptions, workloadScenario } from '../../workloads/index.js';
import { KINDS } from '../../workloads/kinds/index.js';
import { writeRangePool } from '../../workloads/kinds/markets.js';
import { measureDependencies } from '../support/block-dependencies.js';
import { ContractRig, user } from '../support/contract-rig.js';
import { canonical } from '../support/outcome.js';

/** Genesis and a block as one text. */
function textOf(options: WorkloadOptions): string {
  const workload = Workload.create(options);
  return JSON.stringify([[...workload.accounts()], workload.block(), workload.block()], (_, value: unknown) => {
    if (value instanceof Uint8Array) return bytesToHex(value);
    if (value instanceof Map) return [...value];
    return typeof value === 'bigint' ? value.toString() : value;
  });
}

const ALL = Object.fromEntries(KIND_NAMES.map((name) => [name, 1]));
const measured = (options: WorkloadOptions) => {
  const workload = Workload.create(options);
  return measureDependencies(Database.from(workload.accounts()), workload.block());
};

describe('workloads: the generator', function () {
  this.timeout(30_000);

  it('gives the same blocks for the same seed, and others for another', () => {
    const options: WorkloadOptions = {
      fork: 'Osaka',
      transactions: 60,
      mix: ALL,
      keys: true,
      hotRatio: 0.3,
      venues: 2,
    };
    expect(textOf(options)).to.equal(textOf(options));
    expect(textOf({ ...options, seed: 2 })).not.to.equal(textOf(options));
  });

  it('does not depend on when the genesis is walked', () => {
    const options: WorkloadOptions = { fork: 'Prague', transactions: 40, mix: { erc20: 1, swap: 1, airdrop: 1 } };
    const [early, late] = [Workload.create(options), Workload.create(options)];
    const first = [...early.accounts()];
    early.block();
    late.block();
    expect([...late.accounts()]).to.deep.equal(first);
  });

  it('goes on over several blocks: nonces, and what kinds know of their contracts', async () => {
    const mix = Object.fromEntries(KIND_NAMES.filter((name) => name !== 'vault').map((name) => [name, 1]));
    const workload = Workload.create({ fork: 'Osaka', transactions: 80, accounts: 24, mix, keys: true });
    const database = Database.from(workload.accounts());
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    for (let i = 0; i < 3; i++) {
      const result = await serial.execute(database, workload.block());
      expect(result.ok, result.ok ? '' : result.error.message).to.equal(true);
      if (result.ok) result.applyTo(database);
    }
    await serial.close();
  });

  it('keeps to its mix', () => {
    const workload = Workload.create({
      fork: 'Berlin',
      transactions: 4000,
      mix: { transfer: 3, erc20: 1, creation: 0 },
    });
    const transactions = workload.transactions();
    const transfers = transactions.filter(({ data }) => data.length === 0).length;
    expect(transfers / transactions.length).to.be.closeTo(0.75, 0.03);
    expect(transactions.every(({ to }) => to !== null)).to.equal(true);
  });

  it('makes the types that are asked for, with access lists for type 1', () => {
    const transactions = Workload.create({
      fork: 'London',
      transactions: 3000,
      mix: { erc20: 1 },
      types: { 0: 1, 1: 1, 2: 2 },
    }).transactions();
    const share = (type: number): number => transactions.filter((one) => one.type === type).length / 3000;
    expect([share(0), share(1), share(2)].map((one) => Math.round(20 * one) / 20)).to.deep.equal([0.25, 0.25, 0.5]);
    for (const { type, accessList, to } of transactions) {
      expect(accessList.length).to.equal(type === 1 ? 1 : 0);
      if (type === 1) {
        expect(accessList[0]?.address).to.deep.equal(to);
        expect(accessList[0]?.slots).to.have.length(2);
      }
    }
  });

  it('keeps a block’s blobs within its limit', () => {
    for (const [fork, most] of [
      ['Cancun', 6],
      ['Prague', 9],
      ['Osaka', 9],
    ] as const) {
      const workload = Workload.create({ fork, transactions: 300, mix: { blob: 1, transfer: 1 } });
      for (let block = 0; block < 2; block++) {
        const blobs = workload.transactions().reduce((sum, one) => sum + one.blobVersionedHashes.length, 0);
        expect(blobs).to.be.within(most - 2, most);
      }
    }
  });

  it('knows the blobs behind its versioned hashes', async () => {
    // The precompile of EIP-4844 says that blob c is c wherever one looks.
    const rig = await ContractRig.create('Cancun');
    const precompile = word(10).subarray(12);
    const infinity = new Uint8Array(48);
    infinity[0] = 0xc0;
    for (const [i, commitment] of COMMITMENTS.entries()) {
      const [hash, place] = [BLOB_HASHES[i] as Uint8Array, word(1000 + i)];
      const proofOf = (value: number) => concatBytes(hash, place, word(value), commitment, infinity);
      expect((await rig.transact(user(0), precompile, proofOf(i + 1))).success, `blob ${i + 1}`).to.equal(true);
      expect((await rig.transact(user(0), precompile, proofOf(i + 2))).success, `blob ${i + 1}`).to.equal(false);
    }
    await rig.close();
  });

  it('makes every kind succeed on every fork that knows it, and some revert on purpose', async () => {
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const database = Database.create();
    /** Share that succeeds at least; the rest is meant to fail: races, empty books, replays, short vaults. */
    const least: Partial<Record<KindName, number>> = { searcher: 0.3, vault: 0.5, metamorphic: 0.6, pairCreation: 0.7 };
    for (const fork of FORKS.filter((name) => atLeast(name, 'Berlin'))) {
      for (const name of KIND_NAMES) {
        const kind = KINDS.get(name)!;
        if (!atLeast(fork, kind.since)) continue;
        const mix = kind.blobs === undefined ? { [name]: 1 } : { [name]: 1, transfer: 1 };
        const venues = 1 + (name.length % 3);
        const workload = Workload.create({ fork, transactions: 60, accounts: 30, mix, keys: true, venues });
        database.clear();
        database.load(workload.accounts());
        const block = workload.block();
        const result = await serial.execute(database, block);
        if (!result.ok) throw result.error;
        const succeeded = result.transactions.filter((one) => one.kind === 'executed' && one.success).length;
        expect(succeeded / 60, `${name} on ${fork}`).to.be.at.least(least[name] ?? 0.75);
        const outOfGas = result.transactions.filter((one) => one.kind === 'executed' && one.halt === 'out of gas');
        expect(outOfGas, `${name} on ${fork}`).to.have.length(0);
      }
    }
    await serial.close();
  });
});

describe('workloads: parameters do what they say', function () {
  this.timeout(30_000);
  const base = { fork: 'Cancun', transactions: 400 } as const;

  for (const mix of [{ transfer: 1 }, { erc20: 1 }] as const) {
    const [kind] = Object.keys(mix);

    it(`${kind}: nobody meets where nothing is asked for`, async () => {
      expect((await measured({ ...base, mix })).ratio).to.equal(0);
    });

    for (const ratio of [0.25, 0.5, 1]) {
      it(`${kind}: a dependency ratio of ${ratio} at distance 5`, async () => {
        const { ratio: found, nearest } = await measured({
          ...base,
          mix,
          dependencyRatio: ratio,
          dependencyDistance: 5,
        });
        expect(found).to.be.closeTo(ratio, ratio === 1 ? 0.02 : 0.07);
        nearest.forEach((one, index) => {
          if (one !== null) expect(index - one).to.equal(5);
        });
      });
    }

    it(`${kind}: chains end at their length`, async () => {
      for (const chainLength of [1, 4, 20]) {
        const { longestChain } = await measured({ ...base, mix, dependencyRatio: 1, chainLength });
        expect(longestChain).to.equal(chainLength);
      }
      expect((await measured({ ...base, mix, dependencyRatio: 1 })).longestChain).to.equal(400);
    });

    it(`${kind}: hot accounts get their share`, () => {
      const options = { ...base, transactions: 4000, mix, hotRatio: 0.3, hotAccounts: 3 };
      const workload = Workload.create(options);
      const hot = [0, 1, 2].map((person) => workload.people.hex(person).slice(2));
      const found = workload.transactions().filter(({ to, data }) => {
        const place = bytesToHex(data) + bytesToHex(to as Uint8Array);
        return hot.some((one) => place.includes(one));
      });
      expect(found.length / 4000).to.be.closeTo(0.3, 0.03);
    });
  }

  it('hot accounts make transactions depend on one another', async () => {
    const [cool, warm] = [
      await measured({ ...base, mix: { erc20: 1 }, hotRatio: 0.1, hotAccounts: 1 }),
      await measured({ ...base, mix: { erc20: 1 }, hotRatio: 0.6, hotAccounts: 1 }),
    ];
    expect(cool.ratio).to.be.closeTo(0.1, 0.04);
    expect(warm.ratio).to.be.closeTo(0.6, 0.08);
  });

  it('fewer accounts act more often', async () => {
    const { nearest } = await measured({ ...base, accounts: 40 });
    expect(nearest.slice(20).every((one, i) => one !== null && 20 + i - one <= 20)).to.equal(true);
  });

  it('venues keep markets apart', async () => {
    const swaps = { ...base, transactions: 100, mix: { swap: 1 } };
    expect((await measured(swaps)).ratio).to.equal(0.99);
    // Senders have even numbers, so that of 200 venues each has one.
    expect((await measured({ ...swaps, venues: 201 })).ratio).to.equal(0);
    const { nearest } = await measured({ ...swaps, venues: 201, dependencyRatio: 1, dependencyDistance: 10 });
    // Some swaps ask for too much and change nothing: the one after then depends on the last that did.
    nearest.slice(10).forEach((one, i) => {
      expect(one).to.satisfy((found: number | null) => found === null || (10 + i - found) % 10 === 0);
    });
    expect(nearest.filter((one) => one !== null).length).to.be.at.least(80);
  });

  it('clusters share nothing', async () => {
    const clusters = 4;
    const options = { ...base, clusters, mix: { swap: 1, nft: 1, order: 1, erc20: 1 }, hotRatio: 0.5 };
    const { nearest, ratio } = await measured(options);
    expect(ratio).to.be.greaterThan(0.5);
    nearest.forEach((one, index) => {
      if (one !== null) expect((index - one) % clusters).to.equal(0);
    });
  });

  it('makes large blocks of known senders without signing', function () {
    this.timeout(60_000);
    const workload = Workload.create({ fork: 'Cancun', transactions: 100_000, mix: { transfer: 1, erc20: 1 } });
    const transactions = workload.transactions();
    expect(transactions).to.have.length(100_000);
    expect(new Set(transactions.map(({ from }) => from)).size).to.equal(100_000);
  });
});

describe('workloads: options', () => {
  const base = { fork: 'Cancun', transactions: 10 } as const;
  const wrong: readonly (readonly [string, WorkloadOptions, RegExp])[] = [
    ['fork', { ...base, fork: 'Istanbul' }, /fork: Istanbul is older than Berlin/],
    ['transactions', { ...base, transactions: -1 }, /transactions: -1 is not a whole number from 0 to/],
    ['seed', { ...base, seed: 0.5 }, /seed: 0.5 is not a whole number from 0 on/],
    ['hotRatio', { ...base, hotRatio: 1.5 }, /hotRatio: 1.5 is not between 0 and 1/],
    ['hotAccounts', { ...base, accounts: 10, hotAccounts: 11 }, /hotAccounts: 11 is not .* from 1 to 10/],
    ['dependencyRatio', { ...base, dependencyRatio: Number.NaN }, /dependencyRatio: NaN/],
    ['dependencyDistance', { ...base, dependencyDistance: 0 }, /dependencyDistance: 0/],
    ['clusters', { ...base, clusters: 6, accounts: 11 }, /clusters: 11 accounts are less than two for each of 6/],
    ['venues', { ...base, venues: 0 }, /venues: 0/],
    ['mix', { ...base, mix: { transfers: 1 } as never }, /mix: there is no kind transfers; there are transfer, /],
    ['mix', { ...base, mix: { transfer: 0 } }, /mix: no weight is above 0/],
    ['mix', { ...base, mix: { transfer: -1 } }, /the weight -1 of transfer/],
    ['mix', { ...base, mix: { batch: 1 } }, /batch needs Prague, not Cancun/],
    ['mix', { ...base, mix: { permit: 1 } }, /permit is signed by accounts; ask for the option keys/],
    ['mix', { ...base, mix: { blob: 1 } }, /10 blob transactions alone; a block of Cancun holds 6 blobs/],
    ['types', { ...base, fork: 'Berlin', types: { 2: 1 } }, /type 2 needs London/],
    ['types', { ...base, types: { 3: 1 } as never }, /3 is none of 0, 1 and 2/],
    ['coinbase', { ...base, coinbase: new Uint8Array(3) }, /coinbase: has 3 bytes/],
  ];
  for (const [option, options, message] of wrong) {
    it(`names what is wrong with ${option}: ${message.source}`, () => {
      expect(() => Workload.create(options))
        .to.throw(message)
        .with.property('option', option);
    });
  }

  it('signs nothing without keys', () => {
    const workload = Workload.create(base);
    expect(() => workloadScenario(workload, 'unsigned')).to.throw('no secret keys');
  });
});

describe('workloads: the genesis and the fixture', function () {
  this.timeout(30_000);

  it('holds a pool with ranges as providing liquidity leaves it', async () => {
    const rig = await ContractRig.create('Berlin');
    const tokens = [await rig.deploy('Token'), await rig.deploy('Token')];
    const pool = await rig.deploy(
      'RangePool',
      tokens.map(({ address }) => address),
    );
    for (const token of tokens) {
      await rig.send(user(0), token, 'mint(address,uint256)', [user(0), 10n ** 27n]);
      await rig.send(user(0), token, 'approve(address,uint256)', [pool.address, -1n]);
    }
    // Around the price and on each side of it; two of them share an edge.
    const positions = [
      [-400, 400, 5n * 10n ** 21n],
      [-40, 40, 5n * 10n ** 22n],
      [-300, -40, 10n ** 21n],
      [3, 260, 10n ** 20n],
    ] as const;
    for (const [lower, upper, amount] of positions) {
      await rig.send(user(0), pool, 'provide(int24,int24,uint128)', [BigInt(lower), BigInt(upper), amount]);
    }
    const held: bigint[] = [];
    for (const token of tokens) held.push(await rig.read(token, 'balanceOf(address)', [pool.address]));
    const storage = new ContractStorage(Contract.named('RangePool'));
    writeRangePool(storage, user(0), positions, held as [bigint, bigint]);
    const accounts = new Map(rig.database.accounts());
    const found = accounts.get(bytesToHex(pool.address))?.storage as ReadonlyMap<Hex, bigint>;
    expect(new Map([...found].sort())).to.deep.equal(new Map([...storage.slots].sort()));
    await rig.close();
  });

  it('holds code as constructors leave it', async () => {
    const rig = await ContractRig.create('Berlin');
    const [token, share] = [user(3), 7];
    const { address } = await rig.deploy('Airdrop', [token, share]);
    const code = new Map(rig.database.accounts()).get(bytesToHex(address))?.code as Uint8Array;
    const made = Contract.named('Airdrop').runtime({ token, share: Uint8Array.of(share) });
    expect(bytesToHex(made)).to.equal(bytesToHex(code));
    await rig.close();
  });

  for (const fork of ['Berlin', 'Osaka'] satisfies Fork[]) {
    it(`is signed, written and read back: ${fork}`, async () => {
      const mix = Object.fromEntries(
        KIND_NAMES.filter((name) => atLeast(fork, KINDS.get(name)!.since)).map((n) => [n, 1]),
      );
      const workload = Workload.create({ fork, transactions: 50, accounts: 20, mix, keys: true });
      const scenario = workloadScenario(workload, `workload_${fork}`);
      const serial = await SerialExecutor.create({ vm: 'wasm' });
      const result = await serial.execute(scenarioDatabase(scenario), scenarioBlock(scenario));
      expect(result.ok, result.ok ? '' : result.error.message).to.equal(true);
      const again = scenarioOf(JSON.parse(JSON.stringify(scenarioFixture(scenario, result))));
      const second = await serial.execute(scenarioDatabase(again), scenarioBlock(again));
      expect(canonical(second)).to.equal(canonical(result));
      await serial.close();
    });
  }
});
