/** Options of the suite, from texts. */
import { InvalidArgumentError } from 'commander';
import { parseShare } from '../../runners/cli/options.js';

/** Threads for `cores`: every number up to eight; beyond, the powers of two and the cores themselves. */
export function defaultThreads(cores: number): number[] {
  const all = Array.from({ length: cores }, (_, index) => index + 1);
  return cores <= 8 ? all : all.filter((count) => Math.log2(count) % 1 === 0 || count === cores);
}

/** `15m`, `90s` or `15` (minutes) to seconds. Throws `InvalidArgumentError`. */
export function parseBudget(text: string): number {
  const [, figure, unit = 'm'] = /^(\d+(?:\.\d+)?)\s*([smh]?)$/.exec(text.trim()) ?? [];
  const value = Number(figure);
  if (figure === undefined || value <= 0) throw new InvalidArgumentError('a time such as 15m, 90s or 1h is expected');
  return value * { s: 1, m: 60, h: 3600 }[unit === '' ? 'm' : (unit as 's' | 'm' | 'h')];
}

/** A number from 0 on. Throws `InvalidArgumentError`. */
export function parseAmount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('a number from 0 on is expected');
  }
  return value;
}

/** A number above 0, and 1 at most. Throws `InvalidArgumentError`. */
export function parseScale(text: string): number {
  const value = parseShare(text);
  if (value > 1) throw new InvalidArgumentError('a number above 0, and 1 at most, is expected');
  return value;
}

/** Folder in which archives are looked for where none is given, beside the package's own. */
const BESIDE = '../shared/fixtures';

/** Where an archive is looked for that no option names. */
export const DEFAULT_SOURCES = {
  mainnet: `${BESIDE}/mainnet-blocks.tar.gz`,
  eest: `${BESIDE}/eest-engine-benchmark.tar.gz`,
} as const;
