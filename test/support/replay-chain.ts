/**
 * A block as mainnet could have had it, on top of three ancestors: its JSON as a node gives it, and the
 * state before it. The header is made of what the serial executor says, so that it is right.
 */
import * as contracts from '../../corpus/contracts.js';
import * as system from '../../corpus/system.js';
import { Field } from '../../runners/fixtures/fields.js';
import { headerFromJson } from '../../runners/replay/block-json.js';
import { mainnetRules } from '../../runners/replay/mainnet.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import {
  bigIntToBytes,
  bytesToHex,
  concatBytes,
  EMPTY_BYTES,
  type Hex,
  hexToBytes,
} from '../../src/primitives/bytes.js';
import { addressOfSecretKey, EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { atLeast } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import { withdrawalsRoot } from '../../src/transition/block/body.js';
import { executableBlock } from '../../src/transition/block/environment.js';
import { receiptsRoot } from '../../src/transition/block/receipts.js';
import { requestsHash } from '../../src/transition/block/requests.js';
import {
  decodeTransaction,
  parseTransaction,
  signAuthorization,
  signTransaction,
  type UnsignedTransaction,
} from '../../src/transition/transaction/index.js';
import type { Transaction } from '../../src/transition/types.js';
import { addressHex, slotHex } from './keys.js';

export type Json = Record<string, unknown>;

export interface SyntheticBlock {
  readonly number: bigint;
  readonly json: Json & { transactions: Json[] };
  /** The three ancestors, nearest first. */
  readonly ancestors: readonly Json[];
  readonly pre: ReadonlyMap<Hex, AccountState>;
  /** Root of the state before the block. */
  readonly stateRoot: Uint8Array;
}

/** Where in mainnet's history a block is made. */
export const PLACES = {
  Frontier: { number: 1_000_000n, timestamp: 1_450_000_000n },
  Byzantium: { number: 5_000_000n, timestamp: 1_520_000_000n },
  Berlin: { number: 12_300_000n, timestamp: 1_619_000_000n },
  Cancun: { number: 20_000_000n, timestamp: 1_717_000_000n },
  Prague: { number: 22_500_000n, timestamp: 1_750_000_000n },
} as const;

const KEYS = [1n, 2n, 3n].map((key) => bigIntToBytes(key, 32));
const SENDERS = KEYS.map((key) => bytesToHex(addressOfSecretKey(key)));
const COINBASE = addressHex(0xc0ffee);
const COUNTER = addressHex(0x2001);
const READER = addressHex(0x2002);
const WRITER = addressHex(0x2003);
const LOGGER = addressHex(0x2004);
const WITHDRAWN = addressHex(0x3001);

const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;
const word = (value: bigint): Uint8Array => bigIntToBytes(value, 32);

function preState(): Map<Hex, AccountState> {
  const plain = { nonce: 0n, balance: 10n ** 20n, code: EMPTY_BYTES, storage: new Map<Hex, bigint>() };
  const contract = (code: Hex, slots: readonly (readonly [bigint, bigint])[] = []): AccountState => ({
    nonce: 1n,
    balance: 0n,
    code: hexToBytes(code),
    storage: new Map(slots.map(([slot, value]) => [slotHex(slot), value])),
  });
  const accounts: [Hex, AccountState][] = [
    ...SENDERS.map((address): [Hex, AccountState] => [address, plain]),
    [COINBASE, { ...plain, balance: 5n }],
    [COUNTER, contract(contracts.COUNTER, [[0n, 7n]])],
    [READER, contract(contracts.BLOCK_READER)],
    // Sixteen slots beside those that are cleared: what is left is still a branch.
    [
      WRITER,
      contract(
        contracts.SLOT_WRITER,
        Array.from({ length: 40 }, (_, i) => [BigInt(i), 9n] as const),
      ),
    ],
    [LOGGER, contract(contracts.LOGGER)],
  ];
  for (const { address, code } of [
    system.BEACON_ROOTS,
    system.BLOCK_HASHES,
    system.WITHDRAWAL_REQUESTS,
    system.CONSOLIDATION_REQUESTS,
  ]) {
    accounts.push([address, contract(code)]);
  }
  // Accounts that the block does not touch, so that the trie has some depth.
  for (let i = 0; i < 60; i++) accounts.push([addressHex(0x9000 + i), { ...plain, balance: BigInt(i + 1) }]);
  return new Map(accounts);
}

function transactions(fork: Parameters<typeof atLeast>[0]): Uint8Array[] {
  const nonces = [0n, 0n, 0n];
  const signed: Uint8Array[] = [];
  const add = (sender: number, change: Partial<UnsignedTransaction>): void => {
    const transaction: UnsignedTransaction = {
      type: 0,
      chainId: null,
      nonce: nonces[sender] as bigint,
      gasLimit: 600_000n,
      maxFeePerGas: 20n * 10n ** 9n,
      maxPriorityFeePerGas: (change.type ?? 0) < 2 ? 20n * 10n ** 9n : 10n ** 9n,
      to: hexToBytes(addressHex(0x5000 + sender)),
      value: 0n,
      data: EMPTY_BYTES,
      accessList: [],
      maxFeePerBlobGas: 0n,
      blobVersionedHashes: [],
      authorizations: [],
      ...change,
    };
    signed.push(signTransaction(transaction, KEYS[sender] as Uint8Array));
    nonces[sender] = (nonces[sender] as bigint) + 1n;
  };
  const call = (to: Hex, ...words: bigint[]) => ({ to: hexToBytes(to), data: concatBytes(...words.map(word)) });
  add(0, { value: 12345n });
  add(0, call(COUNTER, 3n));
  add(1, { ...call(COUNTER, 4n), chainId: atLeast(fork, 'EIP158') ? 1n : null });
  add(2, call(WRITER, 2n, 3n, 0n));
  add(1, call(LOGGER, 2n));
  add(2, { to: null, data: hexToBytes(contracts.CHILD_INIT) });
  if (atLeast(fork, 'Berlin')) {
    const accessList = [{ address: hexToBytes(COUNTER), slots: [word(0n)] }];
    add(0, { ...call(COUNTER, 5n), type: 1, chainId: 1n, accessList });
  }
  if (atLeast(fork, 'Cancun')) {
    add(1, { ...call(READER, 0n), type: 2, chainId: 1n });
    const blobVersionedHashes = [Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : i))];
    add(2, { ...call(COUNTER, 6n), type: 3, chainId: 1n, maxFeePerBlobGas: 100n, blobVersionedHashes });
  }
  if (atLeast(fork, 'Prague')) {
    const tuple = { chainId: 1n, address: hexToBytes(COUNTER), nonce: nonces[2] as bigint };
    const authorizations = [signAuthorization(tuple, KEYS[2] as Uint8Array)];
    add(0, { ...call(SENDERS[2] as Hex, 1n), type: 4, chainId: 1n, authorizations });
  }
  return signed;
}

