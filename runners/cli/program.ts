/** The command line: commands, options and help. */

import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { DEFAULT_VM, VM_NAMES } from '../../src/vm/name.js';
import type { CaptureOptions } from './capture.js';
import type { CountsOptions } from './counts.js';
import {
  collect,
  parseCount,
  parseForks,
  parseIndex,
  parseNumbers,
  parsePattern,
  parseSeconds,
  parseSuites,
  parseTexts,
  parseThreads,
  type RunOptions,
  type SelectionOptions,
  SUITES,
} from './options.js';
import type { ReplayOptions } from './replay.js';
import type { SelfTestCommandOptions } from './selftest.js';
import type { TraceOptions } from './trace.js';

export interface Actions {
  run(options: RunOptions): Promise<void>;
  list(options: SelectionOptions): Promise<void>;
  counts(sources: readonly string[], options: CountsOptions): Promise<void>;
  trace(pattern: string, options: TraceOptions): Promise<void>;
  replay(sources: readonly string[], options: ReplayOptions): Promise<void>;
  capture(options: CaptureOptions): Promise<void>;
  selftest(sources: readonly string[], options: SelfTestCommandOptions): Promise<void>;
}

const RUN_EXAMPLES = `
Examples:
  $ lockstep run                                       the embedded corpus and the official suites
  $ lockstep run --fork Cancun --suite state           state tests of one fork
  $ lockstep run --fixtures fixtures_stable.tar.gz     a release archive, read as a stream
  $ lockstep run --sample 2000 --json report.json      2,000 cases spread over suites and forks
  $ lockstep run --grep 'stCreate2/' --threads 2       cases whose id holds a text

Expected counts: where a source is a known release, by the content of its suites, a case more or fewer than it holds
is an unexpected outcome. --suite and --fork narrow what is compared. Where --grep or --sample picks cases, where a
run is cut short or is one part of several, nothing is compared: only the whole can be. \`lockstep counts\` makes
the file.

Exit codes:
  0  every case came out as expected     3  a source, a fixture or a job process failed
  1  at least one case or count did not  4  no case was selected
  2  the command line is wrong         130  interrupted`;

const LIST_EXAMPLES = `
Examples:
  $ lockstep list --fork Prague
  $ lockstep list --fixtures ethereum-tests --grep '/stSelfBalance|stRefund/'`;

const COUNTS_EXAMPLES = `
The file names each suite with some of its files and marks of their content, by which it is recognised under any
name, packed or not. Nothing is written where a source or fixture is at fault.

Examples:
  $ lockstep counts eest-v6=fixtures_stable.tar.gz --write counts.json
  $ lockstep run --fixtures fixtures_stable.tar.gz --expected-counts counts.json`;

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

const REPLAY_EXAMPLES = `
SOURCE holds blocks/N/block.json and blocks/N/pre_state.json for each block, and codes.json and block_hashes.json
for all of them; \`lockstep capture\` writes such a folder. Times leave out decoding and the recovery of senders.

Examples:
  $ lockstep replay mainnet-blocks.tar.gz                        every block, serially and with 1, 2 and 4 threads
  $ lockstep replay captured --block 19426586 --threads 2,8
  $ lockstep replay mainnet-blocks.tar.gz --json replay.json

Exit codes:
  0  every block came out as its header says     3  a source, a file of it or the report failed
  1  at least one block did not                  4  no block was selected
  2  the command line is wrong                 130  interrupted`;

const CAPTURE_EXAMPLES = `
The node must be on Ethereum mainnet and hold the state before the block. Its state is taken from
debug_executionWitness where the node has it, else from debug_traceBlockByNumber with the prestateTracer and, to
prove it, eth_getProof. The block is replayed before its files are written; the end says what was verified.

Examples:
  $ lockstep capture --rpc http://localhost:8545 --block 22000000
  $ lockstep capture --rpc https://node.example/key --block 22000000,22000001 --out captured
  $ lockstep replay captured

Exit codes:
  0  the block was written, and replays              2  the command line is wrong
  1  it was written, and does not come out as        3  the node, or what it answered, failed; nothing was written
     its header says                               130  interrupted`;

