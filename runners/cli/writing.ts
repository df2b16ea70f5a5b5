/** Files that a command writes line by line. */
import { GrowingFile } from '../../reports/output-file.js';
import type { Output } from './list.js';

/** Characters that are written at once. */
const CHUNK = 65536;

/**
 * Gives `body` a writer of lines to the file at `path`, or to `otherwise` where there is no path. Throws
 * `OutputFileError` where the file cannot be opened, and once `body` has ended where it could not be written.
 */
export async function writingLines<T>(
  path: string | undefined,
  otherwise: Output,
  body: (write: (line: string) => void) => Promise<T>,
): Promise<T> {
  const file = path === undefined ? null : await GrowingFile.create(path);
  let text = '';
  const flush = (): void => {
    (file ?? otherwise).write(text);
    text = '';
  };
  try {
    return await body((line) => {
      text += `${line}\n`;
      if (text.length >= CHUNK) flush();
    });
  } finally {
    if (text !== '') flush();
    file?.close();
  }
}
