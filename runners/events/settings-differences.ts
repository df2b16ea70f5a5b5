/** Whether two runs were asked for the same. */
import type { RunSettings } from './events.js';

/**
 * Where two runs were not asked for the same, one line each: `threads: 1,2 in A, 1,2,4 in B`. The number of jobs
 * changes no outcome and is left out, as are the file that an option comes from and the paths in `except`.
 */
export function differencesOf(
  a: { readonly name: string; readonly settings: RunSettings },
  b: { readonly name: string; readonly settings: RunSettings },
  except: readonly string[] = [],
): string[] {
  const [x, y] = [flat(a.settings), flat(b.settings)];
  const left = new Set(['jobs', ...except]);
  return [...new Set([...x.keys(), ...y.keys()])]
    .filter((path) => !left.has(path) && !path.startsWith('origins.') && x.get(path) !== y.get(path))
    .map((path) => `${path}: ${x.get(path) ?? absent(path)} in ${a.name}, ${y.get(path) ?? absent(path)} in ${b.name}`);
}

/** What it means that a setting is not there. */
function absent(path: string): string {
  return path === 'forks' ? 'all' : 'none';
}

function flat(value: object, prefix = ''): Map<string, string> {
  const paths = new Map<string, string>();
  for (const [name, child] of Object.entries(value)) {
    if (typeof child === 'object' && child !== null && !Array.isArray(child)) {
      for (const [path, text] of flat(child, `${prefix}${name}.`)) paths.set(path, text);
    } else if (child !== null) paths.set(prefix + name, String(child));
  }
  return paths;
}
