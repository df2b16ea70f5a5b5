import { expect } from 'chai';
import { type BlockchainCase, FixtureError, type StateCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { decodePreAllocation } from '../../runners/fixtures/decode-pre-allocation.js';
import { idMatcher } from '../../runners/fixtures/reference.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import {
  ADDRESS,
  account,
  at,
  blockchainTest,
  environment,
  HASH,
  header,
  post,
  stateTest,
  transaction,
  word,
} from '../support/fixture-parts.js';

function decode(content: unknown, file = 'GeneralStateTests/stX/y.json') {
  return [...decodeFile('suite', file, typeof content === 'string' ? content : JSON.stringify(content)).cases];
}

function stateCases(test: object): StateCase[] {
  return decode({ y: test }).map((one) => {
    if (one instanceof Error) throw one;
    return one as StateCase;
  });
}

function blockchainCase(test: object): BlockchainCase {
  const [one] = decode({ y: test }, 'BlockchainTests/ValidBlocks/bcX/y.json');
  if (one instanceof Error) throw one;
  return one as BlockchainCase;
}

function errors(content: unknown, file?: string): FixtureError[] {
  return decode(content, file).filter((one): one is FixtureError => one instanceof FixtureError);
}

describe('state test decoding', () => {
  it('makes a case of each fork and index, and shares the pre-state', () => {
    const cases = stateCases(
      stateTest({ post: { Berlin: [post(at(0, 0, 0)), post(at(1, 1, 0))], Merge: [post(at(0, 1, 0))] } }),
    );
    expect(cases.map(({ id }) => id)).to.deep.equal([
      'GeneralStateTests/stX/y.json::y[Berlin/d0g0v0]',
      'GeneralStateTests/stX/y.json::y[Berlin/d1g1v0]',
      'GeneralStateTests/stX/y.json::y[Merge/d0g1v0]',
    ]);
    expect(cases[0]).to.include({ kind: 'state', network: 'Berlin', group: 'GeneralStateTests', test: 'y' });
    expect(cases[0]?.pre).to.equal(cases[2]?.pre);
    expect(cases[1]?.fields.gasLimit).to.equal(1_000_000n);
  });

  it('reads legacy spellings: unpadded hex, decimals, 0x for zero, an empty to', () => {
    const [one] = stateCases(stateTest({ post: { Cancun: [post(at(1, 0, 0))] } }));
    expect(one?.environment).to.include({ gasLimit: 100_000_000n, number: 1n, baseFee: null, random: null });
    expect(one?.fields).to.include({ nonce: 0n, gasLimit: 0x1314en, to: null, maxFeePerGas: null, accessList: null });
    expect(bytesToHex(one?.fields.data as Uint8Array)).to.equal('0x6001');
    const account = one?.pre.get(ADDRESS.toLowerCase() as `0x${string}`);
    expect(account?.balance).to.equal(1_000_000n);
    expect([...(account?.storage ?? [])]).to.deep.equal([[word('1'), 2n]]);
    expect(one?.txbytes).to.equal(null);
    expect(one?.expect.exception).to.equal(null);
    expect(one?.expect.state).to.equal(null);
    expect(one?.config).to.equal(null);
  });

  it('keeps a value that does not fit in 256 bits', () => {
    const [one] = stateCases(stateTest());
    expect(one?.fields.value).to.equal(1n << 256n);
  });

  it('reads what later forks added', () => {
    const tuple = { chainId: '0x00', address: ADDRESS, nonce: '0x01', r: '0x02', s: '0x03' };
    const list = [{ address: ADDRESS, storageKeys: [word('1')] }];
    const [none, some] = stateCases(
      stateTest({
        env: { ...environment, currentBaseFee: '0x0a', currentRandom: '0x05', currentExcessBlobGas: '0x20000' },
        transaction: {
          ...transaction,
          to: ADDRESS,
          gasPrice: undefined,
          maxFeePerGas: '0x10',
          maxPriorityFeePerGas: '0x',
          maxFeePerBlobGas: '0x01',
          blobVersionedHashes: [HASH],
          accessLists: [null, list],
          authorizationList: [
            { ...tuple, v: '0x01' },
            { ...tuple, v: '0x05', yParity: '0x00' },
          ],
        },
        post: {
          Prague: [
            post(at(0, 0, 0), { txbytes: '0x01', state: { [ADDRESS]: account } }),
            post(at(1, 0, 0), { expectException: 'TransactionException.A|TransactionException.B' }),
          ],
        },
        config: {
          chainid: '0x01',
          blobSchedule: { Prague: { target: '0x06', max: '0x09', baseFeeUpdateFraction: '0x4c6964' } },
        },
      }),
    );
    expect(none?.environment).to.include({ baseFee: 10n, excessBlobGas: 0x20000n });
    expect(bytesToHex(none?.environment.random as Uint8Array)).to.equal(word('5'));
    expect(none?.fields).to.include({ gasPrice: null, maxFeePerGas: 16n, maxPriorityFeePerGas: 0n, accessList: null });
    expect(bytesToHex(none?.fields.to as Uint8Array)).to.equal(ADDRESS.toLowerCase());
    expect(none?.fields.authorizationList?.map(({ yParity }) => yParity)).to.deep.equal([1n, 0n]);
    expect(none?.fields.blobVersionedHashes?.map(bytesToHex)).to.deep.equal([HASH]);
    expect(none?.txbytes).to.deep.equal(Uint8Array.of(1));
    expect(none?.expect.state?.size).to.equal(1);
    expect(some?.fields.accessList?.[0]?.slots.map(bytesToHex)).to.deep.equal([word('1')]);
    expect(some?.expect.exception).to.deep.equal(['TransactionException.A', 'TransactionException.B']);
    expect(some?.config?.chainId).to.equal(1n);
    expect(some?.config?.blobSchedule.get('Prague')).to.deep.equal({
      target: 6,
      max: 9,
      baseFeeUpdateFraction: 5007716n,
    });
  });

  it("refuses a secret key that is not the sender's, in every case of the test", () => {
    const posts = { Cancun: [post(at(0, 0, 0)), post(at(1, 0, 0))] };
    const withKey = (secretKey: string) => stateTest({ post: posts, transaction: { ...transaction, secretKey } });
    for (const [key, detail] of [
      [`0x${'07'.repeat(32)}`, 'not the key of transaction.sender'],
      [`0x${'00'.repeat(32)}`, 'no secret key of secp256k1'],
      [`0x${'ff'.repeat(32)}`, 'no secret key of secp256k1'],
    ] as const) {
      const found = errors({ y: withKey(key) }).map(({ message }) => message);
      const message = `GeneralStateTests/stX/y.json::y field transaction.secretKey: ${detail}`;
      expect(found).to.deep.equal([message, message]);
    }
  });

  it('asks for a sender or a key where no signed bytes tell the sender', () => {
    const { sender: _, secretKey: __, ...unsigned } = transaction;
    const decode = (more: object) =>
      decodeFile('s', 'GeneralStateTests/y.json', JSON.stringify({ y: stateTest(more) }));
    const [error] = [...decode({ transaction: unsigned }).cases];
    expect((error as Error).message).to.contain(
      'y field transaction: has neither sender nor secretKey, and the case no txbytes',
    );
    const signed = { Cancun: [post(at(1, 0, 1), { txbytes: '0xc0' })] };
    expect([...decode({ transaction: unsigned, post: signed }).cases][0]).not.to.be.instanceOf(Error);
  });

  it('asks for what the gas costs, signed bytes or not', () => {
    const { gasPrice: _, ...unpriced } = transaction;
    const signed = { Cancun: [post(at(0, 0, 0), { txbytes: '0xc0' })] };
    const field = (fees: object, more: object = {}): string =>
      errors({ y: stateTest({ ...more, transaction: { ...unpriced, ...fees } }) })
        .map(({ message }) => message.replace(/^.* field transaction\./, ''))
        .join();
    expect(field({})).to.equal('gasPrice: missing');
    expect(field({}, { post: signed })).to.equal('gasPrice: missing');
    expect(field({ gasPrice: null })).to.match(/^gasPrice: /);
    expect(field({ maxFeePerGas: '0x0a' })).to.equal('maxPriorityFeePerGas: missing');
    expect(field({ maxPriorityFeePerGas: '0x0a' })).to.equal('maxFeePerGas: missing');
    expect(field({ maxFeePerGas: '0x0a', maxPriorityFeePerGas: '0x00' })).to.equal('');
  });

  it('gives repeated indexes ids of their own', () => {
    const cases = stateCases(stateTest({ post: { Cancun: [post(at(0, 0, 0)), post(at(0, 0, 0))] } }));
    expect(cases.map(({ id }) => id.slice(-16))).to.deep.equal(['y[Cancun/d0g0v0]', 'Cancun/d0g0v0#2]']);
  });

  it('names the field of every error, and keeps the other cases', () => {
    const content = {
      good: stateTest(),
      unknown: stateTest({ post: { Amsterdam: [post(at(0, 0, 0))], Cancun: [post(at(0, 0, 0))] } }),
      index: stateTest({ post: { Cancun: [post(at(0, 0, 2)), post(at(0, 0, 0))] } }),
      pre: stateTest({ pre: { [ADDRESS]: { ...account, balance: 'lots' } } }),
      noPost: { ...stateTest(), post: undefined },
      last: stateTest(),
    };
    const all = decode(content);
    const found = all.filter((one): one is FixtureError => one instanceof FixtureError);
    expect(found.map(({ test, field }) => `${test} ${field}`)).to.deep.equal([
      'unknown post.Amsterdam',
      'index transaction.value[2]',
      `pre pre.${ADDRESS}.balance`,
      'noPost post',
    ]);
    expect(found[0]?.message).to.contain('unknown network "Amsterdam"; known: Frontier');
    expect(all.length - found.length).to.equal(4);
  });
});

