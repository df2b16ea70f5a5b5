/**
 * One instance of the core with its memory, and the host's side of its imports: reads of the state
 * view, block hashes and precompiles. Nothing is converted on the way of a read: the view works on
 * the core's own memory.
 */
import { type Fork, forkIndex } from '../../primitives/fork.js';
import { readWords, U256_WORDS } from '../../primitives/words.js';
import { READ_OK, type StateView } from '../../state/view.js';
import { blockHashOf } from '../block-hash.js';
import { MachineError } from '../errors.js';
import type { BlockEnvironment } from '../vm.js';
import { CodeStore } from './codes.js';
import type { CoreExports, CoreImports } from './exports.js';
import {
  ACCOUNT_LOCATION,
  ACCOUNT_READ_EXISTS,
  BASE_FEE,
  BLOB_BASE_FEE,
  CHAIN_ID,
  COINBASE,
  DIFFICULTY,
  GAS_LIMIT,
  HOST_SCRATCH,
  NUMBER,
  RESULT_LIMIT,
  RETURN_DATA,
  RETURN_DATA_SIZE,
  SLOT_LOCATION,
  SLOT_READ,
  TIMESTAMP,
} from './layout.js';
import { CoreMemory } from './memory.js';
import { Precompiles } from './precompiles.js';
import type { CoreTracer } from './trace.js';
import { coreModule } from './wasm.js';
import { wasm } from './webassembly.js';

/** Windows of the core's memory that a transaction may fill, by the number in RESULT_LIMIT. */
const WINDOWS = ['', 'memory', 'return data', 'logs', 'journal', 'accounts', 'slots', 'transient slots', 'new code'];

/** From where a read's answer goes in a record to where its location's reference goes. */
const BASICS_TO_LOCATION = ACCOUNT_LOCATION - ACCOUNT_READ_EXISTS;
const SLOT_TO_LOCATION = SLOT_LOCATION - SLOT_READ;

const PARIS = forkIndex('Paris');

/** Rounds of BLAKE2F from which half as much time again, which unoptimised code takes, is more than a warm-up: some 0.2 s. */
const MANY_ROUNDS = 1 << 25;
const WARM_UP_CALLS = 8;
const WARM_UP_ROUNDS = 1 << 20;
/** Whether this thread has warmed the compression function up. */
let optimised = false;

export class CoreHost {
  readonly memory = new CoreMemory();
  readonly core: CoreExports;
  readonly codes: CodeStore;
  /** Index of the transaction that blocked the last read. */
  blocker = 0;
  /** Gets the core's instructions, while TRACE is set. */
  tracer: CoreTracer | null = null;
  #view: StateView | null = null;
  #environment: BlockEnvironment | null = null;
  /** Index of the environment's fork. */
  fork = 0;
  readonly #precompiles = new Map<Fork, Precompiles>();

  constructor() {
    const imports: CoreImports = {
      basics: (address, out) => {
        const { u32 } = this.memory;
        const view = this.#state;
        const status = view.basics(u32, address >>> 2, u32, out >>> 2);
        if (status === READ_OK) u32[(out + BASICS_TO_LOCATION) >>> 2] = view.location ?? 0;
        return this.#answer(status);
      },
      storage: (address, slot, out) => {
        const { u32 } = this.memory;
        const view = this.#state;
        const status = view.storage(u32, address >>> 2, slot >>> 2, u32, out >>> 2);
        if (status === READ_OK) u32[(out + SLOT_TO_LOCATION) >>> 2] = view.location ?? 0;
        return this.#answer(status);
      },
      hasStorage: (address, out) => {
        const { u32 } = this.memory;
        return this.#answer(this.#state.hasStorage(u32, address >>> 2, u32, out >>> 2));
      },
      code: (address, out) => this.#code(address, out),
      codeBytes: (code, offset, length, out) => {
        const { bytes } = this.codes.at(code);
        // Pointers into the upper half of the memory arrive as negative numbers.
        this.memory.u8.set(bytes.subarray(offset, offset + length), out >>> 0);
      },
      blockhash: (number, out) => this.#blockHash(number, out),
      precompile: (id, input, length, gas, out) => this.#precompile(id, input, length, gas, out),
      grown: () => this.memory.refresh(),
      step: (frame, opcode) => this.tracer?.step(frame, opcode),
      leave: (frame, status) => this.tracer?.leave(frame, status),
    };
    const instance = new wasm.Instance(coreModule(), { env: { memory: this.memory.memory, ...imports } });
    this.core = instance.exports as unknown as CoreExports;
    const seeds = crypto.getRandomValues(new Uint32Array(2));
    this.core.seed(seeds[0] as number, seeds[1] as number);
    this.codes = new CodeStore(this.core, this.memory);
  }

