import { expect } from 'chai';
import { word } from '../../contracts/abi.js';
import { create2Address } from '../../contracts/addresses.js';
import { Contract } from '../../contracts/artifacts.js';
import { bytesToBigInt, compareBytes, concatBytes } from '../../src/index.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ContractRig, type Deployed, eventOf, user } from '../support/contract-rig.js';

const [ann, bea] = [user(0), user(1)] as [Uint8Array, Uint8Array];
const UNBOUNDED = -1n;

async function tokens(rig: ContractRig, count: number): Promise<Deployed[]> {
  const made: Deployed[] = [];
  for (let i = 0; i < count; i++) made.push(await rig.deploy('Token'));
  for (const token of made) {
    for (const who of [ann, bea]) await rig.send(who, token, 'mint(address,uint256)', [who, 10n ** 24n]);
  }
  return made.sort((a, b) => compareBytes(a.address, b.address));
}

describe('contracts: constant-product market', () => {
  const DEADLINE = 2_000_000n;
  const SWAP = 'swapExactIn(uint256,uint256,address[],address,uint256)';
  const ADD = 'addLiquidity(address,address,uint256,uint256,address)';
  let rig: ContractRig;
  let factory: Deployed;
  let router: Deployed;
  let [a, b, c] = [] as unknown as [Deployed, Deployed, Deployed];

  const holds = (token: Deployed, who: Uint8Array): Promise<bigint> => rig.read(token, 'balanceOf(address)', [who]);
  const pairOf = async (x: Deployed, y: Deployed): Promise<Deployed> => {
    const at = await rig.read(factory, 'pairOf(address,address)', [x.address, y.address]);
    return { contract: Contract.named('Pair'), address: word(at).subarray(12) };
  };

  before(async () => {
    rig = await ContractRig.create('Berlin');
    factory = await rig.deploy('PairFactory');
    const hash = keccak256(Contract.named('Pair').creation);
    router = await rig.deploy('Router', [factory.address, { raw: hash }]);
    [a, b, c] = (await tokens(rig, 3)) as [Deployed, Deployed, Deployed];
    for (const token of [a, b, c]) {
      await rig.send(ann, token, 'approve(address,uint256)', [router.address, UNBOUNDED]);
      await rig.send(bea, token, 'approve(address,uint256)', [router.address, UNBOUNDED]);
    }
    for (const [x, y] of [
      [a, b],
      [c, b],
    ] as const) {
      await rig.send(ann, factory, 'create(address,address)', [x.address, y.address]);
      await rig.send(ann, router, ADD, [x.address, y.address, 1_000_000, 4_000_000, ann]);
    }
  });
  after(() => rig.close());

  it('a pair stands where CREATE2 and the router put it, once', async () => {
    const pair = await pairOf(b, a);
    const salt = keccak256(concatBytes(a.address, b.address));
    const expected = create2Address(factory.address, salt, pair.contract.creation);
    expect(pair.address).to.deep.equal(expected);
    expect(await rig.read(router, 'pairFor(address,address)', [b.address, a.address])).to.equal(
      bytesToBigInt(expected),
    );
    await rig.fail(ann, factory, 'create(address,address)', [b.address, a.address], 'Exists(address)');
    await rig.fail(ann, pair, 'initialize(address,address)', [a.address, c.address], 'NotFactory()');
  });

  it('the first liquidity gives the root of the product in shares, less a thousand', async () => {
    const pair = await pairOf(a, b);
    expect(await holds(pair, ann)).to.equal(2_000_000n - 1_000n);
    expect(await rig.read(pair, 'totalSupply()')).to.equal(2_000_000n);
  });

  it('a swap pays by the constant product with a fee of 0.3 %', async () => {
    const pair = await pairOf(a, b);
    const [x, y] = (await rig.send(ann, pair, 'reserves()')).words as [bigint, bigint];
    const amount = 5_000n;
    const out = (amount * 997n * y) / (x * 1000n + amount * 997n);
    const before = await holds(b, bea);
    const path = { list: [a.address, b.address] };
    const { words, logs } = await rig.send(bea, router, SWAP, [amount, out, path, bea, DEADLINE]);
    expect(words).to.deep.equal([out]);
    expect((await holds(b, bea)) - before).to.equal(out);
    expect(logs.map((log) => eventOf(pair.contract, log).split('(')[0])).to.deep.equal([
      'Transfer',
      'Transfer',
      'Sync',
      'Swap',
    ]);
    const { words: after } = await rig.send(ann, pair, 'reserves()');
    expect(after.slice(0, 2)).to.deep.equal([x + amount, y - out]);
    await rig.fail(bea, router, SWAP, [amount, out, path, bea, DEADLINE], 'TooLittle(uint256,uint256)');
    await rig.fail(bea, router, SWAP, [amount, 0, path, bea, 1], 'Expired(uint256)');
    await rig.fail(bea, router, SWAP, [amount, 0, { list: [a.address] }, bea, DEADLINE], 'NoPath()');
  });

  it('a path of two pairs goes from pair to pair', async () => {
    const before = await holds(c, bea);
    const path = { list: [a.address, b.address, c.address] };
    const { words } = await rig.send(bea, router, SWAP, [1_000, 1, path, bea, DEADLINE]);
    expect((await holds(c, bea)) - before).to.equal(words[0]);
    // 1,000 A are nearly 4,000 B, and those nearly 1,000 C.
    expect(Number(words[0])).to.be.within(980, 1_000);
  });

  it('liquidity is taken out in proportion, and the price runs on with time', async () => {
    const pair = await pairOf(c, b);
    await rig.send(ann, pair, 'approve(address,uint256)', [router.address, UNBOUNDED]);
    const [x, y] = (await rig.send(ann, pair, 'reserves()')).words as [bigint, bigint];
    const remove = 'removeLiquidity(address,address,uint256,address)';
    const options = { timestamp: rig.timestamp + 10n };
    const { words } = await rig.send(ann, router, remove, [b.address, c.address, 1_000_000, ann], options);
    expect(words).to.deep.equal([x / 2n, y / 2n]);
    expect(await rig.read(pair, 'price0Cumulative()')).to.equal(((y << 112n) / x) * 10n);
  });

  it('a pair lets nobody take out what was not paid for', async () => {
    const pair = await pairOf(a, b);
    await rig.fail(bea, pair, 'swap(uint256,uint256,address)', [1, 0, bea], 'NothingIn()');
    await rig.fail(bea, pair, 'swap(uint256,uint256,address)', [0, 0, bea], 'NothingOut()');
    await rig.fail(bea, pair, 'swap(uint256,uint256,address)', [10n ** 12n, 0, bea], 'Drained()');
    await rig.send(bea, a, 'transfer(address,uint256)', [pair.address, 1_000]);
    await rig.fail(bea, pair, 'swap(uint256,uint256,address)', [0, 5_000, bea], 'Product()');
  });
});

