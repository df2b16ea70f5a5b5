/** Locations, values and origins in words. */
import type { Place, PlaceValue, ReadOrigin } from '../../src/index.js';
import { bytesToHex } from '../../src/primitives/bytes.js';

/** Bytes of a code that are spelled out. */
const CODE_SHOWN = 48;

export function placeName({ kind, address, slot }: Place): string {
  switch (kind) {
    case 'slot':
      return `slot ${shortSlot(slot ?? '0x0')} of ${address}`;
    case 'reset':
      return `storage reset of ${address}`;
    case 'presence':
      return `whether ${address} has storage`;
    default:
      return `${kind} ${address}`;
  }
}

/** Without leading zeros, as people write small ones. */
function shortSlot(slot: string): string {
  return `0x${BigInt(slot).toString(16)}`;
}

/** Equal texts are equal values. */
export function valueText(value: PlaceValue): string {
  if (value === null) return 'absent';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (!(value instanceof Uint8Array)) return `nonce ${value.nonce}, balance ${value.balance}`;
  return value.length === 0 ? 'no code' : bytesToHex(value);
}

/** A value for people: long codes are cut. */
export function shownValue(value: PlaceValue): string {
  if (!(value instanceof Uint8Array) || value.length <= CODE_SHOWN) return valueText(value);
  return `${bytesToHex(value.subarray(0, CODE_SHOWN))}… (${value.length} bytes)`;
}

export function originText(origin: ReadOrigin): string {
  switch (origin.from) {
    case 'state':
      return 'the state before the block';
    case 'step':
      return 'a step before the transactions';
    case 'sum':
      return 'a sum made for this read, of the version below with deferred fees or credits';
    default:
      return versionText(origin.transaction, origin.incarnation);
  }
}

/** `transaction 3, incarnation 1`; a version that the lane made of fees or credits bears no incarnation. */
export function versionText(transaction: number, incarnation: number | null): string {
  return `transaction ${transaction}, ${incarnation === null ? 'folded by the commit lane' : `incarnation ${incarnation}`}`;
}
