/** Parsed JSON and changes to it: a change copies what lies on its path and shares the rest. */
import { isObject } from '../fixtures/fields.js';

export type Path = readonly (string | number)[];

/** `blocks[2].rlp`. */
export function pathText(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}

/** The value at `path`; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** The text at `path`; null where there is none. */
export function textAt(root: unknown, path: Path): string | null {
  const value = valueAt(root, path);
  return typeof value === 'string' ? value : null;
}

/** Keys of the object at `path`; none where there is no object. */
export function keysAt(root: unknown, path: Path): string[] {
  const value = valueAt(root, path);
  return isObject(value) ? Object.keys(value) : [];
}

/** Length of the list at `path`; 0 where there is none. */
export function lengthAt(root: unknown, path: Path): number {
  const value = valueAt(root, path);
  return Array.isArray(value) ? value.length : 0;
}

function changed(node: unknown, path: Path, change: (parent: unknown, key: string | number) => void): unknown {
  const [key, ...rest] = path;
  if (key === undefined) throw new RangeError('the root has no place to be changed at');
  const copy: unknown = Array.isArray(node) ? [...(node as unknown[])] : { ...(node as object) };
  const children = copy as Record<string | number, unknown>;
  if (rest.length === 0) change(copy, key);
  else children[key] = changed(children[key], rest, change);
  return copy;
}

/** A copy with `value` at `path`. */
export function withValue(root: unknown, path: Path, value: unknown): unknown {
  return changed(root, path, (parent, key) => {
    (parent as Record<string | number, unknown>)[key] = value;
  });
}

/** A copy without the entry at `path`. */
export function without(root: unknown, path: Path): unknown {
  return changed(root, path, (parent, key) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete (parent as Record<string | number, unknown>)[key];
  });
}

/** A copy in which the entry at `path` stands under another key. */
export function renamed(root: unknown, path: Path, name: string): unknown {
  return withValue(without(root, path), [...path.slice(0, -1), name], valueAt(root, path));
}
