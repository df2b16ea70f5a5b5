/** The package this code belongs to. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder and version: the nearest `package.json` upwards, from `dist/` as from an installed package. */
export function packageOf(url: string): { readonly root: string; readonly version: string } {
  let root = dirname(fileURLToPath(url));
  while (!existsSync(join(root, 'package.json'))) {
    const parent = dirname(root);
    if (parent === root) throw new Error(`no package.json above ${fileURLToPath(url)}`);
    root = parent;
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version?: string };
  return { root, version: version ?? '0.0.0' };
}
