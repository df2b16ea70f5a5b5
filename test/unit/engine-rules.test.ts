import { expect } from 'chai';
import { apiError, INVALID_PARAMS, UNSUPPORTED_FORK } from '../../runners/engine/api-rules.js';
import type { ExecutionPayload, PayloadCall } from '../../runners/fixtures/cases-engine.js';
import { FORKS, type Fork } from '../../src/primitives/fork.js';

const HASH = new Uint8Array(32);
const PAYLOAD: ExecutionPayload = {
  parentHash: HASH,
  feeRecipient: new Uint8Array(20),
  stateRoot: HASH,
  receiptsRoot: HASH,
  logsBloom: new Uint8Array(256),
  prevRandao: HASH,
  blockNumber: 1n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 12n,
  extraData: new Uint8Array(0),
  baseFeePerGas: 7n,
  blockHash: HASH,
  transactions: [],
  withdrawals: null,
  blobGasUsed: null,
  excessBlobGas: null,
  blockAccessList: null,
  slotNumber: null,
};
const CALL: PayloadCall = {
  newPayloadVersion: 1,
  forkchoiceUpdatedVersion: 1,
  parameters: 1,
  payload: PAYLOAD,
  versionedHashes: null,
  parentBeaconBlockRoot: null,
  executionRequests: null,
  validationError: null,
  errorCode: null,
};

const blobs = { withdrawals: [], blobGasUsed: 0n, excessBlobGas: 0n };
const v1 = (payload: Partial<ExecutionPayload> = {}): PayloadCall => ({ ...CALL, payload: { ...PAYLOAD, ...payload } });
const v2 = (payload: Partial<ExecutionPayload> = { withdrawals: [] }): PayloadCall => ({
  ...v1(payload),
  newPayloadVersion: 2,
});
const v3 = (payload: Partial<ExecutionPayload> = {}, call: Partial<PayloadCall> = {}): PayloadCall => ({
  ...v1({ ...blobs, ...payload }),
  newPayloadVersion: 3,
  parameters: 3,
  versionedHashes: [],
  parentBeaconBlockRoot: HASH,
  ...call,
});
const v4 = (payload: Partial<ExecutionPayload> = {}, call: Partial<PayloadCall> = {}): PayloadCall =>
  v3(payload, { newPayloadVersion: 4, parameters: 4, executionRequests: [], ...call });
const v5 = (payload: Partial<ExecutionPayload> = {}): PayloadCall =>
  v4({ blockAccessList: HASH, slotNumber: 1n, ...payload }, { newPayloadVersion: 5 });

const codeOf = (call: PayloadCall, fork: Fork): number | null => apiError(call, fork)?.code ?? null;
/** Forks that take the call; every other must answer that it is not supported. */
function takenAt(call: PayloadCall, forks: readonly Fork[] = FORKS): Fork[] {
  return forks.filter((fork) => {
    const code = codeOf(call, fork);
    if (code !== null) expect(code, fork).to.equal(UNSUPPORTED_FORK);
    return code === null;
  });
}

