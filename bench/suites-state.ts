/** State tests: a seeded sample of the suites' cases, through the runner and through @ethereumjs/vm's `runTx`. */

import { drawSample, type ListedCase, listCases } from '../runners/cli/sample.js';
import { FixtureError, type StateCase } from '../runners/fixtures/cases.js';
import { classifyPath } from '../runners/fixtures/classify.js';
import { decodeFile } from '../runners/fixtures/decode.js';
import { type FixtureSource, filteredSource } from '../runners/fixtures/sources.js';
import { closeEngines, createEngines, type Engines } from '../runners/job/engine.js';
import { runStateCase } from '../runners/state/run-state.js';
import { type Measured, runBatch, runPass, type Side } from './suites-measure.js';
import { RunTxSide } from './suites-runtx.js';

/** Places of the sides in what is measured. */
export const STATE_SIDES = { runTx: 0, serial: 1, both: 2 } as const;
/** Threads of the parallel executor that the third side runs besides the serial one. */
export const STATE_THREADS = 2;

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** A case and the archive or folder that it comes from. */
export interface MeasuredCase extends Measured {
  readonly source: string;
}

export interface StateFigures {
  /** State cases of the sources, those that were drawn, and the measured ones. */
  readonly found: number;
  readonly drawn: number;
  readonly measured: readonly MeasuredCase[];
  /** The first run of each measured case, before anything is warm. */
  readonly first: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
}

export interface StateOptions {
  readonly sources: readonly FixtureSource[];
  readonly cases: number;
  readonly seed: string;
  /** Passes over the sample that are not counted; the first of them is figured apart. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Cases after which the sides take turns. */
  readonly batch: number;
  /** Networks by the suites' names; null for all. */
  readonly forks: readonly string[] | null;
  readonly onProgress: (line: string) => void;
}

/** The source without what its path says is no state test. */
function stateFiles(source: FixtureSource): FixtureSource {
  return filteredSource(source, (file) => (classifyPath(file) ?? 'state') === 'state');
}

function refuse(error: FixtureError): never {
  throw error;
}

async function decodeSample(source: FixtureSource, sample: readonly ListedCase[]): Promise<StateCase[]> {
  const ids = new Set(sample.map(({ id }) => id));
  const files = new Set(sample.map(({ file }) => file));
  const cases: StateCase[] = [];
  for await (const entry of source) {
    if (!files.has(entry.file)) continue;
    for (const reference of decodeFile(source.name, entry.file, await entry.text()).references) {
      if (reference instanceof FixtureError || !ids.has(reference.id)) continue;
      const one = reference.decode();
      if (one.kind === 'state') cases.push(one);
    }
  }
  return cases;
}

/** The runner's own path from the decoded case on; a fault of ours ends the bench. */
class RunnerSide implements Side {
  constructor(
    private readonly engines: Engines,
    private readonly one: StateCase,
  ) {}

  async prepare(): Promise<() => Promise<null>> {
    return async () => {
      const { verdict, cause } = await runStateCase(this.engines, this.one);
      if (verdict !== 'pass') throw new Error(`${this.one.id}: Lockstep ${verdict}: ${cause}`);
      return null;
    };
  }
}

/** Runs every case to warm up and to see who is right, then `rounds` times. */
export async function benchStateCases(options: StateOptions): Promise<StateFigures> {
  const { rounds, warmUp, batch, onProgress, forks } = options;
  const sources = options.sources.map(stateFiles);
  const listed: ListedCase[] = [];
  for (const source of sources) {
    for await (const one of listCases(source, { suites: ['state'], forks, grep: null }, refuse)) listed.push(one);
  }
  const sample = drawSample(listed, options.cases, options.seed);
  onProgress(`${listed.length} state cases, ${sample.length} drawn`);
  const cases: StateCase[] = [];
  for (const source of sources) {
    const own = sample.filter((one) => one.source === source.name);
    if (own.length > 0) cases.push(...(await decodeSample(source, own)));
  }
  const serial = await createEngines('wasm', []);
  const both = await createEngines('wasm', [STATE_THREADS]);
  try {
    const leftOut: LeftOut[] = [];
    const kept: { one: StateCase; sides: readonly Side[]; first: readonly number[] }[] = [];
    for (const one of cases) {
      if (one.txbytes === null) {
        leftOut.push({ name: one.id, reason: 'the fixture holds no signed transaction' });
        continue;
      }
      const sides = [new RunTxSide(one, one.txbytes), new RunnerSide(serial, one), new RunnerSide(both, one)];
      const { cpu, faults } = await runPass(sides, false);
      const fault = faults[STATE_SIDES.runTx] ?? null;
      if (fault === null) kept.push({ one, sides, first: cpu });
      else leftOut.push({ name: one.id, reason: `runTx: ${fault}` });
    }
    onProgress(`${kept.length} cases pass on both sides, ${leftOut.length} left out`);
    const passes: (readonly number[])[][] = kept.map(() => []);
    for (let round = 1 - warmUp; round < rounds; round++) {
      for (let from = 0; from < kept.length; from += batch) {
        const work = kept.slice(from, from + batch).map(({ sides }) => sides);
        const done = await runBatch(work, round % 2 !== 0);
        if (round >= 0) for (const [at, { cpu }] of done.entries()) passes[from + at]?.push(cpu);
      }
      onProgress(round < 0 ? 'state cases: warm-up' : `state cases: round ${round + 1} of ${rounds}`);
    }
    return {
      found: listed.length,
      drawn: sample.length,
      measured: kept.map(({ one }, at) => ({ name: one.id, source: one.source, rounds: passes[at] ?? [] })),
      first: kept.map(({ one, first }) => ({ name: one.id, rounds: [first] })),
      leftOut,
    };
  } finally {
    await closeEngines(serial);
    await closeEngines(both);
  }
}
