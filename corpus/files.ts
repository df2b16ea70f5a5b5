/** The corpus as files: where they lie, how they are made from scenarios, and how they are compared. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packageFolder } from '../contracts/folder.js';
import type { JsonObject } from '../runners/scenario/json.js';
import { fillTest } from './fill.js';
import type { Scenario, TestPlan } from './plan.js';
import { verifyTest } from './verify.js';

/** The seed the committed corpus is made from. */
export const DEFAULT_SEED = 1;

const SUFFIX = '.json.gz';

/** Folder of the committed fixtures. */
export function fixturesFolder(): string {
  return join(packageFolder(), 'corpus', 'fixtures');
}

/** Folder of the filled workloads, which `--corpus full` adds to them. */
export function filledFolder(): string {
  return join(packageFolder(), 'corpus', 'filled');
}

/** Name of the file that holds a scenario's tests. */
export function fixtureName(scenario: Scenario): string {
  return `${scenario.name}${SUFFIX}`;
}

export interface TestSummary {
  readonly test: string;
  readonly network: string;
  readonly blocks: number;
  /** Blocks that must be rejected. */
  readonly rejected: number;
  /** In valid blocks, like the gas. */
  readonly transactions: number;
  readonly gasUsed: bigint;
}

function summaryOf({ name, fork, blocks }: TestPlan, json: JsonObject): TestSummary {
  const valid = blocks.filter(({ exception }) => exception === null);
  const gasUsed = (json.blocks as readonly JsonObject[]).reduce((sum, { blockHeader }) => {
    return blockHeader === undefined ? sum : sum + BigInt((blockHeader as JsonObject).gasUsed as string);
  }, 0n);
  return {
    test: name,
    network: fork,
    blocks: blocks.length,
    rejected: blocks.length - valid.length,
    transactions: valid.reduce((sum, { transactions }) => sum + transactions.length, 0),
    gasUsed,
  };
}

export interface FilledScenario {
  readonly file: string;
  readonly json: string;
  readonly tests: readonly string[];
  readonly summaries: readonly TestSummary[];
}

/** Fills every test of a scenario; with `verify`, each is read back and executed again. */
export async function fillScenario(scenario: Scenario, seed: number, verify: boolean): Promise<FilledScenario> {
  const filled: Record<string, JsonObject> = {};
  const summaries: TestSummary[] = [];
  for (const plan of scenario.tests(seed)) {
    const info = { generator: 'lockstep corpus', oracle: '@ethereumjs/vm 10.1.3', scenario: scenario.name, seed };
    const test = await fillTest(plan, info);
    filled[plan.name] = test;
    if (verify) await verifyTest(plan.name, test);
    summaries.push(summaryOf(plan, test));
  }
  return {
    file: fixtureName(scenario),
    json: `${JSON.stringify(filled, null, 1)}\n`,
    tests: Object.keys(filled),
    summaries,
  };
}

/** Gzip with no name and no time in the header (RFC 1952), so that equal text gives equal bytes. */
export function compress(json: string): Buffer {
  const packed = gzipSync(json, { level: 9 });
  packed.fill(0, 4, 8);
  // The operating-system byte depends on the machine; 255 is "unknown".
  packed[9] = 255;
  return packed;
}

/** Names of the fixture files in `folder`, sorted; empty where the folder does not exist. */
export function listFixtures(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();
}

/** Writes `scenarios` to `folder`; returns bytes written. */
export function writeFixtures(folder: string, scenarios: readonly FilledScenario[]): number {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const { file, json } of scenarios) {
    const packed = compress(json);
    writeFileSync(join(folder, file), packed);
    bytes += packed.length;
  }
  return bytes;
}

/** First line (from 1) in which two texts differ. */
function firstDifference(expected: string, actual: string): number {
  const a = expected.split('\n');
  const b = actual.split('\n');
  const at = a.findIndex((line, i) => line !== b[i]);
  return (at === -1 ? a.length : at) + 1;
}

/** What is wrong with the file of one scenario; null where it is byte for byte what was filled. */
export function compareFixture(folder: string, { file, json }: FilledScenario): string | null {
  const path = join(folder, file);
  if (!existsSync(path)) return `${file}: missing`;
  const committed = gunzipSync(readFileSync(path)).toString('utf8');
  if (committed === json) return null;
  return `${file}: differs from what the generator makes, first in line ${firstDifference(json, committed)}`;
}
