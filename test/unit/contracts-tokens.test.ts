import { expect } from 'chai';
import { word } from '../../contracts/abi.js';
import { permitArguments } from '../../contracts/signatures.js';
import { bytesToBigInt, bytesToHex } from '../../src/index.js';
import { addressOfSecretKey, keccak256 } from '../../src/primitives/crypto.js';
import { ContractRig, type Deployed, eventOf, user } from '../support/contract-rig.js';

const TRANSFER = 'transfer(address,uint256)';
const TRANSFER_FROM = 'transferFrom(address,address,uint256)';
const BALANCE = 'balanceOf(address)';
const [ann, bea, cem, dora] = [user(0), user(1), user(2), user(3)] as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

describe('contracts: tokens', () => {
  let rig: ContractRig;
  before(async () => {
    rig = await ContractRig.create('Berlin');
  });
  after(() => rig.close());

  async function minted(name: string, args: readonly Uint8Array[] = []): Promise<Deployed> {
    const token = await rig.deploy(name, args);
    await rig.send(ann, token, 'mint(address,uint256)', [ann, 10_000]);
    return token;
  }
  const holds = (token: Deployed, holder: Uint8Array): Promise<bigint> => rig.read(token, BALANCE, [holder]);

  it('a transfer moves the amount, keeps the supply and says so', async () => {
    const token = await minted('Token');
    const { logs, words } = await rig.send(ann, token, TRANSFER, [bea, 300]);
    expect(words).to.deep.equal([1n]);
    expect(logs).to.have.length(1);
    expect(eventOf(token.contract, logs[0]!)).to.equal('Transfer(address,address,uint256)');
    expect(logs[0]!.topics.slice(1).map(bytesToHex)).to.deep.equal([word(ann), word(bea)].map(bytesToHex));
    expect(bytesToBigInt(logs[0]!.data)).to.equal(300n);
    expect([await holds(token, ann), await holds(token, bea)]).to.deep.equal([9_700n, 300n]);
    expect(await rig.read(token, 'totalSupply()')).to.equal(10_000n);
  });

  it('a transfer to oneself changes nothing, and one beyond the balance or to nobody reverts', async () => {
    const token = await minted('Token');
    await rig.send(ann, token, TRANSFER, [ann, 10_000]);
    expect(await holds(token, ann)).to.equal(10_000n);
    const error = 'InsufficientBalance(address,uint256,uint256)';
    expect((await rig.fail(ann, token, TRANSFER, [bea, 10_001], error)).slice(1)).to.deep.equal([10_000n, 10_001n]);
    await rig.fail(ann, token, TRANSFER, [new Uint8Array(20), 1], 'ZeroAddress()');
  });

  it('an allowance is used up, unless it is without bound', async () => {
    const token = await minted('Token');
    await rig.send(ann, token, 'approve(address,uint256)', [bea, 500]);
    await rig.send(bea, token, TRANSFER_FROM, [ann, cem, 200]);
    expect(await rig.read(token, 'allowance(address,address)', [ann, bea])).to.equal(300n);
    const error = 'InsufficientAllowance(address,address,uint256,uint256)';
    expect((await rig.fail(bea, token, TRANSFER_FROM, [ann, cem, 301], error)).slice(2)).to.deep.equal([300n, 301n]);
    await rig.send(ann, token, 'approve(address,uint256)', [bea, -1n]);
    await rig.send(bea, token, TRANSFER_FROM, [ann, cem, 200]);
    expect(await rig.read(token, 'allowance(address,address)', [ann, bea])).to.equal(2n ** 256n - 1n);
    expect(await holds(token, cem)).to.equal(400n);
  });

  it('a fee of one hundredth goes to the collector', async () => {
    const token = await minted('FeeToken', [dora]);
    const { logs } = await rig.send(ann, token, TRANSFER, [bea, 1_050]);
    expect(logs).to.have.length(2);
    expect([await holds(token, ann), await holds(token, bea), await holds(token, dora)]).to.deep.equal([
      8_950n,
      1_040n,
      10n,
    ]);
  });

  it('a permit (EIP-2612) serves once, before its deadline, and only with its owner’s signature', async () => {
    const token = await minted('PermitToken');
    const secret = keccak256(new TextEncoder().encode('owner'));
    const owner = addressOfSecretKey(secret);
    const sign = (nonce: bigint, deadline: bigint) =>
      permitArguments({ chainId: 1n, token: token.address, spender: bea, value: 77n, nonce, deadline }, secret);
    const permit = 'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)';
    await rig.send(cem, token, permit, sign(0n, rig.timestamp));
    expect(await rig.read(token, 'allowance(address,address)', [owner, bea])).to.equal(77n);
    await rig.fail(cem, token, permit, sign(0n, rig.timestamp), 'WrongSigner(address)');
    await rig.fail(cem, token, permit, sign(1n, rig.timestamp - 1n), 'Expired(uint256)');
    expect(await rig.read(token, 'nonces(address)', [owner])).to.equal(1n);
  });

  it('ids of a collectible come from one counter', async () => {
    const token = await rig.deploy('Collectible');
    expect(await rig.send(ann, token, 'mint(uint256)', [1])).to.deep.include({ words: [0n] });
    const second = await rig.send(bea, token, 'mint(uint256)', [3]);
    expect(second.words).to.deep.equal([1n]);
    expect(second.logs.map((log) => bytesToBigInt(log.topics[3]!))).to.deep.equal([1n, 2n, 3n]);
    expect(await rig.read(token, 'minted()')).to.equal(4n);
    expect(await rig.read(token, 'balanceOf(address)', [bea])).to.equal(3n);
    await rig.fail(ann, token, TRANSFER_FROM, [bea, ann, 2], 'NotAllowed(address,uint256)');
    await rig.send(bea, token, 'approve(address,uint256)', [ann, 2]);
    await rig.send(ann, token, TRANSFER_FROM, [bea, ann, 2]);
    expect(await rig.read(token, 'ownerOf(uint256)', [2])).to.equal(bytesToBigInt(ann));
    expect(await rig.read(token, 'getApproved(uint256)', [2])).to.equal(0n);
    await rig.fail(ann, token, 'mint(uint256)', [0], 'SoldOut()');
  });

  it('an airdrop pays each of a list, and each claim once', async () => {
    const token = await minted('Token');
    const airdrop = await rig.deploy('Airdrop', [token.address, 25]);
    await rig.send(ann, token, TRANSFER, [airdrop.address, 350]);
    const list = { list: [bea, cem, dora] };
    await rig.send(ann, airdrop, 'distribute(address[],uint256)', [list, 100]);
    for (const one of list.list) expect(await holds(token, one)).to.equal(100n);
    await rig.send(bea, airdrop, 'claim(uint256)', [255]);
    await rig.send(cem, airdrop, 'claim(uint256)', [256]);
    expect(await holds(token, bea)).to.equal(125n);
    await rig.fail(bea, airdrop, 'claim(uint256)', [255], 'AlreadyClaimed(uint256)');
    // The pot is empty now; the token's error comes through.
    const { success } = await rig.try(dora, airdrop, 'claim(uint256)', [3]);
    expect(success).to.equal(false);
    expect(await rig.read(airdrop, 'claimed(uint256)', [0])).to.equal(1n << 255n);
  });
});
