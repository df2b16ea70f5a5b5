/** Files that have been read and wait for a process: the heaviest goes first, so that no long one is left for the end. */
import type { Part } from './slot.js';

/** Characters of texts that may wait. Read ahead costs memory, and finds the heavy files among more of their neighbours. */
const ROOM = 64 * 1024 * 1024;

interface Waiting {
  readonly part: Part;
  readonly weight: number;
}

export class PartQueue {
  readonly #rests: Part[] = [];
  readonly #files: Waiting[] = [];
  /** Characters that wait, and that have been added in all. */
  #size = 0;
  #added = 0;

  /** Holds files of `room` characters in all, and the latest whatever its size. */
  constructor(private readonly room = ROOM) {}

  get isFull(): boolean {
    return this.#size >= this.room;
  }

  get isEmpty(): boolean {
    return this.#rests.length + this.#files.length === 0;
  }

  /** Share of all files so far, by their size, that waits; 0 to 1. */
  get waiting(): number {
    return this.#added === 0 ? 0 : this.#size / this.#added;
  }

  /** A whole file; without a `weight` its text tells one. */
  add(part: Part, weight = weightOf(part.task.text)): void {
    const { text } = part.task;
    this.#size += text.length;
    this.#added += text.length;
    this.#files.push({ part, weight });
  }

  /** What is left of a file: it goes first, so that its cases stay together. */
  addRest(part: Part): void {
    this.#rests.unshift(part);
  }

  /** The rests, then the heaviest file, the one read first among equals; null where nothing waits. */
  take(): Part | null {
    const rest = this.#rests.shift();
    if (rest !== undefined) return rest;
    let heaviest = 0;
    for (const [index, { weight }] of this.#files.entries()) {
      if (weight > (this.#files[heaviest]?.weight ?? 0)) heaviest = index;
    }
    const [taken] = this.#files.splice(heaviest, 1);
    if (taken === undefined) return null;
    this.#size -= taken.part.task.text.length;
    return taken.part;
  }
}

/** Gas limits of a state test's transactions; those of blocks and headers are single values. */
const GAS_LISTS = /"gasLimit"\s*:\s*\[([^\]]*)\]/g;
/** More gas than a block of any chain has had. */
const HUGE_GAS = 1e9;

/**
 * How long a file may take, as far as its text tells: the most gas that a transaction of a state test is given. Gas
 * bounds the work, whatever the size of the file. Up to {@link HUGE_GAS} files weigh alike, and keep their order.
 */
export function weightOf(text: string): number {
  let most = 0;
  for (const [, list = ''] of text.matchAll(GAS_LISTS)) {
    for (const [amount] of list.matchAll(/0x[0-9a-f]+/gi)) most = Math.max(most, Number(amount));
  }
  return most > HUGE_GAS ? most : 0;
}
