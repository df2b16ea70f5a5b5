/**
 * Recognises suites of known releases in a source by the content of a few of their files: the
 * source's name, its packing and the folders around a suite do not matter, and a suite that lost a
 * file is still that suite. Files are placed by their paths alone, whatever decoding makes of them.
 */
import type { FixtureEntry } from '../fixtures/sources.js';
import type { ExpectedCounts, SuiteCounts } from './expected-counts.js';
import { contentMark, placeOf } from './suite.js';

export interface RecognisedSuite {
  readonly release: string;
  readonly suite: string;
  readonly counts: SuiteCounts;
}

/** What is to be found of sampled files: a suite or release of which less than half is there is another one. */
const HALF = 0.5;

interface Candidate extends RecognisedSuite {
  matched: number;
}

export class Recogniser {
  readonly #candidates: Candidate[] = [];
  readonly #byPath = new Map<string, { readonly mark: string; readonly candidate: Candidate }[]>();

  constructor(expected: ExpectedCounts) {
    for (const [release, suites] of expected) {
      for (const [suite, counts] of suites) {
        const candidate = { release, suite, counts, matched: 0 };
        this.#candidates.push(candidate);
        for (const [path, mark] of counts.sample) {
          const known = this.#byPath.get(path) ?? [];
          this.#byPath.set(path, [...known, { mark, candidate }]);
        }
      }
    }
  }

  /** Looks at a file of the source; reads it only where it is one of those that tell. */
  async see(entry: FixtureEntry): Promise<void> {
    const known = this.#byPath.get(placeOf(entry.file).path);
    if (known === undefined) return;
    const found = contentMark(await entry.bytes());
    for (const { mark, candidate } of known) if (mark === found) candidate.matched++;
  }

  /**
   * Suites that the source must hold whole: those that are there and, where these are at least half of
   * a release's, the others of that release too. Each suite once, from the release that fits best.
   */
  recognised(): RecognisedSuite[] {
    const chosen = new Map<string, Candidate>();
    for (const candidate of this.#candidates) {
      if (share(candidate) < HALF) continue;
      const rival = chosen.get(candidate.suite);
      if (rival === undefined || share(candidate) > share(rival)) chosen.set(candidate.suite, candidate);
    }
    for (const release of new Set([...chosen.values()].map((one) => one.release))) {
      const all = this.#candidates.filter((one) => one.release === release);
      const present = all.filter((one) => chosen.get(one.suite) === one).length;
      if (present < all.length * HALF) continue;
      for (const candidate of all) if (!chosen.has(candidate.suite)) chosen.set(candidate.suite, candidate);
    }
    return [...chosen.values()];
  }
}

function share({ matched, counts }: Candidate): number {
  return matched / counts.sample.size;
}
