import { expect } from 'chai';
import { word } from '../../contracts/abi.js';
import { create2Address } from '../../contracts/addresses.js';
import { Contract } from '../../contracts/artifacts.js';
import { callList, signedBatchArguments } from '../../contracts/signatures.js';
import { bytesToBigInt, bytesToHex, concatBytes, hexToBytes } from '../../src/index.js';
import { addressOfSecretKey, keccak256 } from '../../src/primitives/crypto.js';
import { COINBASE, ContractRig, callData, type Deployed, eventOf, user } from '../support/contract-rig.js';

const [ann, bea, cem] = [user(0), user(1), user(2)] as [Uint8Array, Uint8Array, Uint8Array];
const ETHER = 10n ** 18n;

describe('contracts: pots, queues and batches', () => {
  let rig: ContractRig;
  before(async () => {
    rig = await ContractRig.create('Berlin');
  });
  after(() => rig.close());

  it('a vault pays until it runs short', async () => {
    const vault = await rig.deploy('Vault');
    await rig.send(ann, vault, 'deposit()', [], { value: 10n });
    await rig.send(bea, vault, 'deposit()', [], { value: 10n });
    expect((await rig.send(cem, vault, 'borrow()')).words).to.deep.equal([10n]);
    expect(await rig.fail(ann, vault, 'withdraw(uint256)', [11], 'NotYours(uint256,uint256)')).to.deep.equal([
      10n,
      11n,
    ]);
    await rig.send(ann, vault, 'withdraw(uint256)', [8]);
    expect(await rig.fail(bea, vault, 'withdraw(uint256)', [3], 'Short(uint256,uint256)')).to.deep.equal([2n, 3n]);
    expect(await rig.read(vault, 'credit(address)', [bea])).to.equal(10n);
    expect(rig.balance(vault.address)).to.equal(2n);
  });

  it('an order book fills from the head, partly and over several orders', async () => {
    const book = await rig.deploy('OrderBook');
    await rig.fail(cem, book, 'take(uint96)', [1], 'Empty()');
    await rig.send(ann, book, 'place(uint96,uint128)', [10, 3]);
    await rig.send(bea, book, 'place(uint96,uint128)', [10, 5]);
    expect((await rig.send(cem, book, 'take(uint96)', [4])).words).to.deep.equal([12n]);
    const { words, logs } = await rig.send(cem, book, 'take(uint96)', [100]);
    expect(words).to.deep.equal([6n * 3n + 10n * 5n]);
    expect(logs).to.have.length(2);
    expect(await rig.read(book, 'bought(address)', [cem])).to.equal(20n);
    expect([
      await rig.read(book, 'earned(address)', [ann]),
      await rig.read(book, 'earned(address)', [bea]),
    ]).to.deep.equal([30n, 50n]);
    expect((await rig.send(ann, book, 'queue()')).words).to.deep.equal([2n, 2n, 5n]);
    await rig.fail(ann, book, 'cancel(uint64)', [1], 'NotYours(uint64)');
  });

  it('a multicall goes on after a failure where that is allowed', async () => {
    const vault = await rig.deploy('Vault');
    const multicall = await rig.deploy('Multicall');
    const deposit = { target: vault.address, value: 5n, data: callData(vault.contract, 'deposit()') };
    const tooMuch = { target: vault.address, data: callData(vault.contract, 'withdraw(uint256)', [6]) };
    const aggregate = 'aggregate((address,uint256,bytes)[],bool)';
    const calls = callList([deposit, tooMuch, deposit]);
    await rig.fail(ann, multicall, aggregate, [calls, false], 'CallFailed(uint256,bytes)', { value: 10n });
    const { logs } = await rig.send(ann, multicall, aggregate, [calls, true], { value: 10n });
    expect(logs).to.have.length(2);
    expect(await rig.read(multicall, 'failures()')).to.equal(1n);
    expect(await rig.read(vault, 'credit(address)', [multicall.address])).to.equal(10n);
  });

  it('a proxy keeps its storage when its logic is replaced', async () => {
    const [v1, v2] = [await rig.deploy('LedgerV1'), await rig.deploy('LedgerV2')];
    const { address } = await rig.deploy('Proxy', [v1.address]);
    const proxy: Deployed = { contract: v1.contract, address };
    await rig.send(ann, proxy, 'record(uint256)', [5]);
    await rig.send(bea, proxy, 'upgradeTo(address)', [v2.address]);
    const { logs } = await rig.send(ann, proxy, 'record(uint256)', [5]);
    expect(bytesToHex(logs[0]!.address)).to.equal(bytesToHex(address));
    expect(await rig.read(proxy, 'entry(address)', [ann])).to.equal(15n);
    expect(await rig.read(proxy, 'total()')).to.equal(10n);
    expect(await rig.read(v1, 'entry(address)', [ann])).to.equal(0n);
    await rig.fail(bea, proxy, 'upgradeTo(address)', [cem], 'NoCode(address)');
  });

  it('a searcher’s tip reaches the beneficiary once', async () => {
    const searcher = await rig.deploy('Searcher');
    const before = rig.balance(hexToBytes(COINBASE));
    const opportunity = { raw: word(7) };
    await rig.send(ann, searcher, 'capture(bytes32)', [opportunity], { value: 1000n });
    const [winner] = await rig.fail(bea, searcher, 'capture(bytes32)', [opportunity], 'Late(address)', { value: 1n });
    expect(winner).to.equal(bytesToBigInt(ann));
    expect(rig.balance(hexToBytes(COINBASE)) - before).to.equal(1000n);
    expect(await rig.read(searcher, 'seen()')).to.equal(before + 1000n);
  });

  it('work hashes on from the value of its slot', async () => {
    const worker = await rig.deploy('Worker');
    const hash = (x: Uint8Array, i: number): Uint8Array => keccak256(concatBytes(x, word(i)));
    await rig.send(ann, worker, 'work(uint256,uint256)', [3, 2]);
    const first = hash(hash(word(0), 0), 1);
    expect(await rig.read(worker, 'value(uint256)', [3])).to.equal(bytesToBigInt(first));
    await rig.send(ann, worker, 'work(uint256,uint256)', [3, 1]);
    expect(await rig.read(worker, 'value(uint256)', [3])).to.equal(bytesToBigInt(hash(first, 0)));
  });
});

