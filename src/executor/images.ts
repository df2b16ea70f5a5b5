/**
 * Suspension and read checkpoints. Both keep an image of a transaction as it stands at one of its reads, and go on
 * from it later instead of running the transaction again from its start:
 *
 * - **suspension**: the read met an estimate. The transaction is parked, and goes on from that very read once the
 *   one that it waits for has run.
 * - **checkpoint**: the read was answered, but its location has made transactions of this block fail before. Where
 *   validation finds a later read stale, or this one, the transaction goes on from here.
 *
 * An image stands in shared memory, so that whoever runs the transaction next goes on from it: mostly that is
 * the holder of the lane, whichever thread that is. The thread that made it runs something else on its machine at
 * once, and nothing has to be undone where a block ends with suspended transactions.
 *
 * Why it is right: what a machine does up to a read follows from the values that it was given before. They stand
 * in the image, are resolved again before it is used, and only an image whose every value still holds is. In the
 * lane these answers are final; elsewhere they are part of the read set that the lane validates. So images are
 * advice like all speculation.
 *
 * Order of memory: who holds a transaction in EXECUTING state writes its images and TX_IMAGES, and the store of the
 * status word that ends this state releases them; who swaps the word to EXECUTING next acquires them. Room is used
 * again once its transaction is committed: readers have stored the status word before the frontier moved past it.
 */
import {
  CELL_VALUE,
  CODE_CELL_WORDS,
  CONTROL_HOT,
  IMAGE_PREVIOUS,
  IMAGE_READ_COUNT,
  IMAGE_READS,
  IMAGE_SUSPENDED,
  KIND_CODE,
  LOCATION_KIND,
  LOCATION_WORDS,
  RECORD_AUTHORIZATION_COUNT,
  TX_IMAGES,
} from '../layout.js';
import type { MultiVersionMemory } from '../mvmemory/mvmemory.js';
import type { Statuses } from '../mvmemory/statuses.js';
import { ADVICE_FALSE, ADVICE_OFF, ADVICE_ON } from '../scheduler/advice.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { CodeReader } from '../state/codes.js';
import type { SharedHeap } from '../state/heap.js';
import type { RecordedExecution, RecordMemory } from '../transition/transaction/index.js';
import { RUN_FOREIGN, type Vm } from '../vm/vm.js';
import type { CheckpointPolicy, SpeculativeView } from './speculative-view.js';

/** Words of an image at most: 32 KiB. */
const IMAGE_ROOM = 8192;
/** Images that one thread keeps at once. */
const MOST_IMAGES = 64;
/**
 * What is run again must have taken at least so long, milliseconds, for an image to be worth its while: making
 * one and going on from it takes some three microseconds.
 */
const WORTHWHILE = 0.01;

/** A set of hot locations: a word that is not 0 where it has any, then its bits. */
const HOT_ANY = 0;
const HOT_FIRST = 1;
const HOT_BITS = 4096;
export const HOT_WORDS = HOT_FIRST + HOT_BITS / 32;
const HOT_SHIFT = 20;

/** Room for a block's set of hot locations, empty; answers its reference. */
export function reserveHotLocations(heap: SharedHeap): number {
  const set = heap.reserve(HOT_WORDS);
  heap.i32.fill(0, set, set + HOT_WORDS);
  return set;
}

/** Locations at which transactions of the block were found stale, or met estimates: a set of bits, and advice. */
export class HotLocations {
  private set = 0;

  constructor(private readonly heap: SharedHeap) {}

  /** `set` is its reference, or 0 where nobody asks. */
  open(set: number): void {
    this.set = set;
    this.heap.map(set + HOT_WORDS);
  }

  add(row: number): void {
    // The words are shared: whoever writes what stands there already only disturbs the others.
    if (this.set === 0 || this.has(row)) return;
    const bit = Math.imul(row, 0x9e3779b1) >>> HOT_SHIFT;
    Atomics.or(this.heap.i32, this.set + HOT_FIRST + (bit >>> 5), 1 << (bit & 31));
    Atomics.store(this.heap.i32, this.set + HOT_ANY, 1);
  }

  /** True where any location was added. */
  get any(): boolean {
    return this.set !== 0 && this.heap.i32[this.set + HOT_ANY] !== 0;
  }

