import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { encode, word } from '../../contracts/abi.js';
import { create2Address, createdAddress } from '../../contracts/addresses.js';
import { artifactsFile, Contract, UnknownContractError } from '../../contracts/artifacts.js';
import { CompileError, compileContracts } from '../../contracts/compile.js';
import { contractsFolder } from '../../contracts/folder.js';
import { ContractStorage, mappingSlot } from '../../contracts/storage.js';
import { bytesToBigInt, bytesToHex, hexToBytes } from '../../src/index.js';
import { decodeWords } from '../support/contract-rig.js';

describe('contracts: artifacts', function () {
  this.timeout(60_000);

  it('are what the compiler makes of the sources', () => {
    const made = compileContracts(contractsFolder());
    expect(readFileSync(artifactsFile(), 'utf8')).to.equal(`${JSON.stringify(made, null, 1)}\n`);
  });

  it('are not made of sources with errors or new warnings', () => {
    expect(() => compileContracts(`${contractsFolder()}/../test/support/broken-contract`)).to.throw(
      CompileError,
      /Unused local variable/,
    );
  });

  it('say what they do not hold', () => {
    expect(() => Contract.named('Tokn')).to.throw(UnknownContractError, /no contract Tokn; known: Airdrop, /);
    expect(() => Contract.named('Token').selector('burn()')).to.throw(UnknownContractError, /Token has no burn\(\)/);
    expect(() => Contract.named('Router').runtime({})).to.throw(UnknownContractError, /Router has no/);
  });

  it('know selectors and topics', () => {
    const token = Contract.named('Token');
    // ERC-20.
    expect(bytesToHex(token.selector('transfer(address,uint256)'))).to.equal('0xa9059cbb');
    expect(token.topic('Transfer(address,address,uint256)')).to.match(/^0xddf252ad/);
  });
});

describe('contracts: encoding', () => {
  it('follows the example of the ABI’s specification', () => {
    // f(uint256,uint32[],bytes10,bytes) with (0x123, [0x456, 0x789], "1234567890", "Hello, world!").
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const data = encode([
      0x123,
      { list: [0x456, 0x789] },
      { raw: text('1234567890') },
      { bytes: text('Hello, world!') },
    ]);
    const words = [
      '123',
      '80',
      `31323334353637383930${'0'.repeat(44)}`,
      'e0',
      '2',
      '456',
      '789',
      'd',
      `48656c6c6f2c20776f726c6421${'0'.repeat(38)}`,
    ];
    expect(bytesToHex(data)).to.equal(`0x${words.map((one) => one.padStart(64, '0')).join('')}`);
    expect(decodeWords(data).slice(0, 2)).to.deep.equal([0x123n, 0x80n]);
  });

  it('puts tuples in place or behind, as their members ask for', () => {
    const fixed = encode([{ tuple: [1, 2] }, 3]);
    expect(decodeWords(fixed)).to.deep.equal([1n, 2n, 3n]);
    const dynamic = encode([{ tuple: [1, { bytes: Uint8Array.of(7) }] }, 3]);
    expect(decodeWords(dynamic)).to.deep.equal([64n, 3n, 1n, 64n, 1n, 7n << 248n]);
  });

  it('writes negative numbers in two’s complement and refuses what is too wide', () => {
    expect(bytesToBigInt(word(-1n))).to.equal(2n ** 256n - 1n);
    expect(bytesToBigInt(word(2 ** 40))).to.equal(2n ** 40n);
    expect(() => word(new Uint8Array(33))).to.throw(RangeError);
  });
});

describe('contracts: storage and addresses', () => {
  it('packs variables into shared slots', () => {
    const storage = new ContractStorage(Contract.named('Pair'))
      .set('reserve0', 5)
      .set('reserve1', 6)
      .set('updatedAt', 7);
    expect([...storage.slots]).to.deep.equal([[bytesToHex(word(6)), (7n << 224n) | (6n << 112n) | 5n]]);
    storage.set('reserve1', 0).set('reserve0', 0).set('updatedAt', 0);
    expect(storage.slots.size).to.equal(0);
    expect(() => storage.set('updatedAt', 2n ** 32n)).to.throw(RangeError, 'Pair.updatedAt');
  });

  it('nests mappings', () => {
    const storage = new ContractStorage(Contract.named('Token'));
    const [a, b] = [hexToBytes(`0x${'aa'.repeat(20)}`), hexToBytes(`0x${'bb'.repeat(20)}`)];
    expect(storage.slot('allowance', [a, b])).to.deep.equal(mappingSlot(b, mappingSlot(a, word(1))));
  });

  it('derives addresses', () => {
    // EIP-1014, example 1; and a contract of a well-known key at nonces of one and two bytes.
    expect(bytesToHex(create2Address(new Uint8Array(20), new Uint8Array(32), Uint8Array.of(0)))).to.equal(
      '0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38',
    );
    const creator = hexToBytes('0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0');
    expect(bytesToHex(createdAddress(creator, 1n))).to.equal('0x343c43a37d37dff08ae8c4a11544c718abb4fcf8');
    expect(createdAddress(creator, 0n)).not.to.deep.equal(createdAddress(creator, 256n));
  });
});
