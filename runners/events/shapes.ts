/** Checks of parsed JSON against the type that it is to have. Fast enough for logs of half a million lines. */

/** What is wrong with a value, and where in it. */
export interface Fault {
  /** Path of the value at fault, innermost step last; empty where it is the value itself. */
  readonly path: string[];
  readonly detail: string;
}

/** Null where the value is as it must be. */
export type Check = (value: unknown) => Fault | null;

function fault(detail: string): Fault {
  return { path: [], detail };
}

function within(step: string, found: Fault | null): Fault | null {
  found?.path.unshift(step);
  return found;
}

export const text: Check = (value) => (typeof value === 'string' ? null : fault('is no text'));
export const flag: Check = (value) => (typeof value === 'boolean' ? null : fault('is neither true nor false'));
/** A number from 0 on. */
export const amount: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? null : fault('is no number from 0 on');
/** A whole number from 0 on. */
export const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : fault('is no whole number from 0 on');

export function oneOf(values: readonly (string | number)[]): Check {
  const known = new Set<unknown>(values);
  return (value) => (known.has(value) ? null : fault(`${JSON.stringify(value)} is none of ${values.join(', ')}`));
}

export function orNull(check: Check): Check {
  return (value) => (value === null ? null : check(value));
}

export function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return fault('is no list');
    for (const [index, item] of value.entries()) {
      const found = check(item);
      if (found !== null) return within(`[${index}]`, found);
    }
    return null;
  };
}

/** An object whose fields, whatever their names, are all alike. */
export function recordOf(check: Check): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault('is no object');
    for (const [name, child] of Object.entries(value)) {
      const found = check(child);
      if (found !== null) return within(`[${JSON.stringify(name)}]`, found);
    }
    return null;
  };
}

/**
 * An object with a field for each of `checks`; those in `optional` may be left out. Further fields are let pass:
 * later versions of a format may add some.
 */
export function shape<T>(
  checks: { readonly [K in keyof Required<T>]: Check },
  optional: readonly (keyof T & string)[] = [],
): Check {
  const fields = Object.entries<Check>(checks).map(([name, check]) => ({ name, check }));
  const mayLack = new Set<string>(optional);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault('is no object');
    for (const { name, check } of fields) {
      const child = (value as Record<string, unknown>)[name];
      if (child === undefined) {
        if (mayLack.has(name)) continue;
        return within(name, fault('is missing'));
      }
      const found = check(child);
      if (found !== null) return within(name, found);
    }
    return null;
  };
}

/** `result.differences[2].what`. */
export function pathOf({ path }: Fault): string {
  return path.join('.').replaceAll('.[', '[');
}
