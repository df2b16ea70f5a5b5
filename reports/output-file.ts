/**
 * Writes reports to files, all of one or nothing: a reader never meets half a report. Only a text that grows for as long
 * as a command works is written in place.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  access,
  appendFile,
  constants,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

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
  await checkNoFolder(path);
  const target = await targetOf(path);
  if (target === null) return checkWritable(path, path);
  let folder = dirname(target);
  for (;;) {
    const kind = await kindOf(folder, path);
    if (kind === 'file') throw new OutputFileError(path, `${folder} is no folder`);
    if (kind === 'folder') break;
    folder = dirname(folder);
  }
  await checkWritable(folder, path);
}

/** Throws {@link OutputFileError} where a folder stands. */
export async function checkNoFolder(path: string): Promise<void> {
  if ((await kindOf(path, path)) === 'folder') throw new OutputFileError(path, 'is a folder');
}

async function checkWritable(at: string, path: string): Promise<void> {
  try {
    await access(at, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * The file that writing to `path` makes or replaces, without symbolic links; null where `path` is written in place: a
 * pipe, a device, an open file that has no name any more. Throws {@link OutputFileError}.
 */
export async function targetOf(path: string): Promise<string | null> {
  try {
    return await resolved(path);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes the pieces of a text; the folder is made where it is missing. A file is replaced as a whole and never left
 * half written; a pipe or a device gets the text piece by piece. Throws {@link OutputFileError}.
 */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  try {
    const target = await resolved(path);
    if (target === null) await writeTo(path, pieces);
    else await replace(target, pieces);
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function replace(target: string, pieces: Iterable<string>): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  await makeFolder(dirname(target));
  try {
    await writeTo(temporary, pieces);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A file whose text comes bit by bit: whatever ends the command leaves what came before. */
export class GrowingFile {
  #failure: unknown = null;

  private constructor(
    readonly path: string,
    private readonly file: number,
  ) {}

  /** Begins the file anew, in place; the folder is made where it is missing. Throws {@link OutputFileError}. */
  static async create(path: string): Promise<GrowingFile> {
    try {
      const target = await resolved(path);
      if (target !== null) await makeFolder(dirname(target));
      return new GrowingFile(path, openSync(target ?? path, 'w'));
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** A full disk must not end what is written about: that goes on, and {@link close} says that the file is not whole. */
  write(text: string): void {
    if (this.#failure !== null) return;
    const bytes = Buffer.from(text);
    this.#guarded(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    });
  }

  /** Throws {@link OutputFileError} where something could not be written; the file then holds what came before. */
  close(): void {
    this.#guarded(() => closeSync(this.file));
    if (this.#failure !== null) throw this.#failure;
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failure ??= unwritable(this.path, error);
    }
  }
}

/** Adds to the end of a file, of which `what` says in the error what it is. Throws {@link OutputFileError}. */
export async function appendText(path: string, text: string, what: string): Promise<void> {
  try {
    await appendFile(path, text);
  } catch (error) {
    throw unwritable(path, error, `${what} `);
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
      await file.writeFile(text);
      text = '';
    }
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function resolved(path: string): Promise<string | null> {
  const stats = await unlessMissing(stat(path));
  // What has no name, as an open file that was removed, has no real path either.
  if (stats !== null) return stats.isFile() ? unlessMissing(realpath(path)) : null;
  const leads = await linkAt(path);
  if (leads !== null) return resolved(resolve(await realpath(dirname(path)), leads));
  return join(await realFolder(dirname(path)), basename(path));
}

/** Where a link leads whose end is missing; null where there is no link. */
async function linkAt(path: string): Promise<string | null> {
  const stats = await unlessMissing(lstat(path));
  return stats?.isSymbolicLink() === true ? readlink(path) : null;
}

/** As `realpath`, for folders that are still to be made too. */
async function realFolder(path: string): Promise<string> {
  return (await unlessMissing(realpath(path))) ?? join(await realFolder(dirname(path)), basename(path));
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
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
    const stats = await unlessMissing(stat(at));
    if (stats === null) return null;
    return stats.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown, what = ''): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // What is no answer of the system is an error of the program.
  if (code === undefined || syscall === undefined) return error;
  return new OutputFileError(path, `${what}cannot be written (${code})`);
}
