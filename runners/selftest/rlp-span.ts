/** Where the header of a block lies in its RLP. */
import { hexToBytes } from '../../src/primitives/bytes.js';
import { listItems, RlpError, type RlpItem, readItem } from '../../src/transition/block/rlp.js';
import { isBytes } from './values.js';

export interface Span {
  /** Bytes from the start of the block. */
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole block. */
  readonly size: number;
}

/** Null where the hex is no RLP list that starts with a list. */
export function headerSpan(rlp: string): Span | null {
  if (!isBytes(rlp)) return null;
  const bytes = hexToBytes(rlp);
  const header = firstItem(bytes);
  if (header === null || !header.isList) return null;
  const start = header.encoding.byteOffset - bytes.byteOffset;
  return { start, end: start + header.encoding.length, size: bytes.length };
}

function firstItem(bytes: Uint8Array): RlpItem | null {
  try {
    return listItems(readItem(bytes, 0, 'block'), 'block')[0] ?? null;
  } catch (error) {
    if (error instanceof RlpError) return null;
    throw error;
  }
}