function transactionJson(raw: Uint8Array, decoded: Transaction, index: number): Json {
  const { transaction: tx, signature } = parseTransaction(raw);
  const price =
    tx.type < 2
      ? { gasPrice: quantity(tx.maxFeePerGas) }
      : {
          maxFeePerGas: quantity(tx.maxFeePerGas),
          maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas),
        };
  const accessList = tx.accessList.map(({ address, slots }) => ({
    address: bytesToHex(address),
    storageKeys: slots.map(bytesToHex),
  }));
  return {
    hash: bytesToHex(keccak256(raw)),
    from: bytesToHex(decoded.sender),
    transactionIndex: quantity(BigInt(index)),
    type: quantity(BigInt(tx.type)),
    nonce: quantity(tx.nonce),
    gas: quantity(tx.gasLimit),
    to: tx.to === null ? null : bytesToHex(tx.to),
    value: quantity(tx.value),
    input: bytesToHex(tx.data),
    ...price,
    ...(tx.type > 0 ? { chainId: '0x1', accessList, yParity: quantity(signature.v) } : {}),
    ...(tx.type === 3
      ? { maxFeePerBlobGas: quantity(tx.maxFeePerBlobGas), blobVersionedHashes: tx.blobVersionedHashes.map(bytesToHex) }
      : {}),
    ...(tx.type === 4
      ? {
          authorizationList: tx.authorizations.map(({ chainId, address, nonce, yParity, r, s }) => ({
            chainId: quantity(chainId),
            address: bytesToHex(address),
            nonce: quantity(nonce),
            yParity: quantity(yParity),
            r: quantity(r),
            s: quantity(s),
          })),
        }
      : {}),
    v: quantity(signature.v),
    r: quantity(signature.r),
    s: quantity(signature.s),
  };
}

const asField = (json: unknown): Field => Field.root({ source: 'test', file: 'test', test: null }, json);

/** The header's hash is what its other fields say. */
export function sealed<T extends Json>(json: T): T {
  return { ...json, hash: bytesToHex(headerFromJson(asField(json)).hash) };
}

