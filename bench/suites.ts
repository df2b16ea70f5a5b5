/**
 * `npm run bench -- suites`: the suites' own work beside @ethereumjs/vm in one process: a sample of state
 * tests against `runTx`, and real blocks against `runBlock`. Both sides must agree with the fixture.
 */
import { writeFile } from 'node:fs/promises';
import { openSource } from '../runners/fixtures/sources.js';
import { machine, machineLine } from './report.js';
import { benchBlocks } from './suites-blocks.js';
import { BLOCK_METHOD, blockLines, STATE_METHOD, stateLines } from './suites-report.js';
import { benchStateCases } from './suites-state.js';

export interface SuitesOptions {
  readonly fixtures: readonly string[];
  readonly cases: number;
  readonly forks?: readonly string[];
  readonly blocks?: string;
  readonly blockCount: number;
  readonly seed: string;
  readonly rounds: number;
  readonly warmUp: number;
  readonly batch: number;
  readonly json?: string;
}

/** Throws `SourceError` and `FixtureError`, and where our own side differs from a fixture. */
export async function benchSuites(options: SuitesOptions): Promise<void> {
  const { rounds, warmUp, batch, seed, json } = options;
  const described = machine();
  const onProgress = (line: string): void => console.error(line);
  console.log(machineLine(described));
  console.log(
    `Processor time of the whole process; ${rounds} rounds; seed "${seed}". ` +
      'Median, in brackets the least and the greatest of the rounds. Ratio: their time over ours.',
  );
  const report: Record<string, unknown> = { bench: 'suites', machine: described, rounds, seed, warmUp, batch };
  if (options.fixtures.length > 0) {
    const sources = await Promise.all(options.fixtures.map((spec) => openSource(spec)));
    const forks = options.forks ?? null;
    const state = await benchStateCases({
      sources,
      cases: options.cases,
      seed,
      warmUp,
      rounds,
      batch,
      forks,
      onProgress,
    });
    report.state = state;
    console.log('\n### State tests\n');
    console.log(
      `${state.measured.length} of ${state.drawn} cases drawn from ${state.found}${forks === null ? '' : ` of ${forks.join(', ')}`}, evenly over suites and forks. ` +
        `${warmUp} passes of warm-up, then rounds in which the sides take turns after every ${batch} cases.\n`,
    );
    console.log(`${STATE_METHOD.join('\n')}\n\n${stateLines(state).join('\n')}`);
  }
  if (options.blocks !== undefined) {
    const source = await openSource(options.blocks);
    const found = await benchBlocks({ source, count: options.blockCount, seed, rounds, onProgress });
    report.blocks = found;
    console.log('\n### Real blocks\n');
    console.log(`${BLOCK_METHOD.join('\n')}\n\n${blockLines(found.blocks, found.leftOut).join('\n')}`);
  }
  console.log(`\nload ${machine().load} at the end`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
}
