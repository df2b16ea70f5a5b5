/** Counts the cases of a source, and chooses the files by which each of its suites is known again. */
import { createHash } from 'node:crypto';
import { FixtureError } from '../fixtures/cases.js';
import { classifyPath, isRunKind, type RunKind } from '../fixtures/classify.js';
import { decodeFile } from '../fixtures/decode.js';
import type { FixtureSource } from '../fixtures/sources.js';
import type { ReleaseCounts, SuiteCounts } from './expected-counts.js';
import { contentMark, placeOf, suiteOfGroup } from './suite.js';

/** Enough that the loss of some files leaves a suite recognised, few enough to read. */
const SAMPLE_FILES = 8;

interface Marked {
  readonly path: string;
  readonly rank: string;
  readonly mark: string;
}

class SuiteSurvey implements SuiteCounts {
  readonly cases = new Map<RunKind, Map<string, number>>();
  #marked: Marked[] = [];

  get sample(): ReadonlyMap<string, string> {
    return new Map(this.#marked.map(({ path, mark }) => [path, mark]));
  }

  count(kind: RunKind, network: string): void {
    const networks = this.cases.get(kind) ?? new Map<string, number>();
    this.cases.set(kind, networks.set(network, (networks.get(network) ?? 0) + 1));
  }

  /** Keeps the files whose paths hash lowest: an even choice, and the same one every time. */
  offer(path: string, bytes: Uint8Array): void {
    const rank = createHash('sha256').update(path).digest('hex');
    const last = this.#marked.at(-1);
    if (this.#marked.length === SAMPLE_FILES && last !== undefined && rank > last.rank) return;
    this.#marked.push({ path, rank, mark: contentMark(bytes) });
    this.#marked = this.#marked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, SAMPLE_FILES);
  }
}

/**
 * The counts of a source, read once from its start. `onError` gets what cannot be decoded and is
 * therefore not counted. Throws `SourceError` where the source breaks off.
 */
export async function surveySource(
  source: FixtureSource,
  onError: (error: FixtureError) => void,
): Promise<ReleaseCounts> {
  const suites = new Map<string, SuiteSurvey>();
  const at = (suite: string): SuiteSurvey => {
    const found = suites.get(suite) ?? new SuiteSurvey();
    suites.set(suite, found);
    return found;
  };
  for await (const entry of source) {
    const kind = classifyPath(entry.file);
    if (kind !== null && !isRunKind(kind)) continue;
    let cases = 0;
    for (const reference of decodeFile(source.name, entry.file, await entry.text()).references) {
      if (reference instanceof FixtureError) onError(reference);
      else {
        at(suiteOfGroup(reference.group)).count(reference.kind, reference.network);
        cases++;
      }
    }
    if (cases === 0) continue;
    const { suite, path } = placeOf(entry.file);
    at(suite).offer(path, await entry.bytes());
  }
  return suites;
}

/** Cases in all suites. */
export function totalOf(release: ReleaseCounts): number {
  let total = 0;
  for (const { cases } of release.values())
    for (const networks of cases.values()) for (const count of networks.values()) total += count;
  return total;
}
