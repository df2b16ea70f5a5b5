/** The files that a command is to write, looked at before it works for them. */
import { fstatSync, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { checkNoFolder, checkOutput, OutputFileError, targetOf } from '../../reports/output-file.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { UsageError } from './options.js';

/** Paths by the names of their options. */
type Paths = Readonly<Record<string, string | undefined>>;

/** A file or folder that a command reads; `what` says it in words: `the file of --timings`. */
export interface Input {
  readonly what: string;
  readonly path: string;
}

/** A place on disk, however it was named. */
interface Place {
  readonly what: string;
  readonly path: string;
  /** Tells hard links and other spellings of one file; null where there is nothing yet. */
  readonly identity: string | null;
  readonly isFolder: boolean;
}

/** The sources that lie on this machine. */
export function sourceInputs(sources: readonly FixtureSource[]): Input[] {
  return sources.flatMap(({ name, path }) => (path === null ? [] : [{ what: `the source ${name}`, path }]));
}

/** The files that options name, where they do. */
export function optionInputs(files: Paths): Input[] {
  return Object.entries(files).flatMap(([name, path]) =>
    path === undefined ? [] : [{ what: `the file of --${name}`, path }],
  );
}

export function logInputs(files: readonly string[]): Input[] {
  return files.map((path) => ({ what: `the log ${path}`, path }));
}

/**
 * `files` are replaced as a whole. Throws {@link UsageError} where that could not be done, where one of them or of
 * `inPlace` is a folder, and where it would take the place of another, of an input, of a file in a folder that is one,
 * or of what goes to standard output. Whether those of `inPlace` can be written shows when they are opened.
 */
export async function checkOutputs(files: Paths, inputs: readonly Input[] = [], inPlace: Paths = {}): Promise<void> {
  const read = (await Promise.all(inputs.map(({ what, path }) => placeAt(what, path)))).flatMap((place) => place ?? []);
  const written: Place[] = standardOutput();
  for (const [name, path] of Object.entries({ ...files, ...inPlace })) {
    if (path === undefined) continue;
    // As an unset variable of a shell gives it; it would be taken for the working directory.
    if (path === '') throw new UsageError(`--${name}: is empty, and names no file`);
    // Where other commands mean standard output, which holds the text of this one.
    if (path === '-') throw new UsageError(`--${name} -: names a file; a file of that name is ./-`);
    const place = await outputPlace(name, path, name in files);
    // Pipes and devices hold nothing that could be lost.
    if (place === null) continue;
    const problem =
      read.flatMap((input) => clash(place, input, ', which is to be read') ?? [])[0] ??
      written.flatMap((other) => clash(place, other, ', which is to be written too') ?? [])[0];
    if (problem !== undefined) throw new UsageError(`--${name} ${path}: ${problem}`);
    written.push(place);
  }
}

function clash(output: Place, other: Place, why: string): string | null {
  const isSame = output.path === other.path || (output.identity !== null && output.identity === other.identity);
  if (isSame) return `is ${other.what}${why}`;
  const folder = other.path.endsWith(sep) ? other.path : other.path + sep;
  return other.isFolder && output.path.startsWith(folder) ? `lies in ${other.what}${why}` : null;
}

async function outputPlace(name: string, path: string, replaced: boolean): Promise<Place | null> {
  try {
    await (replaced ? checkOutput : checkNoFolder)(path);
    const target = await targetOf(path);
    if (target === null) return null;
    return (await placeAt(`the file of --${name}`, target)) ?? noneYet(`the file of --${name}`, target);
  } catch (error) {
    if (error instanceof OutputFileError) throw new UsageError(`--${name} ${error.message}`);
    throw error;
  }
}

/** Null where there is nothing that could be looked at: whoever reads or writes it says why. */
async function placeAt(what: string, path: string): Promise<Place | null> {
  try {
    const stats = await stat(path);
    return { what, path: await realpath(path), identity: identityOf(stats), isFolder: stats.isDirectory() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return null;
  }
}

function noneYet(what: string, path: string): Place {
  return { what, path, identity: null, isFolder: false };
}

/** Where the shell has sent it to a file, which a report would replace under its hands. */
function standardOutput(): Place[] {
  const stats = fstatSync(1);
  return stats.isFile()
    ? [{ what: 'where standard output goes', path: '', identity: identityOf(stats), isFolder: false }]
    : [];
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
