/** The core's arithmetic and Keccak as a module of their own, called with BigInts and bytes. */
import { ASSEMBLY, compileCore } from '../../src/vm/core/compile.js';
import { type WasmMemory, wasm } from '../../src/vm/core/webassembly.js';

const ENTRY = `${ASSEMBLY}/arithmetic-test.ts`;
const SOURCE = ['bits', 'shift', 'u256', 'keccak'].map((file) => `export * from './${file}';`).join('\n');

/** Pages of the test's memory: static data and scratch lie in the first eight. */
const PAGES = 16;
/** First byte that the module leaves to its caller. */
export const FREE = 0x80000;

export type CoreFunction = (...args: readonly number[]) => number | bigint | undefined;

/** One instance of the arithmetic over a memory of its own. */
export class CoreArithmetic {
  private constructor(
    readonly binary: Uint8Array,
    readonly memory: WasmMemory,
    readonly functions: Readonly<Record<string, CoreFunction>>,
  ) {}

  static async build(): Promise<CoreArithmetic> {
    const binary = await compileCore(ENTRY, new Map([[ENTRY, SOURCE]]));
    const memory = new wasm.Memory({ initial: PAGES });
    const { exports } = new wasm.Instance(new wasm.Module(binary), { env: { memory } });
    return new CoreArithmetic(binary, memory, exports as Record<string, CoreFunction>);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** Writes a value (below 2^256) little-endian. */
  write(at: number, value: bigint): void {
    const view = new DataView(this.memory.buffer);
    for (let i = 0; i < 4; i++) view.setBigUint64(at + 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
  }

  /** Reads a little-endian value. */
  read(at: number): bigint {
    const view = new DataView(this.memory.buffer);
    let value = 0n;
    for (let i = 3; i >= 0; i--) value = (value << 64n) | view.getBigUint64(at + 8 * i, true);
    return value;
  }

  call(name: string, ...args: readonly number[]): number | bigint | undefined {
    const target = this.functions[name];
    if (target === undefined) throw new Error(`the module has no ${name}`);
    return target(...args);
  }
}
