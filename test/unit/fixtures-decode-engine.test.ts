import { expect } from 'chai';
import { type Case, FixtureError } from '../../runners/fixtures/cases.js';
import type { EngineCase, EngineXCase } from '../../runners/fixtures/cases-engine.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { decodePreAllocation } from '../../runners/fixtures/decode-pre-allocation.js';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import {
  allocation,
  callJson,
  GENESIS_ENVIRONMENT,
  genesisJson,
  type Json,
  rootOf,
  withPayload,
} from '../support/engine-fixture.js';

const FILE = 'blockchain_tests_engine/cancun/a.json';
const FILE_X = 'blockchain_tests_engine_x/cancun/a.json';
const RICH = '0x00000000000000000000000000000000000000aa';
const PRE = allocation({ [RICH]: 100n });
const GENESIS = genesisJson('Cancun', PRE);
const HASH = GENESIS.hash as string;
const CALL = callJson({ fork: 'Cancun', parentHash: hexToBytes(HASH), stateRoot: rootOf(PRE) });

const engineTest = (calls: readonly unknown[] = [CALL], more: Json = {}): Json => ({
  network: 'Cancun',
  genesisBlockHeader: GENESIS,
  pre: PRE,
  postState: PRE,
  lastblockhash: HASH,
  config: { network: 'Cancun', chainid: '0x01' },
  engineNewPayloads: calls,
  ...more,
});
const engineXTest = (more: Json = {}): Json => ({
  network: 'Cancun',
  preHash: '0xabcd',
  lastblockhash: HASH,
  engineNewPayloads: [CALL],
  ...more,
});

function decodeOne(test: unknown, file = FILE): Case | FixtureError {
  const [first, ...rest] = decodeFile('suite', file, JSON.stringify({ t: test })).cases;
  expect(rest).to.deep.equal([]);
  return first as Case | FixtureError;
}

function problem(test: unknown, file = FILE): string {
  const error = decodeOne(test, file);
  if (!(error instanceof FixtureError)) throw new Error('the test decodes');
  expect(error).to.include({ source: 'suite', file, test: 't' });
  return `${error.field}: ${error.message.slice(error.message.indexOf(': ') + 2)}`;
}

const ofCall = (change: object): Json => engineTest([{ ...CALL, ...change }]);
const ofPayload = (change: Json): Json => engineTest([withPayload(CALL, change)]);

