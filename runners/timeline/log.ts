/** What a thread notes down while a block is executed: records of numbers in shared memory, so that nobody waits for anybody. */

/** The status word of transaction `first` is now `second`. */
export const NOTE_STATUS = 1;
/** The commit lane's word is now `first`: 0 where it is free. */
export const NOTE_LANE = 2;
/** The frontier is now `first`. */
export const NOTE_FRONTIER = 3;
/** Transaction `first` is about to be validated ahead of the lane. */
export const NOTE_CHECK = 4;
/** The thread begins to wait at word `first`, and goes on. */
export const NOTE_WAIT = 5;
export const NOTE_WOKEN = 6;
/** The block's verdict is now `first`. */
export const NOTE_VERDICT = 7;

const NOTE_NUMBERS = 4;
/** The first number of a log is how many notes there are. */
const HEADER = 1;

export interface Note {
  /** Microseconds; the same clock in all threads. */
  readonly at: number;
  readonly kind: number;
  readonly first: number;
  readonly second: number;
}

/** Room for `notes` notes; what comes after them is counted, and not kept. */
export function newLog(notes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * (HEADER + NOTE_NUMBERS * notes));
}

/** The writing end, which one thread has. */
export class NoteWriter {
  readonly #numbers: Float64Array;
  readonly #room: number;

  constructor(log: SharedArrayBuffer) {
    this.#numbers = new Float64Array(log);
    this.#room = (this.#numbers.length - HEADER) / NOTE_NUMBERS;
  }

  write(kind: number, first: number, second: number): void {
    const numbers = this.#numbers;
    const count = numbers[0] as number;
    numbers[0] = count + 1;
    if (count >= this.#room) return;
    const [seconds, nanoseconds] = process.hrtime();
    const at = HEADER + NOTE_NUMBERS * count;
    numbers[at] = seconds * 1e6 + nanoseconds / 1e3;
    numbers[at + 1] = kind;
    numbers[at + 2] = first;
    numbers[at + 3] = second;
  }
}

/** Forgets what a log holds; its thread must be at rest. */
export function clearLog(log: SharedArrayBuffer): void {
  new Float64Array(log)[0] = 0;
}

/** The notes of a thread that is at rest. Throws a RangeError where there was no room for all of them. */
export function readLog(log: SharedArrayBuffer): Note[] {
  const numbers = new Float64Array(log);
  const count = numbers[0] as number;
  const room = (numbers.length - HEADER) / NOTE_NUMBERS;
  if (count > room) throw new RangeError(`a thread made ${count} notes about the block; there is room for ${room}`);
  return Array.from({ length: count }, (_, index) => {
    const at = HEADER + NOTE_NUMBERS * index;
    const [time, kind, first, second] = numbers.subarray(at, at + NOTE_NUMBERS) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return { at: time, kind, first, second };
  });
}
