import { expect } from 'chai';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { Field } from '../../runners/fixtures/fields.js';
import { bytesToHex } from '../../src/primitives/bytes.js';

const origin = { source: 'suite', file: 'a/b.json', test: 't' };
const field = (value: unknown) => Field.root(origin, { x: value }).get('x');

function failure(read: () => unknown): FixtureError {
  try {
    read();
  } catch (error) {
    if (error instanceof FixtureError) return error;
    throw error;
  }
  throw new Error('read without an error');
}

describe('fixture fields', () => {
  it('reads numbers in every spelling the suites use', () => {
    expect(field('0x').quantity()).to.equal(0n);
    expect(field('0x00').quantity()).to.equal(0n);
    expect(field('0x5f5e100').quantity()).to.equal(100_000_000n);
    expect(field('0X0A').quantity()).to.equal(10n);
    expect(field('1000000000000000000').quantity()).to.equal(10n ** 18n);
    expect(field(7).quantity()).to.equal(7n);
    const tooLarge = `0x:bigint 0x1${'0'.repeat(64)}`;
    expect(field(tooLarge).quantity()).to.equal(1n << 256n);
  });

  it('refuses what is no number', () => {
    for (const value of ['', '0xzz', '-1', '1.5', 'abc', '0x:bigint', -1, 1.5, null, true, [], {}]) {
      expect(failure(() => field(value).quantity()).field, JSON.stringify(value)).to.equal('x');
    }
  });

  it('reads bytes, and bare hex only where the length is known', () => {
    expect(field('0x').bytes()).to.have.length(0);
    expect(field('').bytes()).to.have.length(0);
    expect(bytesToHex(field('0xAbCd').bytes())).to.equal('0xabcd');
    expect(bytesToHex(field('abcd').fixed(2))).to.equal('0xabcd');
    expect(bytesToHex(field('0x1').word())).to.equal(`0x${'0'.repeat(63)}1`);
    expect(failure(() => field('0xabc').bytes()).message).to.contain('odd length');
    expect(failure(() => field('0xzz').bytes()).message).to.contain('bad hex');
    expect(failure(() => field('abcd').bytes()).message).to.contain('without 0x');
    expect(failure(() => field('0xab').fixed(20)).message).to.contain('expected 20 bytes, found 1');
    expect(failure(() => field(`0x1${'0'.repeat(64)}`).word()).message).to.contain('32 bytes');
  });

  it('names source, file, test and the whole path', () => {
    const root = Field.root(origin, { transaction: { value: ['0x1', '0x2', 'none'] } });
    const error = failure(() => root.get('transaction').get('value').item(2).quantity());
    expect(error).to.include({ source: 'suite', file: 'a/b.json', test: 't', field: 'transaction.value[2]' });
    expect(error.message).to.equal('a/b.json::t field transaction.value[2]: not a number: "none"');
    expect(failure(() => root.get('transaction').get('value').item(3)).message).to.contain('has 3 element(s)');
    expect(failure(() => root.get('env')).message).to.contain('field env: missing');
    expect(failure(() => root.get('transaction').items()).message).to.contain('expected an array, found object');
  });

  it('does not take inherited names for fields', () => {
    const root = Field.root(origin, {});
    expect(root.maybe('constructor')).to.equal(null);
    expect(failure(() => root.get('toString')).message).to.contain('missing');
  });

  it('tells missing and null from false', () => {
    const root = Field.root(origin, { nothing: null, no: false, spelled: 'true' });
    expect(root.maybe('nothing')).to.equal(null);
    expect(root.maybe('absent')).to.equal(null);
    expect(root.get('no').boolean()).to.equal(false);
    expect(root.get('spelled').boolean()).to.equal(true);
    expect(failure(() => root.get('nothing').boolean()).field).to.equal('nothing');
  });

  it('reads keys as addresses and slots', () => {
    const address = '0x68795C4AA09D6f4Ed3E5DeDDf8c2AD3049A601da';
    expect(
      Field.root(origin, { [address]: 1 })
        .get(address)
        .keyAsAddress(),
    ).to.equal(address.toLowerCase());
    expect(Field.root(origin, { '0x1': 1 }).get('0x1').keyAsSlot()).to.equal(`0x${'0'.repeat(63)}1`);
    expect(failure(() => Field.root(origin, { '0x12': 1 }).get('0x12').keyAsAddress()).field).to.equal('0x12');
  });
});
