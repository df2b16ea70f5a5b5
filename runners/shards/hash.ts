/** Which part of a split run a case belongs to. */
import { createHash } from 'node:crypto';

/** Part of the case `id` where there are `of` of them, from 1: the same on every machine, whatever else is run. */
export function shardOf(id: string, of: number): number {
  return (createHash('sha256').update(id).digest().readUInt32BE(0) % of) + 1;
}
