/** Flips of the names of exceptions: added, removed, replaced. */
import { BLOCK_ERRORS, type ErrorCode, TRANSACTION_ERRORS } from '../../src/transition/errors.js';
import { namesMeant } from '../fixtures/coarser-names.js';
import { codesOf } from '../verdict/exceptions.js';
import { type CaseView, type Flip, flip, setting } from './flip.js';
import { type Path, textAt, valueAt, without } from './json.js';
import type { Random } from './random.js';

const NAMES: readonly string[] = [
  ...TRANSACTION_ERRORS.map((name) => `TransactionException.${name}`),
  ...BLOCK_ERRORS.map((name) => `BlockException.${name}`),
];
/** A name that every suite could hold. */
const ADDED = 'TransactionException.NONCE_IS_MAX';

/** Codes that the names at `path` stand for; null where there are no names, or one is not known. */
export function expectedCodes(view: CaseView, path: Path): ReadonlySet<ErrorCode> | null {
  const names = textAt(view.test, path);
  if (names === null) return null;
  const each = names.split('|').map((name) => name.trim());
  const codes = namesMeant(each, view.test).map(codesOf);
  return codes.includes(null) ? null : new Set(codes.flatMap((some) => some ?? []));
}

export function adding(view: CaseView, path: Path): Flip {
  return setting(view, path, ADDED);
}

export function removing(view: CaseView, path: Path): Flip {
  return flip(view, path, valueAt(view.test, path), undefined, without(view.test, path));
}

/** Another known name. Names that share a code with the old one may be equivalents, so they are left out. */
export function replacing(view: CaseView, path: Path, random: Random): Flip | null {
  const old = expectedCodes(view, path);
  if (old === null) return null;
  const codes = (name: string): readonly ErrorCode[] =>
    namesMeant([name], view.test).flatMap((one) => codesOf(one) ?? []);
  const other = random.pick(NAMES.filter((name) => !codes(name).some((code) => old.has(code))));
  return other === null ? null : setting(view, path, other);
}
