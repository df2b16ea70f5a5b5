/** Where this folder's sources and artifacts lie, seen from the compiled module. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the package: the nearest with a `package.json`. Throws where the module stands in no package. */
export function packageFolder(): string {
  for (let at = path.dirname(fileURLToPath(import.meta.url)); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'package.json'))) return at;
    if (path.dirname(at) === at) throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}`);
  }
}

/** Folder of the Solidity sources in the package. */
export function contractsFolder(): string {
  return path.join(packageFolder(), 'contracts');
}
