/** Programs in README and docs are run as they stand, and must print what is said there. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { exampleIn, STRICT_PROJECT, typeScriptIn } from '../support/examples.js';
import { packageRoot } from '../support/root.js';

const run = promisify(execFile);

/** Inside the package, so that `import 'lockstep'` finds the package itself. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(packageRoot, 'dist', 'example-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('examples', () => {
  it('of the README prints what it says', async function () {
    this.timeout(60_000);
    const { code, printed } = await exampleIn('README.md');
    await inFolder(async (folder) => {
      const file = path.join(folder, 'example.mjs');
      await writeFile(file, code);
      expect((await run(process.execPath, [file])).stdout).to.equal(printed);
    });
  });

  it('of docs/embedding.md has no error of type and prints what it says', async function () {
    this.timeout(120_000);
    const { printed } = await exampleIn('docs/embedding.md');
    const blocks = await typeScriptIn('docs/embedding.md');
    expect(blocks).to.have.length(2);
    await inFolder(async (folder) => {
      // `npm run pack:check` looks into the declarations too.
      const project = { compilerOptions: { ...STRICT_PROJECT.compilerOptions, skipLibCheck: true } };
      await Promise.all(blocks.map((code, i) => writeFile(path.join(folder, `example-${i}.ts`), code)));
      await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(project));
      const compiler = path.join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      const { stdout: complaints } = await run(process.execPath, [compiler, '-p', folder]).catch(
        (error: { stdout: string }) => error,
      );
      expect(complaints).to.equal('');
      expect((await run(process.execPath, [path.join(folder, 'example-0.js')])).stdout).to.equal(printed);
    });
  });
});
