/** JUnit XML: a suite for each suite of the fixtures, and one for what is no case. */
import type { FixtureErrorRecord, Reporter, RunEvent, RunSettings } from '../runners/events/events.js';
import { isFailure, isUnmet, suiteNameOf, Tally } from '../runners/events/tally.js';
import type { CaseResult } from '../runners/verdict/verdict.js';
import { fixtureFault } from './fixture-fault.js';
import { lackOf, mismatchOf } from './lost-cases.js';
import { writeWhole } from './output-file.js';
import { reproduction } from './reproduce.js';
import { verdictName } from './summary.js';
import { xmlAttribute, xmlText } from './xml.js';

/** Suite of what went wrong outside of cases. */
const RUN_SUITE = 'lockstep';

/** How much of a failure is written; the JSON report has all of it. */
const DIFFERENCES_SHOWN = 20;
const VALUE_SHOWN = 2000;

type Kind = 'passed' | 'failure' | 'error' | 'skipped';

class Suite {
  readonly counts = { passed: 0, failure: 0, error: 0, skipped: 0 };
  readonly cases: string[] = [];
  milliseconds = 0;

  get tests(): number {
    return this.cases.length;
  }
}

export class JunitReporter implements Reporter {
  readonly #tally = new Tally();
  readonly #suites = new Map<string, Suite>();
  #settings: Pick<RunSettings, 'vm' | 'fuse'> | null = null;
  #end: Extract<RunEvent, { type: 'run:end' }> | null = null;

  constructor(private readonly path: string) {}

  on(event: RunEvent): void {
    this.#tally.on(event);
    switch (event.type) {
      case 'run:start':
        this.#settings = event.settings;
        break;
      case 'case:end':
        this.#case(event.result);
        break;
      case 'case:unrunnable':
        this.#add(suiteNameOf(event.case), event.case, 'skipped', `needs ${event.missing}, which its source lacks`);
        break;
      case 'fixture:error':
        this.#fixtureError(event.error, event.case?.id ?? null);
        break;
      case 'run:end':
        this.#end = event;
        break;
      default:
        break;
    }
  }

  /** Rejects where the file cannot be written. */
  async close(): Promise<void> {
    if (this.#end === null) return;
    this.#concluding();
    await writeWhole(this.path, this.#pieces(this.#end.durationMs));
  }

  #case(result: CaseResult): void {
    const { verdict, cause, expectation, milliseconds } = result;
    const suite = suiteNameOf(result);
    if (isFailure(result)) {
      const kind = verdict === 'crashed' || verdict === 'timeout' ? 'error' : 'failure';
      const message = cause ?? expectation?.unmet ?? verdict;
      this.#add(suite, result, kind, message, milliseconds, verdictName(verdict), this.#detailsOf(result));
    } else if (verdict === 'pass') this.#add(suite, result, 'passed', '', milliseconds);
    else {
      const why =
        expectation === undefined ? (cause ?? '') : `failed as expected: ${expectation.reason} ${expectation.link}`;
      this.#add(suite, result, 'skipped', why, milliseconds);
    }
  }

  #detailsOf(result: CaseResult): string {
    const { differences, explanation } = result;
    const lines = differences
      .slice(0, DIFFERENCES_SHOWN)
      .flatMap(({ what, expected, actual }) => [
        what,
        `  expected  ${clipped(expected)}`,
        `  actual    ${clipped(actual)}`,
      ]);
    if (differences.length > DIFFERENCES_SHOWN) lines.push(`… and ${differences.length - DIFFERENCES_SHOWN} more`);
    if (explanation !== undefined) lines.push(explanation.finding);
    if (this.#settings !== null) lines.push(reproduction(result, this.#settings));
    return lines.join('\n');
  }

  #fixtureError(error: FixtureErrorRecord, id: string | null): void {
    const { file, test, field } = error;
    const name = id ?? (test === null ? file : `${file}::${test}`);
    this.#add(
      RUN_SUITE,
      { file, id: name },
      'error',
      fixtureFault(error),
      0,
      field === null ? 'fixture' : `fixture field ${field}`,
    );
  }

  /** What is no case of its own, and yet decides how the run ends. */
  #concluding(): void {
    const { sourceErrors, runErrors, countMismatches, incomplete } = this.#tally;
    const add = (name: string, kind: Kind, message: string, type: string): void =>
      this.#add(RUN_SUITE, { file: RUN_SUITE, id: name }, kind, message, 0, type);
    for (const { source, message } of sourceErrors) add(source, 'error', message, 'source');
    for (const message of runErrors) add('run', 'error', message, 'run');
    for (const one of countMismatches) {
      const name = `${one.source}: ${one.suite} ${one.network} (${one.kind})`;
      add(name, 'failure', mismatchOf(one), 'count');
    }
    for (const one of incomplete.filter(isUnmet)) {
      add(`${one.source}: ${one.suite}`, 'error', lackOf(one), 'incomplete');
    }
    if (this.#end?.reason === 'interrupted') add('run', 'error', 'the run was interrupted', 'run');
  }

  #add(
    suite: string,
    { file, id }: { readonly file: string; readonly id: string },
    kind: Kind,
    message: string,
    milliseconds = 0,
    type = '',
    details = '',
  ): void {
    const into = this.#suites.get(suite) ?? new Suite();
    this.#suites.set(suite, into);
    into.counts[kind]++;
    into.milliseconds += milliseconds;
    const name = id.startsWith(`${file}::`) ? id.slice(file.length + 2) : id;
    const head = `<testcase classname="${xmlAttribute(file)}" name="${xmlAttribute(name)}" time="${seconds(milliseconds)}"`;
    if (kind === 'passed') into.cases.push(`${head}/>`);
    else {
      const said = `message="${xmlAttribute(message)}"`;
      const inner =
        kind === 'skipped'
          ? `<skipped ${said}/>`
          : `<${kind} type="${xmlAttribute(type)}" ${said}>${xmlText(details)}</${kind}>`;
      into.cases.push(`${head}>${inner}</testcase>`);
    }
  }

  *#pieces(durationMs: number): Generator<string> {
    const suites = [...this.#suites].sort(([a], [b]) => (a < b ? -1 : 1));
    const sum = (pick: (suite: Suite) => number): number => suites.reduce((total, [, suite]) => total + pick(suite), 0);
    const countsOf = (tests: number, failures: number, errors: number, skipped: number, time: number): string =>
      `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(time)}"`;
    yield '<?xml version="1.0" encoding="UTF-8"?>\n';
    const all = countsOf(
      sum(({ tests }) => tests),
      sum(({ counts }) => counts.failure),
      sum(({ counts }) => counts.error),
      sum(({ counts }) => counts.skipped),
      durationMs,
    );
    yield `<testsuites name="lockstep" ${all}>\n`;
    for (const [name, { tests, counts, cases, milliseconds }] of suites) {
      const { failure, error, skipped } = counts;
      yield `  <testsuite name="${xmlAttribute(name)}" ${countsOf(tests, failure, error, skipped, milliseconds)}>\n`;
      for (const one of cases) yield `    ${one}\n`;
      yield '  </testsuite>\n';
    }
    yield '</testsuites>\n';
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function clipped(value: string): string {
  return value.length <= VALUE_SHOWN ? value : `${value.slice(0, VALUE_SHOWN)}…`;
}
