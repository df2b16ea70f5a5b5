/** Makes a case smaller as long as the machines still differ in the same way. */
import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { opcodeOf } from '../../src/vm/core/opcodes.js';
import { type FuzzAccount, type FuzzCase, type FuzzTransaction, type Quantity, quantity } from './case.js';
import { type Instruction, instructions } from './disassemble.js';

const POP = 0x50;

/** Smaller values to try for a number, smallest first. */
function* smaller(value: Quantity): Generator<Quantity> {
  const number = BigInt(value);
  for (const candidate of [0n, 1n, 2n, number >> 128n, number >> 32n, number >> 1n, number - 1n]) {
    if (candidate >= 0n && candidate < number) yield quantity(candidate);
  }
}

function cut(code: Uint8Array, from: number, to: number, instead: Uint8Array = new Uint8Array(0)): Hex {
  return bytesToHex(concatBytes(code.subarray(0, from), instead, code.subarray(to)));
}

/** The same effect on the stack's height, without the instruction. */
function neutral({ code, length }: Instruction): Uint8Array | null {
  const opcode = opcodeOf(code, 'Osaka');
  if (opcode === null || length > 1 || opcode.pops > 7 || opcode.code === POP) return null;
  const pushes = Array.from({ length: opcode.pushes }, () => [0x60, 0]).flat();
  return Uint8Array.of(...Array.from({ length: opcode.pops }, () => POP), ...pushes);
}

function* smallerCode(hex: Hex): Generator<Hex> {
  const code = hexToBytes(hex);
  if (code.length === 0) return;
  yield '0x';
  const parts = instructions(code);
  const end = (part: Instruction) => part.at + part.length;
  for (let size = parts.length >> 1; size >= 1; size >>= 1) {
    for (let first = parts.length - size; first >= 0; first -= size) {
      const from = (parts[first] as Instruction).at;
      const to = end(parts[first + size - 1] as Instruction);
      yield cut(code, from, to);
      // Destinations of jumps stay where they are.
      yield cut(code, from, to, new Uint8Array(to - from).fill(0x5b));
    }
  }
  for (const part of parts) {
    const instead = neutral(part);
    if (instead !== null) yield cut(code, part.at, end(part), instead);
    if (part.length === 1) continue;
    for (const value of [0, 1]) {
      const current = code.subarray(part.at + 1, end(part));
      if (part.length === 2 && (current[0] as number) <= value) continue;
      yield cut(code, part.at, end(part), Uint8Array.of(0x60, value));
      const same = new Uint8Array(part.length);
      same[0] = part.code;
      same[part.length - 1] = value;
      if (bytesToHex(same) !== bytesToHex(code.subarray(part.at, end(part)))) {
        yield cut(code, part.at, end(part), same);
      }
    }
  }
}

function* smallerAccount(account: FuzzAccount): Generator<FuzzAccount> {
  for (const code of smallerCode(account.code)) yield { ...account, code };
  if (Object.keys(account.storage).length > 0) yield { ...account, storage: {} };
  for (const slot of Object.keys(account.storage) as Quantity[]) {
    const { [slot]: value, ...storage } = account.storage;
    yield { ...account, storage };
    for (const less of smaller(value as Quantity)) yield { ...account, storage: { ...account.storage, [slot]: less } };
  }
  for (const balance of smaller(account.balance)) yield { ...account, balance };
  for (const nonce of smaller(account.nonce)) yield { ...account, nonce };
}

