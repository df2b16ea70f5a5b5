/** Blocks to be disturbed, with their serial outcomes. */
import { createHash } from 'node:crypto';
import { ExecutorError, type ExecutorErrorCode } from '../../src/executor/errors.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import type { Block, ExecutionResult, ExecutorResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { blockFrom } from '../property/random-block.js';
import { canonical } from './outcome.js';

/** Short enough to be read where two of them differ. */
function digest(result: ExecutionResult): string {
  return `outcome ${createHash('sha256').update(canonical(result)).digest('hex')}`;
}

/** Whole numbers below a bound, the same ones for the same seed. */
export function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) % bound;
  };
}

export interface Expected {
  readonly database: Database;
  readonly block: Block;
  /** Digest of the serial outcome. */
  readonly text: string;
}

/** A valid block with conflicts of `least` to `most` transactions. */
export async function expectedBlock(
  vm: VmName,
  below: (bound: number) => number,
  least: number,
  most: number,
): Promise<Expected> {
  const serial = await SerialExecutor.create({ vm });
  for (;;) {
    const { accounts, block } = blockFrom(below, least, most);
    const database = Database.from(accounts);
    const result = await serial.execute(database, block);
    if (result.ok) return { database, block, text: digest(result) };
  }
}

/** The outcome's digest, or the code of the engine's error. */
export async function attempt(execution: Promise<ExecutorResult>): Promise<string | ExecutorErrorCode> {
  try {
    const result = await execution;
    const text = digest(result);
    if (result.ok) result.release();
    return text;
  } catch (error) {
    if (error instanceof ExecutorError) return error.code;
    throw error;
  }
}