describe('contracts: market with ranges', () => {
  const ONE = 1n << 64n;
  const LIQUIDITY = 10n ** 21n;
  const PROVIDE = 'provide(int24,int24,uint128)';
  const WITHDRAW = 'withdraw(int24,int24,uint128)';
  const SWAP = 'swap(bool,uint256,uint256,address)';
  /** Pays for a swap and makes it. */
  const swap = async (down: boolean, amount: bigint, options = {}) => {
    await rig.send(bea, down ? a : b, 'transfer(address,uint256)', [pool.address, amount]);
    return rig.send(bea, pool, SWAP, [down, amount, 1, bea], options);
  };
  let rig: ContractRig;
  let pool: Deployed;
  let [a, b] = [] as unknown as [Deployed, Deployed];
  const holds = (token: Deployed, who: Uint8Array): Promise<bigint> => rig.read(token, 'balanceOf(address)', [who]);
  const state = async (): Promise<bigint[]> => [...(await rig.send(ann, pool, 'state()')).words];

  beforeEach(async () => {
    rig = await ContractRig.create('Berlin');
    [a, b] = (await tokens(rig, 2)) as [Deployed, Deployed];
    pool = await rig.deploy('RangePool', [a.address, b.address]);
    for (const who of [ann, bea]) {
      for (const token of [a, b]) await rig.send(who, token, 'approve(address,uint256)', [pool.address, UNBOUNDED]);
    }
  });
  afterEach(() => rig.close());

  it('edges stand 60 ticks apart', async () => {
    expect(await rig.read(pool, 'rootAt(int24)', [0])).to.equal(ONE);
    for (const edge of [1, 10, 200, -1, -200, 512, -512]) {
      const root = Number(await rig.read(pool, 'rootAt(int24)', [edge])) / Number(ONE);
      expect(root / 1.0001 ** (30 * edge), `edge ${edge}`).to.be.closeTo(1, 1e-9);
    }
  });

  it('liquidity costs what its ranges hold, and comes back', async () => {
    const [below, above, around] = [
      await rig.send(ann, pool, PROVIDE, [-20, -10, LIQUIDITY]),
      await rig.send(ann, pool, PROVIDE, [10, 20, LIQUIDITY]),
      await rig.send(ann, pool, PROVIDE, [-10, 10, LIQUIDITY]),
    ];
    expect(below.words[0]).to.equal(0n);
    expect(above.words[1]).to.equal(0n);
    // Around the price 1 both are worth the same, but for rounding.
    expect(Number(around.words[0]) / Number(around.words[1])).to.be.closeTo(1, 1e-9);
    expect(await rig.read(pool, 'liquidity()')).to.equal(LIQUIDITY);
    const [out0, out1] = (await rig.send(ann, pool, WITHDRAW, [-10, 10, LIQUIDITY])).words as [bigint, bigint];
    expect([around.words[0]! - out0, around.words[1]! - out1]).to.deep.equal([1n, 1n]);
    expect(await rig.read(pool, 'liquidity()')).to.equal(0n);
    await rig.fail(ann, pool, WITHDRAW, [-10, 10, 1], 'TooMuchLiquidity()');
    await rig.fail(ann, pool, PROVIDE, [5, 5, 1], 'BadRange(int24,int24)');
  });

  it('a swap within a range follows the root of the price', async () => {
    await rig.send(ann, pool, PROVIDE, [-10, 10, LIQUIDITY]);
    const amount = 10n ** 17n;
    const { words } = await swap(false, amount);
    const [root, range] = await state();
    // Token 1 comes in: the root grows by it, less the fee, over the liquidity.
    expect(root).to.equal(ONE + (((amount * 997_000n) / 1_000_000n) << 64n) / LIQUIDITY);
    expect(range).to.equal(0n);
    expect(Number(words[0]) / (Number(amount) * 0.997)).to.be.closeTo(1, 1e-3);
  });

  it('a swap over edges takes up and drops liquidity, both ways, and providers earn the fees', async () => {
    await rig.send(ann, pool, PROVIDE, [-30, 30, LIQUIDITY]);
    await rig.send(bea, pool, PROVIDE, [-3, 3, LIQUIDITY]);
    const before = [await holds(a, bea), await holds(b, bea)] as const;
    const amount = 4n * 10n ** 19n;
    const there = await swap(true, amount);
    expect((await state())[1]).to.equal(2n ** 256n - 11n);
    expect(await rig.read(pool, 'liquidity()')).to.equal(LIQUIDITY);
    const back = await swap(false, there.words[0]!);
    expect(Number(back.words[0]) / Number(amount), 'the fee is paid twice').to.be.closeTo(0.997 ** 2, 1e-3);
    expect(await rig.read(pool, 'liquidity()')).to.equal(2n * LIQUIDITY);
    expect(before[0] - (await holds(a, bea))).to.equal(amount - back.words[0]!);
    expect(await holds(b, bea)).to.equal(before[1]);
    const { logs } = await rig.send(ann, pool, WITHDRAW, [-30, 30, 0]);
    const fees = logs.filter((log) => log.topics.length === 3 && eventOf(a.contract, log).startsWith('Transfer'));
    expect(fees).to.have.length(2);
    for (const fee of fees) {
      // 0.3 % of 4e19, of which ann's share lies between a half and all.
      expect(Number(bytesToBigInt(fee.data))).to.be.within(0.6e17, 1.2e17);
    }
    await rig.fail(bea, pool, SWAP, [true, amount, amount, bea], 'TooLittle(uint256,uint256)');
    await rig.fail(bea, pool, SWAP, [true, amount, 0, bea], 'Unpaid(uint256,uint256)');
  });

  it('without liquidity the walk ends at the last edge', async () => {
    await rig.fail(bea, pool, SWAP, [true, 1000, 0, bea], 'OutOfRange()', { gasLimit: 16_000_000n });
  });

  it('the first swap of a block notes an observation, the second does not', async () => {
    await rig.send(ann, pool, PROVIDE, [-30, 30, LIQUIDITY]);
    const first = await swap(true, 1000n, { timestamp: 1_000_050n });
    const second = await swap(true, 1000n, { timestamp: 1_000_050n });
    expect((await state())[2]).to.equal(1n);
    expect(Number(first.gasUsed - second.gasUsed)).to.be.greaterThan(20_000);
    const observation = (await rig.send(ann, pool, 'observations(uint256)', [1])).words;
    expect(observation[0]).to.equal(1_000_050n);
  });
});
