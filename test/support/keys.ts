/** Addresses and slots as words, hex and bytes. */
import { bigIntToBytes, bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, U256_WORDS, writeWords } from '../../src/primitives/words.js';

/** 20-byte hex of a number. */
export function addressHex(value: number | bigint): Hex {
  return bytesToHex(bigIntToBytes(BigInt(value), 20));
}

/** 32-byte hex of a number. */
export function slotHex(value: number | bigint): Hex {
  return bytesToHex(bigIntToBytes(BigInt(value), 32));
}

export function addressWords(value: number | bigint): Uint32Array {
  const words = new Uint32Array(ADDRESS_WORDS);
  writeWords(BigInt(value), words, 0, ADDRESS_WORDS);
  return words;
}

/** Address and slot in one array: 5 words, then 8. */
export function slotWords(address: number | bigint, slot: number | bigint): Uint32Array {
  const words = new Uint32Array(ADDRESS_WORDS + U256_WORDS);
  writeWords(BigInt(address), words, 0, ADDRESS_WORDS);
  writeWords(BigInt(slot), words, ADDRESS_WORDS, U256_WORDS);
  return words;
}
