/** Storage of a contract written down variable by variable, by Solidity's layout. */
import { bytesToBigInt, bytesToHex, concatBytes, type Hex } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import { word } from './abi.js';
import type { Contract } from './artifacts.js';

/** A mapping's key: its word, or a number or at most 32 bytes that make one. */
export type Key = bigint | number | Uint8Array;

/** Slot of `key` in the mapping whose own slot is the word `base`. */
export function mappingSlot(key: Key, base: Uint8Array): Uint8Array {
  return keccak256(concatBytes(word(key), base));
}

/** Slots of one contract, as `AccountState.storage` wants them. Zero values are left out. */
export class ContractStorage {
  readonly slots = new Map<Hex, bigint>();

  constructor(private readonly contract: Contract) {}

  /** Slot of a variable, or of a mapping's entry: one key for each level. */
  slot(variable: string, keys: readonly Key[] = []): Uint8Array {
    const base = word(this.contract.variable(variable).slot);
    return keys.reduce((slot: Uint8Array, key) => mappingSlot(key, slot), base);
  }

  /** Sets the slot at a place of 32 bytes that no variable names. */
  setSlot(at: Uint8Array, value: bigint): this {
    const key = bytesToHex(at);
    if (value === 0n) this.slots.delete(key);
    else this.slots.set(key, value);
    return this;
  }

  /** Sets a variable that may share its slot with others. Throws RangeError where the value does not fit. */
  set(variable: string, value: bigint | number | Uint8Array): this {
    const { offset, bytes } = this.contract.variable(variable);
    const number = value instanceof Uint8Array ? bytesToBigInt(value) : BigInt(value);
    const bits = BigInt(8 * bytes);
    if (number < 0n || number >= 1n << bits) {
      throw new RangeError(`${this.contract.name}.${variable}: ${number} does not fit in ${bytes} bytes`);
    }
    const at = this.slot(variable);
    const shift = BigInt(8 * offset);
    const mask = ((1n << bits) - 1n) << shift;
    const before = this.slots.get(bytesToHex(at)) ?? 0n;
    return this.setSlot(at, (before & ~mask) | (number << shift));
  }

  /** Sets a whole slot: of a variable, or of a mapping's entry. */
  setAt(variable: string, keys: readonly Key[], value: bigint | number | Uint8Array): this {
    return this.setSlot(this.slot(variable, keys), value instanceof Uint8Array ? bytesToBigInt(value) : BigInt(value));
  }
}
