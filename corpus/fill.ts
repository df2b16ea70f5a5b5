/**
 * Fills a planned test with @ethereumjs/vm: headers are built to be valid on their parents (gas
 * limit, base fee, difficulty, blob gas), blocks are executed, and what comes out is written in the
 * official blockchain-test format.
 */

import {
  type Block,
  createBlock,
  createBlockFromBytesArray,
  genTransactionsTrieRoot,
  genWithdrawalsTrieRoot,
  type HeaderData,
} from '@ethereumjs/block';
import type { TypedTransaction } from '@ethereumjs/tx';
import { createWithdrawal, type Withdrawal } from '@ethereumjs/util';
import { type RunBlockResult, runBlock } from '@ethereumjs/vm';
import type { JsonObject } from '../runners/scenario/json.js';
import { bigIntToBytes, bytesToHex, concatBytes } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import { atLeast } from '../src/primitives/fork.js';
import { type Chain, openChain } from './chain.js';
import { encodeConfig, encodeHeader, encodeState, encodeTransaction, encodeWithdrawal, spoil } from './encode.js';
import type { BlockPlan, HeaderFault, TestPlan, TransactionPlan } from './plan.js';
import { signTransaction } from './sign.js';

/** EIP-4844: blob gas of one blob. */
const GAS_PER_BLOB = 131_072n;

/** Difficulty of a genesis before the merge: the minimum. */
const GENESIS_DIFFICULTY = 131_072n;

