import { decode, encode } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { addressOfSecretKey, SECP256K1_N } from '../../src/primitives/crypto.js';
import type { Fork } from '../../src/primitives/fork.js';
import { decodeTransaction, parseTransaction } from '../../src/transition/transaction/decode.js';
import { encodeTransaction, signAuthorization, signTransaction } from '../../src/transition/transaction/encode.js';
import {
  type TransactionFields,
  transactionFromFields,
  unsignedFromFields,
} from '../../src/transition/transaction/fields.js';
import { recoverAuthorization } from '../../src/transition/transaction/signature.js';
import {
  type RlpItem,
  TransactionDecodeError,
  type UnsignedTransaction,
} from '../../src/transition/transaction/unsigned.js';

/** One signed transaction of each type, from the official state tests (chain id 1). */
const SAMPLES: readonly { raw: string; sender: string; since: Fork; before: Fork; code: string }[] = [
  {
    raw: '0xf84b800a82d6d880808025a073100131f2ce7c82b2793bb54677f1703a03df466d1b9e9c9cbf7dd26de61ad9a0651bf04558489ff69bbd916983665fdf12e5e1b98e0d0c0be45c2293a06bc68c',
    sender: '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b',
    since: 'EIP158',
    before: 'EIP150',
    code: 'INVALID_SIGNATURE_VRS',
  },
  {
    raw: '0x01f89b01800a8301e974943068947c19dbbc5a170610a69c65e341f0a0b7458080f838f7940000000000000000000000000000000000000000e1a0000000000000000000000000000000000000000000000000000000000000000001a0712d63f4983ce033255f9adfe3b159f465766eac906591091e3ad03ffc06ad16a0078e21a3501b9fc9b9b9e223cc19768be044d5c7c6faf1fbc0f5aa4deb325fe9',
    sender: '0x5482624482f9454fbb0dff7b7201a709ba5fb4c2',
    since: 'Berlin',
    before: 'MuirGlacier',
    code: 'TYPE_1_TX_PRE_FORK',
  },
  {
    raw: '0x02f8540180800783030d4080808560006000fdc001a09beec4fc83e7f71cc57841428c7a7b5eabb2524bd2a1ec7277395cf88c5868ffa03222bb9fe574ee201324a5f82aeed795aacf9bad74cb5004cb34273e3fe584a7',
    sender: '0x0a8b6639a6a5cb968c752bbec740104655f503e4',
    since: 'London',
    before: 'Berlin',
    code: 'TYPE_2_TX_PRE_FORK',
  },
  {
    raw: '0x03f8850180010a8252089446bcccd52523458500094c5c59a7801d3d0ee9630180c001e1a0010000000000000000000000000000000000000000000000000000000000000080a0ad0e00f1104243cae616be131f9cf265c63ed4b124e3414b54f6fb754bfdbf0ba02b7145a7ac9367d8e8a63b82fc931c9bffab6463bad8b95b75d2413ef62118d5',
    sender: '0x61ea2047c47d36a535cd650ad2c14dbe6b4e8939',
    since: 'Cancun',
    before: 'Shanghai',
    code: 'TYPE_3_TX_PRE_FORK',
  },
  {
    raw: '0x04f87f01808007830186a094f2e2f5536371833fd4debc3adc7ff9a23cbaace48080c0dbda019400000000000000000000000000000000000000008001800180a0703325024f0014ea3b3df8759cc95c60824c529ffb6998ca2623d0cc93a7c38da0651cf0320f38fa0bf770f9502541e373f3f93ef799c7df88974918083a634257',
    sender: '0x66707e28fc0c0b45c98ba9b6f3f43572faa7a52f',
    since: 'Prague',
    before: 'Cancun',
    code: 'TYPE_4_TX_PRE_FORK',
  },
];

function codeOf(raw: Uint8Array, fork: Fork = 'Osaka', chainId = 1n): string | null {
  try {
    decodeTransaction(raw, { fork, chainId });
    return null;
  } catch (error) {
    if (error instanceof TransactionDecodeError) return error.code;
    throw error;
  }
}

/** A sample with its RLP items changed. */
function changed(type: number, change: (items: RlpItem[]) => void): Uint8Array {
  const raw = hexToBytes(SAMPLES[type]?.raw as string);
  const items = decode(type === 0 ? raw : raw.subarray(1)) as RlpItem[];
  change(items);
  return type === 0 ? encode(items) : concatBytes(Uint8Array.of(type), encode(items));
}