describe('contracts: code that comes and goes', () => {
  const DEPLOY = 'deploy(bytes32,address)';
  const salt = { raw: word(9) };

  async function place(fork: 'London' | 'Cancun') {
    const rig = await ContractRig.create(fork);
    const factory = await rig.deploy('MetamorphicFactory');
    const [a, b] = [await rig.deploy('BodyA'), await rig.deploy('BodyB')];
    const init = Contract.named('MetamorphicInit').creation;
    const child: Deployed = { contract: a.contract, address: create2Address(factory.address, word(9), init) };
    return { rig, factory, a, b, child };
  }

  it('before Cancun a destroyed child comes back as another at the same address', async () => {
    const { rig, factory, a, b, child } = await place('London');
    await rig.send(ann, factory, DEPLOY, [salt, a.address]);
    expect(await rig.read(child, 'pokes()')).to.equal(1n);
    await rig.fail(ann, factory, DEPLOY, [salt, b.address], 'Occupied(bytes32)');
    await rig.send(ann, child, 'feed()', [], { value: ETHER });
    await rig.send(ann, child, 'destroy(address)', [cem]);
    expect(rig.database.account(bytesToHex(child.address))).to.equal(null);
    await rig.send(ann, factory, DEPLOY, [salt, b.address]);
    expect(await rig.read(child, 'pokes()'), 'the counter was lost with the code').to.equal(100n);
    await rig.close();
  });

  it('since Cancun (EIP-6780) it stays, and only what lived for one transaction goes', async () => {
    const { rig, factory, a, b, child } = await place('Cancun');
    const heir = user(5);
    const before = rig.balance(heir);
    await rig.send(ann, factory, 'flash(bytes32,address,address)', [salt, a.address, heir], { value: ETHER });
    expect(rig.balance(heir) - before).to.equal(ETHER);
    expect(rig.database.account(bytesToHex(child.address))).to.equal(null);
    await rig.send(ann, factory, DEPLOY, [salt, b.address]);
    await rig.send(ann, child, 'destroy(address)', [cem]);
    expect(await rig.read(child, 'pokes()')).to.equal(100n);
    await rig.fail(ann, factory, DEPLOY, [salt, a.address], 'Occupied(bytes32)');
    await rig.close();
  });
});

