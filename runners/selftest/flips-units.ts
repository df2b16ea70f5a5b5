/** Flips of the suites that ask one function of the engine. */
import { type CaseView, changing, type Flip, type FlipKind, setting } from './flip.js';
import { byteFlip } from './flips-chain.js';
import { adding, removing, replacing } from './flips-exceptions.js';
import { keysAt, lengthAt, type Path, textAt, valueAt } from './json.js';
import type { Random } from './random.js';
import { flipByte, flipQuantity, isBytes } from './values.js';

const result = (view: CaseView, field: string): Path => ['result', view.network, field];
const isRejected = (view: CaseView): boolean => valueAt(view.test, result(view, 'exception')) !== undefined;

/** Of a transaction that is invalid the fixture says nothing but the exception, which other bytes may deserve as well. */
function ofValid(make: FlipKind['make']): FlipKind['make'] {
  return (view, random) => (isRejected(view) ? null : make(view, random));
}

function resultByte(field: string): FlipKind['make'] {
  return ofValid((view, random) =>
    changing(view, result(view, field), (text) => (isBytes(text) ? flipByte(text, random) : null)),
  );
}

export const TRANSACTION_FLIPS: readonly FlipKind[] = [
  { name: 'txbytes byte', make: ofValid(byteFlip(['txbytes'])) },
  { name: 'hash', make: resultByte('hash') },
  { name: 'sender', make: resultByte('sender') },
  {
    name: 'intrinsic gas',
    make: ofValid((view) => changing(view, result(view, 'intrinsicGas'), (text) => flipQuantity(text))),
  },
  { name: 'exception added', make: ofValid((view) => adding(view, result(view, 'exception'))) },
  { name: 'exception removed', make: (view) => (isRejected(view) ? removing(view, result(view, 'exception')) : null) },
  { name: 'exception replaced', make: (view, random) => replacing(view, result(view, 'exception'), random) },
];

/** The view holds one entry of one fork. Its inputs are left alone: at the least difficulty several give the same. */
function difficultyFlip(view: CaseView): Flip | null {
  const [entry] = keysAt(view.test, [view.network]);
  return entry === undefined
    ? null
    : changing(view, [view.network, entry, 'currentDifficulty'], (text) => flipQuantity(text));
}

export const DIFFICULTY_FLIPS: readonly FlipKind[] = [{ name: 'expected difficulty', make: difficultyFlip }];

/** A neighbour of a key; a neighbour that is not there (the empty string) becomes one. */
function neighbourFlip(side: 1 | 2): FlipKind['make'] {
  return (view, random) => {
    const query = random.pick([...Array(lengthAt(view.test, ['tests'])).keys()]);
    return query === null ? null : changing(view, ['tests', query, side], (text) => `${text}x`);
  };
}

export const TRIE_FLIPS: readonly FlipKind[] = [
  { name: 'expected root', make: byteFlip(['root']) },
  { name: 'neighbour before', make: neighbourFlip(1) },
  { name: 'neighbour after', make: neighbourFlip(2) },
];

function sizeFlip(field: string): FlipKind['make'] {
  return (view) => {
    const value = valueAt(view.test, [field]);
    return typeof value === 'number'
      ? setting(view, [field], value ^ 1)
      : changing(view, [field], (text) => flipQuantity(text));
  };
}

export const POW_FLIPS: readonly FlipKind[] = [
  ...['header', 'nonce', 'mixHash', 'header_hash', 'seed', 'cache_hash', 'result'].map((field) => ({
    name: field,
    make: byteFlip([field]),
  })),
  ...['cache_size', 'full_size'].map((field) => ({ name: field, make: sizeFlip(field) })),
];

/** Whether other bytes are RLP as well nobody says where the fixture does not give the content. */
function rlpByteFlip(view: CaseView, random: Random): Flip | null {
  const content = valueAt(view.test, ['in']);
  return content === 'VALID' || content === 'INVALID' ? null : byteFlip(['out'])(view, random);
}

/** The first text or number in the content. */
function leaf(value: unknown, path: Path): Path | null {
  if (!Array.isArray(value)) return typeof value === 'string' || typeof value === 'number' ? path : null;
  for (const [index, item] of value.entries()) {
    const found = leaf(item, [...path, index]);
    if (found !== null) return found;
  }
  return null;
}

function contentFlip(view: CaseView): Flip | null {
  const content = valueAt(view.test, ['in']);
  if (content === 'VALID') return setting(view, ['in'], 'INVALID');
  if (content === 'INVALID') return setting(view, ['in'], 'VALID');
  const path = leaf(content, ['in']);
  if (path === null) return null;
  const value = valueAt(view.test, path);
  if (typeof value === 'number') return setting(view, path, value + 1);
  const text = textAt(view.test, path) as string;
  return setting(view, path, text.startsWith('#') ? `#${BigInt(text.slice(1)) + 1n}` : `${text}x`);
}

export const RLP_FLIPS: readonly FlipKind[] = [
  { name: 'encoding byte', make: rlpByteFlip },
  { name: 'expected content', make: contentFlip },
];