/** An empty header of the right shape for its place. */
function headerJson(number: bigint, timestamp: bigint, parentHash: unknown): Json {
  const { fork } = mainnetRules(number, timestamp);
  const root = bytesToHex(EMPTY_TRIE_ROOT);
  const zero = bytesToHex(new Uint8Array(32));
  return {
    number: quantity(number),
    timestamp: quantity(timestamp),
    parentHash,
    sha3Uncles: bytesToHex(EMPTY_LIST_HASH),
    miner: COINBASE,
    stateRoot: root,
    transactionsRoot: root,
    receiptsRoot: root,
    logsBloom: bytesToHex(new Uint8Array(256)),
    difficulty: atLeast(fork, 'Paris') ? '0x0' : '0x20000',
    gasLimit: quantity(30_000_000n),
    gasUsed: '0x0',
    extraData: '0x6c6f636b73746570',
    mixHash: bytesToHex(word(0x1234n)),
    nonce: '0x0000000000000000',
    size: '0x400',
    uncles: [],
    transactions: [],
    ...(atLeast(fork, 'London') ? { baseFeePerGas: '0x7' } : {}),
    ...(atLeast(fork, 'Shanghai') ? { withdrawals: [], withdrawalsRoot: root } : {}),
    ...(atLeast(fork, 'Cancun') ? { blobGasUsed: '0x0', excessBlobGas: '0x0', parentBeaconBlockRoot: zero } : {}),
    ...(atLeast(fork, 'Prague') ? { requestsHash: bytesToHex(requestsHash([])) } : {}),
  };
}

/** Makes the block of `place`; every transaction type of its fork is in it. */
export async function syntheticBlock(place: keyof typeof PLACES): Promise<SyntheticBlock> {
  const { number, timestamp } = PLACES[place];
  const rules = mainnetRules(number, timestamp);
  const { fork } = rules;
  const pre = preState();
  const database = Database.from(pre);
  const stateRoot = database.stateRoot();
  const ancestors: Json[] = [];
  let parentHash: unknown = bytesToHex(word(99n));
  for (let back = 3n; back >= 1n; back--) {
    const header = headerJson(number - back, timestamp - 12n * back, parentHash);
    const ancestor = sealed(back === 1n ? { ...header, stateRoot: bytesToHex(stateRoot) } : header);
    ancestors.unshift(ancestor);
    parentHash = ancestor.hash;
  }
  const withdrawals = [{ index: 5n, validatorIndex: 6n, address: hexToBytes(WITHDRAWN), amount: 70n }];
  const withdrawalFields = atLeast(fork, 'Shanghai')
    ? {
        withdrawals: [{ index: '0x5', validatorIndex: '0x6', address: WITHDRAWN, amount: '0x46' }],
        withdrawalsRoot: bytesToHex(withdrawalsRoot(withdrawals)),
      }
    : {};
  const raw = transactions(fork);
  const decoded = raw.map((bytes) => decodeTransaction(bytes, { fork, chainId: 1n }));
  const draft = { ...headerJson(number, timestamp, parentHash), ...withdrawalFields };
  const header = headerFromJson(asField(draft));
  const hashes = new Map(ancestors.map((ancestor, i) => [number - 1n - BigInt(i), hexToBytes(ancestor.hash as Hex)]));
  const block = executableBlock(
    {
      header,
      transactions: raw,
      ommers: [],
      ommersHash: EMPTY_LIST_HASH,
      withdrawals: atLeast(fork, 'Shanghai') ? withdrawals : null,
      hash: header.hash,
      size: 0,
    },
    decoded,
    { fork, chainId: 1n, blobSchedule: rules.blobSchedule, blockHash: (wanted) => hashes.get(wanted) ?? null },
  );
  const executor = await SerialExecutor.create({ vm: 'wasm' });
  const outcome = await executor.execute(database, block);
  if (!outcome.ok) throw outcome.error;
  database.apply(outcome.diff);
  const json = sealed({
    ...draft,
    transactions: raw.map((bytes, i) => transactionJson(bytes, decoded[i] as Transaction, i)),
    transactionsRoot: bytesToHex(orderedTrieRoot(raw)),
    gasUsed: quantity(outcome.gasUsed),
    receiptsRoot: bytesToHex(receiptsRoot(outcome.receipts)),
    logsBloom: bytesToHex(outcome.logsBloom),
    stateRoot: bytesToHex(database.stateRoot()),
    ...(atLeast(fork, 'Cancun') ? { blobGasUsed: quantity(outcome.blobGasUsed) } : {}),
    ...(atLeast(fork, 'Prague') ? { requestsHash: bytesToHex(requestsHash(outcome.requests ?? [])) } : {}),
  });
  return { number, json, ancestors, pre, stateRoot };
}
