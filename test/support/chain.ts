/**
 * A chain of large blocks, each large enough that all threads pack its changes: creations of every
 * kind, destruction and revival of accounts with storage, code set and taken back by delegations
 * (EIP-7702), withdrawals, and logs.
 */
import * as contracts from '../../corpus/contracts.js';
import { bigIntToBytes, concatBytes, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { Authorization, Block, Transaction } from '../../src/transition/types.js';
import { addressHex, slotHex } from './keys.js';
import { sampleBlock } from './sample-block.js';

const SENDERS = 40;
const AUTHORITIES = 7;
/** Contracts that can be destroyed. */
const MORTALS = 24;
const FORKS: readonly Fork[] = ['Shanghai', 'Prague', 'Berlin'];

const CODES = [
  contracts.COUNTER,
  contracts.CREATE_FACTORY,
  contracts.CREATE2_FACTORY,
  contracts.EPHEMERAL_FACTORY,
  contracts.SLOT_WRITER,
  contracts.LOGGER,
  contracts.COINBASE_READER,
] as const;

const codeAddress = (code: Hex): Hex => addressHex(0x2000 + CODES.indexOf(code as (typeof CODES)[number]));
const senderAddress = (n: number): Hex => addressHex(0x1_0000 + n);
const authorityAddress = (n: number): Hex => addressHex(0x1_1000 + n);
const mortalAddress = (n: number): Hex => addressHex(0x3000 + n);
const word = (value: bigint | number): Uint8Array => bigIntToBytes(BigInt(value), 32);

/** The state before the first block; a new database each time. */
export function chainDatabase(): Database {
  const accounts: [Hex, AccountState][] = [];
  const plain = { balance: 10n ** 20n, nonce: 0n, code: EMPTY_BYTES, storage: new Map<Hex, bigint>() };
  for (let n = 0; n < SENDERS; n++) accounts.push([senderAddress(n), plain]);
  for (let n = 0; n < AUTHORITIES; n++) accounts.push([authorityAddress(n), { ...plain, balance: 1n }]);
  const contract = (code: Hex): AccountState => ({
    nonce: 1n,
    balance: 1000n,
    code: hexToBytes(code),
    storage: new Map([0n, 1n, 7n].map((slot) => [slotHex(slot), slot + 1n])),
  });
  for (const code of CODES) accounts.push([codeAddress(code), contract(code)]);
  for (let n = 0; n < MORTALS; n++) accounts.push([mortalAddress(n), contract(contracts.MORTAL)]);
  return Database.from(accounts);
}

interface Action {
  readonly to: Hex | null;
  readonly value: bigint;
  readonly data: Uint8Array;
}

const call = (code: Hex, data: Uint8Array, value = 0n): Action => ({ to: codeAddress(code), value, data });

/** What transaction `i` of block `number` does; `unique` is a number of its own. */
function action(i: number, number: number): Action {
  const unique = number * 10_000 + i;
  const child = hexToBytes(contracts.CHILD_INIT);
  switch (i % 11) {
    case 0:
      return { to: addressHex(0xa0_0000 + unique), value: BigInt(i + 1), data: EMPTY_BYTES };
    case 1:
      return call(contracts.COUNTER, word(i));
    case 2:
      return call(contracts.CREATE_FACTORY, child, 1n);
    case 3:
      return call(contracts.CREATE2_FACTORY, concatBytes(word(unique), child), 2n);
    case 4:
      return call(contracts.EPHEMERAL_FACTORY, concatBytes(word(unique), child), 10n);
    case 5:
      return { to: mortalAddress(unique % MORTALS), value: 3n, data: word(0xb0_0000 + (unique % 50)) };
    case 6:
      return { to: null, value: BigInt(i), data: child };
    case 7:
      // Pays a contract that may be gone: it comes back as an account without code.
      return { to: mortalAddress((unique * 5) % MORTALS), value: 1n, data: word(0xb0_1000 + (unique % 9)) };
    case 8:
      return call(contracts.SLOT_WRITER, concatBytes(word(i % 16), word(3), word(i % 3)));
    case 9:
      return call(contracts.LOGGER, word(1 + (i % 3)));
    default:
      return call(contracts.COINBASE_READER, word(i % 13));
  }
}

/** Makes the blocks of a chain one after the other, each valid on the state that the one before left. */
export class ChainBuilder {
  private number = 0;
  private readonly nonces = new Map<Hex, bigint>();

  constructor(private readonly size: number) {}

  next(): Block {
    const number = ++this.number;
    const fork = FORKS[number % FORKS.length] as Fork;
    const transactions = Array.from({ length: this.size }, (_, i) => this.transaction(i, number, fork));
    const { environment } = sampleBlock([]);
    const london = atLeast(fork, 'London');
    return sampleBlock(transactions, {
      environment: {
        ...environment,
        fork,
        number: BigInt(number),
        difficulty: atLeast(fork, 'Paris') ? 0n : 131_072n,
        baseFee: london ? 7n : 0n,
        blobBaseFee: atLeast(fork, 'Cancun') ? 1n : 0n,
      },
      maxBlobGas: 0n,
      // Prague's requests need contracts that are not there.
      mode: fork === 'Prague' ? 'state-test' : 'block',
      withdrawals:
        fork === 'Shanghai'
          ? [{ index: 0n, validatorIndex: 0n, address: hexToBytes(mortalAddress(1)), amount: 5n }]
          : [],
    });
  }

  private take(address: Hex): bigint {
    const nonce = this.nonces.get(address) ?? 0n;
    this.nonces.set(address, nonce + 1n);
    return nonce;
  }

  private transaction(i: number, number: number, fork: Fork): Transaction {
    const sender = senderAddress((i * 7 + (i >> 4)) % SENDERS);
    const { to, value, data } = action(i, number);
    const delegates = fork === 'Prague' && to !== null && i % 4 === 1;
    const london = atLeast(fork, 'London');
    const tip = BigInt(i % 4);
    return {
      type: delegates ? 4 : london ? 2 : 0,
      chainId: london ? 1n : null,
      nonce: this.take(sender),
      gasLimit: 700_000n,
      maxFeePerGas: 7n + tip,
      maxPriorityFeePerGas: london ? tip : 7n + tip,
      to: to === null ? null : hexToBytes(to),
      value,
      data,
      accessList: [],
      maxFeePerBlobGas: 0n,
      blobVersionedHashes: [],
      authorizations: delegates ? [this.authorization(i)] : [],
      sender: hexToBytes(sender),
    };
  }

  /** Sets an authority's code to one delegate or another, or takes it away. */
  private authorization(i: number): Authorization {
    const authority = authorityAddress(i % AUTHORITIES);
    const delegates = [codeAddress(contracts.COUNTER), codeAddress(contracts.LOGGER), addressHex(0)];
    return {
      chainId: 1n,
      address: hexToBytes(delegates[(i >> 2) % delegates.length] as Hex),
      nonce: this.take(authority),
      authority: hexToBytes(authority),
    };
  }
}
