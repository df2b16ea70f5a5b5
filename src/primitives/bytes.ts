/** Byte strings, hex and big integers: conversions used at the edges of the engine. */

/** Lower-case hex with a `0x` prefix. */
export type Hex = `0x${string}`;

/** No bytes; one object for all who need some. */
export const EMPTY_BYTES = new Uint8Array(0);

/** Character codes of the hex digits. */
const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Longest byte string written by way of {@link hexText}. */
const SHORT_BYTES = 64;
/** Text of a short hex string: it becomes a string in one piece, which a sum of digits does not. */
const hexText = Buffer.from(`0x${'00'.repeat(SHORT_BYTES)}`, 'latin1');

/** `bytes` as hex, two digits each. */
export function bytesToHex(bytes: Uint8Array): Hex {
  const { length } = bytes;
  if (length > SHORT_BYTES) return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex')}`;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    hexText[2 * i + 2] = HEX_DIGITS[byte >>> 4] as number;
    hexText[2 * i + 3] = HEX_DIGITS[byte & 15] as number;
  }
  return hexText.toString('latin1', 0, 2 * length + 2) as Hex;
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** Bytes of a hex string, with or without `0x`; throws RangeError on an odd length or a non-hex digit, TypeError where it is no string. */
export function hexToBytes(hex: string): Uint8Array {
  if (typeof hex !== 'string') throw new TypeError(`a hex string expected, not ${typeof hex}`);
  const start = hex.startsWith('0x') || hex.startsWith('0X') ? 2 : 0;
  const digits = hex.length - start;
  if (digits % 2 !== 0) throw new RangeError(`hex string of odd length: ${clip(hex)}`);
  const out = new Uint8Array(digits / 2);
  for (let i = 0; i < out.length; i++) {
    const high = nibble(hex.charCodeAt(start + 2 * i));
    const low = nibble(hex.charCodeAt(start + 2 * i + 1));
    if (high < 0 || low < 0) throw new RangeError(`not a hex string: ${clip(hex)}`);
    out[i] = (high << 4) | low;
  }
  return out;
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Big-endian bytes as an unsigned integer. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes));
}

/** `value` as exactly `length` big-endian bytes; throws RangeError when it does not fit. */
export function bigIntToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) {
    throw new RangeError(`${value} does not fit in ${length} bytes`);
  }
  return hexToBytes(value.toString(16).padStart(2 * length, '0'));
}

/** The shortest big-endian form (RLP scalars); zero is empty. */
export function bigIntToMinimalBytes(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY_BYTES;
  const digits = value.toString(16);
  return hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`);
}

/** Whether both have the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Below 0 where `a` comes first in the order of byte strings, above 0 where `b` does, 0 where they are equal. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** All parts, one after the other, in a new array. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
