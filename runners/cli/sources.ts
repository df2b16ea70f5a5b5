/** The sources that a run reads: those asked for, or the embedded corpus and the official suites. */
import { realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { isWalked } from '../fixtures/source-folder.js';
import {
  CORPUS_NAMES,
  corpusSource,
  embeddedSource,
  type FixtureSource,
  filledCorpusSource,
  filteredSource,
  openSource,
  SourceError,
} from '../fixtures/sources.js';
import { ensureSubmodule } from '../fixtures/submodule.js';
import type { RunOptions, SelectionOptions } from './options.js';
import { UsageError } from './options.js';

export interface FoundSources {
  readonly sources: readonly FixtureSource[];
  /** One line for each default source that is not there. */
  readonly notes: readonly string[];
}

/**
 * Opens the sources. Throws {@link UsageError} where one that was asked for does not exist, or where
 * there is nothing to run at all. `root` is the package's folder.
 */
export async function findSources(
  root: string,
  options: SelectionOptions,
  onProgress: (line: string) => void,
): Promise<FoundSources> {
  if (options.fixtures !== undefined) {
    if (options.corpus !== undefined) {
      throw new UsageError('--corpus is about a run of the embedded corpus; it does not go with --fixtures');
    }
    if (options.legacy === true) {
      throw new UsageError('--legacy is about the default suites; it does not go with --fixtures');
    }
    return { sources: await openAll(root, options.fixtures, options.offline === true), notes: [] };
  }
  const sources: FixtureSource[] = [];
  const notes: string[] = [];
  try {
    sources.push(await corpusSource(root));
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    notes.push(`corpus left out: ${error.message}`);
  }
  if (options.corpus === 'full') sources.push(await filledCorpus(root));
  const legacy = options.legacy === true;
  const found = await ensureSubmodule(root, { offline: options.offline === true, legacy, onProgress });
  if (found.available) sources.push(await openSource(found.path, { name: shortest(found.path) }));
  else notes.push(`official suites left out: ${found.reason}`);
  if (sources.length === 0)
    throw new UsageError(`${notes.join('\n')}\nNothing to run: name fixtures with --fixtures PATH.`);
  return { sources: sources.map((source) => (legacy ? source : withoutLegacy(source))), notes };
}

async function filledCorpus(root: string): Promise<FixtureSource> {
  try {
    return await filledCorpusSource(root);
  } catch (error) {
    if (error instanceof SourceError) throw new UsageError(`--corpus full: ${error.message}`);
    throw error;
  }
}

/** The sources of `--fuse-from`, beside `others`. Throws {@link UsageError}. */
export async function fusedSources(
  root: string,
  { fuseFrom = [], offline }: RunOptions,
  others: readonly FixtureSource[],
): Promise<readonly FixtureSource[]> {
  const sources = await openAll(root, fuseFrom, offline === true);
  const taken = new Set(await Promise.all(others.map(placeOf)));
  for (const source of sources) {
    const { name } = source;
    if (taken.has(await placeOf(source)))
      throw new UsageError(
        `--fuse-from ${name}: fused blocks are run in place of the cases of a source, not beside them`,
      );
  }
  return sources;
}

/** The sources that a self-test names, or the embedded corpus. Throws {@link UsageError}. */
export async function selfTestSources(
  root: string,
  specs: readonly string[],
  offline: boolean,
): Promise<readonly FixtureSource[]> {
  if (specs.length > 0) return openAll(root, specs, offline);
  return [await found(corpusSource(root))];
}

async function openAll(root: string, specs: readonly string[], offline: boolean): Promise<readonly FixtureSource[]> {
  const sources = await Promise.all(specs.map((spec) => open(root, spec, offline)));
  await expectDistinct(sources);
  return sources;
}

/**
 * Throws {@link UsageError} where two of the sources are one, or one is part of another, by whatever names: cases would
 * be counted twice.
 */
export async function expectDistinct(sources: readonly FixtureSource[]): Promise<void> {
  const places = new Map<string, FixtureSource>();
  for (const source of sources) {
    const { name } = source;
    const place = await placeOf(source);
    const before = places.get(place)?.name;
    if (before === name) throw new UsageError(`${name}: this source is named twice`);
    if (before !== undefined) throw new UsageError(`${name}: this source is named twice, as ${before} too`);
    places.set(place, source);
  }
  for (const [place, { kind, name }] of places) {
    if (kind !== 'folder') continue;
    const around = foldersAbove(place).find((folder) => places.has(folder) && isWalked(relative(folder, place)));
    if (around === undefined) continue;
    throw new UsageError(`${name}: this source is part of ${places.get(around)?.name}, which is named too`);
  }
}

/** Nearest first. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let [at, up] = [path, dirname(path)]; up !== at; [at, up] = [up, dirname(up)]) folders.push(up);
  return folders;
}

/** The same for all names of a source. */
async function placeOf({ name, path }: FixtureSource): Promise<string> {
  return path === null ? name : realpath(path);
}

async function open(root: string, spec: string, offline: boolean): Promise<FixtureSource> {
  if (offline && /^https?:\/\//i.test(spec)) throw new UsageError(`${spec}: --offline forbids fetching it`);
  return openNamed(root, spec);
}

/**
 * Opens a source that the command line names: a path, a URL, or one of {@link CORPUS_NAMES}, so that the name that a
 * report gives to a source opens it again. Throws {@link UsageError} where there is none.
 */
export async function openNamed(root: string, spec: string): Promise<FixtureSource> {
  const part = CORPUS_NAMES.find((name) => name === spec);
  if (part !== undefined) return found(embeddedSource(root, part));
  if (spec.startsWith('corpus:'))
    throw new UsageError(`${spec}: the embedded corpus has no such part; there are ${CORPUS_NAMES.join(' and ')}`);
  return openPath(spec);
}

/** Opens a source that the command line names by path or URL. Throws {@link UsageError} where there is none. */
export async function openPath(spec: string): Promise<FixtureSource> {
  // As an unset variable of a shell gives it.
  if (spec === '') throw new UsageError('the name of a source is empty: name a folder, a file or a URL');
  return found(openSource(spec));
}

async function found(source: Promise<FixtureSource>): Promise<FixtureSource> {
  try {
    return await source;
  } catch (error) {
    if (error instanceof SourceError) throw new UsageError(error.message);
    throw error;
  }
}

/** As one would type it: relative to the working directory where that is shorter. */
export function shortest(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== '' && short.length < path.length ? short : path;
}

/** The default suites without the older forks' generations inside them, which `--legacy` asks for. */
function withoutLegacy(source: FixtureSource): FixtureSource {
  return filteredSource(source, (file) => !file.startsWith('LegacyTests/'));
}