  has(row: number): boolean {
    if (this.set === 0) return false;
    const bit = Math.imul(row, 0x9e3779b1) >>> HOT_SHIFT;
    return (((this.heap.i32[this.set + HOT_FIRST + (bit >>> 5)] as number) >>> (bit & 31)) & 1) === 1;
  }
}

/** What images are made and used with; the engine has it all. */
export interface ImageParts {
  readonly heap: SharedHeap;
  readonly recordMemory: RecordMemory;
  readonly statuses: Statuses;
  readonly memory: MultiVersionMemory;
  readonly scheduler: Scheduler;
  readonly codes: CodeReader;
  readonly vm: Vm;
}

/** One thread's images: it makes them in room of its own, and uses everybody's. */
export class Images implements CheckpointPolicy {
  readonly hot: HotLocations;
  /** Room of this thread's images in the order of their making, and the transactions that they are of. */
  private readonly rooms: number[] = [];
  private readonly owners: number[] = [];
  private oldest = 0;
  private suspends = false;
  private checks = false;
  private startedAt = 0;

  constructor(private readonly parts: ImageParts) {
    this.hot = new HotLocations(parts.heap);
  }

  /** Joins a block: no image of the one before counts. */
  open(): void {
    const { scheduler, heap, vm } = this.parts;
    this.rooms.length = 0;
    this.owners.length = 0;
    this.oldest = 0;
    const able = vm.transactions !== undefined;
    this.suspends = able && scheduler.advice.suspension !== ADVICE_OFF;
    this.checks = able && scheduler.advice.checkpoints !== ADVICE_OFF;
    this.hot.open(this.suspends || this.checks ? (heap.i32[CONTROL_HOT] as number) : 0);
  }

  /** A speculative run of the transaction with the record at `record` starts, or goes on; true where it may make checkpoints. */
  started(record: number): boolean {
    if (!this.suspends && !this.checks) return false;
    // Before anything has failed nothing is worth an image, and to look at the clock costs as much as a few reads.
    const { checkpoints, suspension } = this.parts.scheduler.advice;
    const always = checkpoints === ADVICE_FALSE || suspension === ADVICE_FALSE;
    this.startedAt = always || this.hot.any ? performance.now() : Number.POSITIVE_INFINITY;
    if (this.startedAt === Number.POSITIVE_INFINITY) return false;
    return this.checks && this.parts.recordMemory.u32[record + RECORD_AUTHORIZATION_COUNT] === 0;
  }

  met(row: number): void {
    this.hot.add(row);
  }

  wanted(row: number): boolean {
    const { advice } = this.parts.scheduler;
    if (advice.checkpoints === ADVICE_FALSE) return advice.coin();
    return this.hot.has(row) && this.elapsed();
  }

  private elapsed(): boolean {
    return performance.now() - this.startedAt >= WORTHWHILE;
  }

  /** Keeps an image of `index` at the read that is to be asked again; true where one was made. */
  checkpoint(index: number, execution: RecordedExecution, view: SpeculativeView): boolean {
    return this.save(index, execution, view, 0);
  }

  /** Keeps an image of `index`, which met an estimate, before it is parked; true where one was made. */
  suspend(index: number, execution: RecordedExecution, view: SpeculativeView): boolean {
    if (!this.suspends) return false;
    if (this.parts.scheduler.advice.suspension === ADVICE_ON && !this.elapsed()) return false;
    return this.save(index, execution, view, 1);
  }

  private save(index: number, execution: RecordedExecution, view: SpeculativeView, suspended: number): boolean {
    const { heap, statuses } = this.parts;
    // What the machine was shown of a recipient that is credited unread is no value that could be resolved again.
    if (view.credited !== 0) return false;
    // Where none can be made, before the message for example, the next try is not to follow at once.
    this.startedAt = performance.now();
    const place = this.free();
    if (place < 0) return false;
    const image = this.rooms[place] as number;
    const { readCount } = view;
    const state = image + IMAGE_READS + 2 * readCount;
    if (state >= image + IMAGE_ROOM) return false;
    if (execution.save(heap.u32, state, image + IMAGE_ROOM - state) === 0) return false;
    const { i32 } = heap;
    const words = statuses.words(index);
    i32[image + IMAGE_PREVIOUS] = i32[words + TX_IMAGES] as number;
    i32[image + IMAGE_SUSPENDED] = suspended;
    i32[image + IMAGE_READ_COUNT] = readCount;
    for (let i = 0; i < 2 * readCount; i++) i32[image + IMAGE_READS + i] = view.reads[i] as number;
    i32[words + TX_IMAGES] = image;
    this.owners[place] = index;
    this.oldest = (place + 1) % MOST_IMAGES;
    return true;
  }

