/** The command line: commands, options and help. */

import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { DEFAULT_VM, VM_NAMES } from '../../src/vm/name.js';
import {
  collect,
  parseCount,
  parseForks,
  parseIndex,
  parsePattern,
  parseSeconds,
  parseSuites,
  parseThreads,
  type RunOptions,
  type SelectionOptions,
  SUITES,
} from './options.js';
import type { TraceOptions } from './trace.js';

export interface Actions {
  run(options: RunOptions): Promise<void>;
  list(options: SelectionOptions): Promise<void>;
  trace(pattern: string, options: TraceOptions): Promise<void>;
}

const RUN_EXAMPLES = `
Examples:
  $ lockstep run                                       the embedded corpus and the official suites
  $ lockstep run --fork Cancun --suite state           state tests of one fork
  $ lockstep run --fixtures fixtures_stable.tar.gz     a release archive, read as a stream
  $ lockstep run --sample 2000 --json report.json      2,000 cases spread over suites and forks
  $ lockstep run --grep 'stCreate2/' --threads 2       cases whose id holds a text

Exit codes:
  0  every case came out as expected     3  a source, a fixture or a job process failed
  1  at least one case did not           4  no case was selected
  2  the command line is wrong         130  interrupted`;

const LIST_EXAMPLES = `
Examples:
  $ lockstep list --fork Prague
  $ lockstep list --fixtures ethereum-tests --grep '/stSelfBalance|stRefund/'`;

const TRACE_EXAMPLES = `
CASE is an id, as \`list\` and reports print it, or a pattern as for --grep that only one case matches.

Each instruction is a line: pc, op, gas, gasCost, memSize, stack (bottom first), depth, returnData, refund,
opName, error where the frame halts, memory with --memory; all but gasCost and error as they are before it.
gasCost of a call or creation holds the gas that it hands to the code it runs. A line at the end of each
transaction sums it up. System calls around the transactions of a block are not traced.

Examples:
  $ lockstep trace 'push0.json::push0[Shanghai/0]' --fixtures state_tests
  $ lockstep trace 'BlockchainTests/…::…[Cancun]' --block 1 --transaction 0 --memory --out trace.jsonl
  $ lockstep trace 'push0.json::push0[Shanghai/0]' --diff     the first step at which the machines differ

Exit codes:
  0  as expected; with --diff: the traces are equal     2  the command line is wrong, or CASE names no single case
  1  the case's outcome is not its fixture's; with --diff: the traces differ     3  a source or fixture failed`;

function selecting(command: Command): Command {
  return command
    .option('--fixtures <path>', 'folder, .json, .tar(.gz) or URL of an archive; repeatable', collect)
    .option('--suite <names>', `kinds of case: ${SUITES.join(', ')} (default: all)`, parseSuites)
    .option('--fork <names>', 'networks, separated by commas (default: all)', parseForks)
    .option('--grep <pattern>', 'cases whose id holds this text, or matches /this/', parsePattern)
    .option('--sample <n>', 'at most n cases, spread evenly over suites and forks; always the same ones', parseCount)
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network');
}

export function createProgram(version: string, actions: Actions): Command {
  const program = new Command('lockstep')
    .description('Executes official Ethereum fixtures serially and in parallel, and reports every difference.')
    .version(version)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride();
  selecting(program.command('run').description('run cases and judge their outcomes'))
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <counts>', 'parallel runs per block, each compared with the serial one', parseThreads, [1, 2, 4])
    .option('--jobs <n>', 'processes that run cases side by side', parseCount, availableParallelism())
    .option('--timeout <seconds>', 'longest time for one case', parseSeconds, 300)
    .option('--bail', 'stop at the first unexpected outcome')
    .option('--json <path>', 'write the report there')
    .option('--quiet', 'no progress, only failures and the total')
    .option('--no-color', 'plain text')
    .addHelpText('after', RUN_EXAMPLES)
    .action((options: RunOptions) => actions.run(options));
  selecting(program.command('list').description('print the ids of the cases that a run would take'))
    .addHelpText('after', LIST_EXAMPLES)
    .action((options: SelectionOptions) => actions.list(options));
  program
    .command('trace')
    .description('print the instructions of one case as JSON lines (EIP-3155)')
    .argument('<case>', 'id of the case, or a pattern that only one case matches', parsePattern)
    .option('--fixtures <path>', 'folder, .json, .tar(.gz) or URL of an archive; repeatable', collect)
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--block <n>', 'only this block of the test, the first is 0', parseIndex)
    .option('--transaction <n>', 'only this transaction of each block, the first is 0', parseIndex)
    .option('--memory', 'also the memory')
    .option('--no-stack', 'leave the stack out')
    .option('--out <path>', 'write there instead of standard output')
    .option('--diff', 'run both machines, whatever --vm says, and show the first step at which they differ')
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network')
    .addHelpText('after', TRACE_EXAMPLES)
    .action((pattern: string, options: TraceOptions) => actions.trace(pattern, options));
  return program;
}
