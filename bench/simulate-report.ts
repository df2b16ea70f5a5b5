/** The table of simulated speed-ups. */
import type { SimulatedRow } from './simulate.js';
import type { MachineCosts } from './simulate-costs.js';

const NAME_WIDTH = 34;
const COLUMN = 9;
const REAL_THREADS = [1, 2];

export function costsLine({ hit, transfer, wake, notify }: MachineCosts): string {
  return (
    `Measured: an access ${hit.toFixed(1)} ns, a cache line from another core ${transfer.toFixed(0)} ns, ` +
    `waking a thread ${(wake / 1000).toFixed(1)} us, of which ${(notify / 1000).toFixed(1)} us for the one who wakes.`
  );
}

function columnsOf(workers: readonly number[]): number[] {
  return [...new Set([...REAL_THREADS, ...workers])].sort((a, b) => a - b);
}

/** `workers` are the simulated ones. */
export function simulationHeading(workers: readonly number[]): string {
  const real = REAL_THREADS.map((threads) => `real ${threads}`.padStart(COLUMN));
  const simulated = columnsOf(workers).map((count) => `sim ${count}`.padStart(COLUMN));
  const errors = REAL_THREADS.map((threads) => `error ${threads}`.padStart(COLUMN));
  return [
    'workload (x over serial)'.padEnd(NAME_WIDTH),
    'us/tx'.padStart(COLUMN),
    ...real,
    ...simulated,
    ...errors,
  ].join('');
}

export function simulationLine({ workload, size, real, predictions, errors }: SimulatedRow): string {
  const times = (value: number): string => `${value.toFixed(2)}x`.padStart(COLUMN);
  const measured = REAL_THREADS.map((threads) => times(real.serial / (real.parallel.get(threads) as number)));
  const part = (value: number): string => `${value < 0 ? '' : '+'}${(100 * value).toFixed(0)} %`.padStart(COLUMN);
  return [
    workload.padEnd(NAME_WIDTH),
    (real.serial / size).toFixed(2).padStart(COLUMN),
    ...measured,
    ...predictions.map(({ speedup }) => times(speedup)),
    ...REAL_THREADS.map((threads) => part(errors.get(threads) ?? 0)),
  ].join('');
}

/** How far predictions were off where there is something to check them by. */
export function simulationErrors(rows: readonly SimulatedRow[]): string {
  const parts = REAL_THREADS.map((threads) => {
    const errors = rows.map((row) => Math.abs(row.errors.get(threads) ?? 0)).sort((a, b) => a - b);
    const middle = errors[errors.length >> 1] ?? 0;
    const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
    return `${threads} ${threads === 1 ? 'thread' : 'threads'}: ${percent(middle)} (at most ${percent(errors.at(-1) ?? 0)})`;
  });
  return `Error of the speed-up, median: ${parts.join('; ')}. One thread is what the simulation is fitted to, two are the check.`;
}

/** A row as JSON has it. */
export function plainRow({ workload, size, real, predictions, errors }: SimulatedRow): object {
  return {
    workload,
    size,
    real: { serial: real.serial, parallel: Object.fromEntries(real.parallel) },
    predictions,
    errors: Object.fromEntries(errors),
  };
}
