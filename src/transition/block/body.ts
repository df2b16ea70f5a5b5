/** A block's body against its header: size, transactions, ommers and withdrawals. */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToHex, equalBytes } from '../../primitives/bytes.js';
import { atLeast, type Fork } from '../../primitives/fork.js';
import { orderedTrieRoot } from '../../state/trie.js';
import { BlockError, type BlockErrorCode } from '../errors.js';
import type { Withdrawal } from '../types.js';
import type { RawBlock } from './block.js';
import type { BlockHeader } from './header.js';
import { type HeaderRules, validateHeader } from './validate-header.js';

/** EIP-7934: 10 MiB less a margin of 2 MiB for the beacon block. */
const MAX_RLP_BLOCK_SIZE = 10_485_760 - 2_097_152;
const MAX_OMMERS = 2;
/** An ommer is at most this many generations older than the block that names it. */
const MAX_OMMER_GENERATIONS = 6;

function reject(code: BlockErrorCode, detail: string): never {
  throw new BlockError(`BlockException.${code}`, null, detail);
}

/** Encoding of a withdrawal as the withdrawals trie holds it (EIP-4895). */
export function encodeWithdrawal(withdrawal: Withdrawal): Uint8Array {
  return RLP.encode([
    bigIntToMinimalBytes(withdrawal.index),
    bigIntToMinimalBytes(withdrawal.validatorIndex),
    withdrawal.address,
    bigIntToMinimalBytes(withdrawal.amount),
  ]);
}

/** Root of the trie of withdrawals, 32 bytes. */
export function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Uint8Array {
  return orderedTrieRoot(withdrawals.map(encodeWithdrawal));
}

/**
 * Checks the body as far as it can be without executing; throws {@link BlockError}. Ommers are
 * judged by {@link validateOmmers}, transactions by the transition. `transactionsRoot` is left to
 * `verifyOutcome`: an invalid transaction is named before a root that does not commit to it.
 */
export function validateBody(block: RawBlock, fork: Fork): void {
  const { header } = block;
  if (atLeast(fork, 'Osaka') && block.size > MAX_RLP_BLOCK_SIZE) {
    reject('RLP_BLOCK_LIMIT_EXCEEDED', `${block.size} bytes, at most ${MAX_RLP_BLOCK_SIZE} (EIP-7934)`);
  }
  if (atLeast(fork, 'Paris') && block.ommers.length > 0) {
    reject('IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS', `${block.ommers.length} ommers after the merge (EIP-3675)`);
  }
  if (!equalBytes(block.ommersHash, header.ommersHash)) {
    reject('INVALID_UNCLES_HASH', `${bytesToHex(block.ommersHash)} instead of ${bytesToHex(header.ommersHash)}`);
  }
  validateWithdrawals(block, fork);
}

function validateWithdrawals(block: RawBlock, fork: Fork): void {
  const { withdrawals, header } = block;
  if (!atLeast(fork, 'Shanghai')) {
    if (withdrawals !== null) reject('INCORRECT_BLOCK_FORMAT', `withdrawals in a block of ${fork}`);
    return;
  }
  if (withdrawals === null) reject('RLP_WITHDRAWALS_NOT_READ', `no withdrawals in a block of ${fork}`);
  const root = withdrawalsRoot(withdrawals);
  if (header.withdrawalsRoot === null || !equalBytes(root, header.withdrawalsRoot)) {
    const expected = header.withdrawalsRoot === null ? 'nothing' : bytesToHex(header.withdrawalsRoot);
    reject('INVALID_WITHDRAWALS_ROOT', `${bytesToHex(root)} instead of ${expected}`);
  }
}

/** Earlier blocks by hash; null where the chain holds no such (valid) block. */
export interface ChainReader {
  header(hash: Uint8Array): BlockHeader | null;
  ommers(hash: Uint8Array): readonly BlockHeader[] | null;
}

/** What a block's ommers are judged against: the block's ancestors, nearest first, and what they name. */
interface Lineage {
  /** Headers by hash (hex). */
  readonly ancestors: ReadonlyMap<string, BlockHeader>;
  /** Hashes (hex) of ommers that the ancestors name. */
  readonly named: ReadonlySet<string>;
}

function lineageOf(header: BlockHeader, chain: ChainReader): Lineage {
  const ancestors = new Map<string, BlockHeader>();
  const named = new Set<string>();
  let hash = header.parentHash;
  // The parent of the oldest allowed ommer is one generation older still.
  for (let i = 0; i <= MAX_OMMER_GENERATIONS; i++) {
    const ancestor = chain.header(hash);
    if (ancestor === null) break;
    ancestors.set(bytesToHex(hash), ancestor);
    for (const ommer of chain.ommers(hash) ?? []) named.add(bytesToHex(ommer.hash));
    hash = ancestor.parentHash;
  }
  return { ancestors, named };
}

/**
 * Judges the ommers of a block before Paris (yellow paper 4.3.2, 11.1); throws {@link BlockError}.
 * `rulesOf` gives the rules of the fork that an ommer belongs to by its own number.
 */
export function validateOmmers(
  block: Pick<RawBlock, 'header' | 'ommers'>,
  chain: ChainReader,
  rulesOf: (header: BlockHeader) => HeaderRules,
): void {
  const { header, ommers } = block;
  if (ommers.length === 0) return;
  if (ommers.length > MAX_OMMERS) reject('TOO_MANY_UNCLES', `${ommers.length} ommers, at most ${MAX_OMMERS}`);
  const { ancestors, named } = lineageOf(header, chain);
  const seen = new Set(named);
  for (const ommer of ommers) {
    const hash = bytesToHex(ommer.hash);
    if (seen.has(hash)) reject('UNCLE_IN_CHAIN', `ommer ${hash} is named twice`);
    seen.add(hash);
    if (ancestors.has(hash)) reject('UNCLE_IS_ANCESTOR', `ommer ${hash} is an ancestor`);
    if (equalBytes(ommer.parentHash, header.parentHash)) {
      reject('UNCLE_IS_BROTHER', `ommer ${hash} has the same parent as the block`);
    }
    const parent = ancestors.get(bytesToHex(ommer.parentHash));
    if (parent === undefined) reject('UNCLE_PARENT_INCORRECT', `parent of ommer ${hash} is no recent ancestor`);
    validateHeader(ommer, parent, rulesOf(ommer));
  }
}
