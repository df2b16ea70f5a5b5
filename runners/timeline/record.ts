/** Runs one case on an executor that takes notes, and hands on a timeline for each block. */
import type { VmName } from '../../src/vm/name.js';
import type { PreAllocations } from '../engine/pre-allocations.js';
import type { BlockCases } from '../fixtures/cases.js';
import { closeEngines, createEngines, type Engines } from '../job/engine.js';
import { runBlockCase } from '../job/run-case.js';
import type { CaseOutcome } from '../verdict/result.js';
import { NotingEngine } from './noting-engine.js';
import type { BlockTimeline } from './timeline.js';

export interface TimelineSettings {
  readonly vm: VmName;
  readonly threads: number;
  /** Only this block of the test, the first is 0; null for all. */
  readonly block: number | null;
  /** Runs of a block before the one that is told. */
  readonly warmUps: number;
}

export async function recordTimelines(
  one: BlockCases,
  settings: TimelineSettings,
  preAllocations: PreAllocations,
): Promise<{ outcome: CaseOutcome; blocks: BlockTimeline[] }> {
  const blocks: BlockTimeline[] = [];
  let index: number | null = null;
  const noting = await NotingEngine.create(settings.vm, settings.threads, settings.warmUps, (timeline) => {
    if (settings.block === null || index === null || index === settings.block) blocks.push({ block: index, timeline });
  });
  const engines: Engines = {
    ...(await createEngines(settings.vm, [])),
    parallel: new Map([[settings.threads, noting]]),
    onBlock: (place) => {
      index = place;
    },
  };
  try {
    return { outcome: await runBlockCase(engines, one, preAllocations), blocks };
  } finally {
    await closeEngines(engines);
  }
}
