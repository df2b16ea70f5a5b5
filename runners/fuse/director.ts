/**
 * A contract that makes transactions meet. A transaction that is busy before it writes is still running while other
 * threads execute the ones after it, which therefore read what stood before: that is what makes aborts happen on
 * two cores, whatever the official test itself does.
 *
 * Calldata, in words of 32 bytes: how often to be busy; what each payee gets, wei; the target; the number of payees;
 * the payees; then the target's calldata. Written with instructions of Frontier alone.
 */
import { bigIntToBytes, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';

/** x coordinate of the generator of secp256k1: a valid `r` of a signature. */
const GENERATOR_X = hexToBytes('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');

const OP = {
  STOP: 0x00,
  ADD: 0x01,
  MUL: 0x02,
  SUB: 0x03,
  ISZERO: 0x15,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  POP: 0x50,
  MSTORE: 0x52,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  JUMPDEST: 0x5b,
  PUSH1: 0x60,
  DUP1: 0x80,
  DUP3: 0x82,
  DUP6: 0x85,
  SWAP1: 0x90,
  CALL: 0xf1,
} as const;

/** Shortest push of a number. */
function push(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [OP.PUSH1 + bytes.length - 1, ...bytes];
}

/** Gas that the director keeps for itself when it calls its target. */
const KEPT_GAS = 60_000;

function code(): Uint8Array {
  const bytes: number[] = [];
  const add = (...some: (number | number[])[]): void => {
    bytes.push(...some.flat());
  };
  /** A loop that counts the number on the stack down to zero, which it drops. */
  const countDown = (body: () => void): void => {
    const start = bytes.length;
    add(OP.JUMPDEST, OP.DUP1, OP.ISZERO);
    const hole = bytes.length + 1;
    add(0x61, 0, 0, OP.JUMPI);
    body();
    add(push(1), OP.SWAP1, OP.SUB, 0x61, start >> 8, start & 0xff, OP.JUMP);
    bytes[hole] = bytes.length >> 8;
    bytes[hole + 1] = bytes.length & 0xff;
    add(OP.JUMPDEST, OP.POP);
  };
  add(push(1), push(0), OP.MSTORE, push(27), push(0x20), OP.MSTORE);
  add(OP.PUSH1 + 31, [...GENERATOR_X], push(0x40), OP.MSTORE, push(1), push(0x60), OP.MSTORE);
  // ECRECOVER: much work in a machine of any kind for 3,000 gas.
  add(push(0), OP.CALLDATALOAD);
  countDown(() => {
    add(push(0x20), push(0x80), push(0x80), push(0), push(0), push(1), push(3000), OP.CALL, OP.POP);
  });
  // One slot that all calls of the director count in.
  add(push(0), OP.SLOAD, push(1), OP.ADD, push(0), OP.SSTORE);
  add(push(0x60), OP.CALLDATALOAD);
  countDown(() => {
    add(push(0), push(0), push(0), push(0), push(0x20), OP.CALLDATALOAD);
    add(OP.DUP6, push(0x20), OP.MUL, push(0x60), OP.ADD, OP.CALLDATALOAD, push(0), OP.CALL, OP.POP);
  });
  // The rest of the calldata goes to the target, with the value that came along.
  add(push(0x60), OP.CALLDATALOAD, push(0x20), OP.MUL, push(0x80), OP.ADD, OP.DUP1, OP.CALLDATASIZE, OP.SUB);
  add(OP.DUP1, OP.DUP3, push(0), OP.CALLDATACOPY, push(0), push(0), OP.DUP3, push(0), OP.CALLVALUE);
  add(push(0x40), OP.CALLDATALOAD, push(KEPT_GAS), OP.GAS, OP.SUB, OP.CALL, OP.STOP);
  return Uint8Array.from(bytes);
}

/** The director's code. */
export const DIRECTOR_CODE: Uint8Array = code();

export interface Direction {
  /** Rounds of being busy, each some hundred microseconds. */
  readonly rounds: number;
  /** Paid to each payee after that, wei. */
  readonly amount: bigint;
  /** 20 bytes each; a contract among them runs with the stipend of 2,300 gas. */
  readonly payees: readonly Uint8Array[];
  /** 20 bytes; called last, with `data` and the transaction's value. */
  readonly target: Uint8Array;
  readonly data: Uint8Array;
}

function word(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(32);
  padded.set(bytes, 32 - bytes.length);
  return padded;
}

/** Calldata for the director. */
export function directorData({ rounds, amount, payees, target, data }: Direction): Uint8Array {
  const number = (value: bigint): Uint8Array => bigIntToBytes(value, 32);
  const head = [number(BigInt(rounds)), number(amount), word(target), number(BigInt(payees.length))];
  return concatBytes(...head, ...payees.map(word), data);
}

const BASE_GAS = 30_000n;
const ROUND_GAS = 5_000n;
/** A call with value to an account that is not there yet, cold. */
const PAYEE_GAS = 40_000n;

/** Gas that the director may take for itself, whatever the fork; the target's comes on top. */
export function directorGas({ rounds, payees }: Pick<Direction, 'rounds' | 'payees'>): bigint {
  return BASE_GAS + BigInt(rounds) * ROUND_GAS + BigInt(payees.length) * PAYEE_GAS + BigInt(2 * KEPT_GAS);
}
