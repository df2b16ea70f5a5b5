import { expect } from 'chai';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { type Fork, forkIndex } from '../../src/primitives/fork.js';
import { bytesToWords } from '../../src/primitives/words.js';
import type { CoreExports, CoreImports } from '../../src/vm/core/exports.js';
import * as layout from '../../src/vm/core/layout.js';
import { coreModule } from '../../src/vm/core/wasm.js';
import { wasm } from '../../src/vm/core/webassembly.js';

const SELF = 0x11;
const CALLER = 0xaa;
const PAGE = 65536;

/** Offsets of frame records, of which the product's host needs none. */
const FRAME = { pc: 0, sp: 4, stackBase: 8, memorySize: 16, gas: 24, code: 32 } as const;
const TRACE = layout.PARAMS + 436;

interface Step {
  readonly pc: number;
  readonly opcode: number;
  readonly gas: bigint;
  readonly stack: number;
  readonly depth: number;
  readonly memory: number;
}

/** The smallest host that runs code: one contract at 0x11…, whose slots are what the map says, or 0. */
class TinyHost {
  readonly memory = new wasm.Memory({
    initial: layout.EVM_MEMORY / PAGE + 1,
    maximum: layout.EVM_MEMORY / PAGE + 4096,
  });
  readonly core: CoreExports;
  readonly slots = new Map<number, number>();
  readonly steps: Step[] = [];
  /** Statuses with which traced frames ended. */
  readonly endings: number[] = [];
  readonly reads: string[] = [];
  /** Reads that are blocked the first time they are asked. */
  blocks = false;
  grown = 0;
  #blocked = new Set<string>();
  #code = 0;

