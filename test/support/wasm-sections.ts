/** Reads the parts of a WebAssembly binary that the JavaScript interface does not show (core specification, chapter 5). */
import { WasmCursor } from '../../bench/profile/wasm-cursor.js';

const CUSTOM = 0;
const START = 8;
const DATA = 11;
const I32_CONST = 0x41;
const END = 0x0b;

export interface DataSegment {
  /** Address of the first byte. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface WasmSections {
  /** Whether instantiation runs a function. */
  readonly hasStart: boolean;
  /** Names of custom sections: `name` where there are debug names, `sourceMappingURL`, ... */
  readonly custom: readonly string[];
  readonly data: readonly DataSegment[];
}

/** With bytes that have to be what they are. */
class Reader extends WasmCursor {
  byte(expected: number): void {
    const found = this.bytes[this.at++];
    if (found !== expected) throw new Error(`byte ${found} at ${this.at - 1}, expected ${expected}`);
  }
}

/** Active segments of memory 0 at constant addresses; anything else is refused. */
function readData(section: Uint8Array): DataSegment[] {
  const reader = new Reader(section);
  return Array.from({ length: reader.number() }, () => {
    reader.byte(0);
    reader.byte(I32_CONST);
    const at = reader.number();
    reader.byte(END);
    return { at, bytes: reader.run() };
  });
}

export function readSections(binary: Uint8Array): WasmSections {
  const reader = new Reader(binary.subarray(8));
  const custom: string[] = [];
  let hasStart = false;
  let data: DataSegment[] = [];
  while (!reader.done) {
    const id = reader.number();
    const section = reader.run();
    if (id === START) hasStart = true;
    if (id === DATA) data = readData(section);
    if (id === CUSTOM) {
      custom.push(new Reader(section).text());
    }
  }
  return { hasStart, custom, data };
}

/** Runs of at least six UTF-16 characters of ASCII text with at least four different ones: string literals. */
export function utf16Text(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (const parity of [0, 1]) {
    let text = '';
    for (let i = parity; i <= bytes.length; i += 2) {
      const [low, high] = [bytes[i] ?? 0, bytes[i + 1] ?? 0];
      if (high === 0 && /[\w ~/:.,-]/.test(String.fromCharCode(low))) {
        text += String.fromCharCode(low);
        continue;
      }
      if (text.length >= 6 && new Set(text).size >= 4) found.push(text);
      text = '';
    }
  }
  return found;
}
