/** In-memory state behind a StateView and a WriteSink, and a driver, for tests of a machine. */
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { Fork } from '../../src/primitives/fork.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, wordsToBytes, writeWords } from '../../src/primitives/words.js';
import {
  BASICS_BALANCE,
  BASICS_EXISTS,
  BASICS_NONCE,
  BASICS_WORDS,
  type Code,
  READ_OK,
  type StateView,
  type WriteSink,
} from '../../src/state/view.js';
import { type BlockEnvironment, type Message, type MessageResult, RUN_DONE, type Vm } from '../../src/vm/vm.js';

export interface TestAccount {
  nonce?: bigint;
  balance?: bigint;
  code?: Uint8Array;
  storage?: Record<string, bigint>;
}

export type TestState = Record<Hex, TestAccount>;

/** Decides whether a read is blocked: a transaction index, or {@link READ_OK}. */
export type Gate = (location: string) => number;

export const open: Gate = () => READ_OK;

/** Blocks the first ask of every location by transaction 7. */
export function blockEachOnce(): Gate {
  const seen = new Set<string>();
  return (location) => {
    if (seen.has(location)) return READ_OK;
    seen.add(location);
    return 7;
  };
}

export class MemoryView implements StateView {
  /** Every answered read, in order. */
  readonly asked: string[] = [];

  constructor(
    readonly state: TestState,
    readonly gate: Gate = open,
  ) {}

  #admit(location: string): number {
    const status = this.gate(location);
    if (status === READ_OK) this.asked.push(location);
    return status;
  }

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const key = addressOf(words, address);
    const status = this.#admit(`basics ${key}`);
    if (status !== READ_OK) return status;
    const account = this.state[key];
    out.fill(0, at, at + BASICS_WORDS);
    if (account === undefined) return READ_OK;
    out[at + BASICS_EXISTS] = 1;
    writeWords(account.nonce ?? 0n, out, at + BASICS_NONCE, 2);
    writeWords(account.balance ?? 0n, out, at + BASICS_BALANCE, 8);
    return READ_OK;
  }

  code(words: Uint32Array, address: number): Code | number {
    const key = addressOf(words, address);
    const status = this.#admit(`code ${key}`);
    if (status !== READ_OK) return status;
    const bytes = this.state[key]?.code ?? EMPTY_BYTES;
    return { bytes, hash: keccak256(bytes) };
  }

  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
    const key = addressOf(words, address);
    const slotKey = readWords(words, slot, U256_WORDS).toString();
    const status = this.#admit(`slot ${key} ${slotKey}`);
    if (status !== READ_OK) return status;
    writeWords(this.state[key]?.storage?.[slotKey] ?? 0n, out, at, U256_WORDS);
    return READ_OK;
  }

  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const key = addressOf(words, address);
    const status = this.#admit(`hasStorage ${key}`);
    if (status !== READ_OK) return status;
    out[at] = Object.values(this.state[key]?.storage ?? {}).some((value) => value !== 0n) ? 1 : 0;
    return READ_OK;
  }
}

/** Records writes as `location -> value`, both readable. */
export class Writes implements WriteSink {
  readonly map = new Map<string, string>();

  basics(words: Uint32Array, address: number, at: number): void {
    const exists = words[at + BASICS_EXISTS] === 1;
    const nonce = readWords(words, at + BASICS_NONCE, 2);
    const balance = readWords(words, at + BASICS_BALANCE, U256_WORDS);
    this.#put(`basics ${addressOf(words, address)}`, exists ? `nonce ${nonce} balance ${balance}` : 'absent');
  }

  code(words: Uint32Array, address: number, code: Code): void {
    this.#put(`code ${addressOf(words, address)}`, bytesToHex(code.bytes));
  }

  reset(words: Uint32Array, address: number): void {
    this.#put(`reset ${addressOf(words, address)}`, '');
  }

