/**
 * Time that this process has watched pass. A limit by the clock is for what does not come although everybody is at
 * work: it must not strike because the process was stopped, the machine slept, or somebody set its clock.
 */

/** Most that may pass between two looks: what is beyond it nobody has watched. The pool looks ten times a second. */
const MOST_MS = 1000;

let last = performance.now();
let watched = 0;

/** Milliseconds since some moment; never less than the time before. To be asked often. */
export function watchedTime(): number {
  const now = performance.now();
  watched += Math.min(MOST_MS, Math.max(0, now - last));
  last = now;
  return watched;
}
