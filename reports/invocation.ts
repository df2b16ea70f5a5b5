/** How a person calls the command that these reports tell of. */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Start of a shell line that calls `lockstep NAME`. `at` is a file of the package: where that is installed as
 * somebody's dependency npx finds it, in a checkout npm's scripts do, which compile it first.
 */
export function invocation(name: string, at: string = import.meta.url): string {
  if (fileURLToPath(at).split(sep).includes('node_modules')) return `npx lockstep ${name}`;
  return name === 'run' ? 'npm run conformance --' : `npm run lockstep -- ${name}`;
}
