/** Programs that mostly make sense: the generator knows the stack, and weighs what it writes. */
import { bigIntToBytes, type Hex } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import { OPCODES, type Opcode } from '../../src/vm/core/opcodes.js';
import { Builder } from './builder.js';
import { PRECOMPILES, precompileInput } from './precompiles.js';
import type { Random } from './random.js';

/** Whom a program may name. */
export interface Cast {
  readonly contracts: readonly Hex[];
  /** Everybody, absent accounts included. */
  readonly all: readonly Hex[];
}

const KECCAK256 = 0x20;
const CALLDATACOPY = 0x37;
const CODECOPY = 0x39;
const EXTCODECOPY = 0x3c;
const RETURNDATASIZE = 0x3d;
const RETURNDATACOPY = 0x3e;
const ADDRESS = 0x30;
const POP = 0x50;
const MLOAD = 0x51;
const MSTORE = 0x52;
const MSTORE8 = 0x53;
const SLOAD = 0x54;
const SSTORE = 0x55;
const JUMP = 0x56;
const JUMPI = 0x57;
const GAS = 0x5a;
const TLOAD = 0x5c;
const TSTORE = 0x5d;
const MCOPY = 0x5e;
const DUP1 = 0x80;
const SWAP1 = 0x90;
const LOG0 = 0xa0;
const CREATE = 0xf0;
const CALL = 0xf1;
const CALLCODE = 0xf2;
const RETURN = 0xf3;
const DELEGATECALL = 0xf4;
const CREATE2 = 0xf5;
const STATICCALL = 0xfa;
const REVERT = 0xfd;
const SELFDESTRUCT = 0xff;
const SUB = 0x03;

/** Instructions that only look at the stack, or at what the message and the block say. */
const PURE = OPCODES.filter(({ code }) => code < KECCAK256 && code > 0);
const PLAIN = OPCODES.filter(
  ({ code, pops }) => pops === 0 && ((code >= 0x30 && code <= 0x4a) || (code >= 0x58 && code <= 0x5a) || code === 0x5f),
);
const QUERIES = OPCODES.filter(({ code }) => [0x31, 0x35, 0x3b, 0x3f, 0x40, 0x49].includes(code));
const CALLS = [CALL, CALL, CALL, CALLCODE, DELEGATECALL, STATICCALL];

export class ProgramWriter {
  readonly #out = new Builder();

  constructor(
    private readonly random: Random,
    private readonly fork: Fork,
    private readonly cast: Cast,
    /** How many init codes may stand within each other. */
    private readonly nesting: number,
  ) {}

  /** About `size` steps and an end. */
  write(size: number): Uint8Array {
    if (this.random.oneIn(25)) this.#recurse();
    this.#block(size, 0);
    this.#end();
    return this.#out.finish();
  }

  /** Calls itself first, at little cost: down to the depth limit where the gas is enough. */
  #recurse(): void {
    const out = this.#out;
    const code = this.random.pick(CALLS);
    if (!this.#known(code)) return;
    out.pushAll(0, 0, 0, 0);
    if (code === CALL || code === CALLCODE) out.push(0);
    out.op(ADDRESS);
    out.push(this.random.pick([60, 200, 1000, 3000]));
    out.op(GAS, SUB, code);
  }

  /** Init code: some steps, then the deployment of `runtime`. */
  deploy(size: number, runtime: Uint8Array): Uint8Array {
    const out = this.#out;
    this.#block(size, 0);
    const at = out.data(runtime);
    out.push(runtime.length);
    out.pushLabel(at);
    out.push(0);
    out.op(CODECOPY);
    out.pushAll(this.random.oneIn(12) ? 25_000 : runtime.length, 0);
    out.op(RETURN);
    return out.finish();
  }

