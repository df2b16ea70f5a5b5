/** Writes reports to files, all of one or nothing: a reader never meets half a report. */
import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Characters that are written at once. */
const CHUNK = 1 << 20;

/** A file that cannot be written; names it, and why. */
export class OutputFileError extends Error {
  override readonly name = 'OutputFileError';
  readonly code = 'OUTPUT_FILE';
  constructor(
    readonly path: string,
    detail: string,
  ) {
    super(`${path}: ${detail}`);
  }
}

/** Looks whether a file could be written there, and changes nothing. Throws {@link OutputFileError}. */
export async function checkOutput(path: string): Promise<void> {
  if ((await kindOf(path, path)) === 'folder') throw new OutputFileError(path, 'is a folder');
  let folder = dirname(path);
  for (;;) {
    const kind = await kindOf(folder, path);
    if (kind === 'file') throw new OutputFileError(path, `${folder} is no folder`);
    if (kind === 'folder') break;
    folder = dirname(folder);
  }
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes the pieces of a text; the folder is made where it is missing. Throws {@link OutputFileError}; no half file is left. */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await makeFolder(dirname(path));
    try {
      await writeTo(temporary, pieces);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes a value as JSON; as {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, [`${JSON.stringify(value, null, 2)}\n`]);
}

async function writeTo(path: string, pieces: Iterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    let text = '';
    for (const piece of pieces) {
      text += piece;
      if (text.length < CHUNK) continue;
      await file.write(text);
      text = '';
    }
    await file.write(text);
  } finally {
    await file.close();
  }
}

/** Folder by folder: in places such as /proc, Node's own recursive mkdir tries for ever. */
async function makeFolder(path: string): Promise<void> {
  if ((await kindOf(path, path)) !== null) return;
  await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What stands at `at`; null where there is nothing. Links are followed. */
async function kindOf(at: string, path: string): Promise<'folder' | 'file' | null> {
  try {
    return (await stat(at)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // What is no answer of the system is an error of the program.
  if (code === undefined || syscall === undefined) return error;
  return new OutputFileError(path, `cannot be written (${code})`);
}