describe('contracts: newer forks', () => {
  let rig: ContractRig;
  before(async () => {
    rig = await ContractRig.create('Osaka');
  });
  after(() => rig.close());

  const EXECUTE = 'execute((address,uint256,bytes)[])';
  const secret = keccak256(new TextEncoder().encode('delegating'));
  const account = addressOfSecretKey(secret);

  it('a delegated account runs batches of its own, of admitted sponsors, and signed ones (EIP-7702)', async () => {
    const { address, contract } = await rig.deploy('BatchDelegate');
    rig.place(account, { balance: ETHER });
    const self: Deployed = { contract, address: account };
    const pay = (value: bigint) => ({ target: cem, value });
    const before = rig.balance(cem);
    const admit = { target: account, data: callData(contract, 'admit(address,bool)', [bea, true]) };
    const authorization = { chainId: 1n, address, nonce: 1n, authority: account };
    await rig.send(account, self, EXECUTE, [callList([pay(1n), admit])], {
      type: 4,
      authorizations: [authorization],
      maxFeePerGas: 0n,
    });
    await rig.send(bea, self, EXECUTE, [callList([pay(2n), pay(3n)])]);
    await rig.fail(ann, self, EXECUTE, [callList([pay(4n)])], 'NotAllowed(address)');
    const signed = signedBatchArguments(1n, 2n, [pay(5n)], secret);
    const execute = 'executeSigned((address,uint256,bytes)[],uint8,bytes32,bytes32)';
    const { logs } = await rig.send(ann, self, execute, signed);
    expect(logs.map((log) => eventOf(contract, log))).to.deep.equal(['Executed(address,address,uint256)']);
    await rig.fail(ann, self, execute, signed, 'NotAllowed(address)');
    expect(rig.balance(cem) - before).to.equal(11n);
    expect(await rig.read(self, 'batches()')).to.equal(3n);
    const broke = callList([pay(1n), pay(2n * ETHER)]);
    await rig.fail(bea, self, EXECUTE, [broke], 'CallFailed(uint256,bytes)');
    expect(rig.balance(cem) - before, 'a failed batch moves nothing').to.equal(11n);
  });

  it('an inbox chains the hashes of blobs (EIP-4844)', async () => {
    const inbox = await rig.deploy('BlobInbox');
    const hashes = [1, 2].map((i) => concatBytes(Uint8Array.of(1), word(i).subarray(1)));
    const root = word(77);
    await rig.send(ann, inbox, 'post(bytes32)', [{ raw: root }], {
      type: 3,
      blobVersionedHashes: hashes,
      maxFeePerBlobGas: 3n,
    });
    const link = (a: Uint8Array, b: Uint8Array): Uint8Array => keccak256(concatBytes(a, b));
    const head = link(link(link(word(0), root), hashes[0]!), hashes[1]!);
    expect(await rig.read(inbox, 'head()')).to.equal(bytesToBigInt(head));
    expect(await rig.read(inbox, 'paid(address)', [ann])).to.equal(2n * 131_072n * 3n);
    await rig.fail(ann, inbox, 'post(bytes32)', [{ raw: root }], 'NoBlobs()');
  });

  it('a clearing writes net sums only (EIP-1153)', async () => {
    const clearing = await rig.deploy('Clearing');
    const parties = [ann, bea, cem];
    const clear = (amounts: number[]) =>
      rig.send(ann, clearing, 'clear(address[],uint256[])', [{ list: parties }, { list: amounts }]);
    const round = await clear([5, 5, 5]);
    expect(bytesToBigInt(round.logs[0]!.data.subarray(32)), 'a round of equal payments nets to nothing').to.equal(0n);
    const odd = await clear([5, 3, 3]);
    expect(bytesToBigInt(odd.logs[0]!.data.subarray(32))).to.equal(2n);
    expect(await rig.read(clearing, 'balance(address)', [bea])).to.equal(2n);
    expect(await rig.read(clearing, 'balance(address)', [ann])).to.equal(2n ** 256n - 2n);
    await rig.fail(ann, clearing, 'clear(address[],uint256[])', [{ list: parties }, { list: [1] }], 'Length()');
  });

  it('a histogram counts bits (EIP-7939)', async () => {
    const histogram = await rig.deploy('Histogram');
    for (const amount of [0n, 1n, 255n, 128n, 256n, -1n]) await rig.send(ann, histogram, 'add(uint256)', [amount]);
    const count = (bits: number): Promise<bigint> => rig.read(histogram, 'count(uint256)', [bits]);
    expect([await count(0), await count(1), await count(8), await count(9), await count(256)]).to.deep.equal([
      1n,
      1n,
      2n,
      1n,
      1n,
    ]);
  });
});
