import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { decodeBlock, decodeHeader } from '../../src/transition/block/block.js';
import { listItems, RlpError, readWhole, stringBytes } from '../../src/transition/block/rlp.js';
import { BlockError } from '../../src/transition/errors.js';
import { BLOCK_BODY, blockRlp, GENESIS_HASH, GENESIS_RLP, rlpList } from './block-literals.js';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BlockError) return error.code.replace('BlockException.', '');
    throw error;
  }
  return 'accepted';
}

/** The genesis header's fields, one of them replaced, or more appended. */
function headerWith(index: number, value: Uint8Array): Uint8Array {
  const fields = [...decodeBlock(GENESIS_RLP).header.fields];
  fields[index] = value;
  return RLP.encode(fields);
}

describe('strict RLP', () => {
  it('reads items with their own encodings', () => {
    const items = listItems(readWhole(hexToBytes('c88083616263c20102'), 'x'), 'x');
    expect(items.map((item) => bytesToHex(item.encoding))).to.deep.equal(['0x80', '0x83616263', '0xc20102']);
    expect(items.map((item) => item.isList)).to.deep.equal([false, false, true]);
    expect(bytesToHex(stringBytes(items[1]!, 'x'))).to.equal('0x616263');
  });

  for (const [name, hex] of [
    ['nothing', ''],
    ['trailing bytes', '8000'],
    ['a truncated string', '83ff'],
    ['a truncated list', 'c3ff'],
    ['a prefixed byte below 0x80', '8105'],
    ['a long form of a short string', 'b801ff'],
    ['a long form of a short list', 'f80180'],
    ['a long form of the longest short string', `b837${'ff'.repeat(55)}`],
    ['the greatest byte that stands for itself', '817f'],
    ['a length with a leading zero', `b90038${'ff'.repeat(56)}`],
    ['a truncated length', 'b9ff'],
    ['a length beyond any memory', 'bfffffffffffffffff'],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(() => readWhole(hexToBytes(hex), 'x')).to.throw(RlpError);
    });
  }

  it('refuses an item that runs over the end of its list', () => {
    expect(() => listItems(readWhole(hexToBytes('c283ff'), 'x'), 'x')).to.throw(RlpError);
  });
});

