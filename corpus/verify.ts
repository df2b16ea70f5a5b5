/**
 * Reads a filled test back as a stranger would: a fresh @ethereumjs/vm executes every block from its
 * RLP, headers are validated against their parents, and the written post-state must hash to the last
 * state root.
 */

import { type Block, createBlockFromRLP } from '@ethereumjs/block';
import { ConsensusType } from '@ethereumjs/common';
import { runBlock } from '@ethereumjs/vm';
import type { Json, JsonObject } from '../runners/scenario/json.js';
import { bytesToHex, equalBytes, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import type { Fork } from '../src/primitives/fork.js';
import { type Chain, commonOf, openChain, stateRootOf } from './chain.js';
import { decodeState } from './encode.js';

/** What the oracle says when it meets each exception. */
const MESSAGES: Readonly<Record<string, RegExp>> = {
  'TransactionException.NONCE_MISMATCH_TOO_LOW': /nonce/,
  'TransactionException.NONCE_MISMATCH_TOO_HIGH': /nonce/,
  'TransactionException.INSUFFICIENT_ACCOUNT_FUNDS': /enough funds/,
  'TransactionException.GAS_ALLOWANCE_EXCEEDED': /higher gas limit than the block/,
  'TransactionException.INSUFFICIENT_MAX_FEE_PER_GAS': /base fee|baseFee/i,
  'TransactionException.INTRINSIC_GAS_TOO_LOW': /intrinsic|gas limit is too low|minimum/i,
  'TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED': /blob/i,
  'BlockException.INVALID_STATE_ROOT': /stateRoot/,
  'BlockException.INVALID_GAS_USED': /gasUsed/,
  'BlockException.INVALID_RECEIPTS_ROOT': /receiptTrie/,
  'BlockException.INVALID_LOG_BLOOM': /bloom/,
  'BlockException.INVALID_TRANSACTIONS_ROOT': /transaction trie/,
  'BlockException.INVALID_WITHDRAWALS_ROOT': /withdrawal/i,
  'BlockException.INVALID_REQUESTS': /requestsHash/,
  'BlockException.INCORRECT_BLOB_GAS_USED': /blobGasUsed|blob gas/i,
};

/** A filled test that does not hold when it is read back. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
  readonly code = 'verify-failed';
  constructor(
    readonly test: string,
    detail: string,
    override readonly cause?: unknown,
  ) {
    super(`${test}: ${detail}`);
  }
}

export interface VerifiedTest {
  readonly blocks: number;
  readonly transactions: number;
  /** Blocks that the oracle rejected, as expected. */
  readonly rejected: number;
  readonly gasUsed: bigint;
}

interface FilledBlock {
  readonly rlp: Hex;
  readonly expectException?: string;
  readonly blockHeader?: { readonly hash: Hex };
}

interface FilledTest {
  readonly network: Fork;
  readonly pre: Json;
  readonly postState?: Json;
  readonly postStateHash?: Hex;
  readonly genesisRLP: Hex;
  readonly lastblockhash: Hex;
  readonly blocks: readonly FilledBlock[];
}

/** Executes the block on `parent`; throws what the oracle throws. */
async function execute(chain: Chain, rlp: Hex, parent: Block): Promise<Block> {
  const block = createBlockFromRLP(hexToBytes(rlp), { common: chain.common });
  await chain.blockchain.validateHeader(block.header);
  if (chain.common.consensusType() === ConsensusType.ProofOfWork) {
    const difficulty = block.header.ethashCanonicalDifficulty(parent.header);
    if (difficulty !== block.header.difficulty) throw new RangeError(`difficulty is not ${difficulty}`);
  }
  await runBlock(chain.vm, { block, root: parent.header.stateRoot });
  return block;
}

function expectMessage(test: string, exception: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const pattern = MESSAGES[exception];
  if (pattern === undefined) throw new VerifyError(test, `no message is known for ${exception}: ${text}`, error);
  if (!pattern.test(text)) throw new VerifyError(test, `${exception} was expected, but: ${text}`, error);
}

/** Checks one filled test; throws {@link VerifyError} where it does not hold. */
export async function verifyTest(name: string, json: JsonObject): Promise<VerifiedTest> {
  const test = json as unknown as FilledTest;
  const pre = decodeState(test.pre);
  const described = json.genesisBlockHeader as JsonObject;
  const genesis = readGenesis(name, test, described);
  const chain = await openChain(test.network, pre, genesis.header);
  if (!equalBytes(chain.genesis.hash(), genesis.hash())) throw new VerifyError(name, 'genesis differs from its RLP');
  let parent = chain.genesis;
  let transactions = 0;
  let rejected = 0;
  let gasUsed = 0n;
  for (const [index, filled] of test.blocks.entries()) {
    const label = `${name}, block ${index}`;
    if (filled.expectException === undefined) {
      parent = await execute(chain, filled.rlp, parent).catch((error: unknown) => {
        throw new VerifyError(label, error instanceof Error ? error.message : String(error), error);
      });
      if (bytesToHex(parent.hash()) !== filled.blockHeader?.hash) throw new VerifyError(label, 'hash differs');
      await chain.blockchain.putBlock(parent);
      gasUsed += parent.header.gasUsed;
      transactions += parent.transactions.length;
    } else {
      const exception = filled.expectException;
      const failure = await execute(chain, filled.rlp, parent).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (failure === null) throw new VerifyError(label, `was accepted, but must fail with ${exception}`);
      expectMessage(label, exception, failure.error);
      rejected += 1;
    }
  }
  if (bytesToHex(parent.hash()) !== test.lastblockhash) throw new VerifyError(name, 'lastblockhash differs');
  if (!equalBytes(await postRoot(name, test), parent.header.stateRoot)) {
    throw new VerifyError(name, 'the post-state has another state root');
  }
  return { blocks: test.blocks.length, transactions, rejected, gasUsed };
}

async function postRoot(name: string, { network, postState, postStateHash }: FilledTest): Promise<Uint8Array> {
  if (postState !== undefined) return stateRootOf(network, decodeState(postState));
  if (postStateHash !== undefined) return hexToBytes(postStateHash);
  throw new VerifyError(name, 'has neither postState nor postStateHash');
}

function readGenesis(name: string, test: FilledTest, described: JsonObject): Block {
  const genesis = createBlockFromRLP(hexToBytes(test.genesisRLP), { common: commonOf(test.network) });
  if (bytesToHex(genesis.hash()) !== described.hash) throw new VerifyError(name, 'genesisRLP has another hash');
  return genesis;
}
