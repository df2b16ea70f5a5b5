import { expect } from 'chai';
import { PreAllocations } from '../../runners/engine/pre-allocations.js';
import { runEngineCase } from '../../runners/engine/run-engine.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import type { EngineCase, EngineXCase } from '../../runners/fixtures/cases-engine.js';
import type { FindCompanionIn } from '../../runners/fixtures/companions.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { SourceError } from '../../runners/fixtures/sources.js';
import { closeEngines, createEngines, type Engines } from '../../runners/job/engine.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import {
  AFTER,
  BLOB_CALL,
  BLOB_TRANSACTION,
  blobCall,
  HASHES,
  PAYEE,
  PRE,
  RICH,
  ROOT,
  SENDER,
  versionedHash,
} from '../support/engine-blob-block.js';
import {
  allocation,
  type CallJson,
  callJson,
  type EngineFork,
  GENESIS_ENVIRONMENT,
  genesisJson,
  type Json,
  rootOf,
  withPayload,
} from '../support/engine-fixture.js';

const genesisHash = (fork: EngineFork): Uint8Array => hexToBytes(genesisJson(fork, PRE).hash as Hex);
/** An empty block, which changes nothing. */
const empty = (fork: EngineFork, change: object = {}): CallJson =>
  callJson({ fork, parentHash: genesisHash(fork), stateRoot: ROOT, ...change });
const hashOf = (call: CallJson): Hex => call.params[0].blockHash as Hex;

const test = (fork: EngineFork, calls: readonly CallJson[], change: Json = {}): Json => {
  const genesis = genesisJson(fork, PRE);
  const last = calls.filter(
    ({ errorCode, validationError }) => errorCode === undefined && validationError === undefined,
  );
  const head = last.at(-1);
  return {
    network: fork,
    genesisBlockHeader: genesis,
    pre: PRE,
    postState: PRE,
    lastblockhash: head === undefined ? genesis.hash : hashOf(head),
    engineNewPayloads: calls,
    ...change,
  };
};

function decoded(content: Json): EngineCase | EngineXCase {
  const [one] = decodeFile('suite', 'a/b/f.json', JSON.stringify({ t: content })).cases;
  if (one instanceof Error) throw one;
  if (one?.kind !== 'blockchain-engine' && one?.kind !== 'blockchain-engine-x') throw new Error('no engine case');
  return one;
}

