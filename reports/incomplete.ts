/** Cases that cannot be run, since the archive that they come in lacks a file. */
import type { Colors } from 'picocolors/types.js';
import type { IncompleteSuite } from '../runners/events/events.js';
import type { Tally } from '../runners/events/tally.js';
import { figure, plural } from './format.js';

export function incompleteLines(tally: Tally, colors: Colors): string[] {
  const lines = tally.incomplete.flatMap((one) => linesOf(one, colors).map((line) => `  ${line}`));
  return lines.length === 0 ? [] : ['', ...lines];
}

function linesOf(one: IncompleteSuite, colors: Colors): string[] {
  const { source, suite, missing, expected, found, state, reason, link } = one;
  const lacks = `cannot run: ${source} lacks ${missing}`;
  switch (state) {
    case 'met': {
      const cases =
        found === expected ? plural(found, 'case') : `${plural(found, 'selected case')} (of ${figure(expected)})`;
      return [`${colors.yellow(`${cases} ${lacks}`)} (expectations.json)`, `  ${reason} ${colors.dim(link)}`];
    }
    case 'unmet':
      return [`${colors.red('✖')} ${plural(found, 'case')} ${lacks}; ${figure(expected)} expected (expectations.json)`];
    case 'stale':
      return [`${colors.yellow('!')} stale expectation: no case of ${suite} in ${source} lacks ${missing}`];
  }
}
