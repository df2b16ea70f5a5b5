/** The shared heap: pieces of different threads never overlap, growth reaches every thread, exhaustion is an error. */
import { expect } from 'chai';
import { HEAP_NEXT } from '../../src/layout.js';
import { Arena, HEAP_MAXIMUM_WORDS, HeapExhaustedError, SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import type { AttachData, AttachResult } from '../support/attach-thread.js';
import { hammer } from '../support/hammer.js';
import type { ReserveData, ReserveResult } from '../support/reserve-thread.js';

const START = 16;

/** What is reserved takes whole cache lines. */
function lines(words: number): number {
  return Math.ceil(words / 16) * 16;
}

/** Checks that no two pieces share a word and that every word still bears its piece's stamp. */
function expectDisjoint(heap: SharedHeap, results: readonly ReserveResult[]): void {
  const pieces = results.flatMap((result) => result.pieces).sort((a, b) => a[0] - b[0]);
  let end = START;
  for (const [at, words, stamp] of pieces) {
    expect(at, 'a piece begins inside another').to.be.at.least(end);
    end = at + words;
    heap.map(end);
    if (heap.u32[at] !== stamp || heap.u32[end - 1] !== stamp) expect.fail(`the piece at ${at} was overwritten`);
  }
}

describe('state/heap', () => {
  it('gives four threads pieces that do not overlap while it grows', async () => {
    const heap = SharedHeap.create(START, 1024);
    const initial = heap.u32.length;
    const data: ReserveData = { memory: heap.memory, pieces: 4000, largest: 500, greedyEvery: 0, greedyWords: 0 };
    const results = await hammer<ReserveData, ReserveResult>('reserve-thread', [data, data, data, data]);
    const total = results.flatMap((result) => result.pieces).reduce((sum, [, words]) => sum + lines(words), 0);
    expect(heap.used).to.equal(START + total);
    expect(total).to.be.above(initial);
    expectDisjoint(heap, results);
  });

  it('never gives the same words twice, even while other threads ask for too much', async function () {
    this.timeout(8000);
    const heap = SharedHeap.create(START, 1024);
    const data: ReserveData = {
      memory: heap.memory,
      pieces: 20_000,
      largest: 16,
      greedyEvery: 3,
      greedyWords: HEAP_MAXIMUM_WORDS,
    };
    const results = await hammer<ReserveData, ReserveResult>('reserve-thread', [data, data, data, data]);
    for (const result of results) expect(result.refusals).to.be.above(0);
    expectDisjoint(heap, results);
  });

  it('has views of one length where another thread grows the memory while it is attached', async () => {
    const { memory } = SharedHeap.create(START, 1024);
    // A look at the memory's buffer finds a longer one each time.
    const growing: SharedMemory = {
      get buffer() {
        memory.grow(1);
        return memory.buffer;
      },
      grow: (pages) => memory.grow(pages),
    };
    const { i32, u32, u8, u64 } = SharedHeap.attach(growing);
    expect([i32, u32, u64].map(({ byteLength }) => byteLength)).to.deep.equal(new Array(3).fill(u8.byteLength));

    const pages = 3000;
    const bytes = memory.buffer.byteLength + pages * 65536;
    const results = await hammer<AttachData, AttachResult>('attach-thread', [
      { memory, pages, bytes },
      { memory, pages: 0, bytes },
      { memory, pages: 0, bytes },
    ]);
    for (const { attached, torn } of results) expect(torn, `of ${attached}`).to.equal(0);
  });

  it('takes back a refused reservation without touching what others got meanwhile', () => {
    // Three threads, interleaved by hand: A (too large) has moved the counter and is about to move it
    // back; B is refused because of A; between B's refusal and B's own way back, A finishes and C
    // reserves.
    const heap = SharedHeap.create(START, 1024);
    const { sub } = Atomics;
    const pieces: [number, number][] = [];
    const reserve = (words: number): void => {
      pieces.push([heap.reserve(words), words]);
    };
    let pending = true;
    const finishA = (): void => {
      if (pending) sub(heap.i32, HEAP_NEXT, HEAP_MAXIMUM_WORDS);
      pending = false;
    };
    Atomics.add(heap.i32, HEAP_NEXT, HEAP_MAXIMUM_WORDS);
    try {
      Atomics.sub = ((array: Int32Array, index: number, value: number): number => {
        Atomics.sub = sub;
        finishA();
        reserve(10);
        return sub(array, index, value);
      }) as typeof Atomics.sub;
      expect(() => heap.reserve(8)).to.throw(HeapExhaustedError);
    } finally {
      Atomics.sub = sub;
    }
    finishA();
    for (let i = 0; i < 3; i++) reserve(10);
    pieces.sort((a, b) => a[0] - b[0]);
    for (const [i, [at]] of pieces.entries()) {
      const before = pieces[i - 1];
      if (before !== undefined) expect(at).to.be.at.least(before[0] + before[1]);
    }
  });

  it('gives back what there was no memory for, unless another thread has reserved since', () => {
    const heap = SharedHeap.create(START, 1024);
    const { memory } = heap;
    const grow = memory.grow.bind(memory);
    const mapped = heap.u32.length;
    let others = 0;
    // The system has room for a few more pages, but not for more than a hundred.
    memory.grow = (pages) => {
      if (pages <= 100) return grow(pages);
      Atomics.add(heap.i32, HEAP_NEXT, others);
      others = 0;
      throw new RangeError('no memory');
    };
    const before = heap.used;
    expect(() => heap.reserve(200 * mapped)).to.throw(HeapExhaustedError);
    expect(heap.used).to.equal(before);
    expect(heap.reserve(mapped)).to.equal(before);
    heap.u32[before + mapped - 1] = 1;
    // Less than a hundred are missing, of which a quarter more is refused: it does with what is missing.
    const end = heap.reserve(110 * mapped) + 110 * mapped;
    expect(heap.u32.length).to.equal(Math.ceil(end / mapped) * mapped);

    const refused = heap.used;
    others = 64;
    expect(() => heap.reserve(200 * mapped)).to.throw(HeapExhaustedError);
    expect(heap.used).to.equal(refused + 200 * mapped + 64);
  });

  it('shows another view what was written beyond its mapping, once it maps it', () => {
    const heap = SharedHeap.create(START, 1024);
    const other = SharedHeap.attach(heap.memory);
    const mapped = other.u32.length;
    const at = heap.reserve(3 * mapped);
    heap.u32[at + 3 * mapped - 1] = 0xdeadbeef;
    expect(other.u32.length).to.equal(mapped);
    other.map(at + 3 * mapped);
    expect(other.u32[at + 3 * mapped - 1]).to.equal(0xdeadbeef);
    expect(other.i32.length).to.equal(other.u32.length);
    expect(other.u8.length).to.equal(4 * other.u32.length);
  });

  it('maps what other threads have grown it to, and asks the memory only then', () => {
    const heap = SharedHeap.create(START, 1024);
    const other = SharedHeap.attach(heap.memory);
    const grow = heap.memory.grow.bind(heap.memory);
    let asked = 0;
    (heap.memory as { grow: typeof grow }).grow = (pages) => {
      asked++;
      return grow(pages);
    };
    other.refresh();
    expect(asked).to.equal(0);
    heap.reserve(3 * heap.u32.length);
    expect(other.u32.length).to.be.below(heap.u32.length);
    asked = 0;
    other.refresh();
    expect(asked).to.equal(1);
    expect(other.u32.length).to.equal(heap.u32.length);
    other.refresh();
    expect(asked).to.equal(1);
  });

  it('keeps old views valid when it grows', () => {
    const heap = SharedHeap.create(START, 1024);
    const old = heap.u32;
    const at = heap.reserve(8);
    heap.reserve(2 * old.length);
    heap.u32[at] = 42;
    expect(old[at]).to.equal(42);
  });

  it('refuses with HeapExhaustedError, in bytes, and can still give what fits', () => {
    const heap = SharedHeap.create(START, 1024);
    const used = heap.used;
    let caught: unknown;
    try {
      heap.reserve(HEAP_MAXIMUM_WORDS);
    } catch (error) {
      caught = error;
    }
    expect(caught).to.be.instanceOf(HeapExhaustedError);
    const { limit, wanted } = caught as HeapExhaustedError;
    expect(limit).to.equal(4 * HEAP_MAXIMUM_WORDS);
    expect(wanted).to.equal(4 * (HEAP_MAXIMUM_WORDS + used));
    expect(heap.reserve(10)).to.equal(used);
  });

  it('gives the very last word and not one more', () => {
    const heap = SharedHeap.create(START, 1024);
    heap.reset(HEAP_MAXIMUM_WORDS - 16);
    expect(heap.reserve(10)).to.equal(HEAP_MAXIMUM_WORDS - 16);
    heap.u32[HEAP_MAXIMUM_WORDS - 1] = 7;
    expect(heap.u32[HEAP_MAXIMUM_WORDS - 1]).to.equal(7);
    expect(() => heap.reserve(1)).to.throw(HeapExhaustedError);
  });

  it('starts over after a reset', () => {
    const heap = SharedHeap.create(START, 1024);
    heap.reserve(500);
    heap.reset(START);
    expect(heap.reserve(1)).to.equal(START);
  });
});

describe('state/heap arena', () => {
  it('takes chunks and hands out pieces in order', () => {
    const heap = SharedHeap.create(START, 1024);
    const a = new Arena(heap, 100);
    const b = new Arena(heap, 100);
    expect(a.alloc(60)).to.equal(START);
    expect(b.alloc(60)).to.equal(START + lines(100));
    expect(a.alloc(40)).to.equal(START + 60);
    expect(a.alloc(1)).to.equal(START + 2 * lines(100));
  });

  it('takes a chunk of its own for a piece larger than a chunk', () => {
    const heap = SharedHeap.create(START, 1024);
    const arena = new Arena(heap, 100);
    expect(arena.alloc(1000)).to.equal(START);
    expect(heap.used).to.equal(START + lines(1000));
    expect(arena.alloc(1)).to.equal(START + lines(1000));
  });

  it('forgets its chunk when told that the heap was reset', () => {
    const heap = SharedHeap.create(START, 1024);
    const arena = new Arena(heap, 100);
    arena.alloc(10);
    heap.reset(START);
    arena.reset();
    expect(arena.alloc(1)).to.equal(START);
  });
});