describe('blockchain test decoding', () => {
  it('decodes a test of a legacy file', () => {
    const one = blockchainCase(blockchainTest({ genesisRLP: undefined, sealEngine: undefined }));
    expect(one).to.include({
      id: 'BlockchainTests/ValidBlocks/bcX/y.json::y[Byzantium]',
      kind: 'blockchain',
      genesisRlp: null,
      sealEngine: null,
      postStateHash: null,
    });
    for (const sealEngine of ['Ethash', 'NoProof'] as const)
      expect(blockchainCase(blockchainTest({ sealEngine })).sealEngine).to.equal(sealEngine);
    expect(bytesToHex(one.lastBlockHash)).to.equal(HASH);
    expect(one.genesisHeader).to.have.length(15);
    expect(one.genesisHeader.slice(7, 13).map(bytesToHex)).to.deep.equal([
      '0x020000',
      '0x',
      '0x1000',
      '0x',
      '0x54c98c81',
      '0x42',
    ]);
  });

  it('appends the header fields of later forks in RLP order', () => {
    const later = {
      ...header,
      requestsHash: HASH,
      parentBeaconBlockRoot: HASH,
      excessBlobGas: '0x00',
      blobGasUsed: '0x20000',
      withdrawalsRoot: HASH,
      baseFeePerGas: '0x07',
    };
    const one = blockchainCase(blockchainTest({ network: 'Prague', genesisBlockHeader: later }));
    expect(one.genesisHeader.slice(15).map(bytesToHex)).to.deep.equal(['0x07', HASH, '0x020000', '0x', HASH, HASH]);
    const [gap] = errors(
      { y: blockchainTest({ genesisBlockHeader: { ...header, withdrawalsRoot: HASH } }) },
      'BlockchainTests/y.json',
    );
    expect(gap?.message).to.contain('genesisBlockHeader.withdrawalsRoot: present although baseFeePerGas');
  });

  it('tells valid blocks from invalid ones in every spelling', () => {
    const exceptionsOn = (network: string, ...blocks: object[]) =>
      blockchainCase(
        blockchainTest({ network, sealEngine: null, blocks: blocks.map((block) => ({ rlp: '0xc0', ...block })) }),
      ).blocks.map(({ exception }) => exception);
    expect(
      exceptionsOn(
        'Byzantium',
        { blockHeader: header, transactions: [], uncleHeaders: [] },
        { expectException: 'A|B', rlp_decoded: { blockHeader: {} }, hasBigInt: 'true' },
        { expectExceptionALL: 'A' },
        { expectExceptionByzantium: 'Mine', expectExceptionHomestead: 'Other' },
        { expectExceptionHomestead: 'Other' },
        {},
      ),
    ).to.deep.equal([null, ['A', 'B'], ['A'], ['Mine'], [], []]);
    const requests = { rlp: '0xc0', expectException: 'BlockException.INVALID_REQUESTS' };
    const _info = { url: 'https://github.com/ethereum/execution-spec-tests/tree/v4.5.0/tests/a.py' };
    expect(blockchainCase(blockchainTest({ blocks: [requests], _info })).blocks[0]?.exception).to.deep.equal([
      'BlockException.INVALID_REQUESTS',
      'BlockException.INVALID_BLOCK_HASH',
    ]);
    const perFork = { expectExceptionEIP158: 'Old', expectExceptionByzantium: 'New' };
    expect(exceptionsOn('EIP158ToByzantiumAt5', perFork)).to.deep.equal([['Old', 'New']]);
    expect(exceptionsOn('SpuriousDragon', perFork)).to.deep.equal([['Old']]);
  });

  it('reads block hashes and transaction sequences', () => {
    const transactionSequence = [
      { rawBytes: '0x01', valid: 'true', exception: '' },
      { rawBytes: '0x02', valid: 'false', exception: 'TR_NoFunds' },
    ];
    const [block] = blockchainCase(
      blockchainTest({ blocks: [{ rlp: '0xc0', blockHeader: header, transactionSequence }] }),
    ).blocks;
    expect(bytesToHex(block?.hash as Uint8Array)).to.equal(HASH);
    expect(block?.transactionSequence).to.deep.equal([
      { rawBytes: Uint8Array.of(1), valid: true, exception: null },
      { rawBytes: Uint8Array.of(2), valid: false, exception: 'TR_NoFunds' },
    ]);
  });

  it('takes postStateHash for postState, but not neither', () => {
    const one = blockchainCase(blockchainTest({ postState: undefined, postStateHash: HASH }));
    expect(one.postState).to.equal(null);
    expect(bytesToHex(one.postStateHash as Uint8Array)).to.equal(HASH);
    const [error] = errors({ y: blockchainTest({ postState: undefined }) }, 'BlockchainTests/y.json');
    expect(error?.message).to.contain('neither postState nor postStateHash');
  });

  it('refuses a configuration of another network', () => {
    const [error] = errors({ y: blockchainTest({ config: { network: 'Cancun' } }) }, 'BlockchainTests/y.json');
    expect(error?.message).to.equal(
      'BlockchainTests/y.json::y field config.network: "Cancun", where the test is one of "Byzantium"',
    );
    expect(errors({ y: blockchainTest({ config: { network: 'Byzantium' } }) })).to.deep.equal([]);
  });

  it('names the field of every error', () => {
    const file = 'BlockchainTests/y.json';
    const field = (more: object) => errors({ y: blockchainTest(more) }, file)[0]?.field;
    expect(field({ network: 'Amsterdam' })).to.equal('network');
    expect(field({ network: undefined })).to.equal('network');
    expect(field({ blocks: [{ rlp: '0xc0', expectException: 'A' }, { rlp: '0xc' }] })).to.equal('blocks[1].rlp');
    // Only the oldest suites, which name no seal engine, leave header and exception out.
    expect(field({ blocks: [{ rlp: '0xc0' }] })).to.equal('blocks[0]');
    expect(field({ blocks: [{ rlp: '0xc0' }], sealEngine: undefined })).to.equal(undefined);
    expect(field({ blocks: [{}] })).to.equal('blocks[0].rlp');
    expect(field({ sealEngine: 'Clique' })).to.equal('sealEngine');
    expect(field({ lastblockhash: '0x12' })).to.equal('lastblockhash');
  });
});

