/** Execution of transactions from their records, on whatever machine: one that takes whole transactions, or one that is driven step by step. */
import { RECORD_AUTHORIZATION_COUNT, RECORD_STATIC, RECORD_TYPE } from '../../layout.js';
import type { Arena } from '../../state/heap.js';
import type { Code, StateView } from '../../state/view.js';
import { RUN_DONE, RUN_FOREIGN, TRANSACTION_INVALID, type TransactionMachine, type Vm } from '../../vm/vm.js';
import type { Authorization, Transaction, TransactionOutcome } from '../types.js';
import { applyAuthorizations } from './authorizations.js';
import { executeTransaction, type TransactionContext } from './execute.js';
import { type FailedIncarnation, packOutcome } from './outcome.js';
import { authorizationsOfRecord, type RecordMemory, transactionOfRecord } from './record.js';
import { type Rejection, validateAnywhere, validateSender } from './validate.js';

/** EIP-7702. */
const SET_CODE_TYPE = 4;

const NO_WORDS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
const NO_PAIRS = new BigUint64Array(0);

/** The record that the machine works on; one object for all, since machines only read it. */
class CurrentRecord {
  words: Uint32Array = NO_WORDS;
  bytes: Uint8Array = NO_BYTES;
  pairs: BigUint64Array = NO_PAIRS;
  at = 0;
  authorize: (() => bigint | number) | null = null;
}

/** Runs transactions one at a time in the setting of a block. */
export class RecordedExecution {
  private readonly vm: Vm;
  private readonly machine: TransactionMachine | null;
  private readonly record = new CurrentRecord();
  /** The outcome where the machine does not hold it itself. */
  private held: TransactionOutcome | FailedIncarnation | null = null;

  constructor(
    private readonly context: TransactionContext,
    readonly memory: RecordMemory,
  ) {
    this.vm = context.vm;
    this.machine = context.vm.transactions ?? null;
  }

  /**
   * Runs the transaction whose record is at `at`: {@link RUN_DONE} with an outcome to {@link pack}, or
   * the index of the transaction that blocks a read; the attempt is then void unless {@link resume} is
   * called. After an executed outcome the machine holds the write set.
   */
  run(at: number, view: StateView): number | Promise<number> {
    const { record } = this;
    this.take(at);
    if (record.words[at + RECORD_STATIC] !== 0) {
      this.held = this.staticallyInvalid();
      return RUN_DONE;
    }
    if (this.machine === null) return this.drive(view);
    record.authorize = this.authorizes(at) ? this.authorizer() : null;
    return this.ended(this.machine.transact(this.context.environment, view, record, this.context.deferFee));
  }

  /** True where a blocked attempt can be resumed: the machine keeps its frames, and nothing was done that cannot be repeated. */
  get resumable(): boolean {
    return this.machine !== null && this.record.authorize === null;
  }

  /** Goes on after a blocked read, over the same view. */
  resume(): number {
    if (this.machine === null) throw new TypeError('this machine cannot resume a transaction');
    return this.ended(this.machine.resume());
  }

  /**
   * Writes an image of the blocked attempt to `words` from `image` on, from which {@link restore} goes on: the
   * number of words, or 0 where it takes more than `most` or none can be made. {@link resume} is not affected.
   */
  save(words: Uint32Array, image: number, most: number): number {
    return this.machine === null ? 0 : this.machine.save(words, image, most);
  }

  /**
   * {@link run} from an image of the same transaction in the same block, whichever thread made it. The reads
   * before it must have the values that they had. {@link RUN_FOREIGN} where this thread's machine cannot take it.
   */
  restore(at: number, view: StateView, words: Uint32Array, image: number): number {
    this.take(at);
    // Images are made of transactions without authorizations only.
    this.record.authorize = null;
    const { environment, deferFee } = this.context;
    if (this.machine === null) return RUN_FOREIGN;
    return this.ended(this.machine.restore(environment, view, this.record, deferFee, words, image));
  }

  /** Keeps a code that a machine must know to {@link restore} images. */
  learn(code: Code): void {
    this.machine?.learn(code);
  }

  private take(at: number): void {
    const { record, memory } = this;
    record.words = memory.u32;
    record.bytes = memory.u8;
    record.pairs = memory.u64;
    record.at = at;
    this.held = null;
  }

  /** True where the last run executed the message, so that there is a write set. */
  get executed(): boolean {
    return this.held === null || this.held.kind === 'executed';
  }

  /** Makes a failure the outcome of the last run. */
  fail(detail: string): void {
    this.held = { kind: 'failed', detail };
  }

  /** Writes the outcome to `arena`; answers its reference. */
  pack(arena: Arena): number {
    if (this.held !== null || this.machine === null) {
      return packOutcome(arena, this.held as TransactionOutcome | FailedIncarnation);
    }
    return this.machine.pack(arena);
  }

  private transaction(): Transaction {
    return transactionOfRecord(this.record.words, this.record.bytes, this.record.at);
  }

  private staticallyInvalid(): TransactionOutcome {
    const { environment, maxBlobGas } = this.context;
    return invalid(validateAnywhere(this.transaction(), environment, maxBlobGas));
  }

  private ended(status: number): number {
    if (status !== TRANSACTION_INVALID) return status;
    // The machine has changed nothing, so the checks say once more what is wrong, in words.
    this.held = invalid(validateSender(this.transaction(), this.context.environment, this.vm));
    return RUN_DONE;
  }

  /** Transactions of other types have no such list: where a caller gave one all the same, nothing of it is applied. */
  private authorizes(at: number): boolean {
    const { words } = this.record;
    return words[at + RECORD_TYPE] === SET_CODE_TYPE && words[at + RECORD_AUTHORIZATION_COUNT] !== 0;
  }

  private authorizer(): () => bigint | number {
    const authorizations: Authorization[] = authorizationsOfRecord(this.record.words, this.record.at);
    return () => applyAuthorizations(this.vm, authorizations, this.context.environment.chainId);
  }

  private drive(view: StateView): number | Promise<number> {
    const attempt = executeTransaction(this.context, this.transaction(), view);
    return attempt instanceof Promise ? attempt.then((outcome) => this.hold(outcome)) : this.hold(attempt);
  }

  private hold(outcome: TransactionOutcome | number): number {
    if (typeof outcome === 'number') return outcome;
    this.held = outcome;
    return RUN_DONE;
  }
}

function invalid(rejection: Rejection | null): TransactionOutcome {
  if (rejection === null) throw new Error('the machine refused a transaction in which the checks find nothing wrong');
  return { kind: 'invalid', code: rejection.code, detail: rejection.detail };
}
