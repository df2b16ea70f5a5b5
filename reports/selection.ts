/** What leaves cases out of a run, so that nobody takes a part for the whole. */
import type { Colors } from 'picocolors/types.js';
import type { RunSettings } from '../runners/events/events.js';
import { narrowedBy } from '../runners/events/narrowed-by.js';
import { quote } from './reproduce.js';

/** A line that names the options and where they come from; none where all of the sources are run. */
export function selectionLines(settings: Partial<RunSettings>, colors: Colors): string[] {
  const parts = selection(settings);
  return parts.length === 0 ? [] : [`  ${colors.dim('selected')}  ${colors.yellow(parts.join(', '))}`];
}

function selection(settings: Partial<RunSettings>): string[] {
  const { grep, forks, suites, sample, shard, lastFailed, origins = {} } = settings;
  const values: Readonly<Record<string, string | undefined>> = {
    '--grep': grep === null || grep === undefined ? undefined : quote(grep),
    '--fork': forks?.join(','),
    '--suite': suites?.join(','),
    '--shard': shard && `${shard.index}/${shard.of}`,
    '--sample': sample?.toString(),
  };
  const asked = [...narrowedBy(settings), ...(sample === undefined || sample === null ? [] : ['--sample'])];
  return [
    ...asked.map((option) => {
      const origin = origins[option.slice(2)];
      return `${option} ${values[option]}${origin === undefined ? '' : ` (${origin})`}`;
    }),
    ...(lastFailed === undefined ? [] : ['failures of an earlier run (--last-failed)']),
  ];
}