describe('versions of engine_newPayload', () => {
  it('belong to forks', () => {
    expect(takenAt(v1())).to.deep.equal(['Paris']);
    expect(takenAt(v2(), ['Shanghai', 'Cancun', 'Prague', 'Osaka'])).to.deep.equal(['Shanghai']);
    expect(takenAt(v2({}), ['London', 'Paris'])).to.deep.equal(['Paris']);
    expect(takenAt(v3())).to.deep.equal(['Cancun']);
    expect(takenAt(v4())).to.deep.equal(['Prague', 'Osaka']);
    expect(takenAt(v5())).to.deep.equal([]);
  });

  it('must have their fields and no others', () => {
    expect(codeOf(v1({ withdrawals: [] }), 'Paris')).to.equal(INVALID_PARAMS);
    expect(codeOf(v2({}), 'Shanghai')).to.equal(INVALID_PARAMS);
    expect(codeOf(v2(), 'Paris')).to.equal(INVALID_PARAMS);
    expect(codeOf(v2({ withdrawals: [], excessBlobGas: 0n }), 'Shanghai')).to.equal(INVALID_PARAMS);
    expect(codeOf(v2({ withdrawals: [], blobGasUsed: 0n }), 'Shanghai')).to.equal(INVALID_PARAMS);
    for (const name of ['withdrawals', 'blobGasUsed', 'excessBlobGas'] as const) {
      expect(codeOf(v3({ [name]: null }), 'Cancun'), name).to.equal(INVALID_PARAMS);
      expect(codeOf(v4({ [name]: null }), 'Prague'), name).to.equal(INVALID_PARAMS);
    }
    for (const field of [{ slotNumber: 1n }, { blockAccessList: HASH }]) {
      expect(codeOf(v3(field), 'Cancun')).to.equal(INVALID_PARAMS);
      expect(codeOf(v4(field), 'Osaka')).to.equal(INVALID_PARAMS);
    }
    expect(codeOf(v5({ slotNumber: null }), 'Osaka')).to.equal(INVALID_PARAMS);
    expect(codeOf(v5({ blockAccessList: null }), 'Osaka')).to.equal(INVALID_PARAMS);
  });

  it('must have their parameters and no others', () => {
    for (const name of ['versionedHashes', 'parentBeaconBlockRoot'] as const) {
      expect(codeOf(v3({}, { [name]: null }), 'Cancun'), name).to.equal(INVALID_PARAMS);
    }
    expect(codeOf(v4({}, { executionRequests: null }), 'Prague')).to.equal(INVALID_PARAMS);
    expect(codeOf(v3({}, { parameters: 4 }), 'Cancun')).to.equal(INVALID_PARAMS);
    expect(codeOf(v3({}, { parameters: 4, executionRequests: [] }), 'Cancun')).to.equal(INVALID_PARAMS);
    expect(codeOf(v4({}, { parameters: 3, executionRequests: null }), 'Prague')).to.equal(INVALID_PARAMS);
    expect(codeOf({ ...v1(), parameters: 2, versionedHashes: [] }, 'Paris')).to.equal(INVALID_PARAMS);
  });

  it('are judged by their parameters before the fork', () => {
    // A Cancun block without blob fields, and one before Cancun that has them (EIP-4844's tests).
    expect(codeOf(v3({ excessBlobGas: null }), 'Shanghai')).to.equal(INVALID_PARAMS);
    expect(codeOf(v2({ ...blobs }), 'Cancun')).to.equal(INVALID_PARAMS);
    expect(codeOf(v3(), 'Shanghai')).to.equal(UNSUPPORTED_FORK);
    expect(codeOf(v2(), 'Cancun')).to.equal(UNSUPPORTED_FORK);
  });

  it('take requests that are not empty, in ascending order of types, each type once (EIP-7685)', () => {
    const withRequests = (...requests: number[][]): PayloadCall =>
      v4({}, { executionRequests: requests.map((bytes) => Uint8Array.from(bytes)) });
    expect(codeOf(withRequests([0, 1], [1, 9, 9], [2, 0]), 'Prague')).to.equal(null);
    for (const bad of [
      [[]],
      [[0]],
      [
        [1, 1],
        [0, 1],
      ],
      [
        [1, 1],
        [1, 2],
      ],
    ]) {
      expect(codeOf(withRequests(...bad), 'Prague'), JSON.stringify(bad)).to.equal(INVALID_PARAMS);
    }
  });

  it('say what is wrong', () => {
    expect(apiError(v3({ excessBlobGas: null }), 'Cancun')?.message).to.equal(
      'engine_newPayloadV3 must have excessBlobGas',
    );
    expect(apiError(v2(), 'Paris')?.message).to.equal('engine_newPayloadV2 at Paris takes no withdrawals');
    expect(apiError(v3(), 'Osaka')?.message).to.equal('engine_newPayloadV3 does not take payloads of Osaka');
    expect(() => apiError({ ...CALL, newPayloadVersion: 6 }, 'Osaka')).to.throw(RangeError, 'no version 6');
  });
});