  /** Sets an incarnation up, which the core's `begin` starts: whatever state the core was left in is dropped then. */
  prepare(environment: BlockEnvironment, view: StateView): void {
    this.#view = view;
    if (environment !== this.#environment) this.#writeEnvironment(environment);
    this.codes.makeRoom();
  }

  /**
   * What the core threw, as the host tells it: a window of its memory that is full is a
   * {@link MachineError}; anything else, also what the view threw, is passed on.
   */
  failure(error: unknown): unknown {
    if (!(error instanceof wasm.RuntimeError)) return error;
    const window = this.memory.word(RESULT_LIMIT);
    if (window === 0) return error;
    const name = WINDOWS[window] ?? `window ${window}`;
    return new MachineError('LIMIT', `the transaction needs more room than the machine has for its ${name}`);
  }

  get #state(): StateView {
    if (this.#view === null) throw new MachineError('NOT_STARTED', 'begin was not called');
    return this.#view;
  }

  #answer(status: number): number {
    if (status === READ_OK) return 1;
    this.blocker = status;
    return 0;
  }

  #code(address: number, out: number): number {
    const code = this.#state.code(this.memory.u32, address >>> 2);
    if (typeof code === 'number') return this.#answer(code);
    const pointer = this.codes.pointer(code);
    this.memory.u32[out >>> 2] = pointer;
    return 1;
  }

  #blockHash(number: number, out: number): void {
    const environment = this.#environment;
    const wanted = readWords(this.memory.u32, number >>> 2, U256_WORDS);
    const hash = environment === null ? null : blockHashOf(environment, wanted);
    if (hash === null) this.memory.u8.fill(0, out, out + 32);
    else this.memory.setWord(out, hash);
  }

  #precompile(id: number, input: number, length: number, gas: number, out: number): number {
    const { memory } = this;
    const run = this.#active().at(id);
    // Pointers into the upper half of the memory arrive as negative numbers.
    const from = input >>> 0;
    const allowance = memory.u64At(gas);
    const { ok, gasUsed, output } = run(memory.u8.subarray(from, from + (length >>> 0)), allowance);
    if (!ok) return 0;
    if (output.length > RETURN_DATA_SIZE) throw new MachineError('LIMIT', 'the output of a precompile is too long');
    memory.u64[gas >>> 3] = allowance - gasUsed;
    memory.u8.set(output, RETURN_DATA);
    memory.u32[out >>> 2] = RETURN_DATA;
    memory.u32[(out >>> 2) + 1] = output.length;
    return 1;
  }

  #active(): Precompiles {
    const { fork } = this.#environment as BlockEnvironment;
    let active = this.#precompiles.get(fork);
    if (active === undefined) {
      active = new Precompiles(fork, (state, rounds) => this.#blake2f(state, rounds));
      this.#precompiles.set(fork, active);
    }
    return active;
  }

  #blake2f(state: Uint8Array, rounds: number): void {
    if (rounds >= MANY_ROUNDS && !optimised) {
      // A call that has begun in baseline code stays in it, however long it takes; short ones make V8 optimise first.
      for (let i = 0; i < WARM_UP_CALLS; i++) this.core.blake2f(HOST_SCRATCH, WARM_UP_ROUNDS);
      optimised = true;
    }
    this.memory.u8.set(state, HOST_SCRATCH);
    this.core.blake2f(HOST_SCRATCH, rounds);
    state.set(this.memory.u8.subarray(HOST_SCRATCH, HOST_SCRATCH + state.length));
  }

  #writeEnvironment(environment: BlockEnvironment): void {
    const { memory } = this;
    memory.setValue(CHAIN_ID, environment.chainId);
    memory.setValue(NUMBER, environment.number);
    memory.setValue(TIMESTAMP, environment.timestamp);
    memory.setAddress(COINBASE, environment.coinbase);
    memory.setValue(GAS_LIMIT, environment.gasLimit);
    if (forkIndex(environment.fork) >= PARIS) memory.setWord(DIFFICULTY, environment.prevRandao);
    else memory.setValue(DIFFICULTY, environment.difficulty);
    memory.setValue(BASE_FEE, environment.baseFee);
    memory.setValue(BLOB_BASE_FEE, environment.blobBaseFee);
    this.fork = forkIndex(environment.fork);
    this.#environment = environment;
  }
}
