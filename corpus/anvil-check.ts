/** One test of the corpus on anvil: its blocks' receipts, and its last state. */
import { gunzipSync } from 'node:zlib';
import { bytesToHex, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import { atLeast, type Fork } from '../src/primitives/fork.js';
import type { AccountState } from '../src/state/account.js';
import { Database } from '../src/state/database.js';
import { receiptsRoot } from '../src/transition/block/receipts.js';
import { requestsHash } from '../src/transition/block/requests.js';
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
/** EIP-7685. */
const NO_REQUESTS = bytesToHex(requestsHash([]));
/** In wei: more than any transaction asks for. */
const RICH = 2n ** 128n;
/** Slots of beacon roots, by timestamp (EIP-4788), and of block hashes, by number (EIP-2935). */
const RING = 8191n;
const HISTORY = 8191n;

function numberToHex(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

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
    await node.call('anvil_setBalance', address, numberToHex(balance + amount));
  }
}

/**
 * Puts a block's transactions into the node's pool. The pool knows nothing of what the transactions before one do for its
 * sender, so that for as long as it looks each sender is rich, and has the nonce that will be due: authorizations
 * (EIP-7702) use up nonces of their authorities. Answers their hashes.
 */
async function submit(node: AnvilNode, fork: Fork, raw: readonly Uint8Array[]): Promise<Hex[]> {
  const transactions = raw.map((bytes) => decodeTransaction(bytes, { fork, chainId: CHAIN_ID }));
  const senders = [...new Set(transactions.map(({ sender }) => bytesToHex(sender)))];
  const askAll = (method: string): Promise<Hex[]> =>
    node.batch<Hex>(senders.map((sender) => ({ method, params: [sender, 'latest'] })));
  const setAll = (method: string, value: (i: number) => Hex): Promise<unknown> =>
    node.batch(senders.map((sender, i) => ({ method, params: [sender, value(i)] })));
  const balances = await askAll('eth_getBalance');
  const nonces = await askAll('eth_getTransactionCount');
  await setAll('anvil_setBalance', () => numberToHex(RICH));
  const next = new Map(senders.map((sender, i) => [sender, BigInt(nonces[i] as Hex)]));
  const hashes: Hex[] = [];
  // One after the other: the node takes the requests of a batch in any order.
  for (const [i, bytes] of raw.entries()) {
    const { sender, nonce } = transactions[i] as Transaction;
    const key = bytesToHex(sender);
    if (next.get(key) !== nonce) await node.call('anvil_setNonce', key, numberToHex(nonce));
    const sent = isBlobTransaction(bytes) ? withBlobs(bytes, fork) : bytes;
    hashes.push(await node.call<Hex>('eth_sendRawTransaction', bytesToHex(sent)));
    next.set(key, nonce + 1n);
  }
  await setAll('anvil_setNonce', (i) => nonces[i] as Hex);
  await setAll('anvil_setBalance', (i) => balances[i] as Hex);
  return hashes;
}

/** Mines transactions into the node's next block. */
async function mine(
  node: AnvilNode,
  fork: Fork,
  transactions: readonly Uint8Array[],
  header: HeaderJson,
): Promise<RpcReceipt[]> {
  await node.call('anvil_setCoinbase', header.coinbase);
  await node.call('evm_setNextBlockTimestamp', header.timestamp);
  if (header.baseFeePerGas !== undefined) await node.call('anvil_setNextBlockBaseFeePerGas', header.baseFeePerGas);
  const hashes = await submit(node, fork, transactions);
  await node.call('evm_mine');
  const receipts = await node.call<RpcReceipt[]>('eth_getBlockReceipts', 'latest');
  const order = receipts.map(({ transactionHash }) => transactionHash);
  if (order.length !== hashes.length || order.some((hash, i) => hash !== hashes[i])) {
    const at = hashes.findIndex((hash, i) => hash !== order[i]);
    throw new OracleMismatch(`${order.length} of ${hashes.length} transactions mined, first difference at ${at}`);
  }
  return receipts;
}

/** Runs a block, and answers how many transactions it has. */
async function runBlock(node: AnvilNode, fork: Fork, rlp: Hex, header: HeaderJson): Promise<number> {
  const raw = transactionsOf(rlp);
  const receipts = (await mine(node, fork, raw, header)).map(receiptOf);
  const gasUsed = receipts.at(-1)?.cumulativeGasUsed ?? 0n;
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
function unfit({ network, blocks }: FixtureTest): string | null {
  if (blocks.some(({ expectException }) => expectException !== undefined)) return 'a block must be rejected';
  // Anvil 1.7.1 refunds 4,800 gas for a cleared slot in Berlin, which is EIP-3529's number; until London it is 15,000.
  if (!atLeast(network, 'London')) return 'the node gives the refunds of London';
  if (blocks.some(({ blockHeader }) => (blockHeader?.requestsHash ?? NO_REQUESTS) !== NO_REQUESTS)) {
    return 'the node takes no requests out of their contracts';
  }
  const blobs = blocks.flatMap(({ rlp }) => transactionsOf(rlp).filter(isBlobTransaction)).flatMap(blobsOf);
  if (blobs.includes(-1)) return 'it has versioned hashes of blobs that nobody knows';
  // Anvil 1.7.1 takes target and fraction (EIP-7691) by mainnet's timestamps, whatever fork it is told.
  return blobs.length > 0 && atLeast(network, 'Prague') ? 'the node prices blobs as Cancun does' : null;
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
  const reason = unfit(test);
  if (reason !== null) return { kind: 'left out', reason };
  const node = await startNode(binary, test);
  try {
    let transactions = 0;
    const headers: HeaderJson[] = [];
    for (const [index, { rlp, blockHeader }] of test.blocks.entries()) {
      if (blockHeader === undefined) throw new OracleMismatch(`block ${index} has no header`);
      try {
        transactions += await runBlock(node, test.network, rlp, blockHeader);
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
