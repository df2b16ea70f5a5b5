/** `lockstep doctor`: whether this machine has what a run needs, and what to do where it has not. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import { printable } from '../../reports/printable.js';
import {
  type Check,
  type CheckState,
  checkCores,
  checkEngine,
  checkGit,
  checkMeasure,
  checkMemory,
  checkNode,
  checkSharedMemory,
} from '../doctor/checks.js';
import { checkSource, checkSubmodule } from '../doctor/fixtures.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { corpusSource, SourceError } from '../fixtures/sources.js';
import { readExpected } from './expected.js';
import type { Output } from './list.js';
import { openNamed } from './sources.js';

export interface DoctorOptions {
  /** False after `--no-color`. */
  readonly color: boolean;
}

const SIGNS: Readonly<Record<CheckState, string>> = { good: '✔', poor: '!', bad: '✖' };

/** Looks at the machine, and at `specs` besides the default fixtures; answers the exit code. Throws `UsageError`. */
export async function doctor(
  root: string,
  specs: readonly string[],
  { color }: DoctorOptions,
  out: Output,
): Promise<ExitCode> {
  const colors = pc.createColors(color && pc.isColorSupported);
  const paint = { good: colors.green, poor: colors.yellow, bad: colors.red };
  let [bad, poor] = [0, 0];
  for await (const { subject, state, found, advice } of checks(root, specs)) {
    if (state === 'bad') bad++;
    if (state === 'poor') poor++;
    out.write(`${paint[state](SIGNS[state])} ${colors.bold(printable(subject))}  ${printable(found)}\n`);
    if (advice !== null) out.write(`    ${advice}\n`);
  }
  const verdict = bad > 0 ? 'runs will fail' : poor > 0 ? 'runs will work' : 'all is well';
  out.write(`\n${verdict}\n`);
  return bad > 0 ? EXIT.infrastructure : EXIT.expected;
}

async function* checks(root: string, specs: readonly string[]): AsyncGenerator<Check> {
  yield checkNode(process.version, leastNode(root));
  yield checkCores();
  yield checkMemory();
  yield checkSharedMemory();
  yield await checkEngine();
  yield checkMeasure();
  yield await checkGit();
  const { counts } = await readExpected(root, {});
  try {
    yield await checkSource(await corpusSource(root), counts);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const advice = 'it comes with the package: install it again';
    yield { subject: 'embedded corpus', state: 'bad', found: error.message, advice };
  }
  yield await checkSubmodule(root);
  for (const spec of specs) yield await checkSource(await openNamed(root, spec), counts);
}

/** `20.19`, as package.json asks for it. */
function leastNode(root: string): string {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
  return engines.node.replace(/^>=/, '');
}
