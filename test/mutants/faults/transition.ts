/** Faults that serial and parallel execution share: the rules around the machine, and the machine's host. Fixtures find them. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const RECORD = 'src/transition/transaction/record-block.ts';
const INTRINSIC = 'src/transition/transaction/intrinsic.ts';
const AUTHORIZATIONS = 'src/transition/transaction/authorizations.ts';
const STEPS = 'src/transition/block/steps.ts';
const HOST = 'src/vm/core/host.ts';
const PRECOMPILES = 'src/vm/core/precompile-results.ts';

const transition = faultsIn('transition', ['transaction-execute', 'transaction-validate']);
const blockRule = faultsIn('transition', ['block-steps', 'block-header']);
const machine = faultsIn('machine host', ['vm', 'core-run']);

export const TRANSITION_FAULTS: readonly Fault[] = [
  transition(
    'transaction-fields-unchecked',
    'fields of transactions are written as they are, whether they fit or not',
    statement(RECORD, 'checkTransaction(transaction);', ''),
    ['executor-fields'],
  ),
  transition(
    'block-fields-unchecked',
    'fields of blocks are written as they are, whether they fit or not',
    statement(RECORD, 'checkBlock(block);', ''),
    ['executor-fields'],
  ),
  transition(
    'listed-slots-free',
    'slots in an access list cost nothing (EIP-2930)',
    expression(INTRINSIC, 'slots.length * ACCESS_LIST_SLOT_GAS', '0'),
  ),
  transition(
    'no-calldata-floor',
    'calldata sets no floor under the gas used (EIP-7623)',
    expression(INTRINSIC, 'rules.calldataFloor', 'false', { before: 'const floor = ' }),
  ),
  transition(
    'init-code-unmetered',
    'words of init code cost nothing (EIP-3860)',
    expression(INTRINSIC, 'rules.initCodeRules', 'false'),
  ),
  transition(
    'price-above-the-cap',
    'the priority fee is paid in full, whatever the fee cap says (EIP-1559)',
    expression('src/transition/transaction/price.ts', 'wanted < maxFeePerGas', 'true'),
  ),
  transition(
    'value-not-due',
    'a sender need not own what it sends beside the gas',
    expression(RECORD, 'transaction.value', '0n', { before: 'gasLimit * transaction.maxFeePerGas + ' }),
  ),
  transition(
    'blobs-free',
    'blob gas is not paid (EIP-4844)',
    expression(RECORD, 'blobs * environment.blobBaseFee', '0n'),
  ),
  transition(
    'authority-nonce-unchecked',
    'an authorization counts whatever the nonce of its authority is (EIP-7702)',
    expression(AUTHORIZATIONS, 'vm.nonce(authority) !== tuple.nonce', 'false'),
  ),
  transition(
    'authority-always-refunded',
    'an authority that did not exist is refunded as well (EIP-7702)',
    expression(AUTHORIZATIONS, 'vm.exists(authority)', 'true'),
  ),
  transition(
    'delegation-never-cleared',
    'an authorization for the zero address delegates to it (EIP-7702)',
    expression('src/transition/transaction/delegation.ts', 'target.every((byte) => byte === 0)', 'false'),
  ),
  transition(
    'intrinsic-gas-unchecked',
    'a gas limit below the intrinsic gas is no error',
    expression('src/transition/transaction/validate.ts', 'gasLimit < gas.intrinsic', 'false'),
  ),
  blockRule(
    'withdrawals-in-wei',
    'amounts of withdrawals are taken for wei (EIP-4895)',
    expression(STEPS, 'withdrawal.amount * GWEI', 'withdrawal.amount'),
  ),
  blockRule(
    'no-nephew-reward',
    'naming ommers is not rewarded',
    expression('src/transition/block/rewards.ts', 'reward + nephew', 'reward'),
  ),
  blockRule(
    'any-log-is-a-deposit',
    'every log of the deposit contract is taken for a deposit (EIP-6110)',
    expression('src/transition/block/requests.ts', 'topic !== undefined && equalBytes(topic, DEPOSIT_EVENT)', 'true'),
    ['block-outcome'],
  ),
  blockRule(
    'parent-hash-not-stored',
    'the hash of the parent is not stored (EIP-2935)',
    expression(STEPS, "atLeast(fork, 'Prague')", 'false', { after: ') steps.push(storeParentHash);' }),
  ),
  blockRule(
    'excess-blob-gas-kept',
    'blob gas above the target does not add up (EIP-4844)',
    expression('src/transition/block/blob-gas.ts', 'excess + used - target', 'used - target', {
      before: 'return ',
    }),
  ),
  blockRule(
    'state-root-unverified',
    'a block whose header promises another state root is valid',
    expression(
      'src/transition/block/verify.ts',
      "compareBytes('INVALID_STATE_ROOT', header.stateRoot, stateRoot)",
      'null',
    ),
  ),
  machine(
    'zeros-not-written',
    'a slot that is set to zero is left out of the write set',
    expression(
      'src/vm/core/writes.ts',
      '!differ(words, current, at + (SLOT_READ >>> 2), U256_WORDS)',
      '!differ(words, current, at + (SLOT_READ >>> 2), U256_WORDS) || words.subarray(current, current + U256_WORDS).every((word) => word === 0)',
    ),
  ),
  machine(
    'resets-not-handed-over',
    'destructions and creations are left out of the write set',
    expression('src/vm/core/writes.ts', 'words[at + (ACCOUNT_RESET >>> 2)] !== 0', 'false'),
  ),
  machine(
    'codes-not-handed-over',
    'changes of code are left out of the write set',
    expression(
      'src/vm/core/writes.ts',
      'replaced && differ(words, (code + CODE_HASH) >>> 2, (readCode + CODE_HASH) >>> 2, U256_WORDS)',
      'false',
    ),
  ),
  machine(
    'environment-of-the-block-before',
    'a machine keeps the environment of the first block that it saw',
    expression(HOST, 'environment !== this.#environment', 'this.#environment === null'),
  ),
  machine('precompiles-free', 'precompiles take no gas', expression(HOST, 'allowance - gasUsed', 'allowance'), [
    'vm-precompiles',
  ]),
  machine(
    'blockhash-of-the-one-before',
    'BLOCKHASH answers the hash of the block before the one asked for',
    expression(
      HOST,
      'readWords(this.memory.u32, number >>> 2, U256_WORDS)',
      'readWords(this.memory.u32, number >>> 2, U256_WORDS) - 1n',
    ),
  ),
  machine(
    'precompile-by-input-alone',
    'results of precompiles are kept by input, whichever precompile it was for',
    expression(PRECOMPILES, 'String.fromCharCode(address)', "''"),
    ['precompile-results'],
  ),
  machine(
    'kept-result-for-any-gas',
    'a kept result of a precompile is given out for less gas than it takes',
    expression(PRECOMPILES, 'gas >= kept.gasUsed', 'true', { before: 'kept !== undefined && ' }),
    ['precompile-results'],
  ),
  machine(
    'output-tail-lost',
    'the last bytes of an output whose length is no multiple of four are lost',
    expression('src/vm/core/pack.ts', '((output | length) & 3) === 0', '(output & 3) === 0'),
    ['executor-bytes'],
  ),
  machine(
    'calldata-tail-lost',
    'the last bytes of calldata whose length is no multiple of four are lost',
    expression('src/vm/core/transaction.ts', '(length + 3) >>> 2', 'length >>> 2', { before: 'const dataWords = ' }),
    ['executor-bytes'],
  ),
  machine(
    'listed-slots-cold',
    'slots in an access list are not warm (EIP-2930)',
    statement('src/vm/core/transaction.ts', 'core.warmSlot(account, ARGUMENT2);', ''),
  ),
  machine(
    'account-of-the-run-before',
    'the record of the account asked for last is used in the next transaction too',
    statement('src/vm/core/machine.ts', 'this.#lastAddress = null;', ''),
  ),
  machine(
    'failure-of-the-run-before',
    'a transaction fails because the one before it did',
    statement('src/vm/core/machine.ts', 'this.#failure = null;', ''),
    ['core-limits', 'vm'],
  ),
  machine(
    'code-store-half-forgotten',
    'codes are taken for those that stood in the code store before it was emptied',
    statement('src/vm/core/codes.ts', 'this.#byHash.clear();', ''),
    ['core-limits'],
  ),
];
