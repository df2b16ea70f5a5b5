/** Which fused blocks a file of state tests gives. */
import { createHash } from 'node:crypto';
import type { CaseIdentity } from '../events/events.js';
import { FixtureError, type StateCase } from '../fixtures/cases.js';
import type { CaseReference } from '../fixtures/reference.js';
import type { FuseSettings } from '../verdict/fused.js';
import { type FusedBlock, fuse } from './fuse.js';

/** A fused block that has not been put together yet. */
export interface FusedReference extends CaseIdentity {
  readonly kind: 'state';
  readonly test: string;
  /** Throws {@link FixtureError}. */
  build(): FusedBlock;
}

/** Blocks of one test and fork at most, so that no test crowds out the others. */
export const MOST_ROUNDS = 1;

interface Group {
  readonly first: CaseReference;
  readonly members: CaseReference[];
}

function groupsOf(references: Iterable<CaseReference | FixtureError>): { groups: Group[]; errors: FixtureError[] } {
  const groups = new Map<string, Group>();
  const errors: FixtureError[] = [];
  for (const reference of references) {
    if (reference instanceof FixtureError) {
      errors.push(reference);
      continue;
    }
    if (reference.kind !== 'state') continue;
    const key = `${reference.test}\n${reference.network}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: reference, members: [reference] });
    else group.members.push(reference);
  }
  return { groups: [...groups.values()], errors };
}

/** `file::test[fused 1, seed 1, Cancun]`: the `number`th block of a test and fork. */
function idOf({ id, test, network }: CaseReference, seed: string, number: number): string {
  const end = id.lastIndexOf(`::${test}[`);
  return `${id.slice(0, end)}::${test}[fused ${number}, seed ${seed}, ${network}]`;
}

function referenceOf({ first, members }: Group, seed: string, number: number): FusedReference {
  const { source, file, test, group, network } = first;
  const id = idOf(first, seed, number);
  const build = (): FusedBlock => {
    const cases = members.map((member) => member.decode() as StateCase);
    return fuse(cases, `${test} fused ${number}, seed ${seed}, ${network}`, seed, number);
  };
  return { id, source, file, test, group, network, kind: 'state', build };
}

function rank(seed: string, { first }: Group): string {
  return createHash('sha256').update(`${seed}\n${first.id}`).digest('hex');
}

/** `count` of the groups, in their order; which ones depends on the seed. */
function drawn(groups: readonly Group[], count: number, seed: string): readonly Group[] {
  if (groups.length <= count) return groups;
  const ranked = groups.map((group, place) => ({ place, rank: rank(seed, group) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const places = new Set(ranked.slice(0, count).map(({ place }) => place));
  return groups.filter((_, place) => places.has(place));
}

/**
 * The fused blocks of a file's state tests, in the file's order: one for each test and fork; where there are more
 * than `settings.blocks`, so many of them, drawn by the seed. Errors of the file come out beside them.
 */
export function fusedReferences(
  references: Iterable<CaseReference | FixtureError>,
  settings: FuseSettings,
): (FusedReference | FixtureError)[] {
  const { groups, errors } = groupsOf(references);
  const { blocks, seed } = settings;
  const found: (FusedReference | FixtureError)[] = [...errors];
  for (let number = 1; number <= MOST_ROUNDS; number++) {
    for (const group of drawn(groups, blocks, seed)) found.push(referenceOf(group, seed, number));
  }
  return found;
}
