/** One test of the corpus on anvil: its blocks' receipts, and its last state. */
import { gunzipSync } from 'node:zlib';
import { bytesToHex, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import { atLeast, type Fork } from '../src/primitives/fork.js';
import type { AccountState } from '../src/state/account.js';
import { Database } from '../src/state/database.js';
import { receiptsRoot } from '../src/transition/block/receipts.js';
import { decodeTransaction } from '../src/transition/transaction/index.js';
import type { Receipt, Transaction } from '../src/transition/types.js';
import {
  blobsOf,
  type FixtureTest,
  genesisOf,
  type HeaderJson,
  isBlobTransaction,
  OracleMismatch,
  transactionsOf,
  withBlobs,
  withdrawalsOf,
  word,
} from './anvil-fixture.js';
import { AnvilNode } from './anvil-node.js';
import { BEACON_ROOTS, BLOCK_HASHES } from './system.js';

export type OracleOutcome =
  | { readonly kind: 'agrees'; readonly blocks: number; readonly transactions: number }
  | { readonly kind: 'left out'; readonly reason: string };

interface RpcReceipt {
  readonly transactionHash: Hex;
  readonly type: Hex;
  readonly status: Hex;
  readonly cumulativeGasUsed: Hex;
  readonly logsBloom: Hex;
  readonly logs: readonly { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }[];
}

const CHAIN_ID = 1n;
/** EIP-1234, until Paris. In wei. */
const BLOCK_REWARD = 2n * 10n ** 18n;
/** Slots of beacon roots, by timestamp (EIP-4788), and of block hashes, by number (EIP-2935). */
const RING = 8191n;
const HISTORY = 8191n;

function receiptOf(receipt: RpcReceipt): Receipt {
  return {
    type: Number(receipt.type),
    status: receipt.status === '0x1' ? 1 : 0,
    stateRoot: null,
    cumulativeGasUsed: BigInt(receipt.cumulativeGasUsed),
    logsBloom: hexToBytes(receipt.logsBloom),
    logs: receipt.logs.map(({ address, topics, data }) => {
      return { address: hexToBytes(address), topics: topics.map(hexToBytes), data: hexToBytes(data) };
    }),
  };
}

/** What a node without consensus does not do after a block: the reward before Paris, and withdrawals. */
async function creditAfter(node: AnvilNode, fork: Fork, header: HeaderJson, rlp: Hex): Promise<void> {
  const credits: [Hex, bigint][] = atLeast(fork, 'Shanghai') ? withdrawalsOf(rlp) : [];
  if (!atLeast(fork, 'Paris')) credits.push([header.coinbase as Hex, BLOCK_REWARD]);
  for (const [address, amount] of credits) {
    const balance = BigInt(await node.call<Hex>('eth_getBalance', address, 'latest'));
    await node.call('anvil_setBalance', address, `0x${(balance + amount).toString(16)}`);
  }
}

/** A block's transactions, cut so that none waits in the node's pool for a nonce that only the ones before it make due. */
async function* segments(node: AnvilNode, fork: Fork, raw: readonly Uint8Array[]): AsyncGenerator<Uint8Array[]> {
  const transactions = raw.map((bytes) => decodeTransaction(bytes, { fork, chainId: CHAIN_ID }));
  for (let first = 0; first < raw.length; ) {
    const senders = [...new Set(transactions.slice(first).map(({ sender }) => bytesToHex(sender)))];
    const counts = await node.batch<Hex>(
      senders.map((sender) => ({ method: 'eth_getTransactionCount', params: [sender, 'latest'] })),
    );
    const next = new Map(senders.map((sender, i) => [sender, BigInt(counts[i] as Hex)]));
    let end = first;
    // EIP-7702: authorizations use up nonces of their authorities, of which the pool knows nothing.
    for (; end < raw.length; end++) {
      const { sender, nonce } = transactions[end] as Transaction;
      const key = bytesToHex(sender);
      if (next.get(key) !== nonce) break;
      next.set(key, nonce + 1n);
    }
    if (end === first) throw new OracleMismatch(`transaction ${first} does not have its sender's next nonce`);
    yield raw.slice(first, end);
    first = end;
  }
}

/** Mines transactions into one block of the node's. */
async function mine(
  node: AnvilNode,
  fork: Fork,
  transactions: readonly Uint8Array[],
  header: HeaderJson,
): Promise<RpcReceipt[]> {
  await node.call('evm_setNextBlockTimestamp', header.timestamp);
  if (header.baseFeePerGas !== undefined) await node.call('anvil_setNextBlockBaseFeePerGas', header.baseFeePerGas);
  const hashes: Hex[] = [];
  // One after the other: the node takes the requests of a batch in any order.
  for (const bytes of transactions) {
    const raw = isBlobTransaction(bytes) ? withBlobs(bytes, fork) : bytes;
    hashes.push(await node.call<Hex>('eth_sendRawTransaction', bytesToHex(raw)));
  }
  await node.call('evm_mine');
  const receipts = await node.call<RpcReceipt[]>('eth_getBlockReceipts', 'latest');
  const order = receipts.map(({ transactionHash }) => transactionHash);
  if (order.length !== hashes.length || order.some((hash, i) => hash !== hashes[i])) {
    const at = order.findIndex((hash, i) => hash !== hashes[i]);
    throw new OracleMismatch(`${order.length} of ${hashes.length} transactions mined, first difference at ${at}`);
  }
  return receipts;
}

/** Runs a block, and answers how many transactions it has; null where it would have to be cut, and may not. */
async function runBlock(
  node: AnvilNode,
  fork: Fork,
  rlp: Hex,
  header: HeaderJson,
  mayCut: boolean,
): Promise<number | null> {
  await node.call('anvil_setCoinbase', header.coinbase);
  const receipts: Receipt[] = [];
  const raw = transactionsOf(rlp);
  let gasUsed = 0n;
  for await (const segment of segments(node, fork, raw)) {
    if (segment.length < raw.length && !mayCut) return null;
    const before = gasUsed;
    for (const receipt of await mine(node, fork, segment, header)) {
      gasUsed = before + BigInt(receipt.cumulativeGasUsed);
      receipts.push({ ...receiptOf(receipt), cumulativeGasUsed: gasUsed });
    }
  }
  if (gasUsed !== BigInt(header.gasUsed as Hex)) {
    throw new OracleMismatch(`gas used ${gasUsed}, not ${BigInt(header.gasUsed as Hex)}`);
  }
  const root = bytesToHex(receiptsRoot(receipts));
  if (root !== header.receiptTrie) throw new OracleMismatch(`receipts root ${root}, not ${header.receiptTrie}`);
  await creditAfter(node, fork, header, rlp);
  return raw.length;
}

/** Storage of the two contracts that a chain writes about itself (EIP-4788, EIP-2935), by its headers. */
function chainStorage(headers: readonly HeaderJson[]): { roots: Map<Hex, bigint>; hashes: Map<Hex, bigint> } {
  const roots = new Map<Hex, bigint>();
  const hashes = new Map<Hex, bigint>();
  for (const { timestamp, parentBeaconBlockRoot, number, parentHash } of headers) {
    const time = BigInt(timestamp as Hex);
    roots.set(word(time % RING), time);
    if (parentBeaconBlockRoot !== undefined) roots.set(word((time % RING) + RING), BigInt(parentBeaconBlockRoot));
    hashes.set(word((BigInt(number as Hex) - 1n) % HISTORY), BigInt(parentHash as Hex));
  }
  return { roots, hashes };
}

/** The node's state; in place of what it wrote about its own chain stands what the test's chain writes. */
async function stateRootOf(node: AnvilNode, headers: readonly HeaderJson[]): Promise<Hex> {
  const dump = await node.call<Hex>('anvil_dumpState');
  const packed = hexToBytes(dump);
  const { accounts } = JSON.parse(gunzipSync(packed).toString('utf8')) as {
    accounts: Record<Hex, { nonce: number; balance: Hex; code: Hex; storage: Record<Hex, Hex> }>;
  };
  const { roots, hashes } = chainStorage(headers);
  const state = Object.entries(accounts).map(([address, account]): [Hex, AccountState] => {
    const storage = new Map<Hex, bigint>();
    for (const [slot, value] of Object.entries(account.storage)) {
      if (BigInt(value) !== 0n) storage.set(word(BigInt(slot)), BigInt(value));
    }
    const own = address === BEACON_ROOTS.address ? roots : address === BLOCK_HASHES.address ? hashes : storage;
    return [
      address as Hex,
      { nonce: BigInt(account.nonce), balance: BigInt(account.balance), code: hexToBytes(account.code), storage: own },
    ];
  });
  const exists = ({ nonce, balance, code }: AccountState): boolean => nonce > 0n || balance > 0n || code.length > 0;
  return bytesToHex(Database.from(state.filter(([, account]) => exists(account))).stateRoot());
}

/** Why the node cannot judge the test; null where it can. */
function unfit({ network, blocks }: FixtureTest, blobs: readonly number[]): string | null {
  if (blocks.some(({ expectException }) => expectException !== undefined)) return 'a block must be rejected';
  // Anvil 1.7.1 refunds 4,800 gas for a cleared slot in Berlin, which is EIP-3529's number; until London it is 15,000.
  if (!atLeast(network, 'London')) return 'the node gives the refunds of London';
  return blobs.includes(-1) ? 'it has versioned hashes of blobs that nobody knows' : null;
}

function startNode(binary: string, test: FixtureTest): Promise<AnvilNode> {
  const { network, genesisBlockHeader } = test;
  const options = {
    '--hardfork': network.toLowerCase(),
    '--gas-limit': String(BigInt(genesisBlockHeader.gasLimit as Hex)),
    '--chain-id': String(CHAIN_ID),
  };
  const flags = ['--disable-min-priority-fee', '--disable-default-create2-deployer', '--prune-history'];
  return AnvilNode.start(binary, genesisOf(test), [...Object.entries(options).flat(), ...flags]);
}

/**
 * Executes the test on a node of its own, started from `binary`. Throws {@link OracleMismatch} where receipts or state
 * differ, and `AnvilError` where the node fails.
 */
export async function checkTest(binary: string, test: FixtureTest): Promise<OracleOutcome> {
  const valid = test.blocks.filter(({ expectException }) => expectException === undefined);
  const blobs = valid.flatMap(({ rlp }) => transactionsOf(rlp).filter(isBlobTransaction)).flatMap(blobsOf);
  const reason = unfit(test, blobs);
  if (reason !== null) return { kind: 'left out', reason };
  const node = await startNode(binary, test);
  try {
    let transactions = 0;
    const headers: HeaderJson[] = [];
    for (const [index, { rlp, blockHeader }] of test.blocks.entries()) {
      if (blockHeader === undefined) throw new OracleMismatch(`block ${index} has no header`);
      try {
        const count = await runBlock(node, test.network, rlp, blockHeader, blobs.length === 0);
        if (count === null) {
          return { kind: 'left out', reason: 'each cut of a block would move the price of its blobs' };
        }
        transactions += count;
      } catch (error) {
        if (error instanceof OracleMismatch) throw new OracleMismatch(`block ${index}: ${error.message}`);
        throw error;
      }
      headers.push(blockHeader);
    }
    const root = await stateRootOf(node, headers);
    const expected = headers.at(-1)?.stateRoot;
    if (root !== expected) throw new OracleMismatch(`state root ${root}, not ${expected}`);
    return { kind: 'agrees', blocks: headers.length, transactions };
  } finally {
    node.stop();
  }
}
