/** Requests to the consensus layer (EIP-7685): deposits of EIP-6110, and the hash over all of them. */
import { concatBytes, equalBytes, hexToBytes } from '../../primitives/bytes.js';
import { sha256 } from '../../primitives/crypto.js';
import type { Log } from '../../vm/vm.js';
import { BlockError } from '../errors.js';

export const DEPOSIT_REQUEST = 0x00;
export const WITHDRAWAL_REQUEST = 0x01;
export const CONSOLIDATION_REQUEST = 0x02;

/** The deposit contract of mainnet (EIP-6110), which the suites use on every chain. */
export const DEPOSIT_CONTRACT: Uint8Array = hexToBytes('00000000219ab540356cbb839cbe05303d7705fa');
/** Keccak of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
const DEPOSIT_EVENT = hexToBytes('649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5');

const DEPOSIT_EVENT_LENGTH = 576;
/** ABI layout of the event: where each field's length word stands, and the length it must have. */
const DEPOSIT_FIELDS = [
  { name: 'pubkey', offset: 160, length: 48 },
  { name: 'withdrawal_credentials', offset: 256, length: 32 },
  { name: 'amount', offset: 320, length: 8 },
  { name: 'signature', offset: 384, length: 96 },
  { name: 'index', offset: 512, length: 8 },
] as const;

function badLayout(detail: string): BlockError {
  return new BlockError('BlockException.INVALID_DEPOSIT_EVENT_LAYOUT', null, detail);
}

/** True where the 32-byte word at `at` is the small number `value`. */
function wordIs(data: Uint8Array, at: number, value: number): boolean {
  for (let i = 0; i < 30; i++) if (data[at + i] !== 0) return false;
  return ((data[at + 30] as number) << 8) + (data[at + 31] as number) === value;
}

/** Deposit request (192 bytes) from an event's data; throws {@link BlockError} on any other layout. */
export function parseDepositEvent(data: Uint8Array): Uint8Array {
  if (data.length !== DEPOSIT_EVENT_LENGTH) throw badLayout(`deposit event of ${data.length} bytes`);
  DEPOSIT_FIELDS.forEach(({ name, offset }, i) => {
    if (!wordIs(data, 32 * i, offset)) throw badLayout(`offset of ${name} in a deposit event`);
  });
  const parts = DEPOSIT_FIELDS.map(({ name, offset, length }) => {
    if (!wordIs(data, offset, length)) throw badLayout(`length of ${name} in a deposit event`);
    return data.subarray(offset + 32, offset + 32 + length);
  });
  return concatBytes(...parts);
}

/** Deposits among the logs of {@link DEPOSIT_CONTRACT}, concatenated in their order; throws {@link BlockError} on a bad event. */
export function depositRequests(logs: readonly Log[]): Uint8Array {
  const deposits: Uint8Array[] = [];
  for (const { topics, data } of logs) {
    const topic = topics[0];
    if (topic !== undefined && equalBytes(topic, DEPOSIT_EVENT)) deposits.push(parseDepositEvent(data));
  }
  return concatBytes(...deposits);
}

/** A request as EIP-7685 lists it: the type byte, then the data. */
export function typedRequest(type: number, data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(type), data);
}

/** `requestsHash` of EIP-7685 over requests with data, in the order of their types. */
export function requestsHash(requests: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(...requests.map(sha256)));
}
