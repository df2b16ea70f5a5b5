/** The AssemblyScript compiler with this machine's settings. A development tool: the product never runs it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is used of the compiler's interface. */
interface Compiler {
  main(
    args: readonly string[],
    host: {
      readFile(file: string): string | null;
      writeFile(file: string, contents: Uint8Array | string): void;
      listFiles(folder: string): string[];
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

// The name is kept from the type checker: the package's declarations redeclare globals such as
// `console` as AssemblyScript has them, for the whole program.
const compiler: string = 'assemblyscript/asc';
const { main } = (await import(compiler)) as Compiler;

/** The sources were refused. `diagnostics` is the compiler's own text. */
export class CoreCompileError extends Error {
  override readonly name = 'CoreCompileError';
  readonly code = 'CORE_COMPILE';
  constructor(
    readonly entry: string,
    readonly diagnostics: string,
  ) {
    super(`cannot compile ${entry}:\n${diagnostics}`);
  }
}

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json'))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error('no package.json above this file');
  return findRoot(parent);
}

/** Folder of the package: sources are read from the checkout, wherever this file was compiled to. */
export const packageRoot = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** Folder of the AssemblyScript sources, relative to the package and with forward slashes. */
export const ASSEMBLY = 'src/vm/core/assembly';

/**
 * Options of every build: full optimisation, no runtime that the sources could allocate from, memory
 * from the host, and neither names nor a source map, so that equal sources make equal bytes.
 */
const OPTIONS = [
  ...['-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--noExportMemory'],
  ...['--enable', 'simd,bulk-memory', '--noColors'],
];

/**
 * Compiles the module that begins at `entry`, a path below the package. `virtual` holds sources, by
 * path below the package, that take the place of files or exist nowhere else. `more` are further options.
 *
 * @throws {CoreCompileError} where the compiler refuses the sources
 */
export async function compileCore(
  entry: string,
  virtual: ReadonlyMap<string, string>,
  more: readonly string[] = [],
): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main(
    [entry, '--baseDir', packageRoot, '--outFile', 'core.wasm', ...OPTIONS, ...more],
    {
      readFile: (file) => {
        const source = virtual.get(file.replaceAll('\\', '/'));
        if (source !== undefined) return source;
        // The compiler tries several paths for one import: null is how it learns that this is not the one.
        const at = path.resolve(packageRoot, file);
        return existsSync(at) ? readFileSync(at, 'utf8') : null;
      },
      writeFile: (_file, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    throw new CoreCompileError(entry, stderr.toString() || String(error));
  }
  return binary;
}