function* smallerTransaction(transaction: FuzzTransaction): Generator<FuzzTransaction> {
  if (transaction.type !== 0) yield { ...transaction, type: 0, accessList: [], blobs: [], authorizations: [] };
  if (transaction.to === null) for (const data of smallerCode(transaction.data)) yield { ...transaction, data };
  else {
    const data = hexToBytes(transaction.data);
    for (let length = 0; length < data.length; length = Math.max(length + 1, (length + data.length) >> 1)) {
      yield { ...transaction, data: bytesToHex(data.subarray(0, length)) };
    }
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== 0) yield { ...transaction, data: cut(data, i, i + 1, new Uint8Array(1)) };
    }
  }
  for (const [i] of transaction.accessList.entries()) {
    yield { ...transaction, accessList: transaction.accessList.filter((_, at) => at !== i) };
  }
  for (const [i, entry] of transaction.accessList.entries()) {
    if (entry.slots.length === 0) continue;
    yield { ...transaction, accessList: transaction.accessList.with(i, { ...entry, slots: [] }) };
  }
  for (const [i] of transaction.authorizations.entries()) {
    yield { ...transaction, authorizations: transaction.authorizations.filter((_, at) => at !== i) };
  }
  if (transaction.blobs.length > 1) yield { ...transaction, blobs: transaction.blobs.slice(0, 1) };
  for (const value of smaller(transaction.value)) yield { ...transaction, value };
  // A gas limit that is a power of ten says that it does not matter.
  for (const limit of [100_000, 1_000_000]) {
    if (transaction.gasLimit !== quantity(limit)) yield { ...transaction, gasLimit: quantity(limit) };
  }
}

function* candidates(fuzzCase: FuzzCase): Generator<FuzzCase> {
  const { accounts, environment, transaction } = fuzzCase;
  if (fuzzCase.suspend !== null) yield { ...fuzzCase, suspend: null };
  const addresses = Object.keys(accounts) as Hex[];
  for (const address of addresses) {
    if (address === transaction.sender) continue;
    const { [address]: _dropped, ...rest } = accounts;
    yield { ...fuzzCase, accounts: rest };
  }
  for (const smallerOne of smallerTransaction(transaction)) yield { ...fuzzCase, transaction: smallerOne };
  for (const address of addresses) {
    for (const account of smallerAccount(accounts[address] as FuzzAccount)) {
      if (address === transaction.sender && account.nonce !== accounts[address]?.nonce) {
        yield {
          ...fuzzCase,
          accounts: { ...accounts, [address]: account },
          transaction: { ...transaction, nonce: account.nonce },
        };
      } else yield { ...fuzzCase, accounts: { ...accounts, [address]: account } };
    }
  }
  for (const field of ['number', 'timestamp', 'difficulty', 'baseFee'] as const) {
    for (const value of smaller(environment[field])) {
      yield { ...fuzzCase, environment: { ...environment, [field]: value } };
    }
  }
  const nobody: Hex = `0x${'cb'.repeat(20)}`;
  if (environment.coinbase !== nobody) yield { ...fuzzCase, environment: { ...environment, coinbase: nobody } };
}

/** How large a case is; only what is smaller is kept, so that minimising ends. */
function weight(fuzzCase: FuzzCase): number {
  const text = JSON.stringify(fuzzCase);
  // Shorter first; among equals, fewer digits other than zero.
  return text.length * 10_000 + (text.match(/[1-9a-f]/g)?.length ?? 0);
}

/**
 * The smallest case found for which `differs` still holds, within `seconds`.
 */
export async function minimise(
  fuzzCase: FuzzCase,
  differs: (candidate: FuzzCase) => Promise<boolean>,
  seconds = 60,
): Promise<FuzzCase> {
  const deadline = performance.now() + 1000 * seconds;
  let smallest = fuzzCase;
  for (let improved = true; improved; ) {
    improved = false;
    for (const candidate of candidates(smallest)) {
      if (performance.now() > deadline) return smallest;
      const limits = candidate.transaction.gasLimit !== smallest.transaction.gasLimit;
      if (!limits && weight(candidate) >= weight(smallest)) continue;
      if (limits && [100_000n, 1_000_000n].includes(BigInt(smallest.transaction.gasLimit))) continue;
      if (!(await differs(candidate))) continue;
      smallest = candidate;
      improved = true;
      break;
    }
  }
  return smallest;
}
