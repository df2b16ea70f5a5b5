/** The README's example is run as it stands, and must print what the README says. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { packageRoot } from '../support/root.js';

const run = promisify(execFile);

describe('README', () => {
  it('has an example that prints what it says', async function () {
    this.timeout(60_000);
    const text = await readFile(path.join(packageRoot, 'README.md'), 'utf8');
    const [, section] = text.split('<!-- example:');
    const code = /```js\n([\s\S]*?)```/.exec(section ?? '')?.[1];
    const printed = /```text\n([\s\S]*?)```/.exec(section ?? '')?.[1];
    expect(code, 'example').to.be.a('string');
    // Inside the package, so that `import 'lockstep'` finds the package itself.
    const folder = await mkdtemp(path.join(packageRoot, 'dist', 'example-'));
    try {
      const file = path.join(folder, 'example.mjs');
      await writeFile(file, code as string);
      const { stdout } = await run(process.execPath, [file]);
      expect(stdout).to.equal(printed);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
