/** What the core's module exports and imports: see CONTRACT.md. Pointers, lengths and flags, 32 bits each. */
export interface CoreExports {
  seed(a: number, b: number): void;
  begin(fork: number): void;
  transact(fork: number, defer: number): number;
  account(address: number): number;
  load(record: number): number;
  setBalance(record: number, value: number): void;
  setNonce(record: number, low: number, high: number): void;
  setCode(record: number, code: number): void;
  touch(record: number): void;
  warmAddress(record: number): void;
  warmSlot(record: number, slot: number): void;
  prologue(): number;
  epilogue(defer: number): number;
  saveImage(limit: number): number;
  restoreImage(): void;
  start(): void;
  run(): number;
  finish(): number;
  codeAlloc(length: number): number;
  codeStub(length: number): number;
  codeSeal(code: number): void;
  codeReset(): void;
  codeUsed(): number;
  emptyCode(): number;
  accountCount(): number;
  slotCount(): number;
  refundLow(): number;
  returnDataAt(): number;
  returnDataSize(): number;
  blake2f(at: number, rounds: number): void;
}

export interface CoreImports {
  basics(address: number, out: number): number;
  code(address: number, out: number): number;
  codeBytes(code: number, offset: number, length: number, out: number): void;
  storage(address: number, slot: number, out: number): number;
  hasStorage(address: number, out: number): number;
  blockhash(number: number, out: number): void;
  precompile(id: number, input: number, length: number, gas: number, out: number): number;
  grown(): void;
  step(frame: number, opcode: number): void;
  leave(frame: number, status: number): void;
}
