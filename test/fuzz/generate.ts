/** Cases: a fork, a few accounts with code, and one transaction, from a seed and an iteration. */
import * as corpus from '../../corpus/contracts.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { atLeast, FORKS, type Fork } from '../../src/primitives/fork.js';
import { intrinsicGas } from '../../src/transition/transaction/intrinsic.js';
import type { FuzzAccount, FuzzAuthorization, FuzzCase, FuzzEnvironment, FuzzTransaction, Quantity } from './case.js';
import { decodeTransaction, quantity } from './case.js';
import { type Cast, delegation, initCode, ProgramWriter } from './program.js';
import { Random } from './random.js';

const address = (number: number): Hex => `0x${number.toString(16).padStart(40, '0')}`;

export const SENDER: Hex = `0x${'aa'.repeat(20)}`;
const CONTRACTS = [0x1001, 0x1002, 0x1003, 0x1004].map(address);
/** In the state without nonce, balance and code. */
const EMPTY = address(0x2000);
const RICH = address(0x3000);
const ABSENT = [address(0x4000), address(0x4001)];
const AUTHORITIES = [address(0x5001), address(0x5002)];
const BENEFICIARY: Hex = `0x${'cb'.repeat(20)}`;
const RIPEMD160 = address(3);

const CAST: Cast = {
  contracts: CONTRACTS,
  all: [...CONTRACTS, SENDER, EMPTY, RICH, ...ABSENT, ...AUTHORITIES, BENEFICIARY, RIPEMD160],
};

/** Code as compilers and people write it. */
const REAL: readonly Uint8Array[] = Object.values(corpus)
  .filter((value): value is Hex => /^0x([0-9a-f]{2})+$/.test(value) && value.length > 66)
  .map(hexToBytes);

/** Real code with bytes changed, left out, doubled or exchanged. */
function mutated(random: Random): Uint8Array {
  const bytes = [...random.pick(REAL)];
  for (let i = random.below(6); i > 0 && bytes.length > 0; i--) {
    const at = random.below(bytes.length);
    const length = 1 + random.below(8);
    switch (random.below(5)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes.splice(at, length);
        break;
      case 2:
        bytes.splice(random.below(bytes.length), 0, ...bytes.slice(at, at + length));
        break;
      case 3:
        bytes.splice(at, 0, ...random.bytes(1 + random.below(3)));
        break;
      default:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
  }
  return Uint8Array.from(bytes);
}

function runtimeCode(random: Random, fork: Fork): Uint8Array {
  const kind = random.below(20);
  if (kind < 14) return new ProgramWriter(random, fork, CAST, 2).write(random.logarithmic(2, 60));
  if (kind < 16) return random.bytes(random.below(80));
  if (kind < 19) return mutated(random);
  return delegation(random.pick(CAST.all));
}

function storage(random: Random): Record<Quantity, Quantity> {
  const slots: Record<Quantity, Quantity> = {};
  for (let slot = 0; slot < 5; slot++) {
    if (random.oneIn(2)) slots[quantity(slot)] = quantity(random.oneIn(8) ? random.word() | 1n : 1 + random.below(3));
  }
  return slots;
}

function accounts(random: Random, fork: Fork): Record<Hex, FuzzAccount> {
  const made: Record<Hex, FuzzAccount> = {
    [SENDER]: { nonce: quantity(random.below(3)), balance: quantity(10n ** 18n), code: '0x', storage: {} },
  };
  for (const contract of CONTRACTS) {
    if (random.oneIn(12)) continue;
    made[contract] = {
      nonce: quantity(random.oneIn(40) ? 2n ** 64n - 2n + BigInt(random.below(2)) : random.below(3)),
      balance: quantity(random.oneIn(20) ? random.integer(200) : random.pick([0, 0, 1, 100, 10_000])),
      code: bytesToHex(runtimeCode(random, fork)),
      storage: storage(random),
    };
  }
  const bare = (balance: number): FuzzAccount => ({
    nonce: '0x0',
    balance: quantity(balance),
    code: '0x',
    storage: {},
  });
  if (random.oneIn(2)) made[RICH] = bare(1 + random.below(1000));
  // From EIP-158 on no account is empty, but for those that nobody has touched since.
  if (random.oneIn(atLeast(fork, 'EIP158') ? 20 : 2)) made[EMPTY] = bare(0);
  if (random.oneIn(4)) made[BENEFICIARY] = bare(random.below(2));
  if (random.oneIn(8)) made[RIPEMD160] = bare(random.below(2));
  for (const authority of AUTHORITIES) {
    if (random.oneIn(3)) continue;
    const delegated = atLeast(fork, 'Prague') && random.oneIn(2);
    made[authority] = {
      ...bare(random.below(3)),
      nonce: quantity(1 + random.below(2)),
      code: delegated ? bytesToHex(delegation(random.pick(CAST.all))) : '0x',
    };
  }
  return made;
}

function callData(random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return new Uint8Array(0);
    case 1:
      return random.bytes(random.below(100));
    default: {
      const data = new Uint8Array(32 * (1 + random.below(4)));
      for (let at = 0; at < data.length; at += 32) {
        const word = random.oneIn(2) ? random.word() : BigInt(random.pick(CAST.all));
        data.set(hexToBytes(word.toString(16).padStart(64, '0')), at);
      }
      return data;
    }
  }
}

