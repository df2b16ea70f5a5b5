/**
 * Clocks of logical workers for the simulation of scale: the worker whose clock is lowest moves next, and what it does
 * moves its clock on. Counted are accesses to shared memory, by whether the worker's core has the cache line already;
 * the work between them, per run of a transaction and per part of the changes that are packed; and waking others.
 *
 * An access that needs a line which another core wrote, or reads when it is to be written, takes a transfer between
 * cores; transfers of one line for writing follow one another, as they do in hardware.
 */
import {
  CONTROL_COUNT,
  CONTROL_PACKED_FROM,
  CONTROL_TRANSACTIONS,
  CONTROL_VERDICT,
  ROW_LIST_COUNT,
  TX_STATUS,
  TX_WORDS,
  VERDICT_RUNNING,
} from '../../src/layout.js';
import { COMMITTED, EXECUTED, EXECUTING, stateOf } from '../../src/mvmemory/statuses.js';
import { ENGINE_HEAP } from './events.js';
import { CLOCKS, type ScheduleMemory } from './words.js';

/** What things take, nanoseconds. */
export interface SimulatedCosts {
  /** An access to a line that the core has, and to one that it must get from another. */
  readonly hit: number;
  readonly transfer: number;
  /** From a wake-up until the thread runs, and what it takes the one who wakes. */
  readonly wake: number;
  readonly notify: number;
  /** Before the block is announced. */
  readonly setUp: number;
  /** Packing the changes of one location. */
  readonly packing: number;
  /** Each transaction's run, without its accesses. */
  readonly runs: readonly number[];
}

/** Places in the costs' buffer. */
const HIT = 0;
const TRANSFER = 1;
const WAKE = 2;
const NOTIFY = 3;
const SET_UP = 4;
const PACKING = 5;
const RUNS = 6;

/** Cache lines of a heap that are followed: those of its first 64 MiB. Elsewhere every access is a hit. */
const FOLLOWED_LINES = 2 ** 20;
const HEAPS = 2;
const LINE_SHIFT = 4;
/** Words of a line's record: the cores that have it (bits). */
const LINE_WORDS = 2;

/** Buffers for a simulation of blocks of up to so many transactions; empty for none. */
export function simulationBuffers(transactions: number): Pick<ScheduleMemory, 'costs' | 'lines' | 'lineTimes'> {
  const on = transactions > 0 ? 1 : 0;
  return {
    costs: new SharedArrayBuffer(8 * on * (RUNS + transactions)),
    lines: new SharedArrayBuffer(4 * on * HEAPS * FOLLOWED_LINES * LINE_WORDS),
    lineTimes: new SharedArrayBuffer(8 * on * HEAPS * FOLLOWED_LINES),
  };
}

/** Writes what things take, and forgets which core has what. */
export function beginSimulation(memory: ScheduleMemory, costs: SimulatedCosts): void {
  const { hit, transfer, wake, notify, setUp, packing, runs } = costs;
  new Float64Array(memory.costs).set([hit, transfer, wake, notify, setUp, packing, ...runs]);
  new Int32Array(memory.lines).fill(0);
  new Float64Array(memory.lineTimes).fill(0);
}

/** One worker's clock. */
export class SimulatedTime {
  private readonly costs: Float64Array;
  private readonly lines: Int32Array;
  private readonly lineTimes: Float64Array;
  private readonly times: Float64Array;
  private readonly clock: number;
  private readonly half: number;
  private readonly bit: number;

  constructor(memory: ScheduleMemory, worker: number) {
    this.costs = new Float64Array(memory.costs);
    this.lines = new Int32Array(memory.lines);
    this.lineTimes = new Float64Array(memory.lineTimes);
    this.times = new Float64Array(memory.times);
    this.clock = CLOCKS + worker;
    this.half = worker >>> 5;
    this.bit = 1 << (worker & 31);
  }

  get wake(): number {
    return this.costs[WAKE] as number;
  }

  spend(nanoseconds: number): void {
    this.times[this.clock] = (this.times[this.clock] as number) + nanoseconds;
  }

  notified(): void {
    this.spend(this.costs[NOTIFY] as number);
  }

  access(heap: number, index: number, writes: boolean): void {
    const line = index >>> LINE_SHIFT;
    if (heap === 0 || heap > HEAPS || line >= FOLLOWED_LINES) {
      this.spend(this.costs[HIT] as number);
      return;
    }
    const place = (heap - 1) * FOLLOWED_LINES + line;
    const { lines, lineTimes, times, clock } = this;
    const own = place * LINE_WORDS + this.half;
    const other = place * LINE_WORDS + 1 - this.half;
    const has = ((lines[own] as number) & this.bit) !== 0;
    const alone = ((lines[own] as number) & ~this.bit) === 0 && lines[other] === 0;
    if (has ? !writes || alone : alone) {
      // What no core has yet is new memory, or was there before the block: the same for serial execution.
      lines[own] = (lines[own] as number) | this.bit;
      this.spend(this.costs[HIT] as number);
      return;
    }
    const transfer = this.costs[TRANSFER] as number;
    if (!writes) {
      lines[own] = (lines[own] as number) | this.bit;
      this.spend(transfer);
      return;
    }
    lines[own] = this.bit;
    lines[other] = 0;
    const end = Math.max(times[clock] as number, lineTimes[place] as number) + transfer;
    lineTimes[place] = end;
    times[clock] = end;
  }

  /** Before a store of `value`: what leads up to it takes time. */
  storing(heap: number, array: Int32Array, index: number, value: number): void {
    if (heap !== ENGINE_HEAP) return;
    if (index === CONTROL_VERDICT && value === VERDICT_RUNNING) this.spend(this.costs[SET_UP] as number);
    const transaction = transactionAt(array, index);
    if (transaction < 0 || stateOf(array[index] as number) !== EXECUTING) return;
    const state = stateOf(value);
    if (state === EXECUTED || state === COMMITTED) this.spend((this.costs[RUNS + transaction] as number) / 2);
  }

  /** After a write that made the word `value`, and swapped it for `before` where it was a swap: what follows from it takes time. */
  wrote(heap: number, array: Int32Array, index: number, value: number, before: number): void {
    if (heap !== ENGINE_HEAP) return;
    if (index === CONTROL_PACKED_FROM) {
      // The list of locations that was swapped out is this worker's to pack.
      this.spend((this.costs[PACKING] as number) * (array[before + ROW_LIST_COUNT] as number));
      return;
    }
    const transaction = transactionAt(array, index);
    if (transaction >= 0 && stateOf(value) === EXECUTING) this.spend((this.costs[RUNS + transaction] as number) / 2);
  }
}

/** The transaction whose status word is at `index`, or -1. */
function transactionAt(array: Int32Array, index: number): number {
  const offset = index - (array[CONTROL_TRANSACTIONS] as number);
  if (offset < 0 || offset % TX_WORDS !== TX_STATUS || offset >= (array[CONTROL_COUNT] as number) * TX_WORDS) return -1;
  return offset / TX_WORDS;
}