describe('engine cases', () => {
  let engines: Engines;
  const none = new PreAllocations(async () => null);
  before(async () => {
    engines = await createEngines('wasm', [2]);
  });
  after(() => closeEngines(engines));

  const run = (content: Json, preAllocations = none) => runEngineCase(engines, decoded(content), preAllocations);
  const judged = async (content: Json, preAllocations = none): Promise<string> => {
    const { verdict, cause } = await run(content, preAllocations);
    return cause === null ? verdict : `${verdict}: ${cause}`;
  };

  it('pass where every fork is called by its version', async () => {
    for (const fork of ['Paris', 'Shanghai', 'Cancun', 'Prague'] as const) {
      const first = empty(fork);
      const second = empty(fork, { parentHash: hexToBytes(hashOf(first)), number: 2n, timestamp: 24n });
      expect(await judged(test(fork, [first, second])), fork).to.equal('pass');
    }
  });

  it('run transactions, serial and parallel, with the versioned hashes of their blobs', async () => {
    const outcome = await run(test('Cancun', [BLOB_CALL], { postState: AFTER }));
    expect(outcome).to.include({ verdict: 'pass', cause: null });
    expect(outcome.coverage).to.include({ blocks: 1, transactions: 1 });
    expect(await judged(test('Cancun', [BLOB_CALL]))).to.contain('the post-state differs from the fixture');
  });

  it('pay withdrawals', async () => {
    const withdrawal = { index: 3n, validatorIndex: 2n, address: hexToBytes(PAYEE), amount: 4n };
    const after = allocation({ [SENDER]: RICH, [PAYEE]: 4_000_000_000n });
    const call = empty('Shanghai', { stateRoot: rootOf(after), withdrawals: [withdrawal] });
    expect(await judged(test('Shanghai', [call], { postState: after }))).to.equal('pass');
    const index = withPayload(call, {
      withdrawals: [{ index: '0x4', validatorIndex: '0x2', address: PAYEE, amount: '0x4' }],
    });
    expect(await judged(test('Shanghai', [index]))).to.contain('BlockException.INVALID_BLOCK_HASH');
  });

  it('name the accounts that differ where the last payload is executed and rejected, and no others', async () => {
    const withdrawal = { index: 3n, validatorIndex: 2n, address: hexToBytes(PAYEE), amount: 4n };
    const after = allocation({ [SENDER]: RICH, [PAYEE]: 5_000_000_000n });
    const call = empty('Shanghai', { stateRoot: rootOf(after), withdrawals: [withdrawal] });
    const { cause, differences } = await run(test('Shanghai', [call], { postState: after }));
    expect(cause).to.equal('a valid block was rejected: BlockException.INVALID_STATE_ROOT');
    expect(differences.map(({ what }) => what)).to.deep.equal(['exception', `account ${PAYEE} balance`]);
    const paid = allocation({ [SENDER]: RICH, [PAYEE]: 4_000_000_000n });
    const first = empty('Shanghai', { stateRoot: rootOf(paid), withdrawals: [withdrawal] });
    const next = empty('Shanghai', { parentHash: hexToBytes(hashOf(first)), number: 2n, timestamp: 24n });
    const unread = await run(test('Shanghai', [first, withPayload(next, { gasUsed: '0x1' })], { postState: PRE }));
    expect(unread.cause).to.equal('a valid block was rejected: BlockException.INVALID_BLOCK_HASH');
    expect(unread.differences.map(({ what }) => what)).to.deep.equal(['exception']);
  });

  it('compare the hash of the header that the payload makes, field by field', async () => {
    const call = empty('Prague');
    const changes: Json[] = [
      { parentHash: `0x${'11'.repeat(32)}` },
      { feeRecipient: PAYEE },
      { stateRoot: `0x${'11'.repeat(32)}` },
      { receiptsRoot: `0x${'11'.repeat(32)}` },
      { logsBloom: `0x${'11'.repeat(256)}` },
      { prevRandao: `0x${'11'.repeat(32)}` },
      { blockNumber: '0x2' },
      { gasLimit: '0x1000001' },
      { gasUsed: '0x1' },
      { timestamp: '0xd' },
      { extraData: '0x00' },
      { baseFeePerGas: '0x8' },
      { blockHash: `0x${'11'.repeat(32)}` },
      { transactions: ['0x01'] },
      { withdrawals: [{ index: '0x0', validatorIndex: '0x0', address: PAYEE, amount: '0x0' }] },
      { blobGasUsed: '0x20000' },
      { excessBlobGas: '0x20000' },
    ];
    const wrong = 'a valid block was rejected: BlockException.INVALID_BLOCK_HASH';
    for (const change of changes) {
      const content = test('Prague', [withPayload(call, change)], { lastblockhash: hashOf(call) });
      expect(await judged(content), Object.keys(change)[0]).to.equal(`nonconformant: ${wrong}`);
    }
    const [payload, hashes, , requests] = call.params;
    const others: CallJson['params'][] = [
      [payload, hashes, `0x${'11'.repeat(32)}`, requests],
      [payload, hashes, call.params[2], ['0x0011']],
    ];
    for (const params of others) {
      expect(await judged(test('Prague', [{ ...call, params }]))).to.contain(wrong);
    }
  });

  it('accept the rejection that is expected, and only that', async () => {
    const bad = withPayload(empty('Cancun'), { gasUsed: '0x1' });
    const expecting = (validationError: string): Json => test('Cancun', [{ ...bad, validationError }]);
    expect(await judged(expecting('BlockException.INVALID_BLOCK_HASH'))).to.equal('pass');
    expect(await judged(expecting('BlockException.INVALID_GAS_USED|BlockException.INVALID_BLOCK_HASH'))).to.equal(
      'pass',
    );
    expect(await judged(expecting('BlockException.INVALID_GAS_USED'))).to.contain('exception differs');
    expect(await judged(expecting('BlockException.NEVER_HEARD_OF'))).to.contain('unmapped exception name');
    const good = { ...empty('Cancun'), validationError: 'BlockException.INVALID_BLOCK_HASH' };
    expect(await judged(test('Cancun', [good]))).to.equal('nonconformant: an invalid block was accepted');
  });

  it('go on from the parent after an invalid payload', async () => {
    const bad = { ...empty('Shanghai', { gasUsed: 1n }), validationError: 'BlockException.INVALID_GAS_USED' };
    expect(await judged(test('Shanghai', [bad, empty('Shanghai')]))).to.equal('pass');
  });

  it('compare versioned hashes in number and order', async () => {
    const [payload, , root] = BLOB_CALL.params;
    const called = (hashes: readonly Uint8Array[], validationError?: string): Json =>
      test('Cancun', [
        {
          ...BLOB_CALL,
          params: [payload, hashes.map((hash) => bytesToHex(hash)), root],
          ...(validationError !== undefined && { validationError }),
        },
      ]);
    const [first, second] = HASHES as [Uint8Array, Uint8Array];
    for (const hashes of [[], [first], [second, first], [first, second, second], [first, versionedHash(3)]]) {
      expect(await judged(called(hashes))).to.contain('rejected: BlockException.INVALID_VERSIONED_HASHES');
      expect(await judged(called(hashes, 'BlockException.INVALID_VERSIONED_HASHES'))).to.equal('pass');
    }
    expect(await judged(called(HASHES, 'BlockException.INVALID_VERSIONED_HASHES'))).to.contain('was accepted');
  });

  it('name the transaction that does not decode, not its hashes', async () => {
    for (const bytes of ['0x', '0x03', '0x03c0', bytesToHex(BLOB_TRANSACTION.subarray(0, -1))]) {
      const call = empty('Cancun', { transactions: [hexToBytes(bytes)] });
      const content = test('Cancun', [{ ...call, validationError: 'TransactionException.RLP_INVALID_VALUE' }]);
      expect(await judged(content), bytes).to.equal('pass');
    }
  });

  it('produce the error code that is expected, by the rules of the versions', async () => {
    const call = empty('Cancun');
    const expecting = (change: Partial<CallJson>, errorCode?: string): Json =>
      test('Cancun', [{ ...call, ...change, ...(errorCode !== undefined && { errorCode }) }]);
    const short = { params: call.params.slice(0, 2) as never };
    expect(await judged(expecting(short, '-32602'))).to.equal('pass');
    expect(await judged(expecting(short, '-38005'))).to.contain('met with -32602 where -38005 is due');
    expect(await judged(expecting(short))).to.contain('a call of the Engine API was refused: -32602');
    expect(await judged(expecting({}, '-32602'))).to.contain('was answered where -32602 is due');
    const later = { newPayloadVersion: '4', params: [...call.params, []] as never };
    expect(await judged(expecting(later, '-38005'))).to.equal('pass');
    expect(await judged(expecting(later, '-32602'))).to.contain('met with -38005 where -32602 is due');
    const { differences, block } = await run(expecting(short));
    expect(block).to.equal(0);
    expect(differences[0]).to.deep.equal({
      what: 'engineNewPayloads[0] errorCode',
      expected: 'none',
      actual: '-32602: engine_newPayloadV3 has 3 parameter(s), the call 2',
    });
  });

  it('take the fork from the time of the payload', async () => {
    const shanghai = empty('Shanghai', { timestamp: 14_999n });
    const cancun = empty('Cancun', { parentHash: hexToBytes(hashOf(shanghai)), number: 2n, timestamp: 15_000n });
    const network = { network: 'ShanghaiToCancunAtTime15k' };
    expect(await judged(test('Shanghai', [shanghai, cancun], network))).to.equal('pass');
    const early = { ...empty('Cancun', { timestamp: 14_999n }), errorCode: '-38005' };
    const late = { ...empty('Shanghai', { timestamp: 15_000n }), errorCode: '-38005' };
    expect(await judged(test('Shanghai', [early, late], network))).to.equal('pass');
  });

  it('run the payload that a sync test ends with, on the last block', async () => {
    const call = empty('Cancun');
    const parentHash = hexToBytes(hashOf(call));
    const sync = empty('Cancun', { parentHash, number: 2n, timestamp: 24n });
    const ending = (syncPayload: CallJson) => judged(test('Cancun', [call], { syncPayload }));
    expect(await ending(sync)).to.equal('pass');
    const rejected = 'nonconformant: a valid block was rejected: BlockException.';
    expect(await ending(withPayload(sync, { blockHash: `0x${'11'.repeat(32)}` }))).to.equal(
      `${rejected}INVALID_BLOCK_HASH`,
    );
    const wrongRoot = empty('Cancun', { parentHash, number: 2n, timestamp: 24n, stateRoot: new Uint8Array(32) });
    expect(await ending(wrongRoot)).to.equal(`${rejected}INVALID_STATE_ROOT`);
    expect(await ending({ ...sync, newPayloadVersion: '5' })).to.contain('a call of the Engine API was refused');
    expect(await ending(call)).to.equal('nonconformant: syncPayload is no child of the last block');
  });

  it('compare the head, and reject a genesis that is not what its hash says', async () => {
    const call = empty('Cancun');
    expect(await judged(test('Cancun', [call], { lastblockhash: `0x${'11'.repeat(32)}` }))).to.contain('the head of');
    const genesis = { ...genesisJson('Cancun', PRE), gasLimit: '0x1000001' };
    expect(await judged(test('Cancun', [call], { genesisBlockHeader: genesis }))).to.contain('the genesis differs');
    const poor = allocation({ [SENDER]: 1n });
    const { cause, differences } = await run(test('Cancun', [call], { pre: poor }));
    expect(cause).to.equal('the genesis differs from the fixture');
    expect(differences.map(({ what }) => what)).to.deep.equal(['genesis stateRoot']);
  });

  describe('with a shared pre-allocation', () => {
    const shared = (change: Json = {}): Json => {
      const { pre: _, genesisBlockHeader: __, postState: ___, ...rest } = test('Cancun', [BLOB_CALL]);
      return { ...rest, preHash: '0xabcd', ...change };
    };
    const file = { network: 'Cancun', pre: PRE, testIds: [] };
    const serving = (content: Json, asked: string[] = []) =>
      new PreAllocations(async (source, from, name) => {
        asked.push(`${source} ${from} ${name}`);
        return { file: 'a/pre_alloc/0xabcd.json', text: JSON.stringify(content) };
      });
    const refusal = async (find: FindCompanionIn, change: Json = {}): Promise<string> => {
      const error: unknown = await run(shared(change), new PreAllocations(find)).catch((reason: unknown) => reason);
      if (!(error instanceof FixtureError)) throw new Error('no fixture error');
      return error.message;
    };

    it('start from the header given, or made from the environment', async () => {
      const given = serving({ ...file, genesis: genesisJson('Cancun', PRE) });
      expect(await judged(shared(), given)).to.equal('pass');
      expect(await judged(shared(), serving({ ...file, environment: GENESIS_ENVIRONMENT }))).to.equal('pass');
      for (const fork of ['Paris', 'Shanghai', 'Prague'] as const) {
        const made = serving({ ...file, network: fork, environment: GENESIS_ENVIRONMENT });
        const call = empty(fork);
        const change = { network: fork, engineNewPayloads: [call], lastblockhash: hashOf(call) };
        expect(await judged(shared(change), made), fork).to.equal('pass');
      }
    });

    it('compare the accounts that differ', async () => {
      const given = serving({ ...file, genesis: genesisJson('Cancun', PRE) });
      const { [SENDER]: sender, [PAYEE]: payee } = AFTER;
      const good = { [SENDER]: sender, [PAYEE]: payee };
      expect(await judged(shared({ postStateDiff: good }), given)).to.equal('pass');
      for (const bad of [{}, { [SENDER]: sender }, { ...good, [SENDER]: null }, { ...good, [PAYEE]: sender }]) {
        expect(await judged(shared({ postStateDiff: bad }), given)).to.contain('differs from postStateDiff');
      }
      expect(await judged(shared({ postStateHash: bytesToHex(keccak256(ROOT)) }), given)).to.contain('post-state');
    });

    it('take the accounts that are gone out of the pre-allocation', async () => {
      // The beneficiary, which is there, empty, and touched: EIP-161 deletes it.
      const beneficiary: Hex = `0x${'00'.repeat(20)}`;
      const pre = allocation({ [SENDER]: RICH, [beneficiary]: 0n });
      const call = blobCall(pre);
      const given = serving({ network: 'Cancun', pre, genesis: genesisJson('Cancun', pre) });
      const { [SENDER]: sender, [PAYEE]: payee } = AFTER;
      const change = { engineNewPayloads: [call], lastblockhash: hashOf(call) };
      const without = { [SENDER]: sender, [PAYEE]: payee };
      const all = { ...without, [beneficiary]: null };
      expect(await judged(shared({ ...change, postStateDiff: all }), given)).to.equal('pass');
      expect(await judged(shared({ ...change, postStateDiff: without }), given)).to.contain('postStateDiff');
    });

    it('read it once', async () => {
      const asked: string[] = [];
      const given = serving({ ...file, genesis: genesisJson('Cancun', PRE) }, asked);
      for (let i = 0; i < 3; i++) expect(await judged(shared(), given)).to.equal('pass');
      expect(asked).to.deep.equal(['suite a/b/f.json pre_alloc/0xabcd.json']);
    });

    it('are of one network, also where they are known already', async () => {
      const given = serving({ ...file, genesis: genesisJson('Cancun', PRE) });
      expect(await judged(shared(), given)).to.equal('pass');
      const error: unknown = await run(shared({ network: 'Prague' }), given).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(FixtureError);
    });

    it('are not taken for those of another source', async () => {
      const other = allocation({ [SENDER]: RICH + 1n });
      const given = new PreAllocations(async (source) => {
        const pre = source === 'suite' ? PRE : other;
        const content = { ...file, pre, genesis: genesisJson('Cancun', pre) };
        return { file: 'a/pre_alloc/0xabcd.json', text: JSON.stringify(content) };
      });
      const one = decoded(shared());
      expect((await runEngineCase(engines, one, given)).cause).to.equal(null);
      expect((await runEngineCase(engines, { ...one, source: 'other' }, given)).cause).to.contain('UNKNOWN_PARENT');
    });

    it('give up the one that was not used for longest where there is no room', async () => {
      const asked: string[] = [];
      const text = JSON.stringify({ ...file, genesis: genesisJson('Cancun', PRE) });
      const kept = new PreAllocations(async (_, __, name) => {
        asked.push(name.slice(-7, -5));
        return { file: name, text };
      }, 2 * text.length);
      for (const hash of ['0x01', '0x02', '0x01', '0x03', '0x01', '0x02']) {
        expect(await judged(shared({ preHash: hash }), kept)).to.equal('pass');
      }
      expect(asked).to.deep.equal(['01', '02', '03', '02']);
    });

    it('name file, test and field where it is missing, malformed or of another network', async () => {
      const place = 'a/b/f.json::t field preHash: ';
      expect(await refusal(async () => null)).to.equal(
        `${place}there is no pre_alloc/0xabcd.json beside the file or above it`,
      );
      const broken = async () => {
        throw new SourceError('TRUNCATED', 'suite', null, 'ends too early');
      };
      expect(await refusal(broken)).to.equal(`${place}looking for pre_alloc/0xabcd.json: suite: ends too early`);
      const served = (content: Json) => async () => ({ file: 'x.json', text: JSON.stringify(content) });
      const genesis = genesisJson('Cancun', PRE);
      expect(await refusal(served({ ...file, genesis, network: 'Prague' }))).to.equal(
        `${place}pre_alloc/0xabcd.json is a pre-allocation of Prague, the test is one of Cancun`,
      );
      expect(await refusal(served({ ...file, genesis, pre: { [SENDER]: {} } }))).to.equal(
        `x.json field pre.${SENDER}.nonce: missing`,
      );
      expect(await refusal(async () => ({ file: 'x.json', text: '{' }))).to.contain('x.json: malformed JSON');
    });

    it('reject the chain of another genesis', async () => {
      const other = allocation({ [SENDER]: RICH + 1n });
      const wrong = serving({ ...file, pre: other, genesis: genesisJson('Cancun', other) });
      expect(await judged(shared(), wrong)).to.contain('rejected: BlockException.UNKNOWN_PARENT');
    });
  });
});
