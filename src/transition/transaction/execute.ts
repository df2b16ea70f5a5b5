/**
 * One transaction around its message: validity, upfront payment, authorizations, refunds and fees
 * (yellow paper section 6.2; execution-specs `process_transaction`).
 *
 * Everything is synchronous as long as the machine is. A read that must wait for an earlier
 * transaction ends the attempt with that transaction's index; the next attempt starts over.
 */
import { READ_OK, type StateView } from '../../state/view.js';
import { type BlockEnvironment, RUN_DONE, RUN_YIELDED, type Vm } from '../../vm/vm.js';
import type { Transaction, TransactionOutcome } from '../types.js';
import { applyAuthorizations } from './authorizations.js';
import { type IntrinsicGas, intrinsicGas } from './intrinsic.js';
import { involves } from './parties.js';
import { effectiveGasPrice } from './price.js';
import { type TransactionRules, transactionRules } from './rules.js';
import { blobGas, type Rejection, validateSender, validateStatic } from './validate.js';

export interface TransactionContext {
  readonly vm: Vm;
  readonly environment: BlockEnvironment;
  /** Blob gas that the block may use; 0 before Cancun. */
  readonly maxBlobGas: bigint;
  /** Leave the beneficiary's fee in the outcome instead of writing it, where that is possible. */
  readonly deferFee: boolean;
}

/** What is known of a transaction once it has begun. */
interface Attempt {
  readonly context: TransactionContext;
  readonly transaction: Transaction;
  readonly rules: TransactionRules;
  readonly gas: IntrinsicGas;
  /** Effective gas price (EIP-1559), wei. */
  readonly price: bigint;
  /** Refund for authorities that existed already (EIP-7702). */
  readonly authorizationRefund: bigint;
}

type Outcome = TransactionOutcome | number;

function invalid({ code, detail }: Rejection): TransactionOutcome {
  return { kind: 'invalid', code, detail };
}

/** Access set that a transaction starts with (EIP-2929, EIP-2930, EIP-3651). */
function warm(vm: Vm, transaction: Transaction, coinbase: Uint8Array, rules: TransactionRules): void {
  vm.warmAddress(transaction.sender);
  if (transaction.to !== null) vm.warmAddress(transaction.to);
  if (rules.warmCoinbase) vm.warmAddress(coinbase);
  for (const { address, slots } of transaction.accessList) {
    vm.warmAddress(address);
    for (const slot of slots) vm.warmSlot(address, slot);
  }
}

/** Pays the beneficiary. The fee left to defer (0 where it was written), or the index of a blocker. */
function payBeneficiary(context: TransactionContext, transaction: Transaction, fee: bigint): bigint | number {
  const { vm, environment, deferFee } = context;
  const { coinbase } = environment;
  if (deferFee && fee > 0n && !involves(transaction, coinbase) && !vm.isLoaded(coinbase)) return fee;
  const blocker = vm.load(coinbase);
  if (blocker !== READ_OK) return blocker;
  if (fee > 0n) vm.setBalance(coinbase, vm.balance(coinbase) + fee);
  else vm.touch(coinbase);
  return 0n;
}

/** After the message: refunds, fees, and the end of the transaction. */
function settle(attempt: Attempt): Outcome {
  const { context, transaction, rules, gas, price } = attempt;
  const { vm, environment } = context;
  const result = vm.result();
  const spent = transaction.gasLimit - result.gasLeft;
  // A failed message loses its refunds, but authorizations outlive it (EIP-7702).
  const counter = attempt.authorizationRefund + (result.success ? result.refund : 0n);
  const cap = spent / rules.refundQuotient;
  const refunded = spent - (counter < cap ? counter : cap);
  const gasUsed = refunded > gas.floor ? refunded : gas.floor;

  const { sender } = transaction;
  const left = transaction.gasLimit - gasUsed;
  if (left > 0n && price > 0n) vm.setBalance(sender, vm.balance(sender) + left * price);
  const deferredFee = payBeneficiary(context, transaction, (price - environment.baseFee) * gasUsed);
  if (typeof deferredFee === 'number') return deferredFee;

  const blocker = vm.finish();
  if (blocker !== READ_OK) return blocker;
  return {
    kind: 'executed',
    success: result.success,
    gasUsed,
    blobGasUsed: blobGas(transaction),
    logs: result.success ? result.logs : [],
    output: result.output,
    created: result.created,
    halt: result.halt,
    deferredFee,
  };
}

/** Runs the message to its end, through however many yields, and settles. */
function drive(attempt: Attempt): Outcome | Promise<Outcome> {
  const { vm } = attempt.context;
  for (;;) {
    const status = vm.run();
    if (typeof status !== 'number') {
      return status.then((reached) => (reached === RUN_YIELDED ? drive(attempt) : afterRun(attempt, reached)));
    }
    if (status !== RUN_YIELDED) return afterRun(attempt, status);
  }
}

function afterRun(attempt: Attempt, status: number): Outcome {
  return status === RUN_DONE ? settle(attempt) : status;
}

/**
 * Executes one transaction on the machine, over `view`. Answers its outcome, or the index (>= 0) of
 * the transaction that it must wait for: the attempt is then void, and another call starts afresh.
 * After `executed` the machine holds the write set; after `invalid` there is nothing to write.
 * Gas admission (`validateAdmission`) is the caller's.
 */
export function executeTransaction(
  context: TransactionContext,
  transaction: Transaction,
  view: StateView,
): Outcome | Promise<Outcome> {
  const { vm, environment } = context;
  const rules = transactionRules(environment.fork);
  const gas = intrinsicGas(transaction, environment.fork);
  vm.begin(environment, view);
  const unfit = validateStatic(transaction, environment, context.maxBlobGas, gas);
  if (unfit !== null) return invalid(unfit);

  const { sender } = transaction;
  const blocker = vm.load(sender);
  if (blocker !== READ_OK) return blocker;
  const refused = validateSender(transaction, environment, vm);
  if (refused !== null) return invalid(refused);

  const price = effectiveGasPrice(transaction, environment.baseFee);
  // The blob fee is burnt (EIP-4844), and so is the base fee's part of the gas (EIP-1559).
  const upfront = transaction.gasLimit * price + blobGas(transaction) * environment.blobBaseFee;
  vm.setBalance(sender, vm.balance(sender) - upfront);
  vm.setNonce(sender, transaction.nonce + 1n);
  if (rules.accessSet) warm(vm, transaction, environment.coinbase, rules);

  let authorizationRefund = 0n;
  if (transaction.type === 4) {
    const applied = applyAuthorizations(vm, transaction.authorizations, environment.chainId);
    if (typeof applied === 'number') return applied;
    authorizationRefund = applied;
  }

  vm.start({
    caller: sender,
    origin: sender,
    to: transaction.to,
    value: transaction.value,
    data: transaction.data,
    gas: transaction.gasLimit - gas.intrinsic,
    gasPrice: price,
    blobVersionedHashes: transaction.blobVersionedHashes,
  });
  return drive({ context, transaction, rules, gas, price, authorizationRefund });
}
