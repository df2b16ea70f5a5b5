/**
 * Runs one Engine API test: each payload as a consensus client would hand it over, its block serial and
 * parallel, then head and state against the fixture. A valid payload becomes the head, as the
 * `engine_forkchoiceUpdated` that follows it asks; that call carries no payload attributes, so
 * that each of its versions takes it at every fork.
 */
import { RLP } from '@ethereumjs/rlp';
import type { Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { type BlockHeader, headerFromFields } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import { Chain } from '../blockchain/chain.js';
import { accountsAfter, checkEnd, differ, judgeBlock } from '../blockchain/judge-chain.js';
import { BlockProcessor } from '../blockchain/process-block.js';
import type { AccountState, Allocation } from '../fixtures/cases.js';
import type { EngineCase, EngineXCase, PayloadCall } from '../fixtures/cases-engine.js';
import { type ForkSchedule, network } from '../fixtures/networks.js';
import type { Engines } from '../job/engine.js';
import { compareAccounts } from '../verdict/compare-state.js';
import { type CaseOutcome, judge, nonconformant } from '../verdict/result.js';
import type { Coverage, Difference } from '../verdict/verdict.js';
import { type ApiError, apiError } from './api-rules.js';
import { payloadBlock } from './payload-block.js';
import type { Genesis, PreAllocations } from './pre-allocations.js';

/** Chain of the official suites where the fixture names none. */
const DEFAULT_CHAIN_ID = 1n;

/** Throws `FixtureError` where the case names a pre-allocation that is missing or malformed. */
export async function runEngineCase(
  engines: Engines,
  one: EngineCase | EngineXCase,
  preAllocations: PreAllocations,
): Promise<CaseOutcome> {
  const genesis = one.kind === 'blockchain-engine-x' ? await preAllocations.of(one) : ownGenesis(one);
  return judge(async (coverage) => {
    await runPayloads(engines, one, genesis, coverage);
    if (one.kind === 'blockchain-engine' || one.postStateDiff === null) return;
    const expected = changed(genesis.pre, one.postStateDiff);
    const differences = compareAccounts(expected, engines.database.accounts());
    if (differences.length > 0) nonconformant('the post-state differs from postStateDiff', differences);
  });
}

function ownGenesis({ pre, genesisHeader: fields, genesisHash: hash }: EngineCase): Genesis {
  return { pre, fields, hash };
}

/** The accounts of `pre` with those of `diff` in their places. */
function changed(pre: Allocation, diff: ReadonlyMap<Hex, AccountState | null>): Allocation {
  const accounts = new Map(pre);
  for (const [address, account] of diff) {
    if (account === null) accounts.delete(address);
    else accounts.set(address, account);
  }
  return accounts;
}

async function runPayloads(
  engines: Engines,
  one: EngineCase | EngineXCase,
  genesis: Genesis,
  coverage: Coverage,
): Promise<void> {
  engines.database.clear();
  engines.database.load(genesis.pre);
  const chain = new Chain(engines.database, genesisHeader(engines, genesis));
  const schedule = network(one.network, one.config);
  const chainId = one.config?.chainId ?? DEFAULT_CHAIN_ID;
  const processor = new BlockProcessor(engines, chain, schedule, chainId, null);
  const runCall = async (call: PayloadCall, index: number, place: string): Promise<void> => {
    engines.onBlock?.(index);
    const refusal = refusalOf(call, schedule, chain);
    judgeRefusal(call, refusal, index, place);
    if (refusal !== null) return;
    const process = () => processor.process(() => payloadBlock(call), index, coverage);
    const { blockHash } = call.payload;
    const more = (): Difference[] => accountsAfter(engines.database, one, blockHash, processor.diff);
    await judgeBlock(call.validationError, index, process, more);
  };
  for (const [index, call] of one.payloads.entries()) await runCall(call, index, `engineNewPayloads[${index}]`);
  checkEnd(engines.database, chain, one);
  const { syncPayload, payloads } = one;
  if (syncPayload === null) return;
  // What the fixture says of the end is said of the chain without this block, which must lead back to it all the same.
  const differences: Difference[] = [];
  differ(differences, 'syncPayload parentHash', one.lastBlockHash, syncPayload.payload.parentHash);
  if (differences.length > 0) nonconformant('syncPayload is no child of the last block', differences, payloads.length);
  await runCall(syncPayload, payloads.length, 'syncPayload');
}

function genesisHeader(engines: Engines, { fields, hash }: Genesis): BlockHeader {
  let header: BlockHeader;
  try {
    header = headerFromFields(fields, hash);
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    const differences = [{ what: 'genesis', expected: 'a block', actual: error.message }];
    nonconformant('the genesis block does not decode', differences);
  }
  const differences: Difference[] = [];
  differ(differences, 'genesis hash', hash, keccak256(RLP.encode([...fields])));
  differ(differences, 'genesis stateRoot', header.stateRoot, engines.database.stateRoot());
  if (differences.length > 0) nonconformant('the genesis differs from the fixture', differences);
  return header;
}

/** Null where the call is answered. */
function refusalOf(call: PayloadCall, schedule: ForkSchedule, chain: Chain): ApiError | null {
  const { parentHash, blockNumber: number, timestamp } = call.payload;
  const parentTotalDifficulty = chain.block(parentHash)?.totalDifficulty ?? 0n;
  return apiError(call, schedule.forkAt({ number, timestamp, parentTotalDifficulty }).fork);
}

/** A refused call must be one that the fixture expects to be refused, with the same code. */
function judgeRefusal(call: PayloadCall, refusal: ApiError | null, index: number, place: string): void {
  const actual = refusal?.code ?? null;
  if (actual === call.errorCode) return;
  const differences = [
    {
      what: `${place} errorCode`,
      expected: call.errorCode === null ? 'none' : String(call.errorCode),
      actual: refusal === null ? 'none' : `${refusal.code}: ${refusal.message}`,
    },
  ];
  if (call.errorCode === null) nonconformant(`a call of the Engine API was refused: ${actual}`, differences, index);
  if (actual === null) {
    nonconformant(`a call of the Engine API was answered where ${call.errorCode} is due`, differences, index);
  }
  nonconformant(`a call of the Engine API met with ${actual} where ${call.errorCode} is due`, differences, index);
}
