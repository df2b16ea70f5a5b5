/** Why a run had no case, as far as that can be told. */
import type { RunSettings } from '../runners/events/events.js';
import { narrowedBy } from '../runners/events/narrowed-by.js';
import type { Tally } from '../runners/events/tally.js';
import { plural } from './format.js';
import { invocation } from './invocation.js';

/** Null where cases were run, where errors say enough, and where an earlier run had no failure to run again. */
export function whyNothing(tally: Tally, settings: Partial<RunSettings>): string | null {
  const errors = tally.runErrors.length + tally.sourceErrors.length + tally.fixtureErrors.length;
  if (tally.summary.cases > 0 || tally.unrunnable > 0 || errors > 0 || settings.lastFailed?.cases === 0) return null;
  const asked = narrowedBy(settings);
  if (asked.length > 0)
    return `nothing fits ${asked.join(', ')}: \`${invocation('list')}\` prints the ids that there are`;
  if (settings.fuse !== undefined && settings.fuse.from === undefined)
    return '--fuse makes blocks of state tests, and the sources hold none';
  const files = [...tally.notRun].map(([kind, count]) => `${plural(count, 'file')} of kind ${kind}`);
  if (files.length > 0) return `the sources hold ${files.join(', ')}, and no test that could be run`;
  return 'the sources hold no test: a source is a folder of .json files, one such file, or an archive of them';
}
