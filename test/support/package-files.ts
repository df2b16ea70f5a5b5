/** What the package holds: no more than its commands and its users need. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from './root.js';

const run = promisify(execFile);

export interface Packed {
  readonly filename: string;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

/** `npm pack` into `folder`, without a build. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: packageRoot, maxBuffer: 64 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { filename: packed.filename, files: packed.files.map(({ path }) => path) };
}

/** What publint has to say about a tarball, suggestions included; empty where that is nothing. */
export async function lint(tarball: string): Promise<string> {
  const publint = join(packageRoot, 'node_modules', '.bin', 'publint');
  const { stdout, stderr } = await run(publint, ['run', tarball, '--strict'], {
    env: { ...process.env, NO_COLOR: '1' },
  }).catch((error: { code: unknown; stdout: string; stderr: string }) => {
    // Any other code says that it could not be run.
    if (error.code !== 1) throw error;
    return error;
  });
  return /^All good!$/m.test(stdout) ? '' : `${stdout}${stderr}`;
}

/** All that may be in it. */
const ALLOWED: readonly RegExp[] = [
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^dist\/(?:src|runners|reports)\/.*\.js$/,
  /^dist\/src\/.*\.d\.ts$/,
  /^corpus\/(?:fixtures|filled)\/\w+\.json\.gz$/,
  /^reports\/schema\/[a-z]+-v\d+\.schema\.json$/,
  /^runners\/expectations\/(?:expectations|expected-counts)\.json$/,
];

/** Makers of committed files: they need what is not in the package. */
const MAKERS = /^dist\/src\/vm\/core\/(?:build|compile|generate)\./;

/** What must be in it. */
function needed(): string[] {
  const corpus = ['corpus/fixtures', 'corpus/filled'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder)).map((name) => `${folder}/${name}`),
  );
  const page = readdirSync(join(packageRoot, 'reports', 'html', 'client'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `dist/reports/html/client/${name.replace(/ts$/, 'js')}`);
  return [
    'package.json',
    'README.md',
    'LICENSE',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/executor/worker-entry.js',
    'dist/src/vm/core/wasm.js',
    'dist/runners/cli/main.js',
    'dist/runners/job/main.js',
    'reports/schema/report-v1.schema.json',
    'reports/schema/config-v1.schema.json',
    'runners/expectations/expectations.json',
    'runners/expectations/expected-counts.json',
    ...corpus,
    ...page,
  ];
}

/** Packages that a compiled file imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(packageRoot, file), 'utf8');
  const names = text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^.'][^']*)';$|\bimport\('([^.'][^']*)'\)/gm);
  return [...names]
    .map(([, fixed, dynamic]) => fixed ?? (dynamic as string))
    .filter((name) => !name.startsWith('node:'))
    .map((name) => (name.startsWith('@') ? name.split('/').slice(0, 2) : name.split('/').slice(0, 1)).join('/'));
}

/** A line for whatever is wrong with the files of the package. */
export function faultsOf(files: readonly string[]): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const scripts = files.filter((file) => file.endsWith('.js'));
  const imported = new Set(scripts.flatMap(importsOf));
  const sourceOf = (file: string): string => file.replace(/^dist\//, '').replace(/(?:\.d\.ts|\.js)$/, '.ts');
  return [
    ...needed()
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is missing`),
    ...files
      .filter((file) => MAKERS.test(file) || !ALLOWED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} is not needed`),
    ...files
      .filter((file) => file.startsWith('dist/') && !existsSync(join(packageRoot, sourceOf(file))))
      .map((file) => `${file} has no source any more: remove dist and build again`),
    ...[...imported]
      .filter((name) => dependencies[name] === undefined)
      .map((name) => `${name} is imported and no dependency`),
    ...Object.keys(dependencies)
      .filter((name) => !imported.has(name))
      .map((name) => `${name} is a dependency and never imported`),
  ];
}