  storage(words: Uint32Array, address: number, slot: number, at: number): void {
    const location = `slot ${addressOf(words, address)} ${readWords(words, slot, U256_WORDS)}`;
    this.#put(location, readWords(words, at, U256_WORDS).toString());
  }

  #put(location: string, value: string): void {
    if (this.map.has(location)) throw new Error(`written twice: ${location}`);
    this.map.set(location, value);
  }

  toObject(): Record<string, string> {
    return Object.fromEntries([...this.map].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function addressOf(words: Uint32Array, at: number): Hex {
  return bytesToHex(wordsToBytes(words, at, ADDRESS_WORDS));
}

export function environment(fork: Fork, changes: Partial<BlockEnvironment> = {}): BlockEnvironment {
  return {
    fork,
    chainId: 1n,
    number: 1000n,
    timestamp: 1_700_000_000n,
    coinbase: hexToBytes('cb'.repeat(20)),
    gasLimit: 30_000_000n,
    difficulty: 0x20000n,
    prevRandao: new Uint8Array(32).fill(9),
    baseFee: 7n,
    blobBaseFee: 1n,
    blockHash: () => null,
    ...changes,
  };
}

export const SENDER: Hex = `0x${'aa'.repeat(20)}`;
export const TARGET: Hex = `0x${'11'.repeat(20)}`;
export const OTHER: Hex = `0x${'22'.repeat(20)}`;

export function message(changes: Partial<Message> = {}): Message {
  return {
    caller: hexToBytes(SENDER),
    origin: hexToBytes(SENDER),
    to: hexToBytes(TARGET),
    value: 0n,
    data: EMPTY_BYTES,
    gas: 1_000_000n,
    gasPrice: 10n,
    blobVersionedHashes: [],
    ...changes,
  };
}

export interface Ran {
  readonly result: MessageResult;
  readonly writes: Record<string, string>;
  readonly asked: readonly string[];
  /** How often a read was blocked. */
  readonly blocked: number;
}

async function ready(attempt: () => number | Promise<number>, count: () => void): Promise<void> {
  for (let status = await attempt(); status !== READ_OK && status !== RUN_DONE; status = await attempt()) count();
}

/** One transaction: the sender's nonce goes up, the message runs, the transaction ends. */
export async function runMessage(
  vm: Vm,
  fork: Fork,
  state: TestState,
  sent: Message = message(),
  options: { gate?: Gate; environment?: Partial<BlockEnvironment> } = {},
): Promise<Ran> {
  const view = new MemoryView(state, options.gate);
  let blocked = 0;
  const count = () => {
    blocked++;
  };
  vm.begin(environment(fork, options.environment), view);
  await ready(() => vm.load(sent.caller), count);
  vm.setNonce(sent.caller, vm.nonce(sent.caller) + 1n);
  vm.start(sent);
  await ready(() => vm.run(), count);
  const result = vm.result();
  await ready(() => vm.finish(), count);
  const writes = new Writes();
  vm.writes(writes);
  return { result, writes: writes.toObject(), asked: view.asked, blocked };
}

/** PUSH of the shortest size. */
export function push(value: bigint | number | Hex): string {
  let digits = typeof value === 'string' ? value.slice(2) : value.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  return (0x5f + digits.length / 2).toString(16) + digits;
}

/** Code from hex pieces. */
export function assemble(...pieces: string[]): Uint8Array {
  return hexToBytes(pieces.join(''));
}

/** Init code that deploys `runtime` (at most 255 bytes) after running `prologue`. */
export function deployer(runtime: Uint8Array, prologue = ''): Uint8Array {
  const size = runtime.length.toString(16).padStart(2, '0');
  const offset = (prologue.length / 2 + 12).toString(16).padStart(2, '0');
  // PUSH1 size DUP1 PUSH1 offset PUSH1 0 CODECOPY PUSH1 0 RETURN, one byte of padding
  return assemble(
    prologue,
    `60${size}`,
    '80',
    `60${offset}`,
    '6000',
    '39',
    '6000',
    'f3',
    '00',
    bytesToHex(runtime).slice(2),
  );
}