describe('engine fixtures', () => {
  it('become typed cases with integers and bytes', () => {
    const one = decodeOne(engineTest()) as EngineCase;
    expect(one).to.include({ kind: 'blockchain-engine', network: 'Cancun', group: 'blockchain_tests_engine/cancun' });
    expect(one.id).to.equal(`${FILE}::t[Cancun]`);
    const [call] = one.payloads;
    expect(call).to.include({ newPayloadVersion: 3, forkchoiceUpdatedVersion: 3, parameters: 3 });
    expect(call).to.include({ validationError: null, errorCode: null, executionRequests: null });
    expect(call?.payload).to.include({ blockNumber: 1n, timestamp: 12n, baseFeePerGas: 7n, blobGasUsed: 0n });
    expect(call?.payload).to.include({ slotNumber: null, blockAccessList: null });
    expect(call?.versionedHashes).to.deep.equal([]);
    expect(bytesToHex(one.genesisHash)).to.equal(HASH);
    expect(one.genesisHeader).to.have.length(20);
  });

  it('keep what a call expects', () => {
    const change = { errorCode: '-32602', validationError: 'BlockException.A|BlockException.B', newPayloadVersion: 2 };
    const [call] = (decodeOne(ofCall(change)) as EngineCase).payloads;
    expect(call?.errorCode).to.equal(-32602);
    expect(call?.validationError).to.deep.equal(['BlockException.A', 'BlockException.B']);
    expect(call?.newPayloadVersion).to.equal(2);
  });

  it('take missing and null parameters for absent, since the call is judged by them', () => {
    const short = decodeOne(ofCall({ params: CALL.params.slice(0, 1) })) as EngineCase;
    expect(short.payloads[0]).to.include({ parameters: 1, versionedHashes: null, parentBeaconBlockRoot: null });
    const nulls = decodeOne(ofCall({ params: [CALL.params[0], null, null] })) as EngineCase;
    expect(nulls.payloads[0]).to.include({ parameters: 3, versionedHashes: null, parentBeaconBlockRoot: null });
    const bare = decodeOne(ofPayload({ excessBlobGas: undefined, withdrawals: null })) as EngineCase;
    expect(bare.payloads[0]?.payload).to.include({ excessBlobGas: null, withdrawals: null, blobGasUsed: 0n });
  });

  describe('of releases before 3.0', () => {
    const OLD_FILE = 'blockchain_tests_hive/cancun/a.json';
    const [payload, hashes, root] = CALL.params;
    const call = (more: Json = {}): Json => ({
      executionPayload: payload,
      version: '3',
      expectedBlobVersionedHashes: hashes,
      parentBeaconBlockRoot: root,
      ...more,
    });
    const test = (calls: readonly Json[] = [call()], more: Json = {}): Json =>
      engineTest(calls, { lastblockhash: undefined, engineFcuVersion: '3', ...more });
    const decoded = (calls: readonly Json[]): EngineCase => decodeOne(test(calls), OLD_FILE) as EngineCase;

    it('name the parameters of a call', () => {
      const one = decoded([call({ validationError: 'BlockException.A', errorCode: -32602 })]);
      expect(one).to.include({ kind: 'blockchain-engine', group: 'blockchain_tests_hive/cancun' });
      const [today] = (decodeOne(engineTest()) as EngineCase).payloads;
      expect(one.payloads).to.deep.equal([{ ...today, validationError: ['BlockException.A'], errorCode: -32602 }]);
      const short = decoded([call({ parentBeaconBlockRoot: undefined })]);
      expect(short.payloads[0]).to.include({ parameters: 2, parentBeaconBlockRoot: null });
      const bare = decoded([call({ expectedBlobVersionedHashes: undefined, parentBeaconBlockRoot: undefined })]);
      expect(bare.payloads[0]).to.include({ parameters: 1, versionedHashes: null });
      const rooted = decoded([call({ expectedBlobVersionedHashes: undefined })]);
      expect(rooted.payloads[0]).to.include({ parameters: 3, versionedHashes: null });
    });

    it('end at the last payload that is valid, or at the genesis', () => {
      const invalid = call({ validationError: 'BlockException.A' });
      const headOf = (...calls: Json[]): string => bytesToHex(decoded(calls).lastBlockHash);
      expect(headOf(call(), invalid)).to.equal((payload as Json).blockHash);
      expect(headOf(invalid, call({ errorCode: '-32602' }))).to.equal(HASH);
      expect(
        bytesToHex((decodeOne(test([call()], { lastblockhash: HASH }), OLD_FILE) as EngineCase).lastBlockHash),
      ).to.equal(HASH);
    });

    it('are malformed by their own names', () => {
      const fault = (one: Json): string => problem(one, OLD_FILE);
      const at = 'engineNewPayloads[0]';
      expect(fault(test([call({ version: undefined })]))).to.equal(`${at}.version: missing`);
      expect(fault(test([call({ version: '9' })]))).to.contain(`${at}.version: unknown version 9 of engine_newPayload`);
      expect(fault(test([call({ executionPayload: { ...(payload as Json), gasLimit: '12' } })]))).to.contain(
        `${at}.executionPayload.gasLimit: not a JSON-RPC quantity`,
      );
      expect(fault(test([call()], { engineFcuVersion: '0' }))).to.contain('engineFcuVersion: unknown version 0');
      expect(fault(engineTest([call()]))).to.equal('engineFcuVersion: missing');
      expect(fault(engineTest([CALL], { lastblockhash: undefined }))).to.equal('lastblockhash: missing');
    });
  });

  it('share their genesis where they name a pre-allocation', () => {
    const diff = { [RICH]: null, '0x00000000000000000000000000000000000000bb': (PRE as never)[RICH] };
    const one = decodeOne(engineXTest({ postStateDiff: diff }), FILE_X) as EngineXCase;
    expect(one).to.include({ kind: 'blockchain-engine-x', preHash: '0xabcd', postState: null });
    expect([...(one.postStateDiff?.keys() ?? [])]).to.have.length(2);
    expect(one.postStateDiff?.get(RICH)).to.equal(null);
    expect((decodeOne(engineXTest(), FILE_X) as EngineXCase).postStateDiff).to.equal(null);
  });

  it('are listed by kind, network and suite', () => {
    const listed = (file: string, content: unknown): string[] => {
      const decoded = decodeFile('suite', file, JSON.stringify(content));
      expect(decoded.notRun).to.equal(null);
      return [...decoded.references].map((one) => {
        if (one instanceof FixtureError) throw one;
        return `${one.kind} ${one.network} ${one.group}`;
      });
    };
    const engine = 'blockchain-engine Cancun blockchain_tests_engine/cancun';
    expect(listed(FILE, { a: engineTest(), b: engineTest() })).to.deep.equal([engine, engine]);
    const shared = 'blockchain-engine-x Cancun blockchain_tests_engine_x/cancun';
    expect(listed(FILE_X, { a: engineXTest() })).to.deep.equal([shared]);
    expect(listed('blockchain_tests_engine_x/pre_alloc/0xabcd.json', {})).to.deep.equal([]);
  });

  describe('that are malformed', () => {
    const call = 'engineNewPayloads[0]';
    const payload = `${call}.params[0]`;

    it('name the version that is not known', () => {
      expect(problem(ofCall({ newPayloadVersion: '9' }))).to.equal(
        `${call}.newPayloadVersion: unknown version 9 of engine_newPayload; known: 1 to 5`,
      );
      expect(problem(ofCall({ forkchoiceUpdatedVersion: '0' }))).to.contain(
        `${call}.forkchoiceUpdatedVersion: unknown version 0 of engine_forkchoiceUpdated`,
      );
      expect(problem(ofCall({ newPayloadVersion: 'three' }))).to.contain(`${call}.newPayloadVersion: not a number`);
    });

    it('name what is missing', () => {
      for (const name of ['parentHash', 'blockHash', 'transactions', 'baseFeePerGas']) {
        expect(problem(ofPayload({ [name]: undefined }))).to.equal(`${payload}.${name}: missing`);
      }
      expect(problem(ofCall({ params: undefined }))).to.equal(`${call}.params: missing`);
      expect(problem(ofCall({ params: [] }))).to.equal(`${call}.params: has no execution payload`);
      expect(problem(ofCall({ newPayloadVersion: undefined }))).to.equal(`${call}.newPayloadVersion: missing`);
      expect(problem(engineTest([CALL], { postState: undefined }))).to.contain('neither postState nor postStateHash');
      expect(problem(engineTest([CALL], { genesisBlockHeader: undefined }))).to.equal('genesisBlockHeader: missing');
    });

    it('name the quantity that is none of JSON-RPC', () => {
      for (const bad of ['0x01', '0x', '12', '1', '0xzz', '-0x1', '']) {
        expect(problem(ofPayload({ gasLimit: bad })), bad).to.contain(`${payload}.gasLimit: not a JSON-RPC quantity`);
      }
      expect(problem(ofPayload({ gasLimit: 12 }))).to.equal(`${payload}.gasLimit: expected a string, found number`);
      expect(problem(ofPayload({ excessBlobGas: {} }))).to.equal(
        `${payload}.excessBlobGas: expected a string, found object`,
      );
    });

    it('name the bytes that are none, or too few', () => {
      expect(problem(ofPayload({ blockHash: '0x123' }))).to.contain(`${payload}.blockHash: bad hex`);
      expect(problem(ofPayload({ blockHash: '0x1234' }))).to.equal(`${payload}.blockHash: expected 32 bytes, found 2`);
      expect(problem(ofPayload({ transactions: ['0x0'] }))).to.contain(`${payload}.transactions[0]: bad hex`);
      expect(problem(ofPayload({ transactions: '0x00' }))).to.equal(
        `${payload}.transactions: expected an array, found string`,
      );
      expect(problem(ofCall({ params: [CALL.params[0], ['0x01'], CALL.params[2]] }))).to.equal(
        `${call}.params[1][0]: expected 32 bytes, found 1`,
      );
      expect(problem(ofCall({ params: [...CALL.params, '0x00'] }))).to.equal(
        `${call}.params[3]: expected an array, found string`,
      );
    });

    it('name the field of a payload that no version has', () => {
      expect(problem(ofPayload({ depositRequests: [] }))).to.equal(
        `${payload}.depositRequests: no field of any version of an execution payload`,
      );
    });

    it('name the error code, the network and the hash of the pre-allocation', () => {
      expect(problem(ofCall({ errorCode: 'bad' }))).to.contain(`${call}.errorCode: not a JSON-RPC error code`);
      expect(problem(ofCall({ validationError: '|' }))).to.contain(`${call}.validationError: names no exception`);
      expect(problem(engineTest([CALL], { network: 'Nowhere' }))).to.contain('network: unknown network "Nowhere"');
      for (const bad of ['../secret', '0xABCD', 'abcd', '0x', '0x/..']) {
        expect(problem(engineXTest({ preHash: bad }), FILE_X), bad).to.contain('preHash: not the hash of');
      }
    });
  });
});

