/**
 * The fault build: a copy of all sources in an ignored folder, with the switches of all faults in it, compiled as the
 * package itself is. One process runs with at most one fault, which an environment variable names; workers and
 * jobs inherit it. Nothing of this is in the shipped package.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { packageOf } from '../../runners/cli/package.js';
import type { Fault } from './fault.js';
import { filesOf, PatchError, patched } from './patch.js';

/** Names the fault of a process of the fault build. */
export const FAULT_VARIABLE = 'LOCKSTEP_FAULT';

/** Folders that make up the package; `build/` and `dist/` are not among them. */
const FOLDERS = ['src', 'runners', 'reports', 'contracts', 'workloads', 'corpus', 'bench', 'test'] as const;
/** Projects of the compiler: the package, and the scripts of the report page, as `npm run build` has them. */
const PROJECTS = ['tsconfig.json', 'reports/html/client/tsconfig.json'] as const;
const FILES = ['package.json', 'tsconfig.json', 'README.md'] as const;

/** The switches. A property's name is an internalised string, so that comparing two of them compares pointers. */
const SWITCHES = `/** Which fault this process has: see test/mutants. */
const active = Object.keys({ [process.env['${FAULT_VARIABLE}'] ?? '']: 0 })[0];

export function fault(name: string): boolean {
  return name === active;
}
`;

/** The package that holds the sources. */
export function sourceRoot(): string {
  return packageOf(import.meta.url).root;
}

/** Where the fault build stands, and where its compiled modules are. */
export function buildFolder(root: string): { readonly root: string; readonly dist: string } {
  const folder = join(root, 'build', 'faults');
  return { root: folder, dist: join(folder, 'dist') };
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

function writeIfChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Copies the sources with the switches in them; what is gone from the sources goes from the copy. Answers a digest of
 * what the compiler reads.
 */
function copySources(root: string, target: string, faults: readonly Fault[]): string {
  const changed = new Set(filesOf(faults));
  const kept = new Set<string>();
  const digest = createHash('sha256');
  const take = (path: string): void => {
    const name = relative(root, path).split(sep).join('/');
    kept.add(name);
    if (!name.endsWith('.ts')) {
      cpSync(path, join(target, name), { recursive: true });
      if (name.endsWith('.json')) digest.update(`${name}\n`).update(readFileSync(path)).update('\n');
      return;
    }
    changed.delete(name);
    const text = patched(name, readFileSync(path, 'utf8'), faults);
    digest.update(`${name}\n${text}\n`);
    writeIfChanged(join(target, name), text);
  };
  for (const file of FILES) take(join(root, file));
  for (const folder of FOLDERS) for (const path of filesUnder(join(root, folder))) take(path);
  writeIfChanged(join(target, 'src', 'fault.ts'), SWITCHES);
  digest.update(SWITCHES);
  kept.add('src/fault.ts');
  for (const file of changed) throw new PatchError(namesOf(faults, file), file, 'there is no such source');
  for (const folder of FOLDERS) {
    for (const path of filesUnder(join(target, folder))) {
      if (!kept.has(relative(target, path).split(sep).join('/'))) rmSync(path);
    }
  }
  return digest.digest('hex');
}

function namesOf(faults: readonly Fault[], file: string): string {
  return faults
    .filter(({ edits }) => edits.some((edit) => edit.file === file))
    .map(({ name }) => name)
    .join(', ');
}

/**
 * Brings the fault build up to date and answers its folders. Throws {@link PatchError} where a fault's text is not
 * in the sources, Error with the compiler's words where the result does not compile.
 */
export function buildFaults(root: string, faults: readonly Fault[]): { readonly root: string; readonly dist: string } {
  const folder = buildFolder(root);
  const digest = copySources(root, folder.root, faults);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  // The compiler takes seconds to find that there is nothing to do.
  const stamp = join(folder.dist, '.compiled');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return folder;
  rmSync(stamp, { force: true });
  for (const project of PROJECTS) {
    const compiled = spawnSync(process.execPath, [compiler, '-p', join(folder.root, project)], { encoding: 'utf8' });
    if (compiled.status !== 0) {
      throw new Error(`the fault build does not compile:\n${compiled.stdout}${compiled.stderr}`);
    }
  }
  writeFileSync(stamp, digest);
  return folder;
}
