/** Writes code while keeping count of the stack, with jumps and data whose places are filled in at the end. */
import { bigIntToMinimalBytes, concatBytes } from '../../src/primitives/bytes.js';
import { opcodeOf } from '../../src/vm/core/opcodes.js';

const JUMPDEST = 0x5b;
const POP = 0x50;

/** A place in the code that is not known yet. */
export interface Label {
  position: number;
}

export class Builder {
  readonly #bytes: number[] = [];
  readonly #uses: { readonly at: number; readonly label: Label }[] = [];
  readonly #data: { readonly bytes: Uint8Array; readonly label: Label }[] = [];
  /** Items on the stack, as far as one can tell. */
  depth = 0;

  get length(): number {
    return this.#bytes.length;
  }

  /** One instruction without an immediate; the stack has what it takes, or the code will halt there. */
  op(...codes: number[]): void {
    for (const code of codes) {
      this.#bytes.push(code);
      const known = opcodeOf(code, 'Osaka');
      if (known !== null) this.depth = Math.max(0, this.depth - known.pops) + known.pushes;
    }
  }

  /** Pushes a value in the shortest form; zero as PUSH1 0, which all forks know. */
  push(value: bigint | number): void {
    const bytes = bigIntToMinimalBytes(BigInt(value));
    this.pushBytes(bytes.length === 0 ? new Uint8Array(1) : bytes);
  }

  pushBytes(bytes: Uint8Array): void {
    this.#bytes.push(0x5f + bytes.length, ...bytes);
    this.depth++;
  }

  /** Pushes several values; the last one ends on top. */
  pushAll(...values: (bigint | number)[]): void {
    for (const value of values) this.push(value);
  }

  label(): Label {
    return { position: 0 };
  }

  pushLabel(label: Label): void {
    this.#uses.push({ at: this.#bytes.length + 1, label });
    this.#bytes.push(0x61, 0, 0);
    this.depth++;
  }

  /** Marks the label here, as a jump's destination. */
  land(label: Label): void {
    label.position = this.#bytes.length;
    this.#bytes.push(JUMPDEST);
  }

  /** Data behind the code; answers where it will stand. */
  data(bytes: Uint8Array): Label {
    const label = this.label();
    this.#data.push({ bytes, label });
    return label;
  }

  /** Brings the stack back to `depth` items. */
  settle(depth: number): void {
    while (this.depth > depth) this.op(POP);
    while (this.depth < depth) this.push(0);
  }

  finish(): Uint8Array {
    let end = this.#bytes.length;
    for (const { bytes, label } of this.#data) {
      label.position = end;
      end += bytes.length;
    }
    for (const { at, label } of this.#uses) {
      this.#bytes[at] = label.position >>> 8;
      this.#bytes[at + 1] = label.position & 0xff;
    }
    return concatBytes(Uint8Array.from(this.#bytes), ...this.#data.map(({ bytes }) => bytes));
  }
}