describe('pre-allocations', () => {
  const decode = (content: unknown): unknown => {
    try {
      return decodePreAllocation('suite', 'pre_alloc/0xabcd.json', JSON.stringify(content));
    } catch (error) {
      if (!(error instanceof FixtureError)) throw error;
      return `${error.file} ${error.field}: ${error.message}`;
    }
  };
  const good = { network: 'Cancun', pre: PRE, testIds: ['a'] };

  it('hold a genesis header, or the environment it is made from', () => {
    expect(decode({ ...good, genesis: GENESIS }))
      .to.have.nested.property('genesis.header')
      .with.length(20);
    expect(decode({ ...good, environment: GENESIS_ENVIRONMENT }))
      .to.have.nested.property('genesis.environment')
      .that.includes({ gasLimit: 0x100_0000n, baseFee: 7n });
  });

  it('name what is wrong with them', () => {
    expect(decode(good)).to.contain('pre_alloc/0xabcd.json null: ').and.contain('neither genesis nor environment');
    expect(decode({ ...good, network: 'X', genesis: GENESIS }))
      .to.contain('network: ')
      .and.contain('unknown network');
    expect(decode({ ...good, genesis: {} }))
      .to.contain('genesis.parentHash: ')
      .and.contain('missing');
    expect(decode({ network: 'Cancun', environment: {} }))
      .to.contain('pre: ')
      .and.contain('missing');
    const odd = { ...GENESIS_ENVIRONMENT, currentCoinbase: '0x123' };
    expect(decode({ ...good, environment: odd }))
      .to.contain('environment.currentCoinbase: ')
      .and.contain('bad hex');
    expect(() => decodePreAllocation('suite', 'f.json', '{')).to.throw(FixtureError, 'f.json: malformed JSON');
  });
});
