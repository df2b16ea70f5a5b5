/**
 * Which version of `engine_newPayload` takes which call: the specification of the Engine API in
 * ethereum/execution-apis (paris, shanghai, cancun, prague, osaka, amsterdam). Parameters and
 * fields are judged first, as a decoder meets them, then the fork at the payload's timestamp.
 */
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { PayloadCall } from '../fixtures/cases-engine.js';

/** `-32602`: JSON-RPC's "invalid params". */
export const INVALID_PARAMS = -32602;
/** `-38005`: the Engine API's "unsupported fork". */
export const UNSUPPORTED_FORK = -38005;

/** A call that is refused, before anything is said about its payload. */
export interface ApiError {
  readonly code: typeof INVALID_PARAMS | typeof UNSUPPORTED_FORK;
  readonly message: string;
}

interface VersionRules {
  /** Forks at whose timestamps the version may be called: the first, and the one that ends them. */
  readonly from: Fork | null;
  readonly before: Fork | null;
  /** What the call must have beyond `ExecutionPayloadV1`; anything else of the list below it may not. */
  readonly needs: readonly Versioned[];
}

/** Parts of a call that came with a later version; `withdrawals` of V2 are judged by the fork. */
const VERSIONED = [
  'withdrawals',
  'blobGasUsed',
  'excessBlobGas',
  'blockAccessList',
  'slotNumber',
  'versionedHashes',
  'parentBeaconBlockRoot',
  'executionRequests',
] as const;
type Versioned = (typeof VERSIONED)[number];

const V3 = ['withdrawals', 'blobGasUsed', 'excessBlobGas', 'versionedHashes', 'parentBeaconBlockRoot'] as const;

const RULES: Readonly<Record<number, VersionRules>> = {
  1: { from: 'Paris', before: 'Shanghai', needs: [] },
  2: { from: 'Paris', before: 'Cancun', needs: [] },
  3: { from: 'Cancun', before: 'Prague', needs: V3 },
  4: { from: 'Prague', before: null, needs: [...V3, 'executionRequests'] },
  // Amsterdam's, which the engine does not know: no fork that it knows takes it.
  5: { from: null, before: null, needs: [...V3, 'executionRequests', 'blockAccessList', 'slotNumber'] },
};

/** Parameters of each version, payload included. */
function parameterCount(needs: readonly Versioned[]): number {
  return 1 + PARAMETERS.filter((name) => needs.includes(name)).length;
}

const PARAMETERS: readonly Versioned[] = ['versionedHashes', 'parentBeaconBlockRoot', 'executionRequests'];

/** Null where the call may be made. `fork` is that of the payload's timestamp. */
export function apiError(call: PayloadCall, fork: Fork): ApiError | null {
  return parameterError(call, fork) ?? forkError(call, fork);
}

function rulesOf({ newPayloadVersion }: PayloadCall): VersionRules {
  const rules = RULES[newPayloadVersion];
  if (rules === undefined) throw new RangeError(`no version ${newPayloadVersion} of engine_newPayload`);
  return rules;
}

function invalid(message: string): ApiError {
  return { code: INVALID_PARAMS, message };
}

function parameterError(call: PayloadCall, fork: Fork): ApiError | null {
  const { needs } = rulesOf(call);
  const method = `engine_newPayloadV${call.newPayloadVersion}`;
  const due = parameterCount(needs);
  if (call.parameters !== due) return invalid(`${method} has ${due} parameter(s), the call ${call.parameters}`);
  for (const name of VERSIONED) {
    const given = partOf(call, name) !== null;
    if (name === 'withdrawals' && call.newPayloadVersion === 2) {
      if (given !== atLeast(fork, 'Shanghai')) {
        return invalid(`${method} at ${fork} ${given ? 'takes no' : 'must have'} withdrawals`);
      }
    } else if (given !== needs.includes(name)) {
      return invalid(`${method} ${given ? 'takes no' : 'must have'} ${name}`);
    }
  }
  return requestsError(call.executionRequests ?? []);
}

function partOf(call: PayloadCall, name: Versioned): unknown {
  switch (name) {
    case 'versionedHashes':
    case 'parentBeaconBlockRoot':
    case 'executionRequests':
      return call[name];
    default:
      return call.payload[name];
  }
}

/** EIP-7685: a type byte and data, which is not empty, in ascending order of types, each type once. */
function requestsError(requests: readonly Uint8Array[]): ApiError | null {
  let last = -1;
  for (const [index, request] of requests.entries()) {
    const [type] = request;
    if (type === undefined || request.length < 2) return invalid(`executionRequests[${index}] is empty`);
    if (type <= last) return invalid(`executionRequests[${index}] of type ${type} comes after type ${last}`);
    last = type;
  }
  return null;
}

function forkError(call: PayloadCall, fork: Fork): ApiError | null {
  const { from, before } = rulesOf(call);
  const supported = from !== null && atLeast(fork, from) && (before === null || !atLeast(fork, before));
  if (supported) return null;
  const message = `engine_newPayloadV${call.newPayloadVersion} does not take payloads of ${fork}`;
  return { code: UNSUPPORTED_FORK, message };
}
