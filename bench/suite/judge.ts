/** Whether a row keeps what its unit is promised. */
import { BARS, JUDGED_SIZE, JUDGED_THREADS, scaled, type Verdict, verdict } from '../verdict.js';
import type { PeerRow, SuiteRow } from './row.js';
import type { UnitBars } from './unit.js';

const ALONE = (value: number) => ({ median: value, min: value, max: value });

export function judge(
  bars: UnitBars,
  { transactions, serial, parallel, memory }: Pick<SuiteRow, 'transactions' | 'serial' | 'parallel' | 'memory'>,
): Verdict[] {
  const verdicts: Verdict[] = [];
  const one = parallel.find(({ threads }) => threads === 1);
  const two = parallel.find(({ threads }) => threads === JUDGED_THREADS);
  if (bars.speedup !== undefined && two) verdicts.push(verdict('2 threads', two.speedup, '>=', bars.speedup, 'x'));
  if (one && transactions >= JUDGED_SIZE) verdicts.push(verdict('1 thread', one.speedup, '>=', BARS.oneThread, 'x'));
  if (bars.serialSeconds !== undefined) {
    verdicts.push(verdict('serial', scaled(serial.time, 1e-6), '<=', bars.serialSeconds, 's'));
  }
  if (bars.parallelSeconds !== undefined && two) {
    verdicts.push(verdict('2 threads', scaled(two.time, 1e-6), '<=', bars.parallelSeconds, 's'));
  }
  if (bars.memory !== undefined && memory !== null) {
    verdicts.push(verdict('memory', ALONE(memory.peak / 1e9), '<=', bars.memory, 'GB'));
  }
  return verdicts;
}

export function judgePeer(bars: UnitBars, { ratio }: PeerRow): Verdict[] {
  if (bars.runBlock === undefined || ratio === null) return [];
  return [verdict('over runBlock', ratio, '>=', bars.runBlock, 'x')];
}
