/** Who acts on whom, where, and on which transaction before it each transaction depends. */
import type { Cluster } from './cluster.js';
import type { KindName } from './kinds/index.js';
import type { Turn } from './kinds/kind.js';
import type { CheckedOptions } from './options.js';
import { type Random, Weighted } from './random.js';

/** A turn, the kind that it is for, and its place in a chain of dependencies. */
export interface PlannedTurn extends Turn {
  readonly kind: KindName;
  readonly cluster: number;
  /** 1 where it depends on none. */
  readonly link: number;
}

/**
 * Plans the turns of one block after the other. People act in the order of their numbers, each cluster's in a
 * cycle, so that nobody acts twice before all have acted. A transaction that depends on another is of its kind and
 * at its venue, and is sent by the other's counterpart.
 */
export class Turns {
  private readonly kinds: Weighted<KindName>;
  private readonly next: number[];
  private block: PlannedTurn[] = [];
  private turns = 0;

  constructor(
    private readonly options: CheckedOptions,
    private readonly clusters: readonly Cluster[],
    private readonly random: Random,
  ) {
    this.kinds = new Weighted(options.mix);
    this.next = clusters.map(() => 0);
  }

  /** Forgets the turns so far: dependencies do not reach over blocks. */
  newBlock(): void {
    this.block = [];
  }

  /** The next turn; `allowed` refuses kinds whose turn it cannot be, and is asked again with another. */
  plan(allowed: (kind: KindName) => boolean): PlannedTurn {
    const turn = this.dependent(allowed) ?? this.independent(allowed);
    this.block.push(turn);
    return turn;
  }

  private dependent(allowed: (kind: KindName) => boolean): PlannedTurn | null {
    const { dependencyRatio, dependencyDistance, chainLength } = this.options;
    // Drawn before looking whether there is one, so that the same draws follow.
    if (dependencyRatio === 0 || !this.random.chance(dependencyRatio)) return null;
    const before = this.block[this.block.length - dependencyDistance];
    if (before === undefined || before.link >= chainLength || !allowed(before.kind)) return null;
    const { kind, cluster, venue, counterpart } = before;
    const other = this.counterpart(cluster, counterpart);
    return {
      kind,
      cluster,
      venue,
      sender: counterpart,
      counterpart: other.person,
      link: before.link + 1,
      random: this.random,
    };
  }

  private independent(allowed: (kind: KindName) => boolean): PlannedTurn {
    let kind = this.kinds.draw(this.random);
    while (!allowed(kind)) kind = this.kinds.draw(this.random);
    const cluster = this.turns++ % this.clusters.length;
    const sender = this.fresh(cluster);
    const { person, hot } = this.counterpart(cluster, sender);
    const venue = hot ? 0 : (this.clusters[cluster] as Cluster).venueOf(sender);
    return { kind, cluster, venue, sender, counterpart: person, link: 1, random: this.random };
  }

  private fresh(cluster: number): number {
    const { first, size } = this.clusters[cluster] as Cluster;
    const at = this.next[cluster] as number;
    this.next[cluster] = (at + 1) % size;
    return first + at;
  }

  /** Somebody else than `sender`. */
  private counterpart(cluster: number, sender: number): { person: number; hot: boolean } {
    const { first } = this.clusters[cluster] as Cluster;
    const { hotRatio, hotAccounts } = this.options;
    const hot = hotRatio > 0 && this.random.chance(hotRatio);
    const person = hot ? first + this.random.below(hotAccounts) : this.fresh(cluster);
    return { person: person === sender ? this.fresh(cluster) : person, hot };
  }
}
