/** The engine's own machine: {@link Vm} on the WebAssembly core. Synchronous, and resumable at every read. */
import { keccak256 } from '../../primitives/crypto.js';
import { atLeast } from '../../primitives/fork.js';
import type { Arena } from '../../state/heap.js';
import { type Code, READ_OK, type StateView, type WriteSink } from '../../state/view.js';
import { MachineError } from '../errors.js';
import type { Tracer } from '../trace.js';
import {
  type BlockEnvironment,
  type Message,
  type MessageResult,
  RUN_DONE,
  RUN_FOREIGN,
  TRANSACTION_INVALID,
  type TransactionMachine,
  type TransactionRecord,
  type Vm,
} from '../vm.js';
import { NO_CODE } from './codes.js';
import { CoreHost } from './host.js';
import { restoreImage, saveImage } from './image.js';
import {
  ACCOUNT_BALANCE,
  ACCOUNT_CODE,
  ACCOUNT_EXISTS,
  ACCOUNT_FLAGS,
  ACCOUNT_NONCE,
  ARGUMENT,
  ARGUMENT2,
  AUTHORIZATION_REFUND,
  BLOB_COUNT,
  BLOBS,
  BLOBS_MAX,
  CALLDATA,
  CALLDATA_SIZE,
  DATA_LENGTH,
  FLAG_BALANCE_SEEN,
  FLAG_BASICS,
  FLAG_LOADED,
  GAS_PRICE,
  IS_CREATE,
  IS_SYSTEM,
  MESSAGE_CALLER,
  MESSAGE_GAS,
  MESSAGE_TO,
  MESSAGE_VALUE,
  ORIGIN,
  RESULT_ACCOUNT_COUNT,
  RESULT_SLOT_COUNT,
  TRACE,
} from './layout.js';
import { packResult } from './pack.js';
import { messageResult } from './result.js';
import { CoreTracer } from './trace.js';
import { hasNoAccessList, loadRecord, warmAccessList } from './transaction.js';
import { writeSet } from './writes.js';

/** Where the incarnation stands. */
const IDLE = 0;
/** `begin` was called, or the message is done and settled. */
const READY = 1;
/** `start` was called; the core has not taken the message yet. */
const STARTED = 2;
const RUNNING = 3;
/** The message is done; its transaction has not been ended. */
const DONE = 4;

/** How far a whole transaction has come. */
const PROLOGUE = 0;
const AUTHORIZE = 1;
const MESSAGE = 2;
const EPILOGUE = 3;

/** Answers of the core's prologue; all others say why the transaction is invalid. */
const PROLOGUE_READY = 0;
const PROLOGUE_BLOCKED = 1;
/** Answers of the core's `transact` beside those of its prologue. */
const TRANSACT_DONE = 0;
const TRANSACT_IN_MESSAGE = 16;
const TRANSACT_IN_EPILOGUE = 17;

class WasmVm implements Vm, TransactionMachine {
  readonly name = 'wasm';
  readonly transactions: TransactionMachine = this;
  #host = new CoreHost();
  #memory = this.#host.memory;
  #core = this.#host.core;
  #tracer: Tracer | null = null;
  #state = IDLE;
  /** A message was run, so there is a result. */
  #hasResult = false;
  /** The message before must be settled before the next one begins. */
  #unsettled = false;
  /** What ended the incarnation without an outcome. */
  #failure: { readonly error: unknown } | null = null;
  #environment: BlockEnvironment | null = null;
  /** EIP-161 is in force: touching an account is no read. */
  #clearsEmpty = false;
  /** Warm entries that came before the message before was settled. */
  #warm: (() => void)[] = [];
  /** The address asked for last and its record: callers ask about one account several times in a row. */
  #lastAddress: Uint8Array | null = null;
  #lastRecord = 0;
  #stage = PROLOGUE;
  #input: TransactionRecord | null = null;
  #deferFee = 0;
  /** The core has written how many records there are: the transaction has ended. */
  #counted = false;

  begin(environment: BlockEnvironment, view: StateView): void {
    this.#prepare(environment, view);
    this.#core.begin(this.#host.fork);
  }

