/** The last block of a blockchain test, over the state that the blocks before it leave. */
import { Chain } from '../../runners/blockchain/chain.js';
import type { BlockchainCase } from '../../runners/fixtures/cases.js';
import { network } from '../../runners/fixtures/networks.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bytesToHex, equalBytes } from '../../src/primitives/bytes.js';
import { Database } from '../../src/state/database.js';
import { decodeBlock, type RawBlock } from '../../src/transition/block/block.js';
import { executableBlock } from '../../src/transition/block/environment.js';
import { headerFromFields } from '../../src/transition/block/header.js';
import { receiptsRoot } from '../../src/transition/block/receipts.js';
import { decodeTransaction } from '../../src/transition/transaction/index.js';
import type { Block, BlockOutcome } from '../../src/transition/types.js';
import type { PeerSource } from '../peer-block.js';

/** A block to measure, and the same for the other side. */
export interface CaseBlock {
  readonly database: Database;
  readonly block: Block;
  readonly peer: PeerSource;
}

/** A block of a fixture that the engine does not make what its header says; the figures would be about something else. */
export class BlockMismatchError extends Error {
  override readonly name = 'BlockMismatchError';
  readonly code = 'BLOCK_MISMATCH';
  constructor(block: string, what: string, expected: string, found: string) {
    super(`${block}: ${what} is ${found}, the header says ${expected}`);
  }
}

/** Throws {@link BlockMismatchError} where gas used, receipts root or bloom differ from the header. */
export function mustFitHeader(name: string, { header }: RawBlock, outcome: BlockOutcome): void {
  if (outcome.gasUsed !== header.gasUsed) {
    throw new BlockMismatchError(name, 'gas used', String(header.gasUsed), String(outcome.gasUsed));
  }
  const pairs = [
    ['receipts root', header.receiptsRoot, receiptsRoot(outcome.receipts)],
    ['logs bloom', header.logsBloom, outcome.logsBloom],
  ] as const;
  for (const [what, expected, found] of pairs) {
    if (!equalBytes(expected, found)) throw new BlockMismatchError(name, what, bytesToHex(expected), bytesToHex(found));
  }
}

/** Throws {@link BlockMismatchError}, and `BlockError` where a block is invalid. */
export async function lastBlock(one: BlockchainCase): Promise<CaseBlock> {
  const database = Database.from(one.pre);
  const schedule = network(one.network, one.config);
  const chain = new Chain(database, headerFromFields(one.genesisHeader, one.genesisHash));
  const executor = await SerialExecutor.create({ vm: 'wasm' });
  try {
    for (const [index, { rlp }] of one.blocks.entries()) {
      const raw = decodeBlock(rlp);
      const parent = chain.block(raw.header.parentHash);
      if (parent === null) {
        throw new BlockMismatchError(
          `${one.test}, block ${index}`,
          'parent',
          bytesToHex(raw.header.parentHash),
          'none',
        );
      }
      const { number, timestamp } = raw.header;
      const rules = schedule.forkAt({ number, timestamp, parentTotalDifficulty: parent.totalDifficulty });
      const { fork, blobSchedule } = rules;
      const chainId = one.config?.chainId ?? 1n;
      const transactions = raw.transactions.map((bytes) => decodeTransaction(bytes, { fork, chainId }));
      const ancestor = (wanted: bigint): Uint8Array | null => chain.ancestorHash(parent, wanted);
      const block = executableBlock(raw, transactions, { fork, chainId, blobSchedule, blockHash: ancestor });
      if (index === one.blocks.length - 1) {
        return { database, block, peer: { fork, pre: new Map(database.accounts()), raw, ancestor } };
      }
      const outcome = await executor.execute(database, block);
      if (!outcome.ok) throw outcome.error;
      mustFitHeader(`${one.test}, block ${index}`, raw, outcome);
      chain.moveTo(parent);
      chain.add(raw.header, raw.ommers, parent, outcome.diff, true);
      const added = chain.block(raw.header.hash);
      if (added !== null) chain.moveTo(added);
    }
  } finally {
    await executor.close();
  }
  throw new RangeError(`${one.test}: has no block`);
}
