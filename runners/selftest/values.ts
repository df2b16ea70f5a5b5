/** Other values that are still well-formed: what is caught must be caught by a comparison, not by a parser. */
import type { Random } from './random.js';

const HEX_BYTES = /^(?:0x)?(?:[0-9a-f]{2})+$/i;

/** True for hex of at least one byte. */
export function isBytes(text: string | null): text is string {
  return text !== null && HEX_BYTES.test(text);
}

/** `hex` with another byte at `at`; random where it is left out. */
export function flipByte(hex: string, random: Random, at?: number): string {
  const start = hex.startsWith('0x') ? 2 : 0;
  const index = start + 2 * (at ?? random.below((hex.length - start) / 2));
  const byte = Number.parseInt(hex.slice(index, index + 2), 16) ^ (1 + random.below(255));
  return hex.slice(0, index) + byte.toString(16).padStart(2, '0') + hex.slice(index + 2);
}

/** Another quantity of at most as many bits; null where `text` is none. `plain` leaves out padding (JSON-RPC). */
export function flipQuantity(text: string, plain = false): string | null {
  const value = quantityOf(text);
  if (value === null) return null;
  const digits = (value ^ 1n).toString(16);
  return `0x${plain || digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

/** The number that hex or decimal digits stand for; null for other text. */
export function quantityOf(text: string | null): bigint | null {
  if (text === null) return null;
  if (text === '0x') return 0n;
  return /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? BigInt(text) : null;
}