  constructor() {
    const env: CoreImports & { memory: object } = {
      memory: this.memory,
      basics: (address, out) =>
        this.#answer(`basics ${this.u8(address)}`, () => {
          this.words(out, 11).fill(0);
          this.words(out, 11).set([1, 1, 0, 1000]);
        }),
      code: (address, out) =>
        this.#answer(`code ${this.u8(address)}`, () => {
          this.words(out, 1)[0] = this.u8(address) === SELF ? this.#code : this.core.emptyCode();
        }),
      storage: (address, slot, out) =>
        this.#answer(`slot ${this.u8(address)} ${this.u8(slot)}`, () => {
          this.words(out, 8).fill(0);
          this.words(out, 8)[0] = this.slots.get(this.u8(slot)) ?? 0;
        }),
      hasStorage: (address, out) =>
        this.#answer(`hasStorage ${this.u8(address)}`, () => {
          this.words(out, 1)[0] = 0;
        }),
      codeBytes: () => {},
      blockhash: () => {},
      precompile: () => 0,
      grown: () => {
        this.grown++;
      },
      step: (frame, opcode) => this.#step(frame, opcode),
      leave: (_, status) => this.endings.push(status),
    };
    this.core = new wasm.Instance(coreModule(), { env: { ...env } }).exports as unknown as CoreExports;
  }

  words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, count);
  }

  bytes(at: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  u8(at: number): number {
    return this.bytes(at, 1)[0] as number;
  }

  u64(at: number): bigint {
    return new BigUint64Array(this.memory.buffer, at, 1)[0] as bigint;
  }

  #answer(read: string, write: () => void): number {
    if (this.blocks && !this.#blocked.has(read)) {
      this.#blocked.add(read);
      return 0;
    }
    this.reads.push(read);
    write();
    return 1;
  }

  #step(frame: number, opcode: number): void {
    const [pc, sp, stackBase] = this.words(frame, 3) as unknown as [number, number, number];
    this.steps.push({
      pc: pc - (this.words(frame + FRAME.code, 1)[0] as number),
      opcode,
      gas: this.u64(frame + FRAME.gas),
      stack: (stackBase - sp) / 32,
      depth: (frame - layout.FRAMES) / 256 + 1,
      memory: this.words(frame + FRAME.memorySize, 1)[0] as number,
    });
  }

  /** Runs `code` at 0x11…; answers how often `run` was blocked. */
  run(code: string, { fork = 'Osaka' as Fork, gas = 1_000_000n, trace = false } = {}): number {
    const bytes = hexToBytes(code);
    this.core.begin(forkIndex(fork));
    this.#code = this.core.codeAlloc(bytes.length);
    bytesToWords(keccak256(bytes), this.words(this.#code + layout.CODE_HASH, 8), 0);
    this.bytes(this.#code + layout.CODE_BYTES, bytes.length).set(bytes);
    this.core.codeSeal(this.#code);
    this.words(layout.PARAMS, 128).fill(0);
    this.words(layout.MESSAGE_TO, 5).fill(SELF * 0x01010101);
    this.words(layout.MESSAGE_CALLER, 5).fill(CALLER * 0x01010101);
    new BigUint64Array(this.memory.buffer, layout.MESSAGE_GAS, 1)[0] = gas;
    this.words(TRACE, 1)[0] = trace ? 1 : 0;
    this.core.start();
    let blocked = 0;
    while (this.core.run() !== 0) blocked++;
    return blocked;
  }

  get success(): boolean {
    return this.words(layout.RESULT_SUCCESS, 1)[0] === 1;
  }

  get halt(): number {
    return this.words(layout.RESULT_HALT, 1)[0] as number;
  }

  get gasLeft(): bigint {
    return this.u64(layout.RESULT_GAS_LEFT);
  }

  /** The output's last four bytes as a number. */
  get output(): number {
    const [at, length] = this.words(layout.RESULT_OUTPUT, 2) as unknown as [number, number];
    return new DataView(this.memory.buffer).getUint32(at + length - 4);
  }
}

/** Returns the word on top of the stack. */
const ANSWER = '5f5260205ff3';

describe('core, run', () => {
  const host = new TinyHost();

  beforeEach(() => {
    host.steps.length = 0;
    host.endings.length = 0;
    host.reads.length = 0;
    host.slots.clear();
    host.blocks = false;
  });

  it('runs a loop', () => {
    // sum = 0; for (i = 10; i != 0; i--) sum += i
    host.run(`0x5f600a5b8091019060019003${'80600357'}50${ANSWER}`);
    expect(host.success).to.equal(true);
    expect(host.output).to.equal(55);
  });

  it('gives the gas of each fork', () => {
    // SLOAD of slot 0, ADD 1, SSTORE to slot 0
    const used = (fork: Fork): bigint => {
      host.slots.set(0, 7);
      host.run('0x6000546001016000556000', { fork });
      return 1_000_000n - host.gasLeft;
    };
    expect(used('Frontier')).to.equal(50n + 5000n + 15n);
    expect(used('EIP150')).to.equal(200n + 5000n + 15n);
    expect(used('Istanbul')).to.equal(800n + 5000n + 15n);
    expect(used('Berlin')).to.equal(2100n + 2900n + 15n);
  });

  it('refuses instructions of later forks', () => {
    host.run(`0x5f${ANSWER}`, { fork: 'Paris' });
    expect([host.success, host.halt, host.gasLeft]).to.deep.equal([false, 5, 0n]);
    host.run(`0x600060001e${ANSWER}`, { fork: 'Prague' });
    expect(host.halt).to.equal(5);
  });

  it('reads each location once, whatever is blocked', () => {
    const code =
      '0x60015460025401600155600154600255733333333333333333333333333333333333333333316003555f5f5f5f6001732222222222222222222222222222222222222222610400f1';
    host.slots.set(1, 4);
    host.run(code);
    const whole = { gas: host.gasLeft, reads: [...host.reads] };
    expect(new Set(whole.reads).size).to.equal(whole.reads.length);
    host.reads.length = 0;
    host.blocks = true;
    const blocked = host.run(code);
    expect(blocked).to.equal(whole.reads.length);
    expect(host.gasLeft).to.equal(whole.gas);
    expect(host.reads).to.deep.equal(whole.reads);
  });

  it('nests calls to the depth of 1024, each in a frame of its own', () => {
    // Calls itself with all but 2,048 of the gas, and answers 1 + what the callee answered: before EIP-150 only
    // the depth's limit stops that.
    const code = '0x6020600060006000600030610800 5a03f1506000516001016000526020 6000f3'.replace(/ /g, '');
    host.run(code, { fork: 'Frontier', gas: 100_000_000n });
    expect(host.success).to.equal(true);
    expect(host.output).to.equal(1025);
  });

  it('grows the memory and tells its host', () => {
    const before = host.grown;
    host.run('0x600162800000530061', { gas: 1_000_000_000n });
    expect(host.grown).to.be.greaterThan(before);
    expect(host.memory.buffer.byteLength).to.be.at.least(layout.EVM_MEMORY + 0x800000);
  });

  it('gives every frame a memory of zeros, whatever earlier ones left there', () => {
    // Ones at 0x1000 and, further out than anything before, at 0x5000; then a memory that reaches over both.
    host.run('0x60001961100052600019615000525f00');
    host.run(`0x6001616000536110005161500051176120005117${ANSWER}`);
    expect(host.output).to.equal(0);
  });

  it('stops with a number where a window would overrun', () => {
    // An expansion that is paid for, but that the memory has no room for.
    expect(() => host.run('0x60016380000000530061', { gas: 10n ** 15n })).to.throw(wasm.RuntimeError);
    expect(host.words(layout.RESULT_LIMIT, 1)[0]).to.equal(1);
    host.run(`0x6007${ANSWER}`);
    expect([host.output, host.words(layout.RESULT_LIMIT, 1)[0]]).to.deep.equal([7, 0]);
  });

  it('traces every instruction before it runs, and costs the same', () => {
    const code = `0x6007600052${'6020 6000 6000 6000 6000 73 2222222222222222222222222222222222222222 61ffff f1'.replace(/ /g, '')}00`;
    host.run(code);
    const gas = host.gasLeft;
    expect(host.steps).to.deep.equal([]);
    host.run(code, { trace: true });
    expect(host.gasLeft).to.equal(gas);
    expect(host.steps.map(({ opcode }) => opcode)).to.deep.equal([
      0x60, 0x60, 0x52, 0x60, 0x60, 0x60, 0x60, 0x60, 0x73, 0x61, 0xf1, 0x00,
    ]);
    expect(host.endings).to.deep.equal([16]);
    expect(host.steps.map(({ pc }) => pc)).to.deep.equal([0, 2, 4, 5, 7, 9, 11, 13, 15, 36, 39, 40]);
    expect(host.steps[2]).to.deep.equal({ pc: 4, opcode: 0x52, gas: 999_994n, stack: 2, depth: 1, memory: 0 });
    expect(host.steps[3]).to.deep.equal({ pc: 5, opcode: 0x60, gas: 999_988n, stack: 0, depth: 1, memory: 32 });
  });

  it('remembers hashes of pairs without mixing them up', () => {
    // keccak256 of 64 bytes that differ in one word, twice each: the second round must repeat the first.
    const hashOf = (value: number): number => {
      host.run(`0x60${value.toString(16).padStart(2, '0')}60205260405f20${ANSWER}`);
      return host.output;
    };
    const words = Array.from({ length: 256 }, (_, i) => i);
    const expected = words.map((value) => {
      const input = new Uint8Array(64);
      input[63] = value;
      return new DataView(keccak256(input).buffer).getUint32(28);
    });
    expect(words.map(hashOf)).to.deep.equal(expected);
    expect(words.map(hashOf)).to.deep.equal(expected);
  });
});
