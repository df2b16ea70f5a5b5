/** The file of expected counts: how many cases each suite of a known release holds, by kind and fork. */
import { RUN_KINDS, type RunKind } from '../fixtures/classify.js';
import { type JsonValue, readJson } from './file-error.js';

/** Cases by kind, then by network. */
export type KindCounts = ReadonlyMap<RunKind, ReadonlyMap<string, number>>;

export interface SuiteCounts {
  /** Files by which the suite is recognised: path from the suite's folder on to the mark of its content. */
  readonly sample: ReadonlyMap<string, string>;
  readonly cases: KindCounts;
}

/** Suite to what it holds. */
export type ReleaseCounts = ReadonlyMap<string, SuiteCounts>;

/** Name of a release to its suites. */
export type ExpectedCounts = ReadonlyMap<string, ReleaseCounts>;

const FORMAT = 'lockstep-expected-counts';
const VERSION = 1;

/** Reads and checks a file of expected counts; throws `ExpectationFileError`. */
export async function readExpectedCounts(file: string): Promise<ExpectedCounts> {
  const { format, version, releases } = (await readJson(file)).fields(['format', 'version', 'releases']);
  format.oneOf([FORMAT]);
  version.oneOf([VERSION]);
  return mapOf(releases, (release) => mapOf(release, readSuite));
}

function readSuite(suite: JsonValue): SuiteCounts {
  const { sample, cases } = suite.fields(['sample', 'cases']);
  const marks = mapOf(sample, (mark) => mark.matching(/^[0-9a-f]{16}$/, 'mark of 16 hex digits'));
  if (marks.size === 0) throw sample.error('holds no file, so the suite could not be recognised');
  const kinds = new Map<RunKind, ReadonlyMap<string, number>>();
  for (const [name, networks] of cases.entries()) {
    const kind = RUN_KINDS.find((known) => known === name);
    if (kind === undefined) throw networks.error(`no kind of case; there are ${RUN_KINDS.join(', ')}`);
    kinds.set(
      kind,
      mapOf(networks, (count) => count.count()),
    );
  }
  return { sample: marks, cases: kinds };
}

function mapOf<T>(value: JsonValue, read: (child: JsonValue) => T): Map<string, T> {
  return new Map(value.entries().map(([name, child]) => [name, read(child)]));
}

/** The file's text: sorted, so that making it again gives the same. */
export function formatExpectedCounts(counts: ExpectedCounts): string {
  const releases = sorted(counts, (suites) =>
    sorted(suites, ({ sample, cases }) => ({
      sample: sorted(sample, (mark) => mark),
      cases: sorted(cases, (networks) => sorted(networks, (count) => count)),
    })),
  );
  return `${JSON.stringify({ format: FORMAT, version: VERSION, releases }, null, 2)}\n`;
}

function sorted<T, U>(map: ReadonlyMap<string, T>, value: (one: T) => U): Record<string, U> {
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, value(one)]));
}
