/** The fixtures of a machine: which there are, whether they are whole, and whether they are known releases. */
import type { ExpectedCounts } from '../expectations/expected-counts.js';
import { Recogniser } from '../expectations/recognise.js';
import { isLfsPointer } from '../fixtures/classify.js';
import { someOf } from '../fixtures/some-of.js';
import { type FixtureEntry, type FixtureSource, SourceError } from '../fixtures/sources.js';
import { type Absence, ensureSubmodule, missingSuites } from '../fixtures/submodule.js';
import { type Check, good } from './checks.js';

const DIGEST_SHOWN = 16;
/** Git LFS: a pointer is smaller than that. */
const POINTER_BYTES = 1024;

async function isPointer(entry: FixtureEntry): Promise<boolean> {
  if (entry.size >= POINTER_BYTES) return false;
  return isLfsPointer(Buffer.from(await entry.bytes()).toString('latin1'));
}

/** Reads the source through once. */
export async function checkSource(source: FixtureSource, expected: ExpectedCounts): Promise<Check> {
  const subject = source.name;
  const recogniser = new Recogniser(expected);
  let files = 0;
  const pointers: string[] = [];
  try {
    for await (const entry of source) {
      files++;
      if (await isPointer(entry)) pointers.push(entry.file);
      await recogniser.see(entry);
    }
    const digest = (await source.digest())?.slice(0, DIGEST_SHOWN) ?? 'unknown';
    const suites = recogniser.recognised();
    const releases = [...new Set(suites.map(({ release }) => release))].sort();
    const content = `${files} ${files === 1 ? 'file' : 'files'}, digest ${digest}`;
    if (files === 0)
      return { subject, state: 'bad', found: content, advice: 'it holds no fixture: name another folder or archive' };
    if (pointers.length > 0) {
      const found = `${content}; Git LFS pointers in place of files: ${someOf(pointers)}`;
      return { subject, state: 'bad', found, advice: 'fetch what they stand for, as `git lfs pull` does' };
    }
    if (suites.length > 0)
      return good(
        subject,
        `${content}: ${releases.join(', ')} (${suites.length} ${suites.length === 1 ? 'suite' : 'suites'})`,
      );
    const advice =
      'no release with expected counts, so lost cases will not show: `lockstep counts` makes counts for it';
    return { subject, state: 'poor', found: content, advice };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { subject, state: 'bad', found: error.message, advice: 'fetch or unpack it again' };
  }
}

const UNFETCHED = {
  found: 'not fetched yet',
  advice: 'the next `lockstep run` without --offline does so; or name an archive with --fixtures',
};

/** Looking fetches nothing, so that a checkout without them is one that has not fetched them yet. */
const ABSENT: Readonly<Record<Absence, { readonly found: string; readonly advice: string }>> = {
  offline: UNFETCHED,
  failed: UNFETCHED,
  'no checkout': {
    found: 'do not come with the package',
    advice: 'name an archive of them, or a folder, with --fixtures',
  },
  occupied: {
    found: 'ethereum-tests holds files but no suites',
    advice: 'empty that folder; or name an archive of them with --fixtures',
  },
};

/** The default suites, as they are on this machine; nothing is fetched. `root` is the package's folder. */
export async function checkSubmodule(root: string): Promise<Check> {
  const subject = 'official suites';
  const main = await ensureSubmodule(root, { offline: true, legacy: false });
  if (!main.available) {
    const { found, advice } = ABSENT[main.why];
    return { subject, state: 'poor', found, advice };
  }
  const missing = await missingSuites(main.path);
  if (missing.length > 0) {
    const advice = 'empty ethereum-tests, and the next `lockstep run` without --offline fetches all of it';
    return { subject, state: 'poor', found: `checked out, but without ${missing.join(', ')}`, advice };
  }
  const legacy = await ensureSubmodule(root, { offline: true, legacy: true });
  return good(
    subject,
    legacy.available
      ? 'checked out, with the older generations'
      : 'checked out, without the older generations (--legacy fetches them)',
  );
}
