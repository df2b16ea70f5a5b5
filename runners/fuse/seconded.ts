/** Which fused blocks both machines run. */
import { hash } from 'node:crypto';

/** One of so many blocks, by its id, is run by the other machine too. */
export const SECONDED_EVERY = 50;

/** Whether the block of this id is one that the other machine runs. */
export function isSeconded(id: string): boolean {
  return hash('sha256', id, 'buffer').readUInt32BE(0) % SECONDED_EVERY === 0;
}