describe('fixture files', () => {
  it('passes over what this version does not run, without making cases of it', () => {
    const kinds = [
      ['fixtures/.meta/index.json', 'not even JSON', 'metadata'],
      ['fixtures/src/a.json', '{}', 'metadata'],
      ['a.json', '{"y": 1}', 'unknown'],
    ] as const;
    for (const [file, text, kind] of kinds) {
      const decoded = decodeFile('suite', file, text);
      expect(decoded).to.include({ kind, notRun: kind });
      expect([...decoded.references, ...decoded.cases]).to.deep.equal([]);
    }
  });

  it('reports a Git LFS pointer in place of a test or of what one needs', () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
    for (const file of ['a.json', 'GeneralStateTests/y.json']) {
      const [error, ...rest] = errors(pointer, file);
      expect(error?.message).to.equal(
        `${file}: a Git LFS pointer in place of the file; fetch what it stands for, as \`git lfs pull\` does`,
      );
      expect(rest).to.deep.equal([]);
    }
    expect(() => decodePreAllocation('suite', 'pre_alloc/0x12.json', pointer)).to.throw(FixtureError, 'Git LFS');
    // What is not read need not be there.
    expect(errors(pointer, 'fixtures/.meta/index.json')).to.deep.equal([]);
  });

  it('reports malformed JSON, lists and empty files of a suite', () => {
    const file = 'GeneralStateTests/y.json';
    const [malformed] = errors('{"y": {,}}', file);
    expect(malformed).to.include({ file, source: 'suite', test: null, field: null });
    expect(malformed?.message).to.match(/malformed JSON: .*position 7/);
    expect(errors('[]', file)[0]?.message).to.contain('expected an object, found array');
    expect(errors('{}', file)[0]?.message).to.contain('holds no test');
    expect(errors('{"y": 3}', file)[0]?.message).to.contain('::y: expected an object');
    expect(errors('', 'somewhere/y.json')).to.have.length(1);
  });

  it('lists cases without decoding them', () => {
    const content = { a: stateTest({ pre: 'broken' }), b: stateTest({ post: { Nowhere: [] } }) };
    const broken = decodeFile('suite', 'GeneralStateTests/stX/y.json', JSON.stringify(content));
    const [undecoded, error, ...rest] = broken.references;
    expect(undecoded).to.include({ kind: 'state', network: 'Cancun', group: 'GeneralStateTests' });
    expect(error).to.be.instanceOf(FixtureError);
    expect(rest).to.deep.equal([]);
    const whole = decodeFile('suite', 'BlockchainTests/ValidBlocks/z.json', JSON.stringify({ z: blockchainTest() }));
    const references = [...whole.references];
    expect(references).to.have.length(1);
    expect(references[0]).to.include({
      kind: 'blockchain',
      network: 'Byzantium',
      group: 'BlockchainTests/ValidBlocks',
    });
  });

  it('keeps ids that find their case again', () => {
    const name = 'tests/prague/test_x.py::test_x[fork_Prague-state_test-a+b|c]';
    const text = JSON.stringify({ [name]: stateTest() });
    const [plain] = decodeFile('suite', 'state_tests/x.json', text).references;
    if (plain instanceof Error || !plain) throw new Error('no case');
    expect(plain.id).to.equal(`state_tests/x.json::${name}[Cancun/d1g0v1]`);
    expect(idMatcher(plain.id)(plain.id)).to.equal(true);
    expect(idMatcher(plain.id)(plain.id.replace('|c', '|d'))).to.equal(false);
    expect(idMatcher('/fork_(prague|osaka)/i')(plain.id)).to.equal(true);
    expect(idMatcher('/^x/')(plain.id)).to.equal(false);
    expect(() => idMatcher('/(/')).to.throw(SyntaxError);
  });
});
