/** Fused blocks by their ids, which say what they are made of: file, test, number, seed and network. */
import type { VmName } from '../../src/vm/name.js';
import { type BlockchainCase, FixtureError } from '../fixtures/cases.js';
import { classifyPath, isRunKind } from '../fixtures/classify.js';
import { decodeFile } from '../fixtures/decode.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { type FusedReference, fusedReferences } from '../fuse/references.js';
import { settle } from '../fuse/settle.js';
import { closeEngines, createEngines } from '../job/engine.js';
import { fileSelector } from '../job/selection.js';
import { scenarioBlock } from '../scenario/block.js';
import { scenarioFixture } from '../scenario/fixture.js';
import type { Scenario } from '../scenario/scenario.js';
import { fusedSeed } from '../verdict/fused.js';

export interface FusedCase {
  /** The block as an official test, which expects what the serial executor makes of it. */
  readonly one: BlockchainCase;
  readonly source: FixtureSource;
  /** That test as the text of a file. */
  readonly text: string;
}

/** The fused block of that id, put together from the state tests in `sources`; null where they do not hold them. */
export async function findFusedCase(
  sources: readonly FixtureSource[],
  id: string,
  vm: VmName,
): Promise<FusedCase | null> {
  const seed = fusedSeed(id) ?? '';
  for (const source of sources) {
    const reference = await findReference(source, id, seed);
    if (reference === null) continue;
    const text = JSON.stringify(await fixtureOf(reference, vm));
    const [one] = decodeFile(source.name, reference.file, text).cases;
    if (one === undefined || one instanceof Error) throw one ?? new RangeError(`no case in the fixture of ${id}`);
    return { one: { ...(one as BlockchainCase), id }, source, text };
  }
  return null;
}

async function findReference(source: FixtureSource, id: string, seed: string): Promise<FusedReference | null> {
  const opens = fileSelector(id);
  for await (const entry of source) {
    const kind = classifyPath(entry.file);
    if (!opens(entry.file) || (kind !== null && !isRunKind(kind))) continue;
    const { references } = decodeFile(source.name, entry.file, await entry.text());
    const all = fusedReferences(references, { blocks: Number.POSITIVE_INFINITY, seed });
    for (const one of all) if (!(one instanceof FixtureError) && one.id === id) return one;
  }
  return null;
}

async function fixtureOf(reference: FusedReference, vm: VmName): Promise<unknown> {
  const engines = await createEngines(vm, []);
  const execute = (scenario: Scenario) => {
    engines.database.clear();
    engines.database.load(scenario.pre);
    return engines.serial.execute(engines.database, scenarioBlock(scenario, engines.database));
  };
  try {
    const { block, result } = await settle(reference.build(), execute);
    return scenarioFixture(block.scenario, result);
  } finally {
    await closeEngines(engines);
  }
}
