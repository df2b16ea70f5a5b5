/** Options that several commands have, each with one name, one text and one default. */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { DEFAULT_VM, VM_NAMES } from '../../src/vm/name.js';
import { CORPUS_NAMES } from '../fixtures/sources.js';
import {
  CORPUS_PARTS,
  collect,
  parseCount,
  parseForks,
  parseIndex,
  parseJobs,
  parsePattern,
  parseSuites,
  parseThreadCount,
  parseThreads,
  SUITES,
} from './options.js';

export const FIXTURES = new Option(
  '--fixtures <path>',
  `folder, .json, .tar(.gz), URL of an archive, ${CORPUS_NAMES.join(' or ')}; repeatable`,
).argParser(collect);

export const SUITE = new Option('--suite <names>', `kinds of case: ${SUITES.join(', ')} (default: all)`).argParser(
  parseSuites,
);

export const FORK = new Option('--fork <names>', 'networks, separated by commas (default: all)').argParser(parseForks);

export const GREP = new Option('--grep <pattern>', 'cases whose id holds this text, or matches /this/').argParser(
  parsePattern,
);

export const LEGACY = new Option('--legacy', "also the default suites' older generations (LegacyTests)");

export const OFFLINE = new Option('--offline', 'never touch the network');

export const VM = new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference')
  .choices(VM_NAMES)
  .default(DEFAULT_VM);

export const JOBS = new Option('--jobs <n>', 'processes that run cases side by side')
  .argParser(parseJobs)
  .default(availableParallelism());

export const SCHEDULES = new Option(
  '--schedules <n>',
  'deterministic schedules that each block is run under besides',
).argParser(parseCount);

export const BLOCK = new Option('--block <n>', 'only this block of the test, the first is 0').argParser(parseIndex);

export const NO_COLOR = new Option('--no-color', 'plain text');

/** Several parallel runs of a block. */
export function manyThreads(counts: readonly number[]): Option {
  return new Option('--threads <counts>', 'parallel runs per block, each compared with the serial one')
    .argParser(parseThreads)
    .default(counts);
}

/** One parallel run of a block; `name` is what help calls the number. */
export function oneThreadCount(name: string): Option {
  return new Option(`--threads <${name}>`, 'threads of the parallel run').argParser(parseThreadCount).default(2);
}

/** Options that choose cases. */
export function selecting(command: Command): Command {
  return command
    .addOption(FIXTURES)
    .addOption(SUITE)
    .addOption(FORK)
    .addOption(GREP)
    .option('--sample <n>', 'at most n cases, spread evenly over suites and forks; always the same ones', parseCount)
    .addOption(
      new Option(
        '--corpus <part>',
        'of the embedded corpus: quick (the default), or full, with large generated blocks of every fork from Berlin on',
      ).choices(CORPUS_PARTS),
    )
    .addOption(LEGACY)
    .addOption(OFFLINE);
}
