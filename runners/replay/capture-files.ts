/** The files of a captured block: read back before they are written, and written all or not at all. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FixtureEntry, FixtureSource } from '../fixtures/sources.js';
import { CaptureError } from './capture-error.js';

export interface CaptureFiles {
  readonly number: bigint;
  /** Contents of `block.json`, `pre_state.json` and, where proved, `witness.json`. */
  readonly block: unknown;
  readonly preState: unknown;
  readonly witness: unknown;
  /** What is added to `codes.json` and `block_hashes.json`. */
  readonly codes: Readonly<Record<string, string>>;
  readonly blockHashes: Readonly<Record<string, string>>;
}

function blockTexts({ block, preState, witness }: CaptureFiles): [name: string, text: string][] {
  return [
    ['block.json', toText(block)],
    ['pre_state.json', toText(preState)],
    ...(witness === null ? [] : [['witness.json', toText(witness)] as [string, string]]),
  ];
}

function toText(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** The files as a source, so that they are read by what will read them from disk. */
export function captureSource(name: string, files: CaptureFiles): FixtureSource {
  const entries: [string, string][] = [
    ['codes.json', toText(files.codes)],
    ['block_hashes.json', toText(files.blockHashes)],
    ...blockTexts(files).map(([file, text]): [string, string] => [`blocks/${files.number}/${file}`, text]),
  ];
  return {
    name,
    kind: 'folder',
    path: null,
    progress: () => ({ read: 0, total: null }),
    ignored: () => 0,
    digest: async () => null,
    companion: async () => null,
    async *[Symbol.asyncIterator](): AsyncGenerator<FixtureEntry> {
      for (const [file, text] of entries) {
        const bytes = async (): Promise<Uint8Array> => Buffer.from(text);
        yield { file, size: text.length, bytes, text: async () => text };
      }
    },
  };
}

export function blockFolder(out: string, number: bigint): string {
  return join(out, 'blocks', String(number));
}

/** Throws {@link CaptureError} where the folder holds the block already. */
export function requireNew(out: string, number: bigint): void {
  const folder = blockFolder(out, number);
  if (!existsSync(folder)) return;
  throw new CaptureError('EXISTS', `${folder} is there already; remove it, or name another folder with --out`);
}

async function existing(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('no JSON object');
  return content as Record<string, unknown>;
}

/**
 * Writes the block into folder `out`, which is made where it is missing; codes and hashes join those
 * that are there. The block's folder comes last and in one piece, so that whatever is found in `out` is
 * whole. Throws {@link CaptureError}.
 */
export async function writeCapture(out: string, files: CaptureFiles): Promise<void> {
  const folder = blockFolder(out, files.number);
  const suffix = `${process.pid}.tmp`;
  const temporary = join(out, 'blocks', `.${files.number}.${suffix}`);
  const shared: [file: string, added: Readonly<Record<string, string>>][] = [
    [join(out, 'codes.json'), files.codes],
    [join(out, 'block_hashes.json'), files.blockHashes],
  ];
  try {
    await mkdir(temporary, { recursive: true });
    for (const [name, text] of blockTexts(files)) await writeFile(join(temporary, name), text);
    for (const [file, added] of shared) {
      const content = { ...(await guarded(file, () => existing(file))), ...added };
      await writeFile(`${file}.${suffix}`, toText(content));
    }
    for (const [file] of shared) await rename(`${file}.${suffix}`, file);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    for (const [file] of shared) await rm(`${file}.${suffix}`, { force: true });
    if (error instanceof CaptureError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // What is no answer of the system is an error of the program.
    if (code === undefined) throw error;
    throw new CaptureError('FOLDER', `${out}: cannot be written (${code})`);
  }
}

async function guarded<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CaptureError('FOLDER', `${file} cannot be read: ${(error as Error).message}`);
  }
}
