/** Which units a run has, and which groups have no source. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSource } from '../../runners/fixtures/sources.js';
import { nameMatcher } from '../options.js';
import { generatedUnits } from './catalogue.js';
import { eestUnits } from './eest.js';
import { mainnetUnit } from './mainnet.js';
import { DEFAULT_SOURCES } from './options.js';
import { GROUPS, type GroupName, type Unit } from './unit.js';

export interface Selection {
  readonly units: readonly Unit[];
  /** Groups that are left out for want of a source, one line each. */
  readonly notes: readonly string[];
}

export interface SelectOptions {
  /** Folder of the package. */
  readonly root: string;
  readonly only: readonly string[];
  readonly scale: number;
  /** Archive or folder of real blocks, or of EEST's benchmark tests; null: looked for beside the package. */
  readonly mainnet: string | null;
  readonly eest: string | null;
  readonly megagas: number;
  readonly sampleMegagas: number;
}

const OPTIONS = { mainnet: '--mainnet', eest: '--eest' } as const;

function sourceOf(which: 'mainnet' | 'eest', given: string | null, root: string): string | null {
  if (given !== null) return given;
  const path = join(root, DEFAULT_SOURCES[which]);
  return existsSync(path) ? path : null;
}

/** Throws `SourceError` where a source that was named is none. */
export async function selectUnits(options: SelectOptions): Promise<Selection> {
  const { root, only, scale, megagas, sampleMegagas } = options;
  const all = generatedUnits(scale);
  const notes: string[] = [];
  const absent = (which: 'mainnet' | 'eest'): void => {
    // Who asks for others need not be told.
    if (only.length > 0 && !only.some((pattern) => pattern.includes(which))) return;
    notes.push(
      `${GROUPS[which]} are left out: name a source with ${OPTIONS[which]}, or put it at ${DEFAULT_SOURCES[which]}`,
    );
  };
  const mainnet = sourceOf('mainnet', options.mainnet, root);
  if (mainnet === null) absent('mainnet');
  else {
    // Its blocks are read when they are measured: one that is no source is told before.
    await openSource(mainnet);
    all.push(mainnetUnit(mainnet));
  }
  const eest = sourceOf('eest', options.eest, root);
  if (eest === null) absent('eest');
  else all.push(...(await eestUnits(eest, megagas, sampleMegagas)));
  const order = Object.keys(GROUPS) as GroupName[];
  all.sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  const selected = nameMatcher(only);
  return { units: all.filter(({ name }) => selected(name)), notes };
}
