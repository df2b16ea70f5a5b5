/** Faults of the two files of this folder, and how their JSON is read. */
import { readFile } from 'node:fs/promises';
import { whyUnreadable } from '../events/unreadable.js';
import { duplicateKey } from '../fixtures/duplicate-keys.js';

/** An expectations or counts file that cannot be used; names the file, the entry and the field. */
export class ExpectationFileError extends Error {
  override readonly name = 'ExpectationFileError';
  readonly code = 'EXPECTATION_FILE';
  constructor(
    readonly file: string,
    /** Path of the value at fault, `entries[2].proof.eip`; null where the whole file is. */
    readonly field: string | null,
    readonly detail: string,
  ) {
    super(`${file}${field === null ? '' : `: ${field}`}: ${detail}`);
  }
}

/**
 * Parsed JSON of `file`; throws {@link ExpectationFileError} where it cannot be read, is no JSON, or says something twice,
 * of which the last would count.
 */
export async function readJson(file: string): Promise<JsonValue> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ExpectationFileError(file, null, whyUnreadable(error));
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ExpectationFileError(file, null, `malformed JSON: ${error.message}`);
  }
  const root = new JsonValue(file, '', content);
  const duplicate = duplicateKey(text, content);
  if (duplicate === null) return root;
  throw duplicate.path.reduce((above, step) => above.at(step), root).error('stands twice in its object');
}

/** A value and where it stands; every reader throws {@link ExpectationFileError} where the value is another. */
export class JsonValue {
  constructor(
    private readonly file: string,
    private readonly path: string,
    readonly value: unknown,
  ) {}

  error(detail: string): ExpectationFileError {
    return new ExpectationFileError(this.file, this.path === '' ? null : this.path, detail);
  }

  /** The fields of an object that has all of `required` and nothing but these and `optional`. */
  fields<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): Record<R, JsonValue> & Partial<Record<O, JsonValue>> {
    const entries = new Map(this.entries());
    const known = new Set<string>([...required, ...optional]);
    for (const [name, child] of entries) {
      if (!known.has(name)) throw child.error(`no such field; there are ${[...known].join(', ')}`);
    }
    for (const name of required) if (!entries.has(name)) throw this.at(name).error('is missing');
    return Object.fromEntries(entries) as Record<R, JsonValue> & Partial<Record<O, JsonValue>>;
  }

  entries(): [string, JsonValue][] {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.error('is no object');
    return Object.entries(value).map(([name, child]) => [name, this.child(keyed(name), child)]);
  }

  items(): JsonValue[] {
    if (!Array.isArray(this.value)) throw this.error('is no list');
    return this.value.map((item, index) => this.child(`[${index}]`, item));
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value.trim() === '') throw this.error('is no text');
    return this.value;
  }

  matching(expression: RegExp, what: string): string {
    const text = this.text();
    if (!expression.test(text)) throw this.error(`"${text}" is no ${what}`);
    return text;
  }

  oneOf<T extends string | number>(values: readonly T[]): T {
    const found = values.find((value) => value === this.value);
    if (found === undefined) throw this.error(`${JSON.stringify(this.value)} is none of ${values.join(', ')}`);
    return found;
  }

  /** A whole number from 1 on. */
  count(): number {
    if (!Number.isSafeInteger(this.value) || (this.value as number) < 1)
      throw this.error('is no positive whole number');
    return this.value as number;
  }

  /** The place of `step`, without a value, for errors about it. */
  at(step: string | number): JsonValue {
    return this.child(typeof step === 'number' ? `[${step}]` : keyed(step), undefined);
  }

  private child(step: string, value: unknown): JsonValue {
    return new JsonValue(this.file, `${this.path}${step}`.replace(/^\./, ''), value);
  }
}

function keyed(name: string): string {
  return /^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
