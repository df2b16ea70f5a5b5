/** Faults of what is told: reports, pages, and the comparison with an earlier run. */
import { expression, type Fault, faultsIn } from '../fault.js';

const GATE = 'reports/gate.ts';
const JUNIT = 'reports/junit.ts';
const MARKDOWN = 'reports/markdown.ts';
const GITHUB = 'reports/github.ts';
const COLLECT = 'reports/html/collect.ts';

/** Suites whose entry is stale, in place of those that fail the run. */
const STALE = "({ state }) => state === 'stale'";

const gated = faultsIn('reports', ['gate']);
const reported = faultsIn('reports', ['reporters']);
const paged = faultsIn('reports', ['html-report']);

export const REPORT_FAULTS: readonly Fault[] = [
  gated(
    'lost-files-unnoticed',
    'cases of a file that is gone as a whole are not lost ones',
    expression(GATE, 'present?.has(mark) !== true', 'present?.has(mark) === false'),
  ),
  gated(
    'partial-run-no-worse',
    'a run that is not complete is no worse than the one before',
    expression(GATE, 'incomplete', 'false', { before: 'return ', after: ' || newFailures.length' }),
  ),
  gated(
    'other-failure-no-worse',
    'a case that fails in another way than before makes a run no worse',
    expression(GATE, 'otherFailures.length', '0', { before: 'newFailures.length + ' }),
  ),
  gated(
    'second-fault-of-a-kind-unnoticed',
    'a fault is no new one where another of the same words was known',
    expression(GATE, 'more > 0', 'more > 0 && known.size === 0'),
  ),
  gated(
    'marks-that-meet-once',
    'two cases of a file with the same mark are one in the report',
    expression('reports/outcomes.ts', 'marks.sort()', '[...new Set(marks)].sort()'),
  ),
  gated(
    'slower-only-beyond-noise',
    'a figure that has become smaller beyond the noise is within it',
    expression('reports/bench/compare.ts', 'now.min > before.max || now.max < before.min', 'now.min > before.max'),
    ['bench-compare'],
  ),
  reported(
    'junit-tells-what-is-stale',
    'JUnit tells files that are not missing any more, instead of cases that lack one',
    expression(JUNIT, 'isUnmet', STALE, { before: 'incomplete.filter(' }),
  ),
  reported(
    'junit-skips-lost-cases',
    'a wrong number of cases is a skipped test in JUnit',
    expression(JUNIT, "'failure'", "'skipped'", { before: 'add(name, ' }),
  ),
  reported(
    'junit-without-interruption',
    'JUnit does not say that the run was interrupted',
    expression(JUNIT, "this.#end?.reason === 'interrupted'", "this.#end?.reason === 'bail'"),
  ),
  reported(
    'summary-with-a-tick',
    'the summary has a tick where the run failed without a failed case',
    expression(MARKDOWN, 'end.exitCode === 0', 'end.exitCode <= 1'),
  ),
  reported(
    'summary-without-unmet',
    'the summary does not name files whose lack was not expected so',
    expression(MARKDOWN, 'isUnmet', '() => false', { before: '.filter(' }),
  ),
  reported(
    'lost-cases-unannotated',
    'a wrong number of cases has no annotation',
    expression(GITHUB, 'tally.countMismatches', 'tally.countMismatches.slice(0, 0)', { before: '...', after: '.map(' }),
  ),
  reported(
    'unmet-unannotated',
    'annotations name files that are not missing any more, instead of those that more cases lack than expected',
    expression(GITHUB, 'isUnmet', STALE, { before: '.filter(' }),
  ),
  reported(
    'annotations-cut-to-none',
    'of more annotations than there may be none is left',
    expression(GITHUB, 'own.slice(0, MOST - 1)', 'own.slice(0, 0)'),
  ),
  reported(
    'all-passed-but-skipped',
    'all cases have passed though some were skipped',
    expression(
      'reports/summary.ts',
      'summary.skipped + summary.expected + tally.unrunnable',
      'summary.expected + tally.unrunnable',
    ),
  ),
  paged(
    'unexpected-pass-in-green',
    'the page shows a pass that was not expected as any other',
    expression(
      COLLECT,
      "result.verdict === 'pass' && isFailure(result) ? 'unexpected pass' : result.verdict",
      'result.verdict',
    ),
  ),
  paged(
    'unmet-only-a-warning',
    'the page warns of more missing files than expected, where it is an error',
    expression(COLLECT, "isUnmet(one) ? 'error' : 'warning'", "'warning'", { before: 'level: ' }),
  ),
];
