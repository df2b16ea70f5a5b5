/** Names of the WASM machine's functions, which the module that ships does not hold. */
import { ASSEMBLY, compileCore } from '../../src/vm/core/compile.js';
import { generateDispatch } from '../../src/vm/core/generate.js';
import { coreBytes } from '../../src/vm/core/wasm.js';
import { WasmCursor } from './wasm-cursor.js';

const CUSTOM = 0;
const FUNCTION_NAMES = 1;
const HEADER_BYTES = 8;

/** A module without its custom sections, and the names of its functions by their numbers. */
export function splitNames(binary: Uint8Array): { readonly bare: Uint8Array; readonly names: Map<number, string> } {
  const parts: Uint8Array[] = [binary.subarray(0, HEADER_BYTES)];
  const names = new Map<number, string>();
  const cursor = new WasmCursor(binary.subarray(HEADER_BYTES));
  while (!cursor.done) {
    const from = cursor.at;
    const id = cursor.number();
    const section = new WasmCursor(cursor.run());
    if (id !== CUSTOM) parts.push(cursor.bytes.subarray(from, cursor.at));
    else if (section.text() === 'name') {
      while (!section.done) {
        const kind = section.number();
        const part = new WasmCursor(section.run());
        if (kind !== FUNCTION_NAMES) continue;
        for (let left = part.number(); left > 0; left--) {
          const index = part.number();
          names.set(index, part.text());
        }
      }
    }
  }
  return { bare: Buffer.concat(parts), names };
}

/**
 * Names of the functions of the machine that runs, by their numbers: the sources compiled once more, with names. Null
 * where that makes other code than the module that is committed, since the numbers are then another's. Takes seconds;
 * throws `CoreCompileError`.
 */
export async function coreNames(): Promise<Map<number, string> | null> {
  const virtual = new Map([[`${ASSEMBLY}/dispatch.ts`, generateDispatch()]]);
  const { bare, names } = splitNames(await compileCore(`${ASSEMBLY}/index.ts`, virtual, ['--debug']));
  return Buffer.compare(bare, splitNames(coreBytes()).bare) === 0 ? names : null;
}
