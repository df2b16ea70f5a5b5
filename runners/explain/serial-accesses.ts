/** What each transaction of a block reads and writes when it is executed serially. */
import { type AccessWatch, type Place, type PlaceValue, placeKey } from '../../src/index.js';

export interface Access {
  readonly place: Place;
  readonly value: PlaceValue;
}

/** By the key of the place. */
export interface TransactionAccesses {
  readonly reads: Map<string, Access>;
  readonly writes: Map<string, Access>;
}

/** Collects a serial run. */
export class SerialAccesses implements AccessWatch {
  readonly transactions: TransactionAccesses[] = [];

  read(index: number, place: Place, value: PlaceValue): void {
    this.at(index).reads.set(placeKey(place), { place, value });
  }

  write(index: number, place: Place, value: PlaceValue): void {
    this.at(index).writes.set(placeKey(place), { place, value });
  }

  /** Empty where the serial run did not get so far. */
  at(index: number): TransactionAccesses {
    while (this.transactions.length <= index) this.transactions.push({ reads: new Map(), writes: new Map() });
    return this.transactions[index] as TransactionAccesses;
  }
}

/** The state that the serial run passes through, as far as it looked at it; moved on transaction by transaction. */
export class SerialState {
  readonly #values = new Map<string, Access>();
  /** Accounts whose storage was wiped. */
  readonly #wiped = new Set<string>();

  /** Takes what a transaction was answered: the values before it. */
  before({ reads }: TransactionAccesses): void {
    for (const [key, access] of reads) this.#values.set(key, access);
  }

  /** Takes what a transaction wrote. */
  after({ writes }: TransactionAccesses): void {
    for (const { place } of writes.values()) if (place.kind === 'reset') this.#wipe(place);
    for (const [key, access] of writes) if (access.place.kind !== 'reset') this.#values.set(key, access);
  }

  #wipe({ address }: Place): void {
    this.#wiped.add(address);
    for (const [key, { place }] of this.#values) {
      if (place.kind === 'slot' && place.address === address) this.#values.set(key, { place, value: 0n });
    }
  }

  /** Undefined where the run has not met the place: it stands as before the block. */
  value(place: Place): PlaceValue | undefined {
    const known = this.#values.get(placeKey(place));
    if (known !== undefined) return known.value;
    return place.kind === 'slot' && this.#wiped.has(place.address) ? 0n : undefined;
  }
}
