/** Faults of the rules that blocks are held against: headers, bodies, and what is due. Those of what is executed are transition's. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const BLOCK = 'src/transition/block';
const HEADER = `${BLOCK}/validate-header.ts`;
const BLOB_GAS = `${BLOCK}/blob-gas.ts`;
const BODY = `${BLOCK}/body.ts`;
const DIFFICULTY = `${BLOCK}/difficulty.ts`;
const REQUESTS = `${BLOCK}/requests.ts`;
const VERIFY = `${BLOCK}/verify.ts`;
const STEPS = `${BLOCK}/steps.ts`;
const SYSTEM_CALLS = `${BLOCK}/system-calls.ts`;

const ruled = faultsIn('chains', ['block-header']);
const done = faultsIn('chains', ['block-steps']);
const promised = faultsIn('chains', ['block-outcome']);

export const BLOCK_RULE_FAULTS: readonly Fault[] = [
  ruled(
    'gas-limit-by-a-whole-step',
    'the gas limit may move by all of 1/1024 of the one before',
    expression(HEADER, 'distance >= from / GAS_LIMIT_BOUND_DIVISOR', 'distance > from / GAS_LIMIT_BOUND_DIVISOR'),
  ),
  ruled(
    'greatest-gas-limit-and-one',
    'the gas limit may be one above the greatest',
    expression(HEADER, '(1n << 63n) - 1n', '1n << 63n'),
  ),
  ruled(
    'gas-used-above-the-limit',
    'a block may use one unit of gas more than its limit',
    expression(HEADER, 'gasUsed > gasLimit', 'gasUsed > gasLimit + 1n', { before: 'if (' }),
  ),
  ruled(
    'requests-hash-from-osaka-on',
    'headers have a hash of requests from Osaka on',
    expression(HEADER, 'atLeast(fork, since)', "atLeast(fork, name === 'requestsHash' ? 'Osaka' : since)"),
  ),
  ruled(
    'surplus-header-fields',
    'a header may have one field more than the fork knows',
    expression(HEADER, 'header.fields.length > known', 'header.fields.length > Math.max(21, known + 1)'),
  ),
  ruled(
    'dao-mark-in-nine-blocks',
    'the last of the ten blocks need not carry the extra data of the DAO fork (EIP-779)',
    expression(HEADER, 'daoForkBlock + DAO_EXTRA_DATA_BLOCKS', 'daoForkBlock + DAO_EXTRA_DATA_BLOCKS - 1n'),
  ),
  ruled(
    'ommers-hash-after-the-merge',
    'headers may have a hash of ommers after the merge (EIP-3675)',
    expression(HEADER, '!equalBytes(header.ommersHash, EMPTY_LIST_HASH)', 'false'),
  ),
  ruled(
    'nonce-after-the-merge',
    'of the nonce only the first byte must be zero after the merge (EIP-3675)',
    expression(HEADER, 'header.nonce.some((byte) => byte !== 0)', 'header.nonce[0] !== 0'),
  ),
  ruled(
    'gas-limit-not-doubled',
    'the gas limit before London counts once for the first block of London (EIP-1559)',
    expression(
      `${BLOCK}/base-fee.ts`,
      'parent.baseFeePerGas === null ? parent.gasLimit * ELASTICITY_MULTIPLIER : parent.gasLimit',
      'parent.gasLimit',
    ),
  ),
  ruled(
    'base-fee-stands-still',
    'a low base fee does not rise, however full the blocks are (EIP-1559)',
    expression(`${BLOCK}/base-fee.ts`, 'delta > 1n ? delta : 1n', 'delta'),
  ),
  ruled(
    'blob-gas-at-the-target',
    'blob gas of just the target carries no excess over, at the reserve price (EIP-7918)',
    expression(BLOB_GAS, 'excess + used < target', 'excess + used <= target'),
  ),
  ruled(
    'reserve-excess-by-the-target',
    'at the reserve price the excess grows by the target instead of what is above it (EIP-7918)',
    expression(BLOB_GAS, 'BigInt(schedule.max - schedule.target)', 'BigInt(schedule.target)'),
  ),
  ruled(
    'reserve-price-when-equal',
    'blobs that cost just as much as the reserve are taken for cheaper (EIP-7918)',
    expression(
      BLOB_GAS,
      'reserve > GAS_PER_BLOB * blobBaseFee(excess, schedule)',
      'reserve >= GAS_PER_BLOB * blobBaseFee(excess, schedule)',
    ),
  ),
  ruled(
    'block-one-byte-too-large',
    'a block may be one byte larger than the limit (EIP-7934)',
    expression(BODY, 'block.size > MAX_RLP_BLOCK_SIZE', 'block.size > MAX_RLP_BLOCK_SIZE + 1'),
  ),
  ruled(
    'ommers-of-seven-generations',
    'ommers may be seven generations old',
    expression(BODY, 'i <= MAX_OMMER_GENERATIONS', 'i <= MAX_OMMER_GENERATIONS + 1'),
  ),
  ruled(
    'ommers-of-five-generations',
    'ommers may be no more than five generations old',
    expression(BODY, 'i <= MAX_OMMER_GENERATIONS', 'i < MAX_OMMER_GENERATIONS'),
  ),
  ruled(
    'ommers-of-ancestors-again',
    'ommers that an ancestor has named may be named again',
    expression(BODY, 'new Set(named)', 'new Set<string>()'),
  ),
  ruled(
    'bomb-set-back-in-istanbul',
    'the bomb is set back by Istanbul as by Muir Glacier (EIP-2384)',
    expression(DIFFICULTY, "'MuirGlacier'", "'Istanbul'", { before: '[', after: ', 9000000n' }),
  ),
  ruled(
    'difficulty-falls-by-a-hundred',
    'the difficulty falls by up to a hundred steps at once (EIP-100)',
    expression(DIFFICULTY, '-99n', '-100n', { before: 'elapsed / 9n, ' }),
  ),
  done(
    'one-nephew-reward',
    'naming two ommers is rewarded as naming one',
    expression(`${BLOCK}/rewards.ts`, '(reward / 32n) * BigInt(ommers.length)', 'reward / 32n'),
  ),
  done(
    'constantinople-rewards-later',
    'the reward of a block falls to two ether with Petersburg (EIP-1234)',
    expression(
      `${BLOCK}/rewards.ts`,
      "atLeast(fork, 'Constantinople')",
      "atLeast(fork, 'Constantinople') && fork !== 'Constantinople'",
    ),
  ),
  ruled(
    'blockhash-of-255-ancestors',
    'BLOCKHASH does not reach the oldest of 256 ancestors',
    expression(
      `${BLOCK}/environment.ts`,
      'wanted + BLOCK_HASH_WINDOW >= number',
      'wanted + BLOCK_HASH_WINDOW > number',
    ),
  ),
  done(
    'consolidations-before-withdrawals',
    'consolidations are collected before withdrawals',
    expression(
      STEPS,
      'steps.push(collectDeposits, collectWithdrawals, collectConsolidations)',
      'steps.push(collectDeposits, collectConsolidations, collectWithdrawals)',
    ),
  ),
  done(
    'parent-hash-from-osaka-on',
    'the hash of the parent is stored from Osaka on (EIP-2935)',
    expression(STEPS, "atLeast(fork, 'Prague')", "atLeast(fork, 'Osaka')", {
      after: ') steps.push(storeParentHash);',
    }),
  ),
  done(
    'requests-of-no-data',
    'requests without data are listed (EIP-7685)',
    expression(STEPS, 'data.length > 0', 'data.length >= 0'),
  ),
  done(
    'empty-withdrawals-touch-nothing',
    'a withdrawal of nothing leaves an empty account alone (EIP-4895)',
    statement(STEPS, 'vm.touch(address);', ''),
  ),
  done(
    'request-contract-missing',
    'a block is valid where a contract that requests come from is missing (EIP-7002, EIP-7251)',
    statement(SYSTEM_CALLS, "throw new BlockError('BlockException.SYSTEM_CONTRACT_EMPTY', null, detail);", 'return;'),
  ),
  done(
    'request-contract-reverts',
    'a contract that requests come from may revert (EIP-7002, EIP-7251)',
    expression(SYSTEM_CALLS, '!result.success', '!result.success && result.halt !== null'),
  ),
  done(
    'request-contract-halts',
    'a contract that requests come from may halt (EIP-7002, EIP-7251)',
    expression(SYSTEM_CALLS, '!result.success', '!result.success && result.halt === null'),
  ),
  promised(
    'deposits-of-one-topic-left-out',
    'deposits whose event has no topic beside its name are left out (EIP-6110)',
    expression(
      REQUESTS,
      'topic !== undefined && equalBytes(topic, DEPOSIT_EVENT)',
      'topic !== undefined && topics.length > 1 && equalBytes(topic, DEPOSIT_EVENT)',
    ),
  ),
  promised(
    'deposit-layout-of-any-first-byte',
    'words of the layout of a deposit may begin with any byte (EIP-6110)',
    expression(REQUESTS, '0', '1', { before: 'for (let i = ', after: '; i < 30' }),
  ),
  promised(
    'transactions-root-unverified',
    'a block whose header promises other transactions is valid',
    expression(VERIFY, 'orderedTrieRoot(block.transactions)', 'header.transactionsRoot'),
  ),
  promised(
    'log-bloom-unverified',
    'a block whose header promises another bloom filter is valid',
    expression(VERIFY, 'outcome.logsBloom', 'header.logsBloom'),
  ),
  promised(
    'blob-gas-used-unverified',
    'a block whose header promises other blob gas is valid',
    expression(VERIFY, "compareNumbers('INCORRECT_BLOB_GAS_USED', header.blobGasUsed, outcome.blobGasUsed)", 'null'),
  ),
  promised(
    'receipts-of-type-one-unmarked',
    'receipts of the first type have no type byte before them (EIP-2718)',
    expression(`${BLOCK}/receipts.ts`, 'receipt.type === 0', 'receipt.type <= 1'),
  ),
  promised(
    'receipts-of-failures',
    'receipts of failed transactions say success (EIP-658)',
    expression(`${BLOCK}/receipts.ts`, 'receipt.status === 1 ? Uint8Array.of(1) : EMPTY_BYTES', 'Uint8Array.of(1)'),
  ),
];
