/** Faults of what a run is held against: expected outcomes, files that are known to be missing, and numbers of cases. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const JUDGE = 'runners/expectations/judge.ts';
const EXPECTATIONS = 'runners/expectations/expectations.ts';
const INCOMPLETE = 'runners/expectations/incomplete.ts';
const CENSUS = 'runners/expectations/census.ts';
const RUN = 'runners/expectations/expected-run.ts';
const RECOGNISE = 'runners/expectations/recognise.ts';
const CHECK = 'runners/expectations/check-counts.ts';

const expected = faultsIn('runs', ['runner-expectations']);
const missing = faultsIn('runs', ['runner-incomplete']);
const counted = faultsIn('runs', ['runner-counts']);

export const EXPECTATION_FAULTS: readonly Fault[] = [
  expected(
    'unexpected-pass-is-met',
    'an entry is met by a case that passes',
    expression(JUDGE, 'whyUnmet(entry, result)', "result.verdict === 'pass' ? null : whyUnmet(entry, result)"),
  ),
  expected(
    'cause-found-anywhere',
    'the cause that an entry expects may stand in any difference',
    expression(JUDGE, "[cause ?? '']", "[cause ?? '', ...differences.map(({ actual }) => actual)]"),
  ),
  expected(
    'stale-without-cases',
    'an entry is stale though none of its files was run',
    expression(JUDGE, 'reached && !used', '!used'),
  ),
  expected(
    'glob-as-a-beginning',
    'an entry is also for cases whose names go on where its glob ends',
    expression(EXPECTATIONS, 'source', "source + '.*'", { before: '`^${' }),
  ),
  expected(
    'one-machine-said-twice',
    'an entry is proven by what one machine says twice',
    expression(EXPECTATIONS, 'new Set(said.map(({ machine }) => machine)).size < 2', 'said.length < 2'),
  ),
  expected(
    'picked-run-is-whole',
    'a run of cases that were picked by their names is held against what whole ones come to',
    expression(RUN, 'grep === null', 'true', { before: 'return ', after: ' && sample === null' }),
  ),
  missing(
    'fewer-lack-than-expected',
    'in a whole run fewer cases may lack a file than expected',
    expression(INCOMPLETE, 'whole ? found === expected : found <= expected', 'found <= expected'),
  ),
  missing(
    'missing-in-any-suite',
    'a file that is known to be missing may be missing in any suite',
    expression(INCOMPLETE, 'known.suite === suite && known.missing === missing', 'known.missing === missing'),
  ),
  missing(
    'unreadable-cases-lost',
    'a case that cannot run is not counted',
    statement(RUN, 'if (event.case !== undefined) this.#counts?.ended(event.case);', ''),
  ),
  counted(
    'lost-forks-unnoticed',
    'a suite may lose all its cases of a fork',
    expression(CENSUS, 'expected === found', 'expected === found || found === 0'),
  ),
  counted(
    'cases-too-many',
    'a suite may have more cases than expected',
    expression(CENSUS, 'expected === found', 'expected <= found'),
  ),
  counted(
    'half-a-release-is-none',
    'a release is not recognised by half of its suites',
    expression(RECOGNISE, 'present < all.length * HALF', 'present <= all.length * HALF'),
  ),
  counted(
    'worst-release-wins',
    'of the releases that fit a suite the one that fits worst gives the counts',
    expression(RECOGNISE, 'share(candidate) > share(rival)', 'share(candidate) < share(rival)'),
  ),
  counted(
    'release-by-paths-alone',
    'a release is recognised by the paths of its files, whatever they hold',
    expression(RECOGNISE, 'mark === found', "found !== ''"),
  ),
  counted(
    'counts-of-all-forks',
    'cases of forks are expected that were not asked for',
    expression(CHECK, 'forks?.includes(network) !== false', 'true'),
  ),
  counted(
    'counts-of-all-kinds',
    'cases of kinds are expected that were not asked for',
    expression(CHECK, 'suites.includes(kind)', 'true'),
  ),
  counted(
    'counts-of-broken-off',
    'all cases are expected of a source that broke off',
    expression(CHECK, 'this.#broken.has(source)', 'false'),
  ),
  expected(
    'half-held-entry-removed',
    'an entry is taken out though it still holds for some of its cases',
    expression('runners/expectations/update.ts', 'holds === 0 && passes.length > 0', 'passes.length > 0'),
    ['expectations-update'],
  ),
];
