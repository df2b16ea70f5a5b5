/** What is used of WebAssembly here; Node's own types leave it out. */

/** A compiled module. It has no members of its own; workers can be handed it. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** Memory of one thread. `buffer` is replaced, and the old one detached, when the memory grows. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB and answers how many there were. Throws RangeError where there is no room. */
  grow(pages: number): number;
}

/** A module joined to its imports. */
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { module: string; name: string; kind: string }[];
    exports(module: WasmModule): { name: string; kind: string }[];
    customSections(module: WasmModule, name: string): ArrayBuffer[];
  };
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  /** A trap: the module gave up, or did what no valid module does. */
  readonly RuntimeError: new (
    message?: string,
  ) => Error;
  readonly Memory: new (descriptor: { initial: number; maximum?: number }) => WasmMemory;
}

/** The engine's WebAssembly: classes of modules, instances and memories. */
export const wasm: WebAssemblyApi = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
