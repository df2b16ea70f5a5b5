import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json'))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error('no package.json above this file');
  return findRoot(parent);
}

/** Folder of the package, wherever the tests were compiled to. */
export const packageRoot = findRoot(path.dirname(fileURLToPath(import.meta.url)));
