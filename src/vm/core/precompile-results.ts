/**
 * Results of slow precompiles, kept by input. A precompile is a function of its input alone, so a
 * transaction that runs again, or a contract that checks one proof in a loop, need not pay for the
 * same pairing twice; clients keep such results as well.
 */
import { Buffer } from 'node:buffer';
import type { Precompile } from '../ethereumjs/precompiles.js';

interface Kept {
  readonly gasUsed: bigint;
  readonly output: Uint8Array;
}

/** Bytes of input that are kept in all; outputs are short. */
const ROOM = 2 * 1024 * 1024;
/** Entries, whose own weight counts where inputs are short. */
const ENTRIES = 4096;

export class PrecompileResults {
  /** By the precompile's address and its input; least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #size = 0;

  /** Keeps inputs of `room` bytes in all. */
  constructor(private readonly room = ROOM) {}

  /** `run` at `address`, which runs once for each input that succeeds while that is kept. */
  remember(address: number, run: Precompile): Precompile {
    const prefix = String.fromCharCode(address);
    return (input, gas) => {
      if (input.length > this.room) return run(input, gas);
      const key = prefix + Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
      const kept = this.#kept.get(key);
      if (kept !== undefined && gas >= kept.gasUsed) {
        this.#kept.delete(key);
        this.#kept.set(key, kept);
        return { ok: true, gasUsed: kept.gasUsed, output: kept.output };
      }
      const result = run(input, gas);
      // A failure takes all gas of its call, whatever that was, so it is no function of the input.
      if (result.ok && kept === undefined) this.#keep(key, { gasUsed: result.gasUsed, output: result.output.slice() });
      return result;
    };
  }

  #keep(key: string, result: Kept): void {
    this.#kept.set(key, result);
    this.#size += key.length;
    for (const [oldest] of this.#kept) {
      if (this.#size <= this.room && this.#kept.size <= ENTRIES) break;
      this.#kept.delete(oldest);
      this.#size -= oldest.length;
    }
  }
}
