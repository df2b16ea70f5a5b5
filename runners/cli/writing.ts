/** Files that a command writes line by line. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from './options.js';

/** Characters that are written at once. */
const CHUNK = 65536;

/**
 * Gives `body` a writer of lines to the file at `path`, which option `option` named; without a path lines go nowhere.
 * Throws {@link UsageError} where it cannot be opened.
 */
export async function writingLines<T>(
  path: string | undefined,
  option: string,
  body: (write: (line: string) => void) => Promise<T>,
): Promise<T> {
  if (path === undefined) return body(() => undefined);
  const file = open(path, option);
  let text = '';
  const flush = (): void => {
    writeSync(file, text);
    text = '';
  };
  try {
    return await body((line) => {
      text += `${line}\n`;
      if (text.length >= CHUNK) flush();
    });
  } finally {
    if (text !== '') flush();
    closeSync(file);
  }
}

function open(path: string, option: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as Error).message}`);
  }
}
