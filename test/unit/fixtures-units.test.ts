import { expect } from 'chai';
import { type Case, FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import type { DifficultyCase, PowCase, RlpCase, TransactionCase, TrieCase } from '../../runners/fixtures/unit-cases.js';
import { bytesToHex } from '../../src/primitives/bytes.js';

const HASH = `0x${'12'.repeat(32)}`;
const ADDRESS = `0x${'34'.repeat(20)}`;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(file: string, test: unknown): (Case | FixtureError)[] {
  return [...decodeFile('suite', file, JSON.stringify({ y: test })).cases];
}

function cases<T extends Case>(file: string, test: unknown): T[] {
  return decode(file, test).map((one) => {
    if (one instanceof Error) throw one;
    return one as T;
  });
}

/** Path of the field that the one error about `test` names; the message must name the file too. */
function faultyField(file: string, test: unknown): string | null {
  const errors = decode(file, test).filter((one): one is FixtureError => one instanceof FixtureError);
  expect(errors, JSON.stringify(test)).to.have.length(1);
  const [error] = errors as [FixtureError];
  expect(error.message).to.contain(file).and.contain('::y');
  return error.field;
}

describe('transaction test decoding', () => {
  const FILE = 'TransactionTests/ttX/y.json';
  const valid = { hash: HASH, sender: ADDRESS, intrinsicGas: '0x5208' };
  const test = (result: object, more: object = {}): object => ({ result, txbytes: '0xc0', ...more });

  it('makes a case of each fork', () => {
    const all = cases<TransactionCase>(
      FILE,
      test({
        Berlin: valid,
        Frontier: { exception: 'TransactionException.A|TransactionException.B', intrinsicGas: '0x00' },
        Cancun: { exception: 'TransactionException.A', intrinsicGas: '0x5208' },
        Prague: { exception: 'TransactionException.A' },
      }),
    );
    expect(all.map(({ id }) => id)).to.deep.equal(
      ['Berlin', 'Frontier', 'Cancun', 'Prague'].map((fork) => `${FILE}::y[${fork}]`),
    );
    expect(all[0]).to.include({ kind: 'transaction', network: 'Berlin', group: 'TransactionTests', test: 'y' });
    expect(all[0]?.txbytes).to.deep.equal(Uint8Array.of(0xc0));
    expect(all[0]?.expect).to.include({ exception: null, intrinsicGas: 21_000n });
    expect(bytesToHex(all[0]?.expect.sender as Uint8Array)).to.equal(ADDRESS);
    expect(all[1]?.expect).to.deep.equal({
      exception: ['TransactionException.A', 'TransactionException.B'],
      hash: null,
      sender: null,
      intrinsicGas: null,
    });
    expect(all.slice(2).map((one) => one.expect.intrinsicGas)).to.deep.equal([21_000n, null]);
  });

  it('takes valid transactions without their gas, as they were first written', () => {
    const [one] = cases<TransactionCase>(FILE, test({ Berlin: { hash: HASH, sender: ADDRESS } }));
    expect(one?.expect).to.include({ exception: null, intrinsicGas: null });
    expect(bytesToHex(one?.expect.hash as Uint8Array)).to.equal(HASH);
  });

  it('takes the layout before 2021: forks beside the bytes, and no reason for a refusal', () => {
    const old = { _info: {}, rlp: '0xc0', Byzantium: { hash: HASH.slice(2), sender: ADDRESS.slice(2) }, Frontier: {} };
    const [valid, invalid, ...rest] = cases<TransactionCase>(FILE, old);
    expect(rest).to.deep.equal([]);
    expect(valid).to.include({ network: 'Byzantium', kind: 'transaction' });
    expect(valid?.txbytes).to.deep.equal(Uint8Array.of(0xc0));
    expect(valid?.expect).to.include({ exception: null, intrinsicGas: null });
    expect(bytesToHex(valid?.expect.sender as Uint8Array)).to.equal(ADDRESS);
    expect(invalid?.expect).to.deep.equal({ exception: [], hash: null, sender: null, intrinsicGas: null });
    expect(faultyField(FILE, { rlp: '0xc0' })).to.equal(null);
    expect(faultyField(FILE, { rlp: '0xc', Frontier: {} })).to.equal('rlp');
    expect(faultyField(FILE, { rlp: '0xc0', Frontier: { hash: HASH } })).to.equal('Frontier.sender');
    expect(faultyField(FILE, { rlp: '0xc0', blocknumber: '0' })).to.equal('blocknumber');
    expect(faultyField(FILE, test({ Berlin: {} }))).to.equal('result.Berlin.hash');
  });

  it('names the field of every error, and keeps the other forks', () => {
    const field = (result: object, more: object = {}): string | null => faultyField(FILE, test(result, more));
    expect(field({ Nowhere: valid })).to.equal('result.Nowhere');
    expect(field({ Berlin: { ...valid, hash: '0x12' } })).to.equal('result.Berlin.hash');
    expect(field({ Berlin: { hash: HASH, intrinsicGas: '0x00' } })).to.equal('result.Berlin.sender');
    expect(field({ Berlin: { ...valid, intrinsicGas: 'much' } })).to.equal('result.Berlin.intrinsicGas');
    expect(field({ Berlin: { exception: '|' } })).to.equal('result.Berlin.exception');
    expect(field({ Berlin: valid }, { txbytes: '0xc' })).to.equal('txbytes');
    expect(faultyField(FILE, { txbytes: '0xc0' })).to.equal('result');
    const some = decode(FILE, test({ Nowhere: valid, Berlin: valid }));
    expect(some.map((one) => one instanceof FixtureError)).to.deep.equal([true, false]);
  });

  it('takes the form of execution-spec-tests', () => {
    const file = 'fixtures/transaction_tests/prague/eip7702/y.json';
    const [one] = cases<TransactionCase>(file, test({ Prague: valid }, { _info: { 'fixture-format': 'x' } }));
    expect(one).to.include({ kind: 'transaction', network: 'Prague', group: 'transaction_tests' });
  });
});

describe('difficulty test decoding', () => {
  const FILE = 'DifficultyTests/dfX/y.json';
  const entry = {
    currentBlockNumber: '0x0186a0',
    currentDifficulty: '0x0201d7',
    currentTimestamp: '0x01',
    parentDifficulty: '0x020157',
    parentTimestamp: '0x00',
    parentUncles: '0x01',
  };

  it('makes a case of each entry of each fork', () => {
    const all = cases<DifficultyCase>(FILE, { _info: {}, Berlin: { a: entry }, GrayGlacier: { b: entry, c: entry } });
    expect(all.map(({ id }) => id)).to.deep.equal(
      ['Berlin/a', 'GrayGlacier/b', 'GrayGlacier/c'].map((variant) => `${FILE}::y[${variant}]`),
    );
    expect(all[0]).to.include({ kind: 'difficulty', network: 'Berlin', number: 100_000n, parentHasOmmers: true });
    expect(all[0]).to.include({ timestamp: 1n, parentTimestamp: 0n, parentDifficulty: 0x20157n, difficulty: 0x201d7n });
  });

  it('names the field of every error', () => {
    expect(faultyField(FILE, { Nowhere: { a: entry } })).to.equal('Nowhere');
    expect(faultyField(FILE, { Paris: { a: entry } })).to.equal('Paris');
    expect(faultyField(FILE, { Berlin: [] })).to.equal('Berlin');
    expect(faultyField(FILE, { Berlin: { a: { ...entry, parentUncles: HASH } } })).to.equal('Berlin.a.parentUncles');
    expect(faultyField(FILE, { Berlin: { a: { ...entry, currentTimestamp: null } } })).to.equal(
      'Berlin.a.currentTimestamp',
    );
    expect(faultyField(FILE, 7)).to.equal(null);
    for (const currentBlockNumber of ['34800000', '0xffffffffffffffff'])
      expect(faultyField(FILE, { Berlin: { a: { ...entry, currentBlockNumber } } })).to.equal(
        'Berlin.a.currentBlockNumber',
      );
    expect(cases(FILE, { Berlin: { a: { ...entry, currentBlockNumber: '34799999' } } })).to.have.length(1);
  });
});

describe('trie test decoding', () => {
  const FILE = 'TrieTests/trietest.json';

  it('reads changes in their order, deletions, and hex', () => {
    const changes = [
      ['do', 'verb'],
      ['0x01', '0x0203'],
      ['do', null],
      ['it', ''],
    ];
    const [one] = cases<TrieCase>(FILE, { in: changes, root: HASH });
    expect(one).to.include({ id: `${FILE}::y[any]`, kind: 'trie', network: 'any', secure: false });
    expect(one?.check).to.deep.include({ of: 'root', anyOrder: false });
    expect(one?.check).to.deep.include({
      changes: [
        { key: utf8('do'), value: utf8('verb') },
        { key: Uint8Array.of(1), value: Uint8Array.of(2, 3) },
        { key: utf8('do'), value: null },
        { key: utf8('it'), value: null },
      ],
    });
  });

  it('reads changes whose order does not matter, and hashed keys by the name of the file', () => {
    const [one] = cases<TrieCase>('TrieTests/trieanyorder_secureTrie.json', {
      in: { '0x01': 'a', b: null },
      root: HASH,
    });
    expect(one?.secure).to.equal(true);
    expect(one?.check).to.deep.include({
      anyOrder: true,
      changes: [
        { key: Uint8Array.of(1), value: utf8('a') },
        { key: utf8('b'), value: null },
      ],
    });
  });

  it('reads questions for neighbours', () => {
    const [one] = cases<TrieCase>('TrieTests/trietestnextprev.json', { in: ['cat'], tests: [['c', '', 'cat']] });
    expect(one?.check).to.deep.equal({
      of: 'neighbours',
      keys: [utf8('cat')],
      queries: [{ key: utf8('c'), previous: null, next: utf8('cat') }],
    });
  });

  it('names the field of every error', () => {
    const field = (test: object): string | null => faultyField(FILE, test);
    expect(field({ in: [], root: '0x12' })).to.equal('root');
    expect(field({ in: [] })).to.equal('root');
    expect(field({ root: HASH })).to.equal('in');
    expect(field({ in: [['a', 'b'], ['a']], root: HASH })).to.equal('in[1]');
    expect(field({ in: [['a', 5]], root: HASH })).to.equal('in[0][1]');
    expect(field({ in: { '0x1': 'a' }, root: HASH })).to.equal('in.0x1');
    expect(field({ in: ['a'], tests: [['a', 'b']] })).to.equal('tests[0]');
    expect(field({ in: [1], tests: [] })).to.equal('in[0]');
  });
});

describe('proof-of-work test decoding', () => {
  const FILE = 'PoWTests/ethash_tests.json';
  const bare = '12'.repeat(32);
  const test = {
    nonce: '4242424242424242',
    mixHash: bare,
    header: 'c0',
    seed: bare,
    result: bare,
    cache_size: 16776896,
    full_size: 1073739904,
    header_hash: bare,
    cache_hash: bare,
  };

  it('takes hex without prefix', () => {
    const [one] = cases<PowCase>(FILE, test);
    expect(one).to.include({ id: `${FILE}::y[any]`, kind: 'pow', network: 'any' });
    expect(one?.header).to.deep.equal(Uint8Array.of(0xc0));
    expect(one?.nonce).to.deep.equal(new Uint8Array(8).fill(0x42));
    expect(one?.expect).to.include({ cacheBytes: 16776896, datasetBytes: 1073739904 });
    expect(bytesToHex(one?.expect.result as Uint8Array)).to.equal(HASH);
  });

  it('names the field of every error', () => {
    for (const [name, value] of [
      ['nonce', '42'],
      ['header', 'c'],
      ['seed', 'xy'],
      ['cache_size', -1],
      ['full_size', null],
      ['mixHash', 5],
    ] as const) {
      expect(faultyField(FILE, { ...test, [name]: value })).to.equal(name);
    }
  });
});

describe('RLP test decoding', () => {
  const FILE = 'RLPTests/rlptest.json';

  it('reads strings, numbers of any size, and lists', () => {
    const value = (content: unknown): unknown => {
      const [one] = cases<RlpCase>(FILE, { in: content, out: '0xc0' });
      return (one?.expect as { value: unknown }).value;
    };
    expect(value('dog')).to.deep.equal(utf8('dog'));
    expect(value('')).to.deep.equal(new Uint8Array(0));
    expect(value(['0x00', '0x299c', '0x']), 'as the suite writes binaries').to.deep.equal([
      Uint8Array.of(0),
      Uint8Array.of(0x29, 0x9c),
      new Uint8Array(0),
    ]);
    expect(value(0)).to.deep.equal(new Uint8Array(0));
    expect(value(1000)).to.deep.equal(Uint8Array.of(3, 232));
    expect(value('#18446744073709551616')).to.deep.equal(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(value([['zw'], [], 4])).to.deep.equal([[utf8('zw')], [], Uint8Array.of(4)]);
  });

  it('reads what is only valid or invalid, and hex without prefix', () => {
    const [one] = cases<RlpCase>('RLPTests/invalidRLPTest.json', { in: 'INVALID', out: '' });
    expect(one).to.deep.include({ kind: 'rlp', network: 'any', expect: 'invalid', encoding: new Uint8Array(0) });
    const [other] = cases<RlpCase>(FILE, { in: 'VALID', out: 'c0' });
    expect(other).to.deep.include({ expect: 'valid', encoding: Uint8Array.of(0xc0) });
  });

  it('names the field of every error', () => {
    const field = (test: object): string | null => faultyField(FILE, test);
    expect(field({ in: 'a', out: '0xc' })).to.equal('out');
    expect(field({ in: 'a' })).to.equal('out');
    expect(field({ out: '0xc0' })).to.equal('in');
    expect(field({ in: ['a', ['#12x']], out: '0xc0' })).to.equal('in[1][0]');
    expect(field({ in: [1.5], out: '0xc0' })).to.equal('in[0]');
    expect(field({ in: ['0x1'], out: '0xc0' })).to.equal('in[0]');
    expect(field({ in: { a: 1 }, out: '0xc0' })).to.equal('in');
  });

  it('refuses lists in lists that the stack has no room for', () => {
    const decoded = (depth: number): unknown => {
      const text = `{"y":{"in":${'['.repeat(depth)}${']'.repeat(depth)},"out":"0xc0"}}`;
      const [one, ...rest] = decodeFile('suite', FILE, text).cases;
      expect(rest).to.deep.equal([]);
      return one instanceof FixtureError ? one.message : one?.kind;
    };
    expect(decoded(1024)).to.equal('rlp');
    for (const depth of [1025, 200_000])
      expect(decoded(depth)).to.equal(`${FILE}::y field in: nests lists deeper than 1024 levels`);
  });
});