describe('decodeBlock', () => {
  it('decodes header, transactions and withdrawals of a Cancun block', () => {
    const rlp = blockRlp();
    const block = decodeBlock(rlp);
    expect(bytesToHex(decodeBlock(GENESIS_RLP).hash)).to.equal(GENESIS_HASH);
    expect(bytesToHex(block.header.parentHash)).to.equal(GENESIS_HASH);
    expect(block.header.number).to.equal(1n);
    expect(block.header.gasUsed).to.equal(75192n);
    expect(block.header.baseFeePerGas).to.equal(9n);
    expect(block.header.excessBlobGas).to.equal(0n);
    expect(block.header.requestsHash).to.equal(null);
    expect(block.transactions.map(bytesToHex)).to.deep.equal([`0x${BLOCK_BODY.slice(4, 4 + 2 * 84)}`]);
    expect(block.ommers).to.deep.equal([]);
    expect(block.withdrawals).to.deep.equal([
      {
        index: 0n,
        validatorIndex: 0n,
        address: hexToBytes('c94f5374fce5edbc8e2a8697c15331677e6ebf0b'),
        amount: 10000n,
      },
    ]);
    expect(block.size).to.equal(rlp.length);
  });

  it('takes a typed transaction out of its string and refuses a legacy one inside a string', () => {
    const typed = blockRlp(undefined, 'c48302c180c0c0');
    expect(decodeBlock(typed).transactions.map(bytesToHex)).to.deep.equal(['0x02c180']);
    expect(codeOf(() => decodeBlock(blockRlp(undefined, 'c382c180c0c0')))).to.equal('RLP_STRUCTURES_ENCODING');
    expect(codeOf(() => decodeBlock(blockRlp(undefined, 'c180c0c0')))).to.equal('RLP_STRUCTURES_ENCODING');
  });

  it('tells a block without withdrawals from one with an empty list', () => {
    expect(decodeBlock(blockRlp(undefined, 'c0c0')).withdrawals).to.equal(null);
    expect(decodeBlock(blockRlp(undefined, 'c0c0c0')).withdrawals).to.deep.equal([]);
    expect(codeOf(() => decodeBlock(blockRlp(undefined, 'c0')))).to.equal('RLP_STRUCTURES_ENCODING');
    expect(codeOf(() => decodeBlock(blockRlp(undefined, 'c0c0c0c0')))).to.equal('RLP_STRUCTURES_ENCODING');
  });

  const address = '94c94f5374fce5edbc8e2a8697c15331677e6ebf0b';
  for (const [name, items, code] of [
    ['an index of 65 bits', `89010000000000000000 80 ${address} 822710`, 'RLP_INVALID_FIELD_OVERFLOW_64'],
    ['an amount of 65 bits', `80 80 ${address} 89010000000000000000`, 'RLP_INVALID_FIELD_OVERFLOW_64'],
    ['a leading zero', `80 80 ${address} 820001`, 'RLP_STRUCTURES_ENCODING'],
    ['an address of 19 bytes', '80 80 934f5374fce5edbc8e2a8697c15331677e6ebf0b 822710', 'RLP_INVALID_ADDRESS'],
    ['three fields', `80 80 ${address}`, 'RLP_STRUCTURES_ENCODING'],
    ['five fields', `80 80 ${address} 822710 80`, 'RLP_STRUCTURES_ENCODING'],
    ['a list for a field', `80 80 ${address} c0`, 'RLP_STRUCTURES_ENCODING'],
  ] as const) {
    it(`refuses a withdrawal with ${name}`, () => {
      const withdrawal = bytesToHex(rlpList(items.replaceAll(' ', ''))).slice(2);
      const withdrawals = bytesToHex(rlpList(withdrawal)).slice(2);
      expect(codeOf(() => decodeBlock(blockRlp(undefined, `c0c0${withdrawals}`)))).to.equal(code);
    });
  }
});

describe('decodeHeader', () => {
  for (const [name, index, hex, code] of [
    ['a parent hash of 31 bytes', 0, '11'.repeat(31), 'RLP_STRUCTURES_ENCODING'],
    ['a coinbase of 21 bytes', 2, '11'.repeat(21), 'RLP_INVALID_ADDRESS'],
    ['a number with a leading zero', 8, '0001', 'RLP_STRUCTURES_ENCODING'],
    ['a gas limit of 65 bits', 9, `01${'00'.repeat(8)}`, 'RLP_INVALID_FIELD_OVERFLOW_64'],
    ['a nonce of 7 bytes', 14, '00'.repeat(7), 'RLP_STRUCTURES_ENCODING'],
    ['a bloom of 255 bytes', 6, '00'.repeat(255), 'RLP_STRUCTURES_ENCODING'],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(codeOf(() => decodeHeader(headerWith(index, hexToBytes(hex))))).to.equal(code);
    });
  }

  it('knows the numbers of fields that forks have', () => {
    const fields = decodeBlock(GENESIS_RLP).header.fields;
    const codes = [14, 15, 16, 17, 18, 19, 20].map((count) =>
      codeOf(() => decodeHeader(RLP.encode(fields.slice(0, count)))),
    );
    const wrong = 'INCORRECT_BLOCK_FORMAT';
    expect(codes).to.deep.equal([
      'RLP_STRUCTURES_ENCODING',
      'accepted',
      'accepted',
      'accepted',
      wrong,
      wrong,
      'accepted',
    ]);
  });

  it('keeps fields of later forks', () => {
    const header = decodeHeader(headerWith(20, new Uint8Array(32).fill(7)));
    expect(bytesToHex(header.requestsHash!)).to.equal(`0x${'07'.repeat(32)}`);
    const later = RLP.encode([...header.fields, Uint8Array.of(9)]);
    expect(decodeHeader(later).fields).to.have.length(22);
  });
});
