/** The states that a parallel run passed through, by what it left in the multi-version memory. */
import {
  type AccountBasics,
  type InspectedBlock,
  type InspectedLocation,
  type InspectedVersion,
  type Place,
  type PlaceValue,
  placeKey,
  type ReadOrigin,
} from '../../src/index.js';

/** A value, and whose it is. */
export interface Standing {
  readonly value: PlaceValue;
  readonly origin: ReadOrigin;
}

export class ParallelState {
  readonly #locations = new Map<string, InspectedLocation>();
  /** Places that transactions wrote, by transaction. */
  readonly #written: Place[][];

  constructor(private readonly block: InspectedBlock) {
    this.#written = block.transactions.map(() => []);
    for (const location of block.locations) {
      this.#locations.set(placeKey(location.place), location);
      for (const { transaction } of location.versions) this.#written[transaction]?.push(location.place);
    }
  }

  /** Where `transaction` left a version. */
  written(transaction: number): readonly Place[] {
    return this.#written[transaction] ?? [];
  }

  /** Before the block; undefined where it did not meet the place. */
  initial(place: Place): PlaceValue | undefined {
    return this.#locations.get(placeKey(place))?.before;
  }

  /** The version that `transaction` left at `place`, or null. */
  version(place: Place, transaction: number): InspectedVersion | null {
    return this.#locations.get(placeKey(place))?.versions.find((one) => one.transaction === transaction) ?? null;
  }

  /**
   * What the transactions below `transaction` left at `place`, by the rules of the protocol and independently of the
   * engine's own resolver; null where that is not known any more, or is not settled.
   */
  below(place: Place, transaction: number): Standing | null {
    const location = this.#locations.get(placeKey(place));
    if (location === undefined) return null;
    const own = lastBelow(location, transaction);
    if (own === undefined) return null;
    if (place.kind === 'account' && place.address === this.block.beneficiary) {
      return this.#withFees(own, location.before as AccountBasics | null, transaction);
    }
    if (place.kind !== 'slot') return own ? standing(own) : { value: location.before, origin: { from: 'state' } };
    return this.#wiped(place, own, transaction) ?? (own ? standing(own) : stateOf(location));
  }

  /** The reset of the slot's account where that is later than the slot's own version; null where it is not. */
  #wiped({ address }: Place, own: InspectedVersion | null, transaction: number): Standing | null {
    const resets = this.#locations.get(placeKey({ kind: 'reset', address, slot: null }));
    const reset = resets === undefined ? null : lastBelow(resets, transaction);
    if (!reset || (own !== null && own.transaction >= reset.transaction)) return null;
    return { ...standing(reset), value: 0n };
  }

  /** Fees of the transactions above the last absolute version are added. */
  #withFees(own: InspectedVersion | null, before: AccountBasics | null, transaction: number): Standing {
    const basics = (own === null ? before : own.value) as AccountBasics | null;
    const first = own === null ? 0 : own.transaction + 1;
    const fees = this.block.transactions.slice(first, transaction).reduce((sum, one) => sum + one.deferredFee, 0n);
    if (fees === 0n) return own === null ? { value: before, origin: { from: 'state' } } : standing(own);
    const { nonce, balance } = basics ?? { nonce: 0n, balance: 0n };
    return { value: { nonce, balance: balance + fees }, origin: { from: 'sum' } };
  }
}

function stateOf(location: InspectedLocation): Standing {
  return { value: location.before, origin: { from: 'state' } };
}

function standing({ value, transaction, incarnation }: InspectedVersion): Standing {
  return { value, origin: { from: 'transaction', transaction, incarnation } };
}

/** Null where nobody below wrote; undefined where that is not known. */
function lastBelow(location: InspectedLocation, transaction: number): InspectedVersion | null | undefined {
  const last = location.versions.filter((one) => one.transaction < transaction).at(-1);
  if (last !== undefined) return last.credit ? undefined : last;
  return transaction <= location.forgottenBelow && location.forgottenBelow > 0 && transaction > 0 ? undefined : null;
}