/** What a scenario planned that cannot be filled: the oracle refused a block that should be valid. */
export class FillError extends Error {
  override readonly name = 'FillError';
  readonly code = 'fill-failed';
  constructor(
    readonly test: string,
    readonly block: number,
    override readonly cause: unknown,
  ) {
    super(`${test}, block ${block}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Genesis header of a test; the state root is added by the chain. */
function genesisHeader(plan: TestPlan): HeaderData {
  return {
    number: 0n,
    gasLimit: plan.gasLimit,
    difficulty: atLeast(plan.fork, 'Paris') ? 0n : GENESIS_DIFFICULTY,
    extraData: new Uint8Array([0x4c, 0x53]),
    ...(atLeast(plan.fork, 'London') ? { baseFeePerGas: plan.baseFee } : {}),
    ...(atLeast(plan.fork, 'Cancun') ? { excessBlobGas: plan.excessBlobGas, blobGasUsed: 0n } : {}),
  };
}

/** A reproducible 32-byte value that depends on the parent: prevRandao, parent beacon root. */
function derived(parent: Block, tag: number): Uint8Array {
  return keccak256(concatBytes(parent.hash(), Uint8Array.of(tag)));
}

interface Draft {
  readonly header: HeaderData;
  readonly transactions: readonly TypedTransaction[];
  readonly withdrawals: readonly Withdrawal[] | undefined;
}

function assembleBlock(chain: Chain, parent: Block, draft: Draft): Block {
  const { common } = chain;
  const { header } = createBlock({ header: draft.header }, { common, calcDifficultyFromHeader: parent.header });
  const transactions = draft.transactions.map((tx) => (tx.type === 0 ? tx.raw() : tx.serialize()));
  const withdrawals = draft.withdrawals?.map((withdrawal) => withdrawal.raw());
  const body = withdrawals === undefined ? [] : [withdrawals];
  // The tuple's type does not foresee a list that mixes legacy and typed transactions; RLP does.
  const values = [header.raw(), transactions, [], ...body] as unknown as Parameters<
    typeof createBlockFromBytesArray
  >[0];
  return createBlockFromBytesArray(values, { common });
}

/** Blob gas of the planned transactions that `counts` accepts. */
function blobGas(plan: BlockPlan, counts: (tx: TransactionPlan) => boolean): bigint {
  return plan.transactions.filter(counts).reduce((sum, tx) => sum + BigInt(tx.blobHashes.length) * GAS_PER_BLOB, 0n);
}

async function draftHeader(
  chain: Chain,
  parent: Block,
  plan: BlockPlan,
  draft: Omit<Draft, 'header'>,
  fork: TestPlan['fork'],
): Promise<HeaderData> {
  return {
    parentHash: parent.hash(),
    coinbase: plan.coinbase,
    number: parent.header.number + 1n,
    timestamp: parent.header.timestamp + plan.delay,
    gasLimit: parent.header.gasLimit,
    transactionsTrie: await genTransactionsTrieRoot([...draft.transactions]),
    mixHash: derived(parent, 1),
    ...(atLeast(fork, 'Paris') ? {} : { nonce: derived(parent, 2).subarray(0, 8) }),
    ...(atLeast(fork, 'London') ? { baseFeePerGas: parent.header.calcNextBaseFee() } : {}),
    ...(draft.withdrawals ? { withdrawalsRoot: await genWithdrawalsTrieRoot([...draft.withdrawals]) } : {}),
    ...(atLeast(fork, 'Cancun')
      ? {
          blobGasUsed: blobGas(plan, (tx) => tx.valid),
          excessBlobGas: parent.header.calcNextExcessBlobGas(chain.common),
          parentBeaconBlockRoot: derived(parent, 3),
        }
      : {}),
  };
}

function resultFields(result: RunBlockResult): HeaderData {
  return {
    stateRoot: result.stateRoot,
    receiptTrie: result.receiptsRoot,
    logsBloom: result.logsBloom,
    gasUsed: result.gasUsed,
    ...(result.requestsHash ? { requestsHash: result.requestsHash } : {}),
  };
}

function applyFault(header: HeaderData, fault: HeaderFault): HeaderData {
  const value = header[fault];
  if (value instanceof Uint8Array) return { ...header, [fault]: spoil(value) };
  if (typeof value === 'bigint') {
    return { ...header, [fault]: value + (fault === 'blobGasUsed' ? GAS_PER_BLOB : 1n) };
  }
  throw new TypeError(`the header has no ${fault} to spoil`);
}

/** The block as planned, and its transactions; an invalid one is executed without what makes it so. */
async function fillBlock(
  chain: Chain,
  parent: Block,
  plan: BlockPlan,
  fork: TestPlan['fork'],
): Promise<{ block: Block; transactions: readonly TypedTransaction[] }> {
  const baseFee = atLeast(fork, 'London') ? parent.header.calcNextBaseFee() : 0n;
  const signed = plan.transactions.map((tx) => signTransaction(tx, baseFee, chain.common));
  const valid = signed.filter((_, i) => plan.transactions[i]?.valid);
  const withdrawals = atLeast(fork, 'Shanghai') ? plan.withdrawals.map(createWithdrawal) : undefined;
  const draft = { transactions: valid, withdrawals };
  const header = await draftHeader(chain, parent, plan, draft, fork);
  const result = await runBlock(chain.vm, {
    block: assembleBlock(chain, parent, { ...draft, header }),
    root: parent.header.stateRoot,
    generate: true,
    skipHeaderValidation: true,
  });
  const filled: HeaderData = {
    ...header,
    ...resultFields(result),
    transactionsTrie: await genTransactionsTrieRoot(signed),
    // As upstream does it, the header counts the blobs of a transaction that must be refused too.
    ...(atLeast(fork, 'Cancun') ? { blobGasUsed: blobGas(plan, () => true) } : {}),
  };
  const final = plan.fault === null ? filled : applyFault(filled, plan.fault);
  const block = assembleBlock(chain, parent, { transactions: signed, withdrawals, header: final });
  return { block, transactions: signed };
}

/** A valid block as its RLP and its header; the transactions are in the RLP. */
function encodeBriefly(block: Block): JsonObject {
  const blocknumber = block.header.number.toString();
  return { rlp: bytesToHex(block.serialize()), blockHeader: encodeHeader(block), blocknumber };
}

function encodeBlock(block: Block, transactions: readonly TypedTransaction[], plan: BlockPlan): JsonObject {
  const decoded = {
    blockHeader: encodeHeader(block),
    transactions: transactions.map((tx, i) => {
      const planned = plan.transactions[i];
      if (planned === undefined) throw new RangeError(`transaction ${i} has no plan`);
      return encodeTransaction(tx, planned);
    }),
    uncleHeaders: [],
    ...(block.withdrawals === undefined ? {} : { withdrawals: plan.withdrawals.map(encodeWithdrawal) }),
  };
  const rlp = bytesToHex(block.serialize());
  const blocknumber = block.header.number.toString();
  return plan.exception === null
    ? { rlp, ...decoded, blocknumber }
    : { rlp, expectException: plan.exception, rlp_decoded: { ...decoded, blocknumber } };
}

/** Fills one test; throws {@link FillError} where the oracle refuses a block that is planned as valid. */
export async function fillTest(plan: TestPlan, info: JsonObject): Promise<JsonObject> {
  const chain = await openChain(plan.fork, plan.pre, genesisHeader(plan));
  const blocks: JsonObject[] = [];
  let parent = chain.genesis;
  for (const [index, blockPlan] of plan.blocks.entries()) {
    try {
      const { block, transactions } = await fillBlock(chain, parent, blockPlan, plan.fork);
      const brief = plan.brief && blockPlan.exception === null;
      blocks.push(brief ? encodeBriefly(block) : encodeBlock(block, transactions, blockPlan));
      if (blockPlan.exception === null) {
        await chain.blockchain.putBlock(block);
        parent = block;
      }
    } catch (error) {
      throw new FillError(plan.name, index, error);
    }
  }
  await chain.vm.stateManager.setStateRoot(parent.header.stateRoot);
  return {
    _info: { description: plan.description, ...info },
    network: plan.fork,
    sealEngine: 'NoProof',
    config: encodeConfig(plan.fork),
    genesisBlockHeader: encodeHeader(chain.genesis),
    genesisRLP: bytesToHex(chain.genesis.serialize()),
    pre: encodeState(plan.pre),
    blocks,
    lastblockhash: bytesToHex(parent.hash()),
    ...(plan.brief
      ? { postStateHash: bytesToHex(parent.header.stateRoot) }
      : { postState: encodeState(await chain.dump()) }),
  };
}

/** A blob's versioned hash (EIP-4844, version 1) made from a number; no blob stands behind it. */
export function blobHash(number: bigint): `0x${string}` {
  return bytesToHex(concatBytes(Uint8Array.of(1), keccak256(bigIntToBytes(number, 32)).subarray(1)));
}
