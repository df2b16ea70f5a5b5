/** Each runner of the smaller suites: a case that holds, and what is said of one that does not. */
import { encode } from '@ethereumjs/rlp';
import { expect } from 'chai';
import type {
  DifficultyCase,
  PowCase,
  RlpCase,
  RlpValue,
  TransactionCase,
  TrieCase,
  UnitCase,
} from '../../runners/fixtures/unit-cases.js';
import { runUnitCase } from '../../runners/units/run-unit.js';
import type { CaseOutcome } from '../../runners/verdict/result.js';
import { bytesToHex, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { addressOfSecretKey, keccak256 } from '../../src/primitives/crypto.js';
import { signTransaction, type UnsignedTransaction } from '../../src/transition/transaction/index.js';

const head = { id: 'f::t[x]', source: 's', file: 'f', test: 't', group: 'g', network: 'any' };

async function passes(one: UnitCase): Promise<void> {
  const outcome = await runUnitCase(one);
  expect(outcome, JSON.stringify(outcome.differences)).to.deep.include({
    verdict: 'pass',
    cause: null,
    differences: [],
  });
}

async function fails(one: UnitCase): Promise<CaseOutcome> {
  const outcome = await runUnitCase(one);
  expect(outcome.verdict).to.equal('nonconformant');
  expect(outcome.cause).to.be.a('string');
  expect(outcome.differences).to.not.have.length(0);
  return outcome;
}

const KEY = new Uint8Array(32).fill(7);
const UNSIGNED: UnsignedTransaction = {
  type: 0,
  chainId: 1n,
  nonce: 0n,
  gasLimit: 100_000n,
  maxFeePerGas: 10n,
  maxPriorityFeePerGas: 10n,
  to: new Uint8Array(20).fill(1),
  value: 1n,
  data: new Uint8Array(100).fill(1),
  accessList: [],
  maxFeePerBlobGas: 0n,
  blobVersionedHashes: [],
  authorizations: [],
};

function transactionCase(
  change: Partial<UnsignedTransaction>,
  network: string,
  expected: Partial<TransactionCase['expect']>,
): TransactionCase {
  const txbytes = signTransaction({ ...UNSIGNED, ...change }, KEY);
  const valid = expected.exception === undefined || expected.exception === null;
  const expectation = {
    exception: null,
    hash: valid ? keccak256(txbytes) : null,
    sender: valid ? addressOfSecretKey(KEY) : null,
    intrinsicGas: null,
    ...expected,
  };
  return { ...head, kind: 'transaction', network, txbytes, expect: expectation };
}

const refused = (...names: string[]): Partial<TransactionCase['expect']> => ({
  exception: names.map((name) => `TransactionException.${name}`),
});

/** A legacy transaction whose field `index` is `item`. */
function malformed(index: number, item: Uint8Array, name: string, network = 'Berlin'): TransactionCase {
  const fields: Uint8Array[] = [1, 1, 1, 1, 1, 1, 27, 1, 1].map((value) => Uint8Array.of(value));
  fields[3] = new Uint8Array(20);
  fields[index] = item;
  const one = transactionCase({}, network, refused(name));
  return { ...one, txbytes: encode(fields) };
}

describe('transaction cases', () => {
  it('passes where hash, sender and intrinsic gas are right', async () => {
    await passes(transactionCase({}, 'Berlin', { intrinsicGas: 22_600n }));
    await passes(transactionCase({}, 'EIP158', { intrinsicGas: 27_800n }));
  });

  it('counts the floor of calldata where it is more (EIP-7623)', async () => {
    await passes(transactionCase({}, 'Prague', { intrinsicGas: 25_000n }));
    await fails(transactionCase({}, 'Prague', { intrinsicGas: 22_600n }));
  });

  it('names every field that differs, with both values', async () => {
    const wrong = { hash: new Uint8Array(32), sender: new Uint8Array(20), intrinsicGas: 21_000n };
    const { cause, differences } = await fails(transactionCase({}, 'Berlin', wrong));
    expect(cause).to.equal('the transaction differs from the fixture');
    expect(differences.map(({ what }) => what)).to.deep.equal(['hash', 'sender', 'intrinsicGas']);
    expect(differences[1]).to.include({
      expected: `0x${'00'.repeat(20)}`,
      actual: bytesToHex(addressOfSecretKey(KEY)),
    });
    expect(differences[2]).to.include({ expected: '21000', actual: '22600' });
  });

  it('judges a refusal by its name', async () => {
    await passes(transactionCase({ gasLimit: 22_599n }, 'Berlin', refused('INTRINSIC_GAS_TOO_LOW')));
    await passes(
      transactionCase({}, 'Frontier', {
        ...refused('INVALID_SIGNATURE_VRS'),
        intrinsicGas: 27_800n,
      }),
    );
    const other = await fails(transactionCase({ gasLimit: 22_599n }, 'Berlin', refused('NONCE_IS_MAX')));
    expect(other.cause).to.match(/^exception differs: .*NONCE_IS_MAX expected, .*INTRINSIC_GAS_TOO_LOW occurred$/);
    const unmapped = await fails(transactionCase({ gasLimit: 22_599n }, 'Berlin', refused('NO_SUCH_NAME')));
    expect(unmapped.cause).to.equal('unmapped exception name TransactionException.NO_SUCH_NAME');
  });

  it('judges the intrinsic gas that stands beside an exception', async () => {
    const expected = refused('INTRINSIC_GAS_TOO_LOW');
    await passes(transactionCase({ gasLimit: 1n }, 'Berlin', { ...expected, intrinsicGas: 22_600n }));
    const { differences } = await fails(
      transactionCase({ gasLimit: 1n }, 'Berlin', { ...expected, intrinsicGas: 22_601n }),
    );
    expect(differences).to.deep.equal([{ what: 'intrinsicGas', expected: '22601', actual: '22600' }]);
  });

  it('applies the rules of the fork that need no state', async () => {
    const creation = { to: null, data: new Uint8Array(49_153), gasLimit: 1_000_000n };
    await passes(transactionCase(creation, 'London', { intrinsicGas: 249_612n }));
    await passes(transactionCase(creation, 'Shanghai', refused('INITCODE_SIZE_EXCEEDED')));
    await passes(transactionCase({ type: 2 }, 'Berlin', refused('TYPE_2_TX_PRE_FORK')));
    await passes(transactionCase({ type: 2 }, 'Berlin', refused('TYPE_NOT_SUPPORTED')));
    await passes(transactionCase({ chainId: 2n }, 'Berlin', refused('INVALID_CHAINID')));
    await passes(transactionCase({ gasLimit: 16_777_217n }, 'Osaka', refused('GAS_LIMIT_EXCEEDS_MAXIMUM')));
    await passes(transactionCase({ type: 4 }, 'Prague', refused('TYPE_4_EMPTY_AUTHORIZATION_LIST')));
    await passes(transactionCase({ type: 3 }, 'Cancun', refused('TYPE_3_TX_ZERO_BLOBS')));
    const blobVersionedHashes = [hexToBytes(`01${'00'.repeat(31)}`)];
    await passes(transactionCase({ type: 3, blobVersionedHashes }, 'Cancun', { intrinsicGas: 22_600n }));
  });

  it('fails where validity is not what the fixture says', async () => {
    const accepted = await fails(transactionCase({}, 'Berlin', refused('INVALID_CHAINID')));
    expect(accepted.cause).to.equal('an invalid transaction was accepted');
    const rejected = await fails(transactionCase({ gasLimit: 1n }, 'Berlin', {}));
    expect(rejected.cause).to.match(/^a valid transaction was rejected: .*INTRINSIC_GAS_TOO_LOW$/);
  });

  it('asks for the field that a name speaks of', async () => {
    await passes(malformed(0, Uint8Array.of(0, 1), 'RLP_LEADING_ZEROS_NONCE'));
    const { cause, differences } = await fails(malformed(2, Uint8Array.of(0, 1), 'RLP_LEADING_ZEROS_NONCE'));
    expect(cause).to.equal('the fault is not where TransactionException.RLP_LEADING_ZEROS_NONCE has it');
    expect(differences[0]?.actual).to.contain('gasLimit');
    const cutOff = malformed(0, Uint8Array.of(0, 1), 'RLP_LEADING_ZEROS_NONCE');
    expect((await fails({ ...cutOff, txbytes: cutOff.txbytes.subarray(0, -1) })).cause).to.equal(cause);
    await passes(malformed(4, new Uint8Array(33).fill(1), 'VALUE_OVERFLOW'));
  });

  it('takes any refusal where the fixture gives no reason', async () => {
    await passes(transactionCase({ gasLimit: 1n }, 'Berlin', { exception: [], hash: null, sender: null }));
    const { differences } = await fails(transactionCase({}, 'Berlin', { exception: [], hash: null, sender: null }));
    expect(differences).to.deep.equal([{ what: 'exception', expected: 'any', actual: 'none' }]);
  });

  it('asks for the field by the names of older releases, too', async () => {
    const older = (index: number, name: string): TransactionCase => {
      const one = malformed(index, Uint8Array.of(0, 1), 'ANY');
      return { ...one, expect: { ...one.expect, exception: [name] } };
    };
    await passes(older(0, 'LeadingZerosNonce'));
    const { cause } = await fails(older(2, 'LeadingZerosNonce'));
    expect(cause).to.equal('the fault is not where LeadingZerosNonce has it');
    expect((await fails(older(0, 'RLP_TooFewElements'))).cause).to.contain('the fault is not where');
  });

  it('compares no gas where the fixture gives none', async () => {
    await passes(transactionCase({}, 'Berlin', { intrinsicGas: null }));
    const { differences } = await fails(
      transactionCase({}, 'Berlin', { intrinsicGas: null, hash: new Uint8Array(32) }),
    );
    expect(differences.map(({ what }) => what)).to.deep.equal(['hash']);
  });

  it('takes RLP that is cut off or goes on for a malformed authorization, as execution-spec-tests name it', async () => {
    const authorization = { chainId: 1n, address: new Uint8Array(20), nonce: 0n, yParity: 0n, r: 1n, s: 1n };
    const one = transactionCase(
      { type: 4, authorizations: [authorization] },
      'Prague',
      refused('TYPE_4_INVALID_AUTHORIZATION_FORMAT'),
    );
    await passes({ ...one, txbytes: one.txbytes.subarray(0, -1) });
    await passes({ ...one, txbytes: concatBytes(one.txbytes, Uint8Array.of(0)) });
    expect((await fails(one)).cause).to.equal('an invalid transaction was accepted');
    const elsewhere = await fails(malformed(0, Uint8Array.of(0, 1), 'TYPE_4_INVALID_AUTHORIZATION_FORMAT'));
    expect(elsewhere.cause).to.contain('the fault is not where');
  });
});

describe('difficulty cases', () => {
  const one: DifficultyCase = {
    ...head,
    kind: 'difficulty',
    network: 'Berlin',
    fork: 'Berlin',
    number: 0x186a0n,
    timestamp: 1n,
    parentTimestamp: 0n,
    parentDifficulty: 0x20157n,
    parentHasOmmers: true,
    difficulty: 0x201d7n,
  };

  it('passes where the difficulty is right', () => passes(one));

  it('fails where it is not', async () => {
    const { differences } = await fails({ ...one, difficulty: 0x201d8n });
    expect(differences).to.deep.equal([{ what: 'currentDifficulty', expected: '131544', actual: '131543' }]);
    await fails({ ...one, network: 'Frontier', fork: 'Frontier', parentHasOmmers: true, timestamp: 20n });
  });
});

describe('trie cases', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const set = (key: string, value: string | null) => ({ key: bytes(key), value: value === null ? null : bytes(value) });
  const ROOT = hexToBytes('5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84');
  const SECURE_ROOT = hexToBytes('29b235a58c3c25ab83010c327d5932bcf05324b7d6b1185e650798034783ca9d');
  const CHANGES = [
    set('do', 'noun'),
    set('ether', 'wookiedoo'),
    set('horse', 'stallion'),
    set('doge', 'coin'),
    set('do', 'verb'),
    set('ether', null),
    set('dog', 'puppy'),
  ];
  const rootCase = (root: Uint8Array, secure: boolean, anyOrder = false, changes = CHANGES): TrieCase => ({
    ...head,
    kind: 'trie',
    secure,
    check: { of: 'root', changes, anyOrder, root },
  });

  it('sets, overwrites and deletes keys', async () => {
    await passes(rootCase(ROOT, false));
    await passes(rootCase(SECURE_ROOT, true));
    const empty = hexToBytes('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
    await passes(rootCase(empty, false, false, [set('a', 'b'), set('a', null)]));
  });

  it('fails where the root is another one', async () => {
    const { cause, differences } = await fails(rootCase(SECURE_ROOT, false));
    expect(cause).to.equal('the root differs from the fixture');
    expect(differences).to.deep.equal([{ what: 'root', expected: bytesToHex(SECURE_ROOT), actual: bytesToHex(ROOT) }]);
  });

  it('tries the other order where none is given', async () => {
    await passes(rootCase(ROOT, false, true, CHANGES.slice(2, 4).concat(CHANGES.slice(4, 5), CHANGES.slice(6))));
    const { differences } = await fails(rootCase(ROOT, false, true));
    expect(differences.map(({ what }) => what)).to.deep.equal(['root, in reverse order']);
  });

  it('asks for neighbours in the order of the leaves', async () => {
    const neighbours = (...queries: [string, string | null, string | null][]): TrieCase => ({
      ...head,
      kind: 'trie',
      secure: false,
      check: {
        of: 'neighbours',
        keys: ['wallace', 'cat', 'doge', 'dog'].map(bytes),
        queries: queries.map(([key, previous, next]) => ({
          key: bytes(key),
          previous: previous === null ? null : bytes(previous),
          next: next === null ? null : bytes(next),
        })),
      },
    });
    await passes(neighbours(['', null, 'cat'], ['cat', null, 'dog'], ['dog', 'cat', 'doge'], ['e', 'doge', 'wallace']));
    await passes(neighbours(['wallace', 'doge', null], ['z', 'wallace', null]));
    for (const query of [
      ['dog', 'cat', null],
      ['dog', null, 'doge'],
    ] as const)
      expect((await fails(neighbours([...query]))).differences, String(query)).to.have.length(1);
    const { differences } = await fails(neighbours(['dog', 'cat', 'wallace']));
    expect(differences).to.deep.equal([
      { what: 'next of 0x646f67', expected: bytesToHex(bytes('wallace')), actual: bytesToHex(bytes('doge')) },
    ]);
  });
});

describe('RLP cases', () => {
  const rlp = (encoding: string, expected: RlpCase['expect']): RlpCase => ({
    ...head,
    kind: 'rlp',
    encoding: hexToBytes(encoding),
    expect: expected,
  });
  const dog = new TextEncoder().encode('dog');

  it('reads and writes values', async () => {
    await passes(rlp('83646f67', { value: dog }));
    await passes(
      rlp('c983646f67c0c3808001', { value: [dog, [], [new Uint8Array(0), new Uint8Array(0), Uint8Array.of(1)]] }),
    );
    await passes(rlp('c7c0c1c0c3c0c1c0', 'valid'));
    // As deep as fixtures may nest.
    let value: RlpValue = [];
    for (let depth = 1; depth < 1024; depth++) value = [value];
    await passes(rlp(bytesToHex(encode(value)), { value }));
  });

  it('names the readers and the encoder that do otherwise', async () => {
    const { cause, differences } = await fails(rlp('83646f67', { value: [dog] }));
    expect(cause).to.equal('RLP differs from the fixture');
    expect(differences).to.deep.equal([
      { what: 'reader of blocks', expected: '[0x646f67]', actual: '0x646f67' },
      { what: 'reader of transactions', expected: '[0x646f67]', actual: '0x646f67' },
      { what: 'encoder', expected: '0x83646f67', actual: '0xc483646f67' },
    ]);
  });

  it('asks both readers to refuse what is not canonical', async () => {
    for (const encoding of [
      '',
      '8100',
      'b800',
      'f80180',
      '83646f',
      '83646f6767',
      'c5010203',
      'bf0f000000000000021111',
    ]) {
      await passes(rlp(encoding, 'invalid'));
      const { differences } = await fails(rlp(encoding, 'valid'));
      expect(differences.map(({ what }) => what)).to.deep.equal(['reader of blocks', 'reader of transactions']);
    }
    const { cause } = await fails(rlp('c0', 'invalid'));
    expect(cause).to.equal('invalid RLP was accepted');
  });
});

describe('proof-of-work cases', function () {
  // The first one builds the cache of its epoch.
  this.timeout(60_000);

  const HEADER_FIELDS = [
    '00'.repeat(32),
    '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    '00'.repeat(20),
    '9178d0f23c965d81f0834a4c72c6253ce6830f4022b1359aaebfc1ecba442d4e',
    '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    '00'.repeat(256),
    '020000',
    '',
    '0f4240',
    '',
    '',
    '',
    '58f759ede17a706c93f13030328bcea40c1d1341fb26f2facd21ceb0dae57017',
    '4242424242424242',
  ].map(hexToBytes);
  const expected: PowCase['expect'] = {
    headerHash: hexToBytes('2a8de2adf89af77358250bf908bf04ba94a6e8c3ba87775564a41d269a05e4ce'),
    seed: new Uint8Array(32),
    cacheBytes: 16776896,
    datasetBytes: 1073739904,
    cacheHash: hexToBytes('35ded12eecf2ce2e8da2e15c06d463aae9b84cb2530a00b932e4bbc484cde353'),
    mixHash: HEADER_FIELDS[13] as Uint8Array,
    result: hexToBytes('dd47fd2d98db51078356852d7c4014e6a5d6c387c35f40e2875b74a256ed7906'),
  };
  const one: PowCase = {
    ...head,
    kind: 'pow',
    header: encode(HEADER_FIELDS),
    nonce: HEADER_FIELDS[14] as Uint8Array,
    expect: expected,
  };

  it('passes where epoch, hash and proof are right', () => passes(one));

  it('names everything that differs', async () => {
    const { differences } = await fails({
      ...one,
      nonce: new Uint8Array(8),
      expect: {
        ...expected,
        seed: new Uint8Array(32).fill(1),
        cacheBytes: 1,
        datasetBytes: 2,
        cacheHash: new Uint8Array(32),
      },
    });
    expect(differences.map(({ what }) => what)).to.deep.equal([
      'header nonce',
      'seed',
      'cache_size',
      'full_size',
      'cache_hash',
      'mixHash',
      'result',
    ]);
    expect(differences[2]).to.include({ expected: '1', actual: '16776896' });
  });

  it('fails where the header is none', async () => {
    const { cause } = await fails({ ...one, header: concatBytes(one.header, Uint8Array.of(0)) });
    expect(cause).to.equal('the header does not decode');
  });
});