  /** All of {@link begin} but the core's part in it. */
  #prepare(environment: BlockEnvironment, view: StateView): void {
    this.#state = IDLE;
    if (this.#memory.oversized) this.#renew();
    this.#host.prepare(environment, view);
    this.#state = READY;
    this.#hasResult = false;
    this.#unsettled = false;
    this.#counted = false;
    this.#failure = null;
    if (environment !== this.#environment) {
      this.#environment = environment;
      this.#clearsEmpty = atLeast(environment.fork, 'EIP158');
    }
    if (this.#warm.length > 0) this.#warm = [];
    this.#lastAddress = null;
  }

  /** Lets go of memory that an extraordinary transaction needed: a WebAssembly memory never shrinks. */
  #renew(): void {
    this.#host = new CoreHost();
    this.#memory = this.#host.memory;
    this.#core = this.#host.core;
    this.setTracer(this.#tracer);
  }

  setTracer(tracer: Tracer | null): void {
    this.#tracer = tracer;
    const host = this.#host;
    host.tracer = tracer === null ? null : new CoreTracer(tracer, this.#memory, () => host.core);
    this.#memory.u32[TRACE >>> 2] = tracer === null ? 0 : 1;
  }

  load(address: Uint8Array): number {
    const record = this.#record(address);
    try {
      return this.#core.load(record) === 1 ? READ_OK : this.#host.blocker;
    } catch (error) {
      throw this.#ended(error);
    }
  }

  exists(address: Uint8Array): boolean {
    return this.#memory.word(this.#loaded(address) + ACCOUNT_EXISTS) !== 0;
  }

  balance(address: Uint8Array): bigint {
    const record = this.#loaded(address);
    const { u32 } = this.#memory;
    u32[(record + ACCOUNT_FLAGS) >>> 2] = (u32[(record + ACCOUNT_FLAGS) >>> 2] as number) | FLAG_BALANCE_SEEN;
    return this.#memory.valueAt(record + ACCOUNT_BALANCE);
  }

  nonce(address: Uint8Array): bigint {
    return this.#memory.u64At(this.#loaded(address) + ACCOUNT_NONCE);
  }

  code(address: Uint8Array): Code {
    return this.#host.codes.at(this.#memory.word(this.#loaded(address) + ACCOUNT_CODE));
  }

  isLoaded(address: Uint8Array): boolean {
    return (this.#memory.word(this.#record(address) + ACCOUNT_FLAGS) & FLAG_BASICS) !== 0;
  }

  setBalance(address: Uint8Array, balance: bigint): void {
    const record = this.#loaded(address);
    this.#memory.setValue(ARGUMENT2, balance);
    this.#core.setBalance(record, ARGUMENT2);
  }

  setNonce(address: Uint8Array, nonce: bigint): void {
    this.#core.setNonce(this.#loaded(address), Number(nonce & 0xffffffffn), Number((nonce >> 32n) & 0xffffffffn));
  }

  setCode(address: Uint8Array, bytes: Uint8Array): void {
    const record = this.#loaded(address);
    const code = bytes.length === 0 ? NO_CODE : { hash: keccak256(bytes), bytes };
    this.#core.setCode(record, this.#host.codes.pointer(code));
  }

  touch(address: Uint8Array): void {
    this.#core.touch(this.#clearsEmpty ? this.#record(address) : this.#loaded(address));
  }

  warmAddress(address: Uint8Array): void {
    if (this.#unsettled) this.#warmLater(address, null);
    else this.#core.warmAddress(this.#record(address));
  }

  warmSlot(address: Uint8Array, slot: Uint8Array): void {
    if (this.#unsettled) this.#warmLater(address, slot);
    else this.#warmSlot(address, slot);
  }

  #warmLater(address: Uint8Array, slot: Uint8Array | null): void {
    this.#warm.push(() => {
      if (slot === null) this.#core.warmAddress(this.#record(address));
      else this.#warmSlot(address, slot);
    });
  }

  #warmSlot(address: Uint8Array, slot: Uint8Array): void {
    const record = this.#record(address);
    this.#memory.setWord(ARGUMENT2, slot);
    try {
      this.#core.warmSlot(record, ARGUMENT2);
    } catch (error) {
      throw this.#ended(error);
    }
  }

  start(message: Message): void {
    if (this.#state === IDLE) throw new MachineError('NOT_STARTED', 'begin was not called');
    if (this.#state === STARTED || this.#state === RUNNING) {
      throw new MachineError('NOT_DONE', 'the message before is not done');
    }
    const { data, blobVersionedHashes } = message;
    if (data.length > CALLDATA_SIZE || blobVersionedHashes.length > BLOBS_MAX) {
      throw new MachineError('LIMIT', 'the transaction brings more data than the machine has room for');
    }
    const memory = this.#memory;
    memory.setAddress(ORIGIN, message.origin);
    memory.setAddress(MESSAGE_CALLER, message.caller);
    if (message.to !== null) memory.setAddress(MESSAGE_TO, message.to);
    memory.setValue(MESSAGE_VALUE, message.value);
    memory.setValue(GAS_PRICE, message.gasPrice);
    memory.u64[MESSAGE_GAS >>> 3] = message.gas;
    memory.u32[IS_CREATE >>> 2] = message.to === null ? 1 : 0;
    memory.u32[IS_SYSTEM >>> 2] = message.system === true ? 1 : 0;
    memory.u32[DATA_LENGTH >>> 2] = data.length;
    memory.u8.set(data, CALLDATA);
    memory.u32[BLOB_COUNT >>> 2] = blobVersionedHashes.length;
    for (let i = 0; i < blobVersionedHashes.length; i++) {
      memory.setWord(BLOBS + 32 * i, blobVersionedHashes[i] as Uint8Array);
    }
    this.#state = STARTED;
    this.#hasResult = true;
  }

  run(): number {
    if (this.#failure !== null) throw this.#failure.error;
    switch (this.#state) {
      case RUNNING:
        break;
      case STARTED:
        if (this.#unsettled && this.#settle() !== READ_OK) return this.#host.blocker;
        for (const warm of this.#warm) warm();
        if (this.#warm.length > 0) this.#warm = [];
        try {
          this.#core.start();
        } catch (error) {
          throw this.#ended(error);
        }
        this.#host.tracer?.start();
        this.#state = RUNNING;
        break;
      default:
        if (!this.#hasResult) throw new MachineError('NOT_STARTED', 'start was not called');
        return RUN_DONE;
    }
    if (this.#runCore() !== 0) {
      this.#host.tracer?.blocked();
      return this.#host.blocker;
    }
    this.#state = DONE;
    this.#unsettled = true;
    return RUN_DONE;
  }

  result(): MessageResult {
    if (!this.#hasResult) throw new MachineError('NOT_STARTED', 'start was not called');
    this.#expectDone();
    return messageResult(this.#memory);
  }

  finish(): number {
    if (this.#state === IDLE) throw new MachineError('NOT_STARTED', 'begin was not called');
    this.#expectDone();
    return this.#settle();
  }

  writes(sink: WriteSink): void {
    const { u32 } = this.#memory;
    // A call of the core costs as much as a short write set.
    const accounts = this.#counted ? (u32[RESULT_ACCOUNT_COUNT >>> 2] as number) : this.#core.accountCount();
    const slots = this.#counted ? (u32[RESULT_SLOT_COUNT >>> 2] as number) : this.#core.slotCount();
    writeSet(u32, accounts, slots, this.#host.codes, sink);
  }

  // ---- Whole transactions -------------------------------------------------------------------------------

  transact(environment: BlockEnvironment, view: StateView, record: TransactionRecord, deferFee: boolean): number {
    this.#prepare(environment, view);
    this.#deferFee = deferFee ? 1 : 0;
    this.#input = record;
    this.#stage = PROLOGUE;
    loadRecord(this.#memory, record);
    if (record.authorize === null && this.#tracer === null && hasNoAccessList(record)) return this.#transact();
    this.#core.begin(this.#host.fork);
    return this.resume();
  }

  /** The whole transaction in one call of the core; where a read blocks, {@link resume} goes on step by step. */
  #transact(): number {
    let answer: number;
    try {
      answer = this.#core.transact(this.#host.fork, this.#deferFee);
    } catch (error) {
      throw this.#ended(error);
    }
    switch (answer) {
      case TRANSACT_DONE:
        this.#counted = true;
        return RUN_DONE;
      case PROLOGUE_BLOCKED:
        return this.#host.blocker;
      case TRANSACT_IN_MESSAGE:
        this.#stage = MESSAGE;
        return this.#host.blocker;
      case TRANSACT_IN_EPILOGUE:
        this.#stage = EPILOGUE;
        return this.#host.blocker;
      default:
        return TRANSACTION_INVALID;
    }
  }

  save(words: Uint32Array, at: number, most: number): number {
    if (this.#failure !== null || this.#stage !== MESSAGE || this.#input?.authorize !== null) return 0;
    return saveImage(this.#core, this.#memory, words, at, most);
  }

  restore(
    environment: BlockEnvironment,
    view: StateView,
    record: TransactionRecord,
    deferFee: boolean,
    words: Uint32Array,
    at: number,
  ): number {
    this.begin(environment, view);
    this.#deferFee = deferFee ? 1 : 0;
    this.#input = record;
    this.#stage = MESSAGE;
    loadRecord(this.#memory, record);
    if (!restoreImage(this.#core, this.#memory, this.#host.codes, words, at)) return RUN_FOREIGN;
    return this.resume();
  }

  learn(code: Code): void {
    this.#host.codes.pointer(code);
  }

  resume(): number {
    if (this.#failure !== null) throw this.#failure.error;
    const record = this.#input;
    if (record === null) throw new MachineError('NOT_STARTED', 'transact was not called');
    try {
      return this.#proceed(record);
    } catch (error) {
      throw this.#ended(error);
    }
  }

  #proceed(record: TransactionRecord): number {
    const core = this.#core;
    if (this.#stage === PROLOGUE) {
      const answer = core.prologue();
      if (answer === PROLOGUE_BLOCKED) return this.#host.blocker;
      if (answer !== PROLOGUE_READY) return TRANSACTION_INVALID;
      warmAccessList(core, this.#memory, record);
      this.#stage = AUTHORIZE;
    }
    if (this.#stage === AUTHORIZE) {
      if (record.authorize !== null) {
        const refund = record.authorize();
        if (typeof refund === 'number') return refund;
        this.#memory.u64[AUTHORIZATION_REFUND >>> 3] = refund;
      }
      core.start();
      this.#host.tracer?.start();
      this.#stage = MESSAGE;
    }
    if (this.#stage === MESSAGE) {
      if (core.run() !== 0) {
        this.#host.tracer?.blocked();
        return this.#host.blocker;
      }
      this.#stage = EPILOGUE;
    }
    if (core.epilogue(this.#deferFee) !== 1) return this.#host.blocker;
    this.#counted = true;
    return RUN_DONE;
  }

  pack(arena: Arena): number {
    return packResult(this.#memory, arena);
  }

  #expectDone(): void {
    if (this.#state === STARTED || this.#state === RUNNING) {
      throw new MachineError('NOT_DONE', 'the message is not done');
    }
  }

  /** Ends the transaction of the message before. {@link READ_OK}, or the blocker. */
  #settle(): number {
    try {
      if (this.#core.finish() === 0) return this.#host.blocker;
    } catch (error) {
      throw this.#ended(error);
    }
    this.#unsettled = false;
    return READ_OK;
  }

  /** The account's record, made where there is none. */
  #record(address: Uint8Array): number {
    if (address === this.#lastAddress) return this.#lastRecord;
    if (this.#state === IDLE) throw new MachineError('NOT_STARTED', 'begin was not called');
    this.#memory.setAddress(ARGUMENT, address);
    try {
      this.#lastRecord = this.#core.account(ARGUMENT);
    } catch (error) {
      throw this.#ended(error);
    }
    this.#lastAddress = address;
    return this.#lastRecord;
  }

  #loaded(address: Uint8Array): number {
    const record = this.#record(address);
    if ((this.#memory.word(record + ACCOUNT_FLAGS) & FLAG_LOADED) === FLAG_LOADED) return record;
    throw new RangeError('the account is not loaded');
  }

  #runCore(): number {
    try {
      return this.#core.run();
    } catch (error) {
      throw this.#ended(error);
    }
  }

  /**
   * What the core threw ends the incarnation; answers the error to throw. Calls of the core are
   * guarded one by one, since a function that takes the call would cost a closure each.
   */
  #ended(error: unknown): unknown {
    const ended = this.#host.failure(error);
    this.#failure = { error: ended };
    return ended;
  }
}

/**
 * The engine's own machine. It serves every fork and chain, one transaction at a time, and is
 * synchronous throughout. A transaction that fills one of its memory's windows ends with a
 * {@link MachineError} of code `LIMIT`.
 */
export async function createWasmVm(): Promise<Vm> {
  return new WasmVm();
}
