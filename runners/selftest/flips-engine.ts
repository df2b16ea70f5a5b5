/** Flips of tests of the Engine API, with their own genesis or with a shared one. */
import { type CaseView, changing, type Flip, type FlipKind, flip, setting } from './flip.js';
import { byteFlip, endFlips, genesisFlips, networkFlips } from './flips-chain.js';
import { adding, removing, replacing } from './flips-exceptions.js';
import { keysAt, lengthAt, type Path, textAt, valueAt, without } from './json.js';
import type { Random } from './random.js';
import { flipByte, flipQuantity, isBytes } from './values.js';

const call = (index: number): Path => ['engineNewPayloads', index];

function calls(view: CaseView, fits: (index: number) => boolean): number[] {
  return [...Array(lengthAt(view.test, ['engineNewPayloads'])).keys()].filter(fits);
}

const given = (view: CaseView, index: number, key: string): boolean =>
  (valueAt(view.test, [...call(index), key]) ?? null) !== null;
const isRefused = (view: CaseView, index: number): boolean => given(view, index, 'errorCode');
/** Of a payload that is invalid, nothing but the error is said: another fault may come to the same. */
const isValid = (view: CaseView, index: number): boolean =>
  !given(view, index, 'validationError') && !isRefused(view, index);

/** Makes a flip at one of the calls that fit. */
function atCall(
  fits: (view: CaseView, index: number) => boolean,
  make: (view: CaseView, path: Path, random: Random) => Flip | null,
): FlipKind['make'] {
  return (view, random) => {
    const index = random.pick(calls(view, (one) => fits(view, one)));
    return index === null ? null : make(view, call(index), random);
  };
}

const QUANTITIES: ReadonlySet<string> = new Set([
  'blockNumber',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'baseFeePerGas',
  'blobGasUsed',
  'excessBlobGas',
]);

function payloadFlip(name: string): FlipKind['make'] {
  return atCall(isValid, (view, path, random) =>
    changing(view, [...path, 'params', 0, name], (text) => {
      if (QUANTITIES.has(name)) return flipQuantity(text, true);
      return isBytes(text) ? flipByte(text, random) : null;
    }),
  );
}

function otherFieldFlip(view: CaseView, random: Random): Flip | null {
  const index = random.pick(calls(view, (one) => isValid(view, one)));
  if (index === null) return null;
  const payload = [...call(index), 'params', 0];
  const name = random.pick(
    keysAt(view.test, payload).filter((one) => (textAt(view.test, [...payload, one]) ?? '0x') !== '0x'),
  );
  return name === null ? null : payloadFlip(name)(view, random);
}

/** A byte of one entry of a list of byte strings. */
function entryFlip(list: Path): FlipKind['make'] {
  return atCall(isValid, (view, path, random) => {
    const entries = [...path, ...list];
    const at = random.pick([...Array(lengthAt(view.test, entries)).keys()]);
    return at === null
      ? null
      : changing(view, [...entries, at], (text) => (isBytes(text) ? flipByte(text, random) : null));
  });
}

function droppedEntry(list: Path): FlipKind['make'] {
  return atCall(isValid, (view, path, random) => {
    const at = random.pick([...Array(lengthAt(view.test, [...path, ...list])).keys()]);
    if (at === null) return null;
    const entry = [...path, ...list, at];
    return flip(view, entry, valueAt(view.test, entry), undefined, without(view.test, entry));
  });
}

/** Every payload of a valid chain is the parent of the next, or the head. */
const droppedPayload = atCall(isValid, (view, path) => {
  const hash = textAt(view.test, [...path, 'params', 0, 'blockHash']);
  const isHead = hash !== null && hash === textAt(view.test, ['lastblockhash']);
  return isHead ? flip(view, path, `payload ${hash}`, undefined, without(view.test, path)) : null;
});

const PAYLOAD = ['stateRoot', 'receiptsRoot', 'logsBloom', 'gasUsed', 'baseFeePerGas', 'blockHash', 'parentHash'];
/** A call that is refused never gets as far as its payload's error. */
const expectsError = (view: CaseView, index: number): boolean =>
  given(view, index, 'validationError') && !isRefused(view, index);

const SHARED: readonly FlipKind[] = [
  ...PAYLOAD.map((name) => ({ name: `payload: ${name}`, make: payloadFlip(name) })),
  { name: 'payload: any field', make: otherFieldFlip },
  { name: 'payload: transaction byte', make: entryFlip(['params', 0, 'transactions']) },
  { name: 'payload: transaction dropped', make: droppedEntry(['params', 0, 'transactions']) },
  { name: 'payload dropped', make: droppedPayload },
  { name: 'versioned hash', make: entryFlip(['params', 1]) },
  { name: 'versioned hash dropped', make: droppedEntry(['params', 1]) },
  {
    name: 'parent beacon block root',
    make: atCall(isValid, (view, path, random) => byteFlip([...path, 'params', 2])(view, random)),
  },
  { name: 'execution request', make: entryFlip(['params', 3]) },
  // Version 5 is Amsterdam's, which no fork here takes.
  {
    name: 'payload version',
    make: atCall(isValid, (view, path) => setting(view, [...path, 'newPayloadVersion'], '5')),
  },
  { name: 'validation error added', make: atCall(isValid, (view, path) => adding(view, [...path, 'validationError'])) },
  {
    name: 'validation error removed',
    make: atCall(expectsError, (view, path) => removing(view, [...path, 'validationError'])),
  },
  {
    name: 'validation error replaced',
    make: atCall(expectsError, (view, path, random) => replacing(view, [...path, 'validationError'], random)),
  },
  { name: 'error code added', make: atCall(isValid, (view, path) => setting(view, [...path, 'errorCode'], '-32602')) },
  { name: 'error code removed', make: atCall(isRefused, (view, path) => removing(view, [...path, 'errorCode'])) },
  { name: 'error code replaced', make: atCall(isRefused, (view, path) => setting(view, [...path, 'errorCode'], '-1')) },
  { name: 'sync payload: block hash', make: byteFlip(['syncPayload', 'params', 0, 'blockHash']) },
  { name: 'sync payload: stateRoot', make: byteFlip(['syncPayload', 'params', 0, 'stateRoot']) },
  ...networkFlips((view) => calls(view, (index) => isValid(view, index)).length > 0),
  ...endFlips(),
];

export const ENGINE_FLIPS: readonly FlipKind[] = [...SHARED, ...genesisFlips()];
/** The pre-allocation stands in a file of its own, which many cases share. */
export const ENGINE_X_FLIPS: readonly FlipKind[] = [...SHARED, { name: 'pre-allocation', make: byteFlip(['preHash']) }];
