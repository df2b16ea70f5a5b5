/** What the core asks of its host: CONTRACT.md, imports. */

@external("env", "basics")
export declare function hostBasics(address: usize, out: usize): i32;
@external("env", "code")
export declare function hostCode(address: usize, out: usize): i32;
/** Copies a stub's code, `length` bytes from `offset` on, all of which it has. */
@external("env", "codeBytes")
export declare function hostCodeBytes(code: usize, offset: u32, length: u32, out: usize): void;
@external("env", "storage")
export declare function hostStorage(address: usize, slot: usize, out: usize): i32;
@external("env", "hasStorage")
export declare function hostHasStorage(address: usize, out: usize): i32;
@external("env", "blockhash")
export declare function hostBlockhash(number: usize, out: usize): void;
@external("env", "precompile")
export declare function hostPrecompile(id: u32, input: usize, length: u32, gas: usize, out: usize): i32;
@external("env", "grown")
export declare function hostGrown(): void;
@external("env", "step")
export declare function hostStep(frame: usize, opcode: u32): void;
@external("env", "leave")
export declare function hostLeave(frame: usize, status: i32): void;
