/** Options that several benchmarks take, from texts. */
import { InvalidArgumentError, Option } from 'commander';
import { parseCount, parseTexts } from '../runners/cli/options.js';

/** `1-4,8` to 1, 2, 3, 4 and 8: each once, the least first. Throws `InvalidArgumentError`. */
export function parseCounts(text: string): number[] {
  return [...new Set(parseTexts(text).flatMap(parseRange))].sort((a, b) => a - b);
}

function parseRange(text: string): number[] {
  const [, first, last] = /^(\d+)\s*-\s*(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return [parseCount(text)];
  const [from, to] = [parseCount(first), parseCount(last)];
  if (to < from) throw new InvalidArgumentError(`"${text}" runs backwards.`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** `--only` of the benchmarks beside the suite, for {@link nameMatcher}; `verb` is what is done with a workload. */
export function onlyOption(verb: 'measure' | 'simulate'): Option {
  const what = `${verb} workloads whose name holds the text, or one of several with commas between`;
  return new Option('--only <text>', what).argParser(parseTexts);
}

/**
 * Predicate of `--only`: names that hold one of the texts; `*` stands for anything and makes the text fit the whole
 * name. No pattern selects everything.
 */
export function nameMatcher(patterns: readonly string[] = []): (name: string) => boolean {
  if (patterns.length === 0) return () => true;
  const tests = patterns.map((pattern) => {
    if (!pattern.includes('*')) return (name: string) => name.includes(pattern);
    const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const expression = new RegExp(`^${parts.join('.*')}$`);
    return (name: string) => expression.test(name);
  });
  return (name) => tests.some((test) => test(name));
}
