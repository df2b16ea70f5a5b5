/** The running incarnation's fork, and the number by which messages are told apart. */
import { BERLIN } from './layout';

/** Position in FORKS. */
export let fork: i32 = 0;
/** Number of the message (a transaction of its own): marks of another one do not count. */
export let message: u32 = 0;
/** There is an access set (EIP-2929). */
export let hasAccessSet: bool = false;

/** Secrets of the hash tables, whose keys an attacker chooses. */
export let seedA: u64 = 0x243f6a8885a308d3;
export let seedB: u64 = 0x13198a2e03707344;

export function seed(a: u32, b: u32): void {
  seedA = ((<u64>a << 32) | <u64>b) ^ 0x243f6a8885a308d3;
  seedB = ((<u64>b << 32) | <u64>a) * 0x9e3779b97f4a7c15 + 0x13198a2e03707344;
}

/** Marks stand in records, which live for one incarnation; 0 is no number, since new records bear it. */
export function nextMessage(): void {
  if (++message == 0) message = 1;
}

/** Goes on with the message whose marks bear `number`. */
export function restoreMessage(number: u32): void {
  message = number;
}

export function setFork(index: i32): void {
  fork = index;
  hasAccessSet = index >= BERLIN;
}

/** Hash of the three limbs of an address or of a slot's key mixed with its account. */
@inline
export function mix(h: u64, limb: u64): u64 {
  const x = (h ^ limb) * 0xff51afd7ed558ccd;
  return x ^ (x >> 29) ^ seedB;
}
