/**
 * Compiles the contracts and writes `artifacts.json`, or checks that the committed file is what the sources give.
 *
 *   node dist/contracts/build.js [--check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { artifactsFile } from './artifacts.js';
import { compileContracts } from './compile.js';
import { contractsFolder } from './folder.js';

function main(): number {
  const program = new Command('build:contracts')
    .description('Compiles contracts/*.sol with solc to contracts/artifacts.json.')
    .option('--check', 'compare with the committed file instead of writing it; exit code 1 where it differs')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const made = compileContracts(contractsFolder());
  const text = `${JSON.stringify(made, null, 1)}\n`;
  const count = Object.keys(made.contracts).length;
  if (program.opts<{ check?: true }>().check !== true) {
    writeFileSync(artifactsFile(), text);
    console.log(`${count} contracts compiled with solc ${made.compiler}`);
    return 0;
  }
  const committed = existsSync(artifactsFile()) ? readFileSync(artifactsFile(), 'utf8') : '';
  if (committed !== text) {
    console.error('contracts/artifacts.json is not what the sources give; run npm run build:contracts');
    return 1;
  }
  console.log(`contracts: ${count} artifacts, all as solc ${made.compiler} makes them`);
  return 0;
}

process.exitCode = main();
