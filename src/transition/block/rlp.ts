/**
 * Strict reading of RLP (yellow paper, appendix B): one level at a time, without copies. Every
 * item keeps its own encoding, so that hashes are taken over the very bytes that were received.
 */

/** Why bytes are not canonical RLP, or not the structure that was asked for. */
export class RlpError extends Error {
  override readonly name = 'RlpError';
  readonly code = 'RLP_STRUCTURES_ENCODING';
  constructor(
    readonly field: string,
    detail: string,
  ) {
    super(`${field}: ${detail}`);
  }
}

export interface RlpItem {
  readonly isList: boolean;
  /** The string's bytes, or the concatenated encodings of the list's items. A view, not a copy. */
  readonly payload: Uint8Array;
  /** The item with its prefix. A view, not a copy. */
  readonly encoding: Uint8Array;
}

/** Length in bytes that a long prefix announces; the shortest form is the only one allowed. */
function longLength(bytes: Uint8Array, at: number, size: number, field: string): number {
  if (at + size > bytes.length) throw new RlpError(field, 'truncated length');
  if (bytes[at] === 0) throw new RlpError(field, 'length with a leading zero');
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + i] as number);
  if (length < 56) throw new RlpError(field, 'long form of a short length');
  return length;
}

/** Reads the item that starts at `at`; throws {@link RlpError} where it is truncated or not canonical. */
export function readItem(bytes: Uint8Array, at: number, field: string): RlpItem {
  const prefix = bytes[at];
  if (prefix === undefined) throw new RlpError(field, 'missing');
  if (prefix < 0x80) {
    const byte = bytes.subarray(at, at + 1);
    return { isList: false, payload: byte, encoding: byte };
  }
  const isList = prefix >= 0xc0;
  const short = prefix - (isList ? 0xc0 : 0x80);
  let start = at + 1;
  let length = short;
  if (short > 55) {
    length = longLength(bytes, start, short - 55, field);
    start += short - 55;
  }
  const end = start + length;
  if (end > bytes.length) throw new RlpError(field, 'truncated');
  if (!isList && length === 1 && (bytes[start] as number) < 0x80) {
    throw new RlpError(field, 'a byte below 0x80 stands for itself');
  }
  return { isList, payload: bytes.subarray(start, end), encoding: bytes.subarray(at, end) };
}

/** Reads `bytes` as exactly one item; throws {@link RlpError} on trailing bytes. */
export function readWhole(bytes: Uint8Array, field: string): RlpItem {
  const item = readItem(bytes, 0, field);
  if (item.encoding.length !== bytes.length) throw new RlpError(field, 'trailing bytes');
  return item;
}

/** Items of a list; throws {@link RlpError} where `list` is a string. */
export function listItems(list: RlpItem, field: string): RlpItem[] {
  if (!list.isList) throw new RlpError(field, 'a list is expected');
  const items: RlpItem[] = [];
  let at = 0;
  while (at < list.payload.length) {
    const item = readItem(list.payload, at, `${field}[${items.length}]`);
    items.push(item);
    at += item.encoding.length;
  }
  return items;
}

/** Bytes of a string item; throws {@link RlpError} where it is a list. */
export function stringBytes(item: RlpItem, field: string): Uint8Array {
  if (item.isList) throw new RlpError(field, 'a string is expected');
  return item.payload;
}
