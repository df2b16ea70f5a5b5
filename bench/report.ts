/** The benchmark's table and the description of the machine it ran on. */
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import type { Spread } from './measure.js';
import type { Row } from './vm.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  /** Load average of the last minute as the run began: what else was running. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    v8: process.versions.v8,
    platform: `${platform()}-${arch()}`,
    load: Math.round((loadavg()[0] as number) * 10) / 10,
  };
}

export function machineLine({ cpu, cores, memoryGiB, node, v8, platform, load }: Machine): string {
  return `${cores} x ${cpu}, ${memoryGiB} GiB, ${platform}, Node ${node} (V8 ${v8}), load ${load} at the start`;
}

const COLUMNS = [36, 15, 12, 22, 22, 14, 14, 22, 6] as const;

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i < 2 ? cell.padEnd(COLUMNS[i] as number) : cell.padStart(COLUMNS[i] as number)))
    .join('');
}

export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function ranged({ median, min, max }: Spread): string {
  return `${digits(median)} (${digits(min)}-${digits(max)})`;
}

export const HEADING = [
  line(['', '@ethereumjs', 'gas/tx', 'ethereumjs us/tx', 'lockstep us/tx', 'wall us/tx', 'Mgas/s', 'ratio', 'bar']),
  line(['', 'setting', '', 'CPU (min-max)', 'CPU (min-max)', 'e / l', 'e / l', 'CPU (min-max)', '']),
].join('\n');

export function rowLine(row: Row): string {
  const { ethereumjs, lockstep, gasPerTransaction, ratio, bar } = row;
  const rate = (cpu: number): string => digits(gasPerTransaction / cpu);
  return line([
    row.name,
    row.setting,
    gasPerTransaction.toFixed(0),
    ranged(ethereumjs.cpu),
    ranged(lockstep.cpu),
    `${digits(ethereumjs.wall.median)} / ${digits(lockstep.wall.median)}`,
    `${rate(ethereumjs.cpu.median)} / ${rate(lockstep.cpu.median)}`,
    `${ranged(ratio)}x`,
    bar === null ? '' : `${bar}${ratio.median >= bar ? ' ok' : ' --'}`,
  ]);
}