function transactionType(random: Random, fork: Fork): FuzzTransaction['type'] {
  const types: FuzzTransaction['type'][] = [0, 0];
  if (atLeast(fork, 'Berlin')) types.push(1, 1);
  if (atLeast(fork, 'London')) types.push(2, 2);
  if (atLeast(fork, 'Cancun')) types.push(3);
  if (atLeast(fork, 'Prague')) types.push(4, 4, 4);
  return random.pick(types);
}

function accessList(random: Random): FuzzTransaction['accessList'] {
  return Array.from({ length: random.below(4) }, () => ({
    address: random.pick(CAST.all),
    slots: Array.from({ length: random.below(3) }, () => quantity(random.below(5))),
  }));
}

function authorizations(random: Random, state: Readonly<Record<Hex, FuzzAccount>>): FuzzAuthorization[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    const authority = random.oneIn(12)
      ? null
      : random.pick([...AUTHORITIES, ...AUTHORITIES, SENDER, RICH, ...CONTRACTS]);
    const account = authority === null ? undefined : state[authority];
    // The sender's nonce has grown before authorizations are looked at.
    const nonce = BigInt(account?.nonce ?? '0x0') + (authority === SENDER ? 1n : 0n);
    return {
      chainId: quantity(random.oneIn(12) ? 5 : random.below(2)),
      address: random.oneIn(6) ? address(0) : random.pick(CAST.all),
      nonce: quantity(random.oneIn(10) ? nonce + 1n : nonce),
      authority,
    };
  });
}

/** Gas after the intrinsic gas: some of it so tight that out-of-gas falls anywhere. */
function gasForMessage(random: Random): number {
  if (random.oneIn(4)) return random.logarithmic(1, 100_000);
  return random.logarithmic(40_000, random.oneIn(12) ? 1_500_000 : 350_000);
}

function transaction(
  random: Random,
  fork: Fork,
  environment: FuzzEnvironment,
  state: Readonly<Record<Hex, FuzzAccount>>,
): FuzzTransaction {
  const type = transactionType(random, fork);
  const creates = type < 3 && random.oneIn(7);
  const to = random.oneIn(12) ? random.pick(CAST.all) : (CONTRACTS[0] as Hex);
  const tip = random.below(3);
  const maxFee = BigInt(environment.baseFee) + BigInt(tip) + BigInt(random.below(2));
  const nonce = BigInt(state[SENDER]?.nonce ?? '0x0') + (random.oneIn(200) ? 1n : 0n);
  const made: FuzzTransaction = {
    type,
    sender: SENDER,
    nonce: quantity(nonce),
    gasLimit: '0x0',
    maxFeePerGas: quantity(maxFee),
    maxPriorityFeePerGas: quantity(type < 2 ? maxFee : tip),
    to: creates ? null : to,
    value: quantity(random.oneIn(60) ? random.integer(62) : random.pick([0, 0, 1, 1000])),
    data: bytesToHex(creates ? initCode(random, fork, CAST, 2) : callData(random)),
    accessList: type > 0 ? accessList(random) : [],
    blobs:
      type === 3
        ? Array.from({ length: 1 + random.below(3) }, (): Hex => `0x01${bytesToHex(random.bytes(31)).slice(2)}`)
        : [],
    authorizations: type === 4 ? authorizations(random, state) : [],
  };
  const { intrinsic, floor } = intrinsicGas(decodeTransaction(made), fork);
  const least = Number(intrinsic > floor ? intrinsic : floor);
  return { ...made, gasLimit: quantity(random.oneIn(200) ? least - 1 : least + gasForMessage(random)) };
}

function environment(random: Random, fork: Fork): FuzzEnvironment {
  const coinbase = random.oneIn(2)
    ? BENEFICIARY
    : random.pick([SENDER, EMPTY, RICH, RIPEMD160, CONTRACTS[0] as Hex, CONTRACTS[1] as Hex, AUTHORITIES[0] as Hex]);
  return {
    number: quantity(random.oneIn(6) ? random.below(300) : 1000),
    timestamp: quantity(random.integer(34)),
    coinbase,
    gasLimit: quantity(30_000_000),
    difficulty: quantity(random.integer(atLeast(fork, 'Paris') ? 250 : 40)),
    baseFee: quantity(atLeast(fork, 'London') ? random.pick([0, 7]) : 0),
    blobBaseFee: quantity(atLeast(fork, 'Cancun') ? 1 + random.below(3) : 0),
  };
}

/** The case of this seed and iteration, on `fork` or on any fork. */
export function generateCase(seed: number, iteration: number, fork: Fork | null = null): FuzzCase {
  const random = new Random(seed, iteration);
  const drawn = random.pick(FORKS);
  const chosen = fork ?? drawn;
  const state = accounts(random, chosen);
  const block = environment(random, chosen);
  return {
    fork: chosen,
    environment: block,
    accounts: state,
    transaction: transaction(random, chosen, block, state),
    suspend: random.oneIn(8) ? random.u32() : null,
  };
}
