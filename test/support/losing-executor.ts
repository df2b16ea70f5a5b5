/**
 * An executor with a planted bug: it loses a transaction's write of a slot that an earlier transaction of the block
 * wrote too. It runs blocks serially, keeps what they read and wrote as a parallel executor would leave it in
 * memory, and then loses the writes in both outcome and memory: found, explained and minimised the same every time.
 */
import { SerialAccesses } from '../../runners/explain/serial-accesses.js';
import { createEngines, createWatchedExecutor, type Engines, type Executor } from '../../runners/job/engine.js';
import type { Database, InspectedBlock, InspectedVersion, Place, PlaceValue } from '../../src/index.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { AccountDiff } from '../../src/state/diff.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';

interface History {
  readonly place: Place;
  before: PlaceValue;
  readonly versions: InspectedVersion[];
}

/** What `accesses` come to, as a parallel run of one incarnation each would leave it. */
export function memoryOf(block: Block, accesses: SerialAccesses): InspectedBlock {
  const histories = new Map<string, History>();
  const at = (key: string, place: Place, before: PlaceValue): History => {
    const known = histories.get(key) ?? { place, before, versions: [] };
    histories.set(key, known);
    return known;
  };
  const transactions = block.transactions.map((_, index) => {
    const { reads, writes } = accesses.at(index);
    const recorded = [...reads].map(([key, { place, value }]) => {
      const last = at(key, place, value).versions.at(-1);
      const origin =
        last === undefined
          ? ({ from: 'state' } as const)
          : ({ from: 'transaction', transaction: last.transaction, incarnation: last.incarnation } as const);
      return { place, value, origin };
    });
    for (const [key, { place, value }] of writes) {
      const version = { transaction: index, incarnation: 0, value, estimate: false, credit: false };
      at(key, place, place.kind === 'slot' ? 0n : place.kind === 'reset' ? false : null).versions.push(version);
    }
    return {
      index,
      state: 'committed' as const,
      incarnations: 1,
      exact: false,
      reads: recorded,
      earlierReads: null,
      deferredFee: 0n,
      credited: null,
    };
  });
  return {
    frontier: block.transactions.length,
    beneficiary: bytesToHex(block.environment.coinbase),
    transactions,
    locations: [...histories.values()].map((one) => ({ ...one, forgottenBelow: 0 })),
  };
}

export class LosingExecutor implements Executor {
  #memory: InspectedBlock | null = null;

  private constructor(
    private readonly watched: Executor,
    private readonly accesses: SerialAccesses,
  ) {}

  static async create(vm: VmName): Promise<LosingExecutor> {
    const accesses = new SerialAccesses();
    return new LosingExecutor(await createWatchedExecutor(vm, accesses), accesses);
  }

  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    this.accesses.transactions.length = 0;
    const result = await this.watched.execute(database, block);
    const memory = memoryOf(block, this.accesses);
    this.#memory = { ...memory, locations: memory.locations.map(losing) };
    if (!result.ok) return result;
    const diff = new Map(result.diff);
    for (const [i, location] of memory.locations.entries()) {
      const { place } = location;
      const kept = this.#memory.locations[i]?.versions.at(-1);
      const change = diff.get(place.address);
      if (place.slot === null || kept === undefined || change === undefined) continue;
      const slot = change.storage.get(place.slot);
      if (slot === undefined || slot.after === kept.value) continue;
      const storage = new Map(change.storage).set(place.slot, { ...slot, after: kept.value as bigint });
      diff.set(place.address, { ...change, storage } satisfies AccountDiff);
    }
    return { ...result, diff };
  }

  inspect(): InspectedBlock | null {
    return this.#memory;
  }

  close(): Promise<void> {
    return this.watched.close();
  }
}

/** The planted bug: of a slot's versions the first is the only one that stays. */
function losing(location: InspectedBlock['locations'][number]): InspectedBlock['locations'][number] {
  return location.place.kind === 'slot' ? { ...location, versions: location.versions.slice(0, 1) } : location;
}

/** Engines whose parallel executors all lose writes. */
export async function losingEngines(vm: VmName, threads: readonly number[]): Promise<Engines> {
  const engines = await createEngines(vm, []);
  const parallel = new Map<number, Executor>();
  for (const count of threads) parallel.set(count, await LosingExecutor.create(vm));
  return { ...engines, parallel };
}
