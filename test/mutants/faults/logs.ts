/** Faults of what is kept of runs: the tally of a run, its log, and how the logs of its parts are put together. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const TALLY = 'runners/events/tally.ts';
const LOGGED = 'runners/events/logged-run.ts';
const DIFFERENCES = 'runners/events/settings-differences.ts';
const MERGE = 'runners/shards/merge.ts';

const counted = faultsIn('runs', ['runner-report']);
const logged = faultsIn('runs', ['event-log']);
const merged = faultsIn('runs', ['shards']);
const resumed = faultsIn('runs', ['resume']);

export const LOG_FAULTS: readonly Fault[] = [
  counted(
    'no-case-is-fine',
    'a run that takes no case exits with 0',
    expression(TALLY, 'EXIT.noCase', 'EXIT.expected', { before: 'return ' }),
    ['runner-report', 'runner-usage'],
  ),
  counted(
    'timeouts-are-no-failures',
    'a case that exceeds its time is no failure',
    expression(
      TALLY,
      "verdict !== 'pass' && verdict !== 'skipped'",
      "verdict !== 'pass' && verdict !== 'skipped' && verdict !== 'timeout'",
    ),
  ),
  counted(
    'malformed-fixtures-excused',
    'fixtures that cannot be read do not make a run fail',
    expression(
      TALLY,
      'this.runErrors.length + this.sourceErrors.length + this.fixtureErrors.length > 0',
      'this.runErrors.length + this.sourceErrors.length > 0',
    ),
  ),
  counted(
    'unmet-lacks-excused',
    'more cases than expected may lack a file, and the run ends well',
    expression(TALLY, 'this.incomplete.some(isUnmet)', 'false'),
    ['runner-incomplete'],
  ),
  counted(
    'wrong-counts-excused',
    'a wrong number of cases does not make a run fail',
    expression(TALLY, 'this.countMismatches.length > 0', 'false'),
    ['runner-counts'],
  ),
  counted(
    'fastest-for-slowest',
    'the fastest cases are named as the slowest',
    expression(TALLY, 'b.cpuMilliseconds - a.cpuMilliseconds', 'a.cpuMilliseconds - b.cpuMilliseconds'),
  ),
  counted(
    'coverage-of-passes-alone',
    'cases that fail do not count as coverage',
    statement(
      TALLY,
      'addCoverage(this.coverage, result.coverage);',
      "if (result.verdict === 'pass') addCoverage(this.coverage, result.coverage);",
    ),
  ),
  logged(
    'log-with-more-cases',
    'a log may hold more cases of a file than the file had',
    expression('runners/events/file-counts.ts', 'held !== event.cases', 'held < event.cases'),
  ),
  logged(
    'cases-after-the-end',
    'cases may come after the end of the run',
    expression(
      LOGGED,
      "end !== null && event.type !== 'run:resume'",
      "end !== null && event.type !== 'run:resume' && event.type !== 'case:end'",
    ),
  ),
  logged(
    'broken-off-is-whole',
    'a run is whole though a source of it broke off',
    expression(LOGGED, "event.type === 'source:error' || event.type === 'run:error'", "event.type === 'run:error'"),
  ),
  resumed(
    'other-machine-gone-on-with',
    'a run may be gone on with on another machine',
    expression(DIFFERENCES, "['jobs', ...except]", "['jobs', 'vm', ...except]"),
  ),
  resumed(
    'other-lists-gone-on-with',
    'a run may be gone on with though settings that are lists are other ones',
    expression(DIFFERENCES, 'child !== null', 'child !== null && !Array.isArray(child)', { before: 'else if (' }),
  ),
  merged(
    'case-twice-in-a-part',
    'a case may have ended twice in the log of a part',
    expression(MERGE, 'other !== undefined', 'other !== undefined && other !== path'),
  ),
  merged(
    'last-part-missing',
    'the last part of a run may be missing',
    expression(MERGE, 'index <= first.shard.of', 'index < first.shard.of'),
  ),
  merged(
    'killed-part-is-whole',
    'the log of a part that was killed is that of a whole part',
    expression(MERGE, "end.end?.reason !== 'complete'", "end.end !== null && end.end.reason !== 'complete'"),
  ),
  merged(
    'parts-of-other-fixtures',
    'parts may be of other fixtures than one another',
    expression(MERGE, 'known.digest !== digest', 'known.digest !== digest && known.path === path'),
  ),
  merged(
    'counts-where-a-part-broke-off',
    'cases are counted though their source broke off in one of the parts',
    expression(
      MERGE,
      'this.#facts.every(({ suites }) => suites.some((one) => one.source === source))',
      'this.#facts.some(({ suites }) => suites.some((one) => one.source === source))',
    ),
  ),
  faultsIn('runs', ['timings'])(
    'shortest-time-recorded',
    'of several times of a case the shortest is recorded',
    expression(
      'runners/shards/timings.ts',
      'Math.max(known ?? 0, Math.round(milliseconds))',
      'Math.min(known ?? Math.round(milliseconds), Math.round(milliseconds))',
    ),
  ),
];