  #known(opcode: number | Opcode): boolean {
    const found = typeof opcode === 'number' ? OPCODES.find(({ code }) => code === opcode) : opcode;
    // Now and then an instruction that the fork does not know.
    return found !== undefined && (atLeast(this.fork, found.since) || this.random.oneIn(300));
  }

  #one(from: readonly Opcode[]): number {
    for (;;) {
      const opcode = this.random.pick(from);
      if (this.#known(opcode)) return opcode.code;
    }
  }

  #block(size: number, loops: number): void {
    for (let i = 0; i < size && this.#out.length < 4000; i++) this.#step(loops);
  }

  #step(loops: number): void {
    const { random } = this;
    random.weighted<() => void>([
      [22, () => this.#pure()],
      [12, () => this.#plain()],
      [8, () => this.#query()],
      [14, () => this.#memory()],
      [16, () => this.#storage()],
      [4, () => this.#transient()],
      [10, () => this.#shuffle()],
      [3, () => this.#log()],
      [14, () => this.#call()],
      [4, () => this.#precompile()],
      [this.nesting > 0 ? 4 : 0, () => this.#create()],
      [4, () => this.#conditional(loops)],
      [loops < 2 ? 2 : 0, () => this.#loop(loops)],
      [1, () => this.#anomaly()],
    ])();
  }

  /** Makes sure that the stack has `count` items, sometimes by fresh ones although it has. */
  #operands(count: number): void {
    const out = this.#out;
    const fresh = this.random.oneIn(2) ? count : Math.max(0, count - out.depth);
    for (let i = 0; i < fresh; i++) this.#value();
  }

  #value(): void {
    const out = this.#out;
    if (this.random.oneIn(6)) out.push(this.#someone());
    else if (this.random.oneIn(12)) out.pushBytes(this.random.bytes(1 + this.random.below(32)));
    else out.push(this.random.word());
  }

  #someone(): bigint {
    const { random } = this;
    if (random.oneIn(15)) return BigInt(random.weighted(PRECOMPILES));
    // The upper 12 bytes of an address count for nothing.
    const dirt = random.oneIn(20) ? random.integer(96) << 160n : 0n;
    return BigInt(random.pick(random.oneIn(3) ? this.cast.contracts : this.cast.all)) | dirt;
  }

  /** An offset or a length in memory. */
  #extent(): bigint {
    const { random } = this;
    switch (random.below(250)) {
      case 0:
        return random.word();
      case 1:
      case 2:
        return BigInt(random.below(20_000));
      case 3:
        return random.integer(32);
      default:
        return BigInt(random.pick([0, 0, 1, 4, 31, 32, 33, 64, 96, random.below(200)]));
    }
  }

  #pure(): void {
    const code = this.#one(PURE);
    this.#operands(OPCODES.find((opcode) => opcode.code === code)?.pops ?? 0);
    this.#out.op(code);
  }

  #plain(): void {
    this.#out.op(this.#one(PLAIN));
  }

  #query(): void {
    const { random } = this;
    const code = this.#one(QUERIES);
    if (code === 0x35) this.#out.push(this.#extent());
    else if (code === 0x40) this.#out.push(random.oneIn(4) ? random.word() : 700 + random.below(320));
    else if (code === 0x49) this.#out.push(random.oneIn(4) ? random.word() : random.below(3));
    else this.#out.push(this.#someone());
    this.#out.op(code);
  }

  #memory(): void {
    const out = this.#out;
    const { random } = this;
    const code = random.pick([
      MLOAD,
      MSTORE,
      MSTORE,
      MSTORE,
      MSTORE8,
      KECCAK256,
      CALLDATACOPY,
      CODECOPY,
      EXTCODECOPY,
      RETURNDATACOPY,
      MCOPY,
    ]);
    if (!this.#known(code)) return;
    if (code === MSTORE || code === MSTORE8) this.#operands(1);
    if (code === RETURNDATACOPY && random.oneIn(2)) {
      out.op(RETURNDATASIZE);
      out.pushAll(0, this.#extent());
    } else if (code === KECCAK256) out.pushAll(this.#extent(), this.#extent());
    else if (code === MLOAD || code === MSTORE || code === MSTORE8) out.push(this.#extent());
    else out.pushAll(this.#extent(), this.#extent(), this.#extent());
    if (code === EXTCODECOPY) out.push(this.#someone());
    out.op(code);
  }

  #slot(): bigint {
    return this.random.oneIn(20) ? this.random.word() : BigInt(this.random.below(5));
  }

  #storage(): void {
    const out = this.#out;
    const { random } = this;
    if (random.oneIn(3)) {
      out.push(this.#slot());
      out.op(SLOAD);
      return;
    }
    if (random.oneIn(3)) this.#operands(1);
    else out.push(random.below(4));
    out.push(this.#slot());
    out.op(SSTORE);
  }

  #transient(): void {
    if (!this.#known(TSTORE)) return;
    if (this.random.oneIn(2)) {
      this.#operands(1);
      this.#out.push(this.#slot());
      this.#out.op(TSTORE);
    } else {
      this.#out.push(this.#slot());
      this.#out.op(TLOAD);
    }
  }

  #shuffle(): void {
    const out = this.#out;
    const { random } = this;
    const n = random.below(random.oneIn(3) ? 16 : Math.max(1, Math.min(16, out.depth)));
    const kind = random.below(3);
    if (kind === 0) {
      if (out.depth > 0) out.op(POP);
    } else if (kind === 1) {
      while (out.depth < n + 1) this.#value();
      out.op(DUP1 + n);
    } else {
      while (out.depth < n + 2) this.#value();
      out.op(SWAP1 + n);
    }
  }

  #log(): void {
    const topics = this.random.below(5);
    this.#operands(topics);
    this.#out.pushAll(this.#extent(), this.#extent());
    this.#out.op(LOG0 + topics);
  }

  /** Gas for a call: all, all but some (before EIP-150 a call takes what it asks for), or a number. */
  #gas(): void {
    const out = this.#out;
    const { random } = this;
    switch (random.below(4)) {
      case 0:
        out.op(GAS);
        break;
      case 1:
        out.push(random.pick([500, 3000, 10_000, 40_000, 100_000]));
        out.op(GAS, SUB);
        break;
      case 2:
        out.push(random.logarithmic(1, 200_000));
        break;
      default:
        out.push(random.oneIn(10) ? random.word() : random.pick([0, 1, 700, 2300, 2600, 5000, 30_000, 60_000]));
    }
  }

  #transferred(): bigint {
    return this.random.oneIn(20) ? this.random.word() : BigInt(this.random.pick([0, 0, 0, 1, 2, 50]));
  }

  #callWith(code: number, input: readonly [bigint, bigint], target: bigint | null): void {
    const out = this.#out;
    out.pushAll(this.#extent(), this.#extent(), input[1], input[0]);
    const valued = code === CALL || code === CALLCODE;
    if (valued) out.push(this.#transferred());
    if (target === null) out.op(DUP1 + (valued ? 5 : 4));
    else out.push(target);
    this.#gas();
    out.op(code);
    this.#after();
  }

  /** What programs do with what a call or a creation left. */
  #after(): void {
    const out = this.#out;
    const { random } = this;
    switch (random.below(5)) {
      case 0:
        out.push(this.#slot());
        out.op(SSTORE);
        break;
      case 1:
        if (!this.#known(RETURNDATASIZE)) break;
        out.op(RETURNDATASIZE);
        out.pushAll(0, this.#extent());
        out.op(RETURNDATACOPY);
        break;
      case 2:
        out.op(POP);
        break;
    }
  }

  #call(): void {
    const code = this.random.pick(CALLS);
    if (!this.#known(code)) return;
    if (this.random.oneIn(20)) {
      // Itself, as deep as the gas goes.
      this.#out.op(ADDRESS);
      this.#callWith(code, [0n, 0n], null);
      return;
    }
    this.#callWith(code, [this.#extent(), this.#extent()], this.#someone());
  }

  #copyToMemory(bytes: Uint8Array): void {
    const out = this.#out;
    const at = out.data(bytes);
    out.push(bytes.length);
    out.pushLabel(at);
    out.push(0);
    out.op(CODECOPY);
  }

  #precompile(): void {
    const { random } = this;
    const address = random.weighted(PRECOMPILES);
    const input = precompileInput(random, address);
    this.#copyToMemory(input);
    const code = random.pick(CALLS);
    if (this.#known(code)) this.#callWith(code, [0n, BigInt(input.length)], BigInt(address));
  }

  #create(): void {
    const out = this.#out;
    const { random } = this;
    const init = initCode(random, this.fork, this.cast, this.nesting - 1);
    this.#copyToMemory(init);
    const salted = random.oneIn(2) && this.#known(CREATE2);
    if (salted) out.push(random.below(3));
    out.pushAll(this.#initLength(init.length), 0, this.#transferred());
    out.op(salted ? CREATE2 : CREATE);
    if (random.oneIn(2)) {
      const code = random.pick(CALLS);
      if (this.#known(code)) {
        this.#callWith(code, [0n, 32n], null);
        return;
      }
    }
    this.#after();
  }

  /** Mostly the init code's own length; else any, or about the limit of EIP-3860. */
  #initLength(length: number): bigint {
    if (this.random.oneIn(25)) return this.#extent();
    return BigInt(this.random.oneIn(40) ? 49_152 + this.random.below(2) : length);
  }

  #conditional(loops: number): void {
    const out = this.#out;
    const over = out.label();
    this.#operands(1);
    out.pushLabel(over);
    out.op(JUMPI);
    const { depth } = out;
    this.#block(1 + this.random.below(5), loops);
    out.settle(depth);
    out.land(over);
  }

  #loop(loops: number): void {
    const out = this.#out;
    const { random } = this;
    const again = out.label();
    out.push(random.oneIn(40) ? random.below(600) : 1 + random.below(6));
    out.land(again);
    const { depth } = out;
    this.#block(1 + random.below(6), loops + 1);
    out.settle(depth);
    // counter - 1, and again unless it is zero
    out.push(1);
    out.op(SWAP1, SUB, DUP1);
    out.pushLabel(again);
    out.op(JUMPI);
    if (random.oneIn(2)) out.op(POP);
  }

  #anomaly(): void {
    const out = this.#out;
    const { random } = this;
    switch (random.below(5)) {
      case 0:
        out.op(random.below(256));
        break;
      case 1:
        out.push(random.below(out.length + 10));
        out.op(random.pick([JUMP, JUMPI]));
        break;
      case 2: {
        // Fills the stack until it overflows.
        const again = out.label();
        out.land(again);
        for (let i = 0; i < 20; i++) out.push(i);
        out.pushLabel(again);
        out.op(JUMP);
        break;
      }
      case 3:
        out.settle(0);
        out.op(POP);
        break;
      default:
        this.#end();
    }
  }

  #end(): void {
    const out = this.#out;
    const { random } = this;
    switch (random.below(9)) {
      case 0:
      case 1:
        out.op(0x00);
        break;
      case 2:
      case 3:
      case 4:
        out.pushAll(this.#extent(), this.#extent());
        out.op(RETURN);
        break;
      case 5:
        out.pushAll(this.#extent(), this.#extent());
        out.op(this.#known(REVERT) ? REVERT : RETURN);
        break;
      case 6:
        out.push(this.#someone());
        out.op(SELFDESTRUCT);
        break;
      case 7:
        if (random.oneIn(3)) out.op(0xfe);
        break;
      default:
        if (random.oneIn(2)) out.op(ADDRESS, SELFDESTRUCT);
    }
  }
}

/** Init code: mostly a constructor that deploys something, else any program, or any bytes. */
export function initCode(random: Random, fork: Fork, cast: Cast, nesting: number): Uint8Array {
  const writer = new ProgramWriter(random, fork, cast, nesting);
  switch (random.below(10)) {
    case 0:
      return random.bytes(random.below(40));
    case 1:
    case 2:
      return writer.write(random.below(12));
    case 3:
      return writer.deploy(
        random.below(3),
        random.pick([Uint8Array.of(0xef), Uint8Array.of(0xef, 0, 1), new Uint8Array(0), new Uint8Array(300)]),
      );
    default: {
      const runtime = new ProgramWriter(random, fork, cast, 0).write(random.below(12));
      return writer.deploy(random.below(8), runtime);
    }
  }
}

/** EIP-7702's delegation designator. */
export function delegation(target: Hex): Uint8Array {
  return Uint8Array.of(0xef, 0x01, 0x00, ...bigIntToBytes(BigInt(target), 20));
}
