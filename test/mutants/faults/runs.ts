/** Faults of runs: which cases are taken, what becomes of their processes, and how the commands end. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const SELECTION = 'runners/job/selection.ts';
const POOL = 'runners/job/pool.ts';
const FEEDER = 'runners/cli/feeder.ts';
const GATE = 'runners/cli/gate.ts';
const SELF_TEST = 'runners/cli/selftest.ts';
const REPLAY = 'runners/cli/replay.ts';
const EXPECTATIONS = 'runners/cli/expectations.ts';

const selected = faultsIn('runs', ['selection']);
const pooled = faultsIn('runs', ['runner-pool']);
const resumed = faultsIn('runs', ['resume']);
const sharded = faultsIn('runs', ['shards']);
const gated = faultsIn('runs', ['gate']);
const selfTested = faultsIn('runs', ['selftest']);
const replayed = faultsIn('runs', ['replay-block']);
const updated = faultsIn('runs', ['expectations-update']);
const faulty = faultsIn('runs', ['fixture-fault']);

export const RUN_FAULTS: readonly Fault[] = [
  selected(
    'errors-gone-with-grep',
    'errors that may be of any case are left out where cases are picked by their names',
    expression(SELECTION, 'true', 'selection.grep === null', { before: 'if (lost === null) return ' }),
  ),
  selected(
    'file-named-in-full',
    'a pasted id must begin with the whole path of its file',
    expression(SELECTION, 'file.endsWith(suffix)', 'file === suffix'),
    ['runner-options'],
  ),
  sharded(
    'parts-that-overlap',
    'a part takes the cases of the parts before it, too',
    expression(SELECTION, 'shardOf(id, shard.of) === shard.index', 'shardOf(id, shard.of) <= shard.index'),
  ),
  sharded(
    'excepted-cases-run',
    'cases of a file that are to be left out are run',
    expression(SELECTION, '!unwanted.has(id)', 'true', { before: 'return ' }),
  ),
  sharded(
    'cases-of-other-parts-run',
    'of a file that is divided by times, a part that goes by the rest takes what others have',
    expression(
      'runners/cli/narrowing.ts',
      '[...(share.except ?? []), ...(prior?.ended.get(key) ?? [])]',
      '[...(prior?.ended.get(key) ?? [])]',
    ),
  ),
  selected(
    'last-pick-wins',
    'of several picks from a file the last one counts alone',
    expression('runners/cli/narrowing.ts', 'ids === null ? picked : intersection(ids, picked)', 'picked'),
  ),
  selected(
    'share-of-small-suites-lost',
    'what small suites leave of a sample is not given to the greater ones',
    expression(
      'runners/cli/sample.ts',
      'Math.round((size - drawn.length) / (ordered.length - index))',
      'Math.floor(size / ordered.length)',
    ),
    ['runner-options'],
  ),
  pooled(
    'last-case-left-behind',
    'a process may leave a file one case before its last',
    expression(POOL, 'slot.next < slot.until', 'slot.next < slot.until - 1'),
  ),
  pooled(
    'quiet-death-is-no-crash',
    'a case in which its process ends with exit code 0 is skipped, not crashed',
    expression(
      POOL,
      "slot.timedOut ? 'timeout' : 'crashed'",
      "slot.timedOut ? 'timeout' : exit.code === 0 ? 'skipped' : 'crashed'",
    ),
  ),
  pooled(
    'lost-rest-untold',
    'it is not told that the rest of a file was not run',
    statement(POOL, 'this.#incomplete(part.task, message);', ''),
  ),
  resumed(
    'crash-does-not-stop',
    'a crash is no failure at which a run stops',
    expression(FEEDER, 'isFailure(event.result)', "event.result.verdict === 'nonconformant'"),
  ),
  resumed(
    'conclusions-of-a-stopped-run',
    'a run that stopped at a failure tells what only a whole one can',
    expression(FEEDER, '!this.#over', 'this.bailed || !this.#over', { before: 'if (', after: ') for (const event of' }),
  ),
  resumed(
    'stopped-run-is-complete',
    'a run that stopped at a failure is said to be complete',
    expression('runners/cli/run.ts', "feeder.bailed ? 'bail' : 'complete'", "'complete'"),
  ),
  resumed(
    'kind-by-path-alone',
    'files of which the path says nothing are not opened',
    expression(FEEDER, 'classifyPath(file)', "classifyPath(file) ?? 'unknown'"),
  ),
  resumed(
    'failed-fixture-not-again',
    'a case that could not be read is none that failed last',
    expression('runners/cli/prior-run.ts', 'true', 'false', {
      before: 'event.case !== undefined) return { ...event.case, failed: ',
    }),
  ),
  resumed(
    'other-folder-gone-on-with',
    'a run may be gone on with though its folder of fixtures has changed',
    expression('runners/cli/run-command.ts', 'found !== before', "found !== before && source.kind === 'archive'"),
  ),
  faultsIn('runs', ['fixtures-companions'])(
    'source-changed-unnoticed',
    'a source may change while it is read',
    expression(FEEDER, 'atStart !== null && atEnd !== atStart', 'atStart !== null && atEnd === null'),
  ),
  gated(
    'wrong-counts-all-alike',
    'a count that is wrong by another number than before is the same fault',
    expression(GATE, 'mismatchOf', '(one) => mismatchOf({ ...one, found: 0 })', {
      before: 'expectedCounts.mismatches.map(',
    }),
  ),
  gated(
    'missing-figure-lets-pass',
    'a figure that a benchmark does not have any more is no regression',
    expression(GATE, "'regression'", "'let pass'", { before: 'missing: ' }),
  ),
  faulty(
    'listing-passes-over-faults',
    'a listing passes over cases that cannot be read',
    expression('runners/cli/sample.ts', 'counts(reference)', 'false'),
  ),
  faulty(
    'counts-of-broken-sources',
    'expected counts are written though a fixture cannot be read',
    statement('runners/expectations/survey.ts', 'onError(reference);', ''),
  ),
  sharded(
    'merge-always-ends-well',
    'merging logs ends well whatever became of the run',
    expression('runners/cli/merge.ts', 'logged.event.exitCode', 'EXIT.expected'),
  ),
  selfTested(
    'unusable-cases-excused',
    'the self-test ends well though a case does not pass as it stands',
    expression(SELF_TEST, 'loose.length + unusable.length > 0', 'loose.length > 0'),
  ),
  selfTested(
    'no-flip-is-fine',
    'the self-test ends well where there was nothing to flip',
    expression(SELF_TEST, 'rows.every((row) => row.tried === 0)', 'false'),
  ),
  selfTested(
    'broken-flips-are-caught',
    'a flip that brings the runner down is none that it lets pass',
    statement(
      'runners/selftest/selftest.ts',
      "if (outcome === 'survived' || outcome === 'broken') loose.push(looseFlip(trial, trial.flip, outcome));",
      "if (outcome === 'survived') loose.push(looseFlip(trial, trial.flip, outcome));",
    ),
  ),
  replayed(
    'unheld-blocks-untold',
    'it is no fault that no source holds a block that was asked for',
    expression(REPLAY, 'wanted', '[]', { before: 'for (const number of ' }),
  ),
  replayed(
    'interrupted-replay-ends-well',
    'an interrupted replay ends as if it had come to its end',
    expression(REPLAY, 'interrupted', 'false', { before: 'if (', after: ') return EXIT.interrupted;' }),
  ),
  updated(
    'narrower-entries-not-asked-for',
    'an entry that holds for some of its cases only leaves nothing to be done',
    expression(
      EXPECTATIONS,
      'changes.narrowed.length + changes.unexpected.length > 0',
      'changes.unexpected.length > 0',
    ),
  ),
  updated(
    'expectations-of-a-stopped-run',
    'expectations are renewed from a run that stopped at a failure',
    expression(EXPECTATIONS, "event.reason !== 'complete'", "event.reason === 'interrupted'"),
  ),
  updated(
    'expectations-of-an-unmarked-run',
    'expectations are renewed from a run that says nothing on the file it was held against',
    expression(
      EXPECTATIONS,
      'event.settings.expected?.outcomes !== mark',
      'event.settings.expected !== undefined && event.settings.expected.outcomes !== mark',
    ),
  ),
];