function put(type: number, index: number, item: RlpItem): Uint8Array {
  return changed(type, (items) => {
    items[index] = item;
  });
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const secretKey = fc
  .bigInt({ min: 1n, max: SECP256K1_N - 1n })
  .map((key) => hexToBytes(key.toString(16).padStart(64, '0')));
const accessList = fc.array(fc.record({ address: bytes(20), slots: fc.array(bytes(32), { maxLength: 3 }) }), {
  maxLength: 3,
});
const authorization = fc
  .tuple(fc.record({ chainId: u256, address: bytes(20), nonce: u64 }), secretKey)
  .map(([tuple, key]) => signAuthorization(tuple, key));

const unsigned: fc.Arbitrary<UnsignedTransaction> = fc
  .record({
    type: fc.constantFrom(0, 1, 2, 3, 4),
    protected: fc.boolean(),
    nonce: u64,
    gasLimit: u64,
    maxFeePerGas: u256,
    priority: u256,
    to: fc.option(bytes(20)),
    value: u256,
    data: fc.uint8Array({ maxLength: 80 }),
    accessList,
    maxFeePerBlobGas: u256,
    hashes: fc.array(bytes(32), { maxLength: 3 }),
    authorizations: fc.array(authorization, { maxLength: 2 }),
  })
  .map(({ type, priority, hashes, protected: replayProtected, ...rest }) => ({
    ...rest,
    type: type as UnsignedTransaction['type'],
    chainId: type === 0 && !replayProtected ? null : 1337n,
    maxPriorityFeePerGas: type >= 2 ? priority : rest.maxFeePerGas,
    accessList: type >= 1 ? rest.accessList : [],
    maxFeePerBlobGas: type === 3 ? rest.maxFeePerBlobGas : 0n,
    blobVersionedHashes: type === 3 ? hashes : [],
    authorizations: type === 4 ? rest.authorizations : [],
  }));

describe('decodeTransaction', () => {
  it('recovers the senders of official transactions, from the fork of their type on', () => {
    for (const { raw, sender, since, before, code } of SAMPLES) {
      const rules = { fork: since, chainId: 1n };
      expect(bytesToHex(decodeTransaction(hexToBytes(raw), rules).sender)).to.equal(sender);
      expect(codeOf(hexToBytes(raw), before)).to.equal(code);
      expect(codeOf(hexToBytes(raw), since, 2n)).to.equal('INVALID_CHAINID');
    }
  });

  it('reads every field', () => {
    const { raw } = SAMPLES[3] as (typeof SAMPLES)[number];
    const tx = decodeTransaction(hexToBytes(raw), { fork: 'Osaka', chainId: 1n });
    expect(tx).to.deep.include({ type: 3, chainId: 1n, nonce: 0n, gasLimit: 21_000n, value: 1n });
    expect(tx).to.deep.include({ maxFeePerGas: 10n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 1n });
    expect(tx.to === null ? null : bytesToHex(tx.to)).to.equal('0x46bcccd52523458500094c5c59a7801d3d0ee963');
    expect(tx.blobVersionedHashes.map(bytesToHex)).to.deep.equal([`0x01${'00'.repeat(31)}`]);
  });

  it('leaves the authority of a bad signature null', () => {
    const { raw } = SAMPLES[4] as (typeof SAMPLES)[number];
    const [tuple] = decodeTransaction(hexToBytes(raw), { fork: 'Osaka', chainId: 1n }).authorizations;
    expect(tuple).to.deep.include({ chainId: 1n, nonce: 0n, authority: null });
    const key = new Uint8Array(32).fill(7);
    const good = signAuthorization({ chainId: 0n, address: new Uint8Array(20), nonce: 1n }, key);
    expect(recoverAuthorization(good).authority).to.deep.equal(addressOfSecretKey(key));
    const high = { ...good, s: SECP256K1_N - good.s, yParity: 1n - good.yParity };
    expect(recoverAuthorization(high).authority).to.equal(null);
    expect(recoverAuthorization({ ...good, yParity: 2n }).authority).to.equal(null);
    expect(recoverAuthorization({ ...good, s: 0n }).authority).to.equal(null);
  });

  it('refuses unknown envelopes', () => {
    for (const raw of ['0x05c0', '0x00c0', '0x7fc0', '0x80', '0xbf']) {
      expect(codeOf(hexToBytes(raw))).to.equal('TYPE_NOT_SUPPORTED');
    }
    expect(codeOf(new Uint8Array(0))).to.equal('RLP_INVALID_VALUE');
    expect(codeOf(hexToBytes('0x02'))).to.equal('RLP_INVALID_VALUE');
  });

  it('refuses anything but the one encoding', () => {
    const long = new Uint8Array(33).fill(1);
    const cases: [Uint8Array, string][] = [
      [concatBytes(hexToBytes(SAMPLES[0]?.raw as string), Uint8Array.of(0)), 'RLP_INVALID_VALUE'],
      [put(0, 0, Uint8Array.of(0)), 'RLP_INVALID_VALUE'],
      [put(0, 0, long.subarray(0, 9)), 'NONCE_OVERFLOW'],
      [put(0, 0, []), 'RLP_INVALID_VALUE'],
      [put(0, 1, long), 'GASPRICE_OVERFLOW'],
      [put(0, 2, long.subarray(0, 9)), 'GASLIMIT_OVERFLOW'],
      [put(0, 3, long.subarray(0, 19)), 'ADDRESS_TOO_SHORT'],
      [put(0, 3, long.subarray(0, 21)), 'ADDRESS_TOO_LONG'],
      [put(0, 4, long), 'VALUE_OVERFLOW'],
      [put(0, 7, long), 'INVALID_SIGNATURE_VRS'],
      [changed(0, (items) => items.pop()), 'RLP_INVALID_VALUE'],
      [changed(0, (items) => items.push(Uint8Array.of(1))), 'RLP_INVALID_VALUE'],
      [put(2, 2, long), 'PRIORITY_OVERFLOW'],
      [put(1, 7, [[long.subarray(0, 20)]]), 'RLP_INVALID_VALUE'],
      [put(1, 7, [[long.subarray(0, 19), []]]), 'RLP_INVALID_VALUE'],
      [put(1, 7, [[long.subarray(0, 20), [], []]]), 'RLP_INVALID_VALUE'],
      [put(1, 7, [[long.subarray(0, 20), [long]]]), 'RLP_INVALID_VALUE'],
      [put(3, 10, [long]), 'RLP_INVALID_VALUE'],
      [put(4, 9, [[]]), 'TYPE_4_INVALID_AUTHORIZATION_FORMAT'],
      [put(2, 9, Uint8Array.of(2)), 'INVALID_SIGNATURE_VRS'],
    ];
    for (const [index, [raw, code]] of cases.entries()) expect(codeOf(raw), `case ${index}`).to.equal(code);
  });

  it('bounds the numbers of an authorization by their types only', () => {
    const long = new Uint8Array(33).fill(1);
    const base = [1, 20, 1, 1, 1, 1].map((length) => long.subarray(0, length));
    const tuple = (index: number, length: number): Uint8Array =>
      put(4, 9, [base.with(index, long.subarray(0, length)) as RlpItem[]]);
    for (const [index, length] of [33, 19, 9, 2, 33, 33].entries()) {
      expect(codeOf(tuple(index, length)), `field ${index}`).to.equal('TYPE_4_INVALID_AUTHORIZATION_FORMAT');
    }
    for (const items of [base.slice(1), [...base, long.subarray(0, 1)]])
      expect(codeOf(put(4, 9, [items as RlpItem[]]))).to.equal('TYPE_4_INVALID_AUTHORIZATION_FORMAT');
    for (const [index, length] of [32, 20, 8, 1, 32, 32].entries()) {
      const { authorizations } = parseTransaction(tuple(index, length)).transaction;
      expect(authorizations).to.have.lengthOf(1);
    }
  });

  it('refuses the network form of a blob transaction', () => {
    const payload = decode(hexToBytes(SAMPLES[3]?.raw as string).subarray(1));
    const wrapped = concatBytes(Uint8Array.of(3), encode([payload, [], [], []]));
    expect(codeOf(wrapped)).to.equal('TYPE_3_TX_WITH_FULL_BLOBS');
    expect(codeOf(wrapped, 'Shanghai')).to.equal('TYPE_3_TX_PRE_FORK');
  });

  it('allows a high s in Frontier only (EIP-2)', () => {
    const key = new Uint8Array(32).fill(3);
    const parsed = parseTransaction(
      signTransaction({ ...parseTransaction(put(0, 6, Uint8Array.of(27))).transaction, chainId: null }, key),
    );
    const { v, r, s } = parsed.signature;
    const high = encodeTransaction(parsed.transaction, { v: 55n - v, r, s: SECP256K1_N - s });
    expect(codeOf(high, 'Homestead')).to.equal('INVALID_SIGNATURE_VRS');
    const tx = decodeTransaction(high, { fork: 'Frontier', chainId: 1n });
    expect(tx.sender).to.deep.equal(addressOfSecretKey(key));
    expect(codeOf(encodeTransaction(parsed.transaction, { v, r: 0n, s }))).to.equal('INVALID_SIGNATURE_VRS');
    expect(codeOf(encodeTransaction(parsed.transaction, { v, r: SECP256K1_N - 1n, s }))).to.equal('EC_RECOVERY_FAIL');
  });

  it('does not overflow on lists nested without end', () => {
    let length = 1;
    const headers: number[] = [0xc0];
    for (let depth = 0; depth < 12_000; depth++) {
      const header = length < 56 ? [0xc0 + length] : [0xf9, length >> 8, length & 0xff];
      headers.push(...header.reverse());
      length += header.length;
    }
    const nested = Uint8Array.from(headers.reverse());
    expect(codeOf(nested)).to.equal('RLP_INVALID_VALUE');
  });

  it('undoes signTransaction', () => {
    fc.assert(
      fc.property(unsigned, secretKey, (tx, key) => {
        const raw = signTransaction(tx, key);
        const parsed = parseTransaction(raw);
        expect(parsed.transaction).to.deep.equal(tx);
        expect(equalBytes(encodeTransaction(parsed.transaction, parsed.signature), raw)).to.equal(true);
        const decoded = decodeTransaction(raw, { fork: 'Prague', chainId: 1337n });
        expect(decoded.sender).to.deep.equal(addressOfSecretKey(key));
        for (const { authority } of decoded.authorizations) expect(authority).to.have.lengthOf(20);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it('never throws anything but its own error', () => {
    const damaged = fc.tuple(fc.constantFrom(...SAMPLES), fc.nat(), fc.nat(255)).map(([{ raw }, at, value]) => {
      const out = hexToBytes(raw);
      out[at % out.length] = value;
      return out;
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (raw) => {
        codeOf(raw);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('transactionFromFields', () => {
  const key = new Uint8Array(32).fill(9);
  const fields: TransactionFields = {
    nonce: 1n,
    gasLimit: 21_000n,
    gasPrice: 10n,
    maxFeePerGas: null,
    maxPriorityFeePerGas: null,
    to: null,
    value: 0n,
    data: new Uint8Array(0),
    accessList: null,
    maxFeePerBlobGas: null,
    blobVersionedHashes: null,
    authorizationList: null,
    sender: null,
    secretKey: key,
  };
  const rules = { fork: 'Prague', chainId: 1n } as const;

  it('infers the type from the fields that are set', () => {
    const dynamic = { gasPrice: null, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n };
    const cases: [Partial<TransactionFields>, number][] = [
      [{}, 0],
      [{ accessList: [] }, 1],
      [dynamic, 2],
      [{ ...dynamic, maxFeePerBlobGas: 1n, blobVersionedHashes: [] }, 3],
      [{ ...dynamic, authorizationList: [] }, 4],
    ];
    for (const [extra, type] of cases) {
      const tx = transactionFromFields({ ...fields, ...extra }, rules);
      expect(tx.type).to.equal(type);
      expect([tx.maxFeePerGas, tx.maxPriorityFeePerGas]).to.deep.equal(type >= 2 ? [9n, 2n] : [10n, 10n]);
    }
  });

  it('takes the sender from the key, and equals what its signed bytes decode to', () => {
    const tx = transactionFromFields(fields, rules);
    expect(tx.sender).to.deep.equal(addressOfSecretKey(key));
    expect(decodeTransaction(signTransaction(unsignedFromFields(fields, rules), key), rules)).to.deep.equal(tx);
    expect(() => transactionFromFields({ ...fields, secretKey: null }, rules)).to.throw(RangeError);
  });

  it('refuses numbers that do not fit and types that are not known yet', () => {
    const refused = (extra: Partial<TransactionFields>, fork: Fork, code: string): void => {
      expect(() => transactionFromFields({ ...fields, ...extra }, { fork, chainId: 1n }))
        .to.throw(TransactionDecodeError)
        .with.property('code', code);
    };
    refused({ value: 2n ** 256n }, 'Prague', 'VALUE_OVERFLOW');
    refused({ nonce: 2n ** 64n }, 'Prague', 'NONCE_OVERFLOW');
    refused({ accessList: [] }, 'Istanbul', 'TYPE_1_TX_PRE_FORK');
    const tuple = { chainId: 1n, address: new Uint8Array(20), nonce: 0n, yParity: 255n, r: 1n, s: 2n ** 256n - 1n };
    const typed = { ...fields, to: new Uint8Array(20), gasPrice: null, maxFeePerGas: 1n };
    expect(
      transactionFromFields({ ...typed, authorizationList: [tuple] }, { fork: 'Prague', chainId: 1n }).type,
    ).to.equal(4);
    for (const [name, bits] of Object.entries({ chainId: 256n, nonce: 64n, yParity: 8n, r: 256n, s: 256n })) {
      const authorizationList = [{ ...tuple, [name]: 1n << bits }];
      refused({ ...typed, authorizationList }, 'Prague', 'TYPE_4_INVALID_AUTHORIZATION_FORMAT');
    }
  });
});
