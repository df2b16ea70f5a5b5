/** Runs one blockchain test: every block serial and parallel, then head and state against the fixture. */
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../../src/primitives/crypto.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { headerFromFields } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import type { BlockCase, BlockchainCase } from '../fixtures/cases.js';
import { network } from '../fixtures/networks.js';
import type { Engines } from '../job/engine.js';
import { type CaseOutcome, judge, nonconformant } from '../verdict/result.js';
import type { Coverage, Difference } from '../verdict/verdict.js';
import { Chain } from './chain.js';
import { checkStated } from './cross-check.js';
import { verifyEthash } from './ethash.js';
import { accountsAfter, checkEnd, differ, judgeBlock } from './judge-chain.js';
import { BlockProcessor } from './process-block.js';

/** Chain of the official suites where the fixture names none. */
const DEFAULT_CHAIN_ID = 1n;

export function runBlockchainCase(engines: Engines, one: BlockchainCase): Promise<CaseOutcome> {
  return judge(async (coverage) => {
    engines.database.clear();
    engines.database.load(one.pre);
    const chain = new Chain(engines.database, genesisHeader(engines, one));
    const schedule = network(one.network, one.config);
    const chainId = one.config?.chainId ?? DEFAULT_CHAIN_ID;
    const verifySeal = one.sealEngine === 'Ethash' ? verifyEthash : null;
    const processor = new BlockProcessor(engines, chain, schedule, chainId, verifySeal);
    for (const [index, block] of one.blocks.entries()) {
      engines.onBlock?.(index);
      const more = (): Difference[] => accountsAfter(engines.database, one, block.hash, processor.diff);
      await runBlock(processor, block, index, coverage, more);
    }
    checkEnd(engines.database, chain, one);
  });
}

/** The genesis by its fields and, where given, by its RLP: both checked against its hash, and against the allocation. */
function genesisHeader(engines: Engines, one: BlockchainCase): BlockHeader {
  let stated: BlockHeader;
  let header: BlockHeader;
  try {
    stated = headerFromFields(one.genesisHeader, keccak256(RLP.encode([...one.genesisHeader])));
    header = one.genesisRlp === null ? stated : decodeBlock(one.genesisRlp).header;
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    nonconformant('the genesis block does not decode', [
      { what: 'genesis', expected: 'a block', actual: error.message },
    ]);
  }
  const differences: Difference[] = [];
  differ(differences, 'genesis hash', one.genesisHash, header.hash);
  differ(differences, 'genesisBlockHeader', one.genesisHash, stated.hash);
  differ(differences, 'genesis stateRoot', header.stateRoot, engines.database.stateRoot());
  if (differences.length > 0) nonconformant('the genesis differs from the fixture', differences);
  return header;
}

async function runBlock(
  processor: BlockProcessor,
  block: BlockCase,
  index: number,
  coverage: Coverage,
  more: () => Difference[],
): Promise<void> {
  const process = () => processor.process(() => decodeBlock(block.rlp), index, coverage);
  const hash = await judgeBlock(block.exception, index, process, more);
  if (block.stated !== null) checkStated(block.rlp, block.stated, index, processor);
  if (hash === null || block.hash === null) return;
  const differences: Difference[] = [];
  differ(differences, 'block hash', block.hash, hash);
  if (differences.length > 0)
    nonconformant("the hash of the block's RLP differs from the JSON beside it", differences, index);
}