  /** A place whose room may be written, or -1. */
  private free(): number {
    const place = this.oldest;
    if (place === this.rooms.length) {
      this.rooms.push(this.parts.heap.reserve(IMAGE_ROOM));
      this.owners.push(-1);
      return place;
    }
    return (this.owners[place] as number) < this.parts.scheduler.frontier() ? place : -1;
  }

  /**
   * The newest image of `index`, which this thread holds in EXECUTING state, whose reads would all be answered as
   * they were; later ones are dropped. 0 where there is none.
   */
  find(index: number): number {
    const { heap, statuses } = this.parts;
    const words = statuses.words(index);
    let image = heap.i32[words + TX_IMAGES] as number;
    if (image === 0) return 0;
    const valid = this.validReads(index, image);
    // Reads of an earlier image are the first ones of each later one.
    while (image !== 0 && (this.readCount(image) > valid || this.forgets(image))) {
      image = heap.i32[image + IMAGE_PREVIOUS] as number;
    }
    heap.i32[words + TX_IMAGES] = image;
    return image;
  }

  /** How many of an image's reads, from the first on, would be answered as they were. */
  private validReads(index: number, image: number): number {
    const { heap, memory } = this.parts;
    const count = this.readCount(image);
    const { i32 } = heap;
    let valid = 0;
    let at = image + IMAGE_READS;
    for (; valid < count && memory.stillHolds(i32[at] as number, index, i32[at + 1] as number); at += 2) valid++;
    return valid;
  }

  /** Number of an image's reads. Any thread may have made it, in a part of the heap that this one has not mapped. */
  private readCount(image: number): number {
    const { heap } = this.parts;
    heap.map(image + IMAGE_ROOM);
    return heap.i32[image + IMAGE_READ_COUNT] as number;
  }

  /** Whether advice is to be false, this time. */
  private forgets(image: number): boolean {
    const { advice } = this.parts.scheduler;
    const setting = this.isSuspended(image) ? advice.suspension : advice.checkpoints;
    return setting === ADVICE_FALSE && advice.coin();
  }

  /** Whether an image was made where the run met an estimate. */
  isSuspended(image: number): boolean {
    return this.parts.heap.i32[image + IMAGE_SUSPENDED] === 1;
  }

  /** Forgets the images of `index`, which this thread holds in EXECUTING state. */
  drop(index: number): void {
    const { heap, statuses } = this.parts;
    heap.i32[statuses.words(index) + TX_IMAGES] = 0;
  }

  /** Goes on with `index` from an image: the status of {@link RecordedExecution.restore}. After RUN_FOREIGN it has none any more. */
  restore(index: number, image: number, record: number, execution: RecordedExecution, view: SpeculativeView): number {
    const { heap } = this.parts;
    const count = this.readCount(image);
    const state = image + IMAGE_READS + 2 * count;
    view.goOn(heap.i32, image + IMAGE_READS, count);
    let status = execution.restore(record, view, heap.u32, state);
    if (status === RUN_FOREIGN) {
      this.learnCodes(image, count, execution);
      status = execution.restore(record, view, heap.u32, state);
    }
    // Images of a run that starts over would not have the reads of this one in front.
    if (status === RUN_FOREIGN) this.drop(index);
    return status;
  }

  /** Makes this thread's machine know the codes that were read. */
  private learnCodes(image: number, count: number, execution: RecordedExecution): void {
    const { heap, codes } = this.parts;
    for (let at = image + IMAGE_READS; at < image + IMAGE_READS + 2 * count; at += 2) {
      const row = heap.i32[at] as number;
      const cell = heap.i32[at + 1] as number;
      // Both may stand where only other threads have looked.
      heap.map(Math.max(row + LOCATION_WORDS, cell + CELL_VALUE + CODE_CELL_WORDS));
      if (heap.i32[row + LOCATION_KIND] === KIND_CODE) execution.learn(codes.read(cell + CELL_VALUE));
    }
  }
}
