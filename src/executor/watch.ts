/** What the transactions of a serial run read and write, told to whoever asked for it. */
import { EMPTY_BYTES, type Hex } from '../primitives/bytes.js';
import { readWords, U256_WORDS } from '../primitives/words.js';
import type { Code, StateView, WriteSink } from '../state/view.js';
import { addressAt, basicsAt, type Place, type PlaceValue, slotAt } from './place.js';

/** Follows the state accesses of a block's transactions. Steps before and after them are not among them. */
export interface AccessWatch {
  /** Transaction `index` reads `place`, for the first time: it is not asked for twice. */
  read(index: number, place: Place, value: PlaceValue): void;
  /** What it leaves there; not called where it makes the block invalid. A reset comes before what is written after it. */
  write(index: number, place: Place, value: PlaceValue): void;
}

function place(kind: Place['kind'], address: Hex, slot: Hex | null = null): Place {
  return { kind, address, slot };
}

/** A state with its sink, and the transaction that uses it. */
export interface WatchedState extends StateView {
  readonly step: number;
  readonly sink: WriteSink;
}

/** Stands between a machine and the state, and tells `watch` what passes. */
export class WatchedView implements StateView {
  constructor(
    private readonly state: WatchedState,
    private readonly watch: AccessWatch,
  ) {}

  get location(): number {
    return this.state.location ?? 0;
  }

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const status = this.state.basics(words, address, out, at);
    this.watch.read(this.state.step, place('account', addressAt(words, address)), basicsAt(out, at));
    return status;
  }

  code(words: Uint32Array, address: number): Code | number {
    const code = this.state.code(words, address);
    const bytes = typeof code === 'number' ? EMPTY_BYTES : code.bytes;
    this.watch.read(this.state.step, place('code', addressAt(words, address)), bytes);
    return code;
  }

  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
    const status = this.state.storage(words, address, slot, out, at);
    const where = place('slot', addressAt(words, address), slotAt(words, slot));
    this.watch.read(this.state.step, where, readWords(out, at, U256_WORDS));
    return status;
  }

  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const status = this.state.hasStorage(words, address, out, at);
    this.watch.read(this.state.step, place('presence', addressAt(words, address)), out[at] !== 0);
    return status;
  }

  readonly sink: WriteSink = {
    basics: (words, address, at, location) => {
      this.write(place('account', addressAt(words, address)), basicsAt(words, at));
      this.state.sink.basics(words, address, at, location);
    },
    code: (words, address, code) => {
      this.write(place('code', addressAt(words, address)), code.bytes);
      this.state.sink.code(words, address, code);
    },
    reset: (words, address) => {
      this.write(place('reset', addressAt(words, address)), true);
      this.state.sink.reset(words, address);
    },
    storage: (words, address, slot, at, location) => {
      const where = place('slot', addressAt(words, address), slotAt(words, slot));
      this.write(where, readWords(words, at, U256_WORDS));
      this.state.sink.storage(words, address, slot, at, location);
    },
  };

  private write(where: Place, value: PlaceValue): void {
    this.watch.write(this.state.step, where, value);
  }
}
