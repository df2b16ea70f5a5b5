/** Calldata and return data by the contract ABI, as far as the contracts here need it. */
import { bigIntToBytes, concatBytes } from '../src/primitives/bytes.js';

/**
 * A value to encode. Numbers, booleans and up to 32 bytes stand in one word, at its low end; `raw` at its high
 * end (`bytesN`). The rest is named by its kind.
 */
export type AbiValue =
  | bigint
  | number
  | boolean
  | Uint8Array
  | { readonly raw: Uint8Array }
  | { readonly bytes: Uint8Array }
  | { readonly list: readonly AbiValue[] }
  | { readonly tuple: readonly AbiValue[] };

const WORD = 32;
const TWO_256 = 1n << 256n;

/** `value` as a word of 32 bytes; negative numbers in two's complement. Throws RangeError beyond 256 bits. */
export function word(value: bigint | number | boolean | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) {
    const bytes = new Uint8Array(WORD);
    bytes.set(value, WORD - value.length);
    return bytes;
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) {
    const bytes = new Uint8Array(WORD);
    bytes[28] = value >>> 24;
    bytes[29] = value >>> 16;
    bytes[30] = value >>> 8;
    bytes[31] = value;
    return bytes;
  }
  const number = BigInt(value);
  return bigIntToBytes(number < 0n ? number + TWO_256 : number, WORD);
}

function isDynamic(value: AbiValue): boolean {
  if (typeof value !== 'object' || value instanceof Uint8Array) return false;
  if ('tuple' in value) return value.tuple.some(isDynamic);
  return !('raw' in value);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / WORD) * WORD);
  whole.set(bytes);
  return whole;
}

function encodeOne(value: AbiValue): Uint8Array {
  if (typeof value !== 'object' || value instanceof Uint8Array) return word(value);
  if ('raw' in value) return padded(value.raw);
  if ('bytes' in value) return concatBytes(word(value.bytes.length), padded(value.bytes));
  if ('list' in value) return concatBytes(word(value.list.length), encode(value.list));
  return encode(value.tuple);
}

/** The values one after the other: static ones in place, others behind them with their offset in place. */
export function encode(values: readonly AbiValue[]): Uint8Array {
  const encoded = values.map(encodeOne);
  const dynamic = values.map(isDynamic);
  let offset = encoded.reduce((sum, bytes, i) => sum + (dynamic[i] ? WORD : bytes.length), 0);
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  encoded.forEach((bytes, i) => {
    if (dynamic[i]) {
      heads.push(word(offset));
      tails.push(bytes);
      offset += bytes.length;
    } else heads.push(bytes);
  });
  return concatBytes(...heads, ...tails);
}