const SELFTEST_EXAMPLES = `
A drawn case is run as it stands, and then once for each kind of flip that it has a place for: a state root, a log's
hash, a balance, an account dropped, a byte of RLP, the name of an exception, … The copy goes through the same jobs,
decoders and verdicts as in \`run\`, and must not pass. The table shows, for each kind of flip, how many cases it was
tried on, and how many of these were caught by a verdict, refused by decoding, survived, or came to something else.

Examples:
  $ lockstep selftest                                            the embedded corpus
  $ lockstep selftest fixtures_stable.tar.gz --cases 300 --seed 7
  $ lockstep selftest ethereum-tests --suite blockchain --kind 'sealed anew,exception' --json selftest.json

Exit codes:
  0  every flip was caught                             3  a source, a fixture or a job process failed
  1  a flip was not, or a case does not pass itself    4  there was nothing to flip
  2  the command line is wrong                       130  interrupted`;

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
    .option(
      '--timeout <seconds>',
      'processor time that one case may take, and thrice that by the clock',
      parseSeconds,
      600,
    )
    .option('--bail', 'stop at the first unexpected outcome')
    .option('--json <path>', 'write the report there')
    .option('--expectations <file>', 'known outcomes, with their proofs, instead of those of the package')
    .option('--expected-counts <file>', 'cases of known releases, instead of those of the package')
    .option('--quiet', 'no progress, only failures and the total')
    .option('--no-color', 'plain text')
    .addHelpText('after', RUN_EXAMPLES)
    .action((options: RunOptions) => actions.run(options));
  selecting(program.command('list').description('print the ids of the cases that a run would take'))
    .addHelpText('after', LIST_EXAMPLES)
    .action((options: SelectionOptions) => actions.list(options));
  program
    .command('counts')
    .description('count the cases of sources by suite, kind and fork, as --expected-counts takes them')
    .argument('<source...>', 'folder, .json, .tar(.gz) or URL of an archive; NAME=SOURCE names the release')
    .option('--write <file>', 'write there instead of to standard output')
    .addHelpText('after', COUNTS_EXAMPLES)
    .action((sources: string[], options: CountsOptions) => actions.counts(sources, options));
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
  program
    .command('replay')
    .description('run real mainnet blocks against their headers')
    .argument('<source...>', 'folder, .tar(.gz) or URL of an archive')
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <counts>', 'parallel runs per block, each compared with the serial one', parseThreads, [1, 2, 4])
    .option('--block <numbers>', 'only these blocks, separated by commas', parseNumbers)
    .option('--repeat <n>', 'times each block is run; the table shows medians', parseCount, 3)
    .option('--json <path>', 'write the report there')
    .option('--no-color', 'plain text')
    .addHelpText('after', REPLAY_EXAMPLES)
    .action((sources: string[], options: ReplayOptions) => actions.replay(sources, options));
  program
    .command('capture')
    .description('fetch mainnet blocks and the state they need from a node, for replay')
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint (http or https)')
    .requiredOption('--block <numbers>', 'numbers of the blocks, separated by commas', parseNumbers)
    .option('--out <folder>', 'folder to add the blocks to', 'captured-blocks')
    .option('--timeout <seconds>', 'longest wait for one answer of the node', parseSeconds, 120)
    .addHelpText('after', CAPTURE_EXAMPLES)
    .action((options: CaptureOptions) => actions.capture(options));
  program
    .command('selftest')
    .description('corrupt fixtures, one thing at a time, and check that the runner notices each')
    .argument('[source...]', 'folder, .json, .tar(.gz) or URL of an archive (default: the embedded corpus)')
    .option('--cases <n>', 'cases to draw, spread evenly over suites and forks', parseCount, 100)
    .option('--seed <text>', 'other cases and other places to flip', '1')
    .option('--kind <names>', 'only flips whose name holds one of these texts, separated by commas', parseTexts)
    .option('--suite <names>', `kinds of case: ${SUITES.join(', ')} (default: all)`, parseSuites)
    .option('--fork <names>', 'networks, separated by commas (default: all)', parseForks)
    .option('--grep <pattern>', 'cases whose id holds this text, or matches /this/', parsePattern)
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <n>', 'threads of the parallel run', parseCount, 2)
    .option('--jobs <n>', 'processes that run cases side by side', parseCount, availableParallelism())
    .option(
      '--timeout <seconds>',
      'processor time for one copy of a case, and thrice that by the clock',
      parseSeconds,
      300,
    )
    .option('--json <path>', 'write the table and what was not caught there')
    .option('--offline', 'never touch the network')
    .option('--no-color', 'plain text')
    .addHelpText('after', SELFTEST_EXAMPLES)
    .action((sources: string[], options: SelfTestCommandOptions) => actions.selftest(sources, options));
  return program;
}
