/** The command line: commands, options and help. */

import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { DEFAULT_VM, VM_NAMES } from '../../src/vm/name.js';
import { CORPUS_NAMES } from '../fixtures/sources.js';
import { SECONDED_EVERY } from '../fuse/run-fused.js';
import type { CaptureOptions } from './capture.js';
import type { CountsOptions } from './counts.js';
import type { ExplainOptions } from './explain.js';
import type { MinimiseOptions } from './minimise.js';
import {
  CORPUS_PARTS,
  collect,
  parseCount,
  parseForks,
  parseIndex,
  parseNumbers,
  parsePattern,
  parseSeconds,
  parseShard,
  parseSuites,
  parseTexts,
  parseThreadCount,
  parseThreads,
  type RunOptions,
  type SelectionOptions,
  SHARDING_MODES,
  SUITES,
} from './options.js';
import { addLogCommands, type LogActions, reporting } from './program-logs.js';
import { addUpkeepCommands, type UpkeepActions } from './program-upkeep.js';
import type { ReplayOptions } from './replay.js';
import type { ReplayScheduleOptions } from './replay-schedule.js';
import type { SelfTestCommandOptions } from './selftest.js';
import type { TimelineOptions } from './timeline.js';
import type { TraceOptions } from './trace.js';

export interface Actions extends LogActions, UpkeepActions {
  /** `given` are the names of the options that the command line holds. */
  run(options: RunOptions, given: ReadonlySet<string>): Promise<void>;
  list(options: SelectionOptions): Promise<void>;
  counts(sources: readonly string[], options: CountsOptions): Promise<void>;
  trace(pattern: string, options: TraceOptions): Promise<void>;
  explain(pattern: string, options: ExplainOptions): Promise<void>;
  minimise(pattern: string, options: MinimiseOptions): Promise<void>;
  replay(sources: readonly string[], options: ReplayOptions): Promise<void>;
  replaySchedule(pattern: string, options: ReplayScheduleOptions): Promise<void>;
  timeline(pattern: string, options: TimelineOptions): Promise<void>;
  capture(options: CaptureOptions): Promise<void>;
  selftest(sources: readonly string[], options: SelfTestCommandOptions): Promise<void>;
}

const FIXTURES = `folder, .json, .tar(.gz), URL of an archive, ${CORPUS_NAMES.join(' or ')}; repeatable`;

const RUN_EXAMPLES = `
Examples:
  $ lockstep run                                       the embedded corpus and the official suites
  $ lockstep run --corpus full --threads 1,2,4,8       the whole corpus: blocks of up to 2,000 transactions
  $ lockstep run --fork Cancun --suite state           state tests of one fork
  $ lockstep run --fixtures fixtures_stable.tar.gz     a release archive, read as a stream
  $ lockstep run --sample 2000 --json report.json      2,000 cases spread over suites and forks
  $ lockstep run --grep 'stCreate2/' --threads 2       cases whose id holds a text
  $ lockstep run --fuse 200 --threads 2,4,8            blocks of many transactions, made of the state tests
  $ lockstep run --schedules 50 --seed 7               each block also under 50 interleavings, always the same ones
  $ lockstep run --offline --schedules 50 --fuse 1 --fuse-from ethereum-tests.tar.gz --fuse-sample 300
                                                       the corpus and 300 fused blocks, each under 50 interleavings
  $ lockstep run --preemptions 1                       small blocks under all interleavings with one pre-emption
  $ lockstep run --events run.jsonl                    a log that survives whatever ends the run
  $ lockstep run --resume run.jsonl                    the rest of it
  $ lockstep run --shard 2/3 --events part-2.jsonl     one of three parts
  $ lockstep run --last-failed run.jsonl               its failures once more

Fused blocks: official blocks hold one transaction each, which proves little about parallel execution. --fuse N makes
others: for each test and fork of a file of state tests one block of 20 to 70 transactions, in which its indexes are
signed anew by several senders, repeated and interleaved. Two of three are built to conflict. Where a file has more
than N tests and forks, N of them are drawn. A block depends on its test, fork and --seed alone. Serial execution is
the measure of the parallel runs; one block in ${SECONDED_EVERY} is run by the other machine too, and as an official fixture.
Fused blocks take the place of all cases, so that expected outcomes and counts are not looked at; unless --fuse-from
names what to make them of: then the cases of the other sources are run as ever, and --suite and --sample are theirs.

Configuration: lockstep.config.json in the working directory holds options by their names on the command line, for every
run and in profiles: { "version": 1, "run": { "jobs": 4 }, "profiles": { "ci": { "sample": 2000, "junit": "junit.xml" } } }.
The command line comes before a profile, a profile before the rest. Without a file there are quick (500 cases, 2 threads),
ci (5,000 cases) and nightly (everything, the older generations included, up to 8 threads).

Going on: --resume takes settings, sources and outcomes of the log over and runs the cases that had not ended, those
included that had only begun; new events go behind the old ones, or with --events to a copy. It refuses where options
of the command line, the content of the sources, expectations or versions are not those of the log, and names them.
Where --events and --resume name one file, the same command may be tried again and again: it begins a new run where the
file is not there, goes on with one that was broken off, and only tells of one that is complete.

Parts: --shard i/n runs the cases whose ids hash to part i, the same ones on every machine, whatever else is selected.
With --shard-by time the parts take about as long, by the times of an earlier run. Counts, stale expectations and
suites that lack a file are judged when the parts' logs are merged.

Expected counts: where a source is a known release, by the content of its suites, a case more or fewer than it holds
is an unexpected outcome. --suite and --fork narrow what is compared. Where --grep or --sample picks cases, where a
run is cut short or is one part of several, nothing is compared: only the whole can be. \`lockstep counts\` makes
the file.

Exit codes:
  0  every case came out as expected     3  a source, a fixture or a job process failed
  1  at least one case or count did not  4  no case was selected
  2  the command line is wrong         130  interrupted (Ctrl-C, SIGTERM)`;

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
  $ lockstep trace 'execution.json.gz::logs_London[London]' --diff     the first step at which the machines differ

Exit codes:
  0  as expected; with --diff: the traces are equal     2  the command line is wrong, or CASE names no single case
  1  the case's outcome is not its fixture's; with --diff: the traces differ     3  a source or fixture failed`;

const EXPLAIN_EXAMPLES = `
CASE is an id or a pattern that only one case matches, as for \`trace\`. It is run until a parallel run differs from
the serial one. Then follows the first transaction that differs, what differs after it, which of its reads was
answered otherwise, from whom, and what stands there in truth; how often the transactions concerned were run; and
under a schedule, what each worker did with them, step by step.

Examples:
  $ lockstep explain 'mix.json.gz::mix_small_Cancun[Cancun]' --threads 2,4 --runs 200
  $ lockstep explain 'sstore.json::sstore[fused 1, seed 1, Cancun]' --schedule 168475766
  $ lockstep explain minimal --fixtures minimal.json

Exit codes:
  0  no run differed, and the outcome is the fixture's     2  the command line is wrong, or CASE names no single case
  1  a run differed, or the outcome is not the fixture's   3  a source or fixture failed`;

const MINIMISE_EXAMPLES = `
CASE is the id of a fused block, as \`run --fuse\` prints it, or a case of one block whose senders' keys stand in its
fixture: one that was minimised before. What shows the divergence is looked for under deterministic schedules first,
then on real threads.
Transactions, accounts, slots, code, calldata, values and gas are left out or made plainer as long as a parallel
run still differs from the serial one. What is left is written as a blockchain test of the official format; it holds
the command that shows the divergence again.

Examples:
  $ lockstep minimise 'sstore.json::sstore[fused 1, seed 1, Cancun]' -o minimal.json
  $ lockstep minimise sstore --fixtures minimal.json --threads 4 --runs 50 --seconds 600 -o smaller.json

Exit codes:
  0  the smaller fixture was written     2  the command line is wrong, or CASE is none that can be shrunk
  1  no parallel run differed            3  a source or fixture failed`;

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

const REPLAY_SCHEDULE_EXAMPLES = `
A schedule is an interleaving of logical workers at every access to shared memory. The same seed gives the same one on
any machine, and a log of the same bytes. S is a number below 2^32, as \`run --schedules\` names it, or a list of
pre-emptions, WORKERS:STEP>WORKER,… as an exploration names it.

Each line of the log is: step worker event transaction.incarnation.

Examples:
  $ lockstep replay-schedule 'tokens.json.gz::hot_counter_Cancun[Cancun]' --seed 2463534242 --log schedule.log
  $ lockstep replay-schedule 'mix.json.gz::mix_large_Prague[Prague]' --seed '2:134>1,260>0'

Exit codes:
  0  as the fixture says                                 2  the command line is wrong, or CASE names no single case
  1  not so: parallel differs from serial, for example   3  a source or fixture failed`;

const TIMELINE_EXAMPLES = `
CASE is an id, or text that one id holds, as for trace. Each block is run a few times so that all code is compiled, and
then once more while every worker notes down when it executes, validates, aborts, commits and waits. The notes take
time themselves: some tenths of a microsecond each.

Examples:
  $ lockstep timeline 'tokens.json.gz::hot_counter_Cancun[Cancun]' --threads 4
  $ lockstep timeline 'sstore.json::sstore[fused 1, seed 1, Cancun]' --fixtures state_tests --out sstore.trace.json

Exit codes:
  0  as the fixture says                                 2  the command line is wrong, or CASE names no single case
  1  not so: parallel differs from serial, for example   3  a source or fixture failed`;

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

function givenTo(command: Command): ReadonlySet<string> {
  const names = command.options.map((option) => option.attributeName());
  return new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'));
}

function selecting(command: Command): Command {
  return command
    .option('--fixtures <path>', FIXTURES, collect)
    .option('--suite <names>', `kinds of case: ${SUITES.join(', ')} (default: all)`, parseSuites)
    .option('--fork <names>', 'networks, separated by commas (default: all)', parseForks)
    .option('--grep <pattern>', 'cases whose id holds this text, or matches /this/', parsePattern)
    .option('--sample <n>', 'at most n cases, spread evenly over suites and forks; always the same ones', parseCount)
    .addOption(
      new Option(
        '--corpus <part>',
        'of the embedded corpus: quick (the default), or full, with large generated blocks of every fork from Berlin on',
      ).choices(CORPUS_PARTS),
    )
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network');
}

export function createProgram(version: string, actions: Actions): Command {
  const program = new Command('lockstep')
    .description('Executes official Ethereum fixtures serially and in parallel, and reports every difference.')
    .version(version)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride();
  reporting(selecting(program.command('run').description('run cases and judge their outcomes')))
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
    .option('--fuse <n>', 'run fused blocks in place of the cases: at most n of each file of state tests', parseCount)
    .option('--fuse-from <path>', 'make them of this source, and run the cases of the others too; repeatable', collect)
    .option('--fuse-sample <n>', 'at most n fused blocks in all, spread evenly over suites and forks', parseCount)
    .option('--schedules <n>', 'deterministic schedules that each block is run under besides', parseCount)
    .option('--preemptions <n>', 'run blocks of 2 to 4 transactions also under all schedules with so few', parseCount)
    .option('--explore-limit <n>', 'of these schedules, at most so many per block', parseCount, 1000)
    .option('--seed <text>', 'other schedules and other fused blocks', '1')
    .option('--profile <name>', 'options by name: quick, ci, nightly, or one of the configuration file')
    .option('--config <file>', 'configuration file (default: lockstep.config.json, where there is one)')
    .option('--bail', 'stop at the first unexpected outcome')
    .option('--events <path>', 'write the event log there, as the run goes on: see `lockstep report`')
    .option(
      '--shard <i/n>',
      'one of n parts of the run, from 1/n to n/n; `lockstep merge` makes one of them',
      parseShard,
    )
    .addOption(
      new Option('--shard-by <how>', 'deal cases out by the hash of their ids, or by recorded times')
        .choices(SHARDING_MODES)
        .default(undefined, 'hash'),
    )
    .option('--timings <file>', 'recorded times, from `lockstep timings`: what took longest is run first')
    .option('--resume <events>', 'go on with the run of that log; its settings are taken over')
    .option('--last-failed <events>', 'only the cases that failed in the run of that log')
    .option('--expectations <file>', 'known outcomes, with their proofs, instead of those of the package')
    .option('--expected-counts <file>', 'cases of known releases, instead of those of the package')
    .option('--quiet', 'no progress, only failures and the total')
    .option('--no-color', 'plain text')
    .addHelpText('after', RUN_EXAMPLES)
    .action((options: RunOptions, command: Command) => actions.run(options, givenTo(command)));
  addLogCommands(program, actions);
  addUpkeepCommands(program, actions);
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
    .option('--fixtures <path>', FIXTURES, collect)
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
    .command('explain')
    .description('run one case until parallel differs from serial, and say why')
    .argument('<case>', 'id of the case, or a pattern that only one case matches', parsePattern)
    .option('--fixtures <path>', FIXTURES, collect)
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <counts>', 'parallel runs per block, each compared with the serial one', parseThreads, [1, 2, 4])
    .option('--schedules <n>', 'deterministic schedules that each block is run under besides', parseCount)
    .option('--seed <text>', 'other schedules', '1')
    .option('--schedule <s>', 'only this schedule, as `run` and `minimise` name it: always the same run')
    .option('--runs <n>', 'times that the case is run at most', parseCount, 100)
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network')
    .option('--no-color', 'plain text')
    .addHelpText('after', EXPLAIN_EXAMPLES)
    .action((pattern: string, options: ExplainOptions) => actions.explain(pattern, options));
  program
    .command('minimise')
    .description('shrink a block that diverges, and write what is left as a fixture')
    .argument('<case>', 'id of the case, or a pattern that only one case matches', parsePattern)
    .requiredOption('-o, --out <file>', 'fixture to write')
    .option('--fixtures <path>', FIXTURES, collect)
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <counts>', 'parallel runs per block, each compared with the serial one', parseThreads, [2, 4])
    .option('--runs <n>', 'parallel runs of a smaller block before it is taken not to diverge', parseCount, 10)
    .option('--schedules <n>', 'deterministic schedules of a smaller block, tried before that', parseCount, 20)
    .option('--seed <text>', 'other schedules', '1')
    .option('--schedule <s>', 'one that shows it, as `run` and `replay-schedule` name it')
    .option('--seconds <n>', 'longest time for the search', parseSeconds, 120)
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network')
    .option('--no-color', 'plain text')
    .addHelpText('after', MINIMISE_EXAMPLES)
    .action((pattern: string, options: MinimiseOptions) => actions.minimise(pattern, options));
  program
    .command('timeline')
    .description('what each worker does when, as a trace for Perfetto')
    .argument('<case>', 'id of a case, or text that one id holds')
    .option('--fixtures <path>', FIXTURES, collect)
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network')
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--threads <count>', 'threads of the parallel run', parseThreadCount, 2)
    .option('--block <n>', 'only this block of the test, the first is 0', parseIndex)
    .option('--warm-ups <n>', 'runs of each block before the one that is told', parseIndex, 20)
    .option('--out <path>', 'the trace', 'timeline.json')
    .addHelpText('after', TIMELINE_EXAMPLES)
    .action((pattern: string, options: TimelineOptions) => actions.timeline(pattern, options));
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
    .command('replay-schedule')
    .description('run one case under one deterministic interleaving of its workers')
    .argument('<case>', 'id of the case, or a pattern that only one case matches', parsePattern)
    .requiredOption('--seed <s>', 'the schedule')
    .option('--fixtures <path>', FIXTURES, collect)
    .addOption(
      new Option('--vm <name>', 'machine: the WASM EVM, or the slow reference').choices(VM_NAMES).default(DEFAULT_VM),
    )
    .option('--block <n>', 'only this block of the test, the first is 0', parseIndex)
    .option('--log <file>', 'write the events there')
    .option('--legacy', "also the default suites' older generations (LegacyTests)")
    .option('--offline', 'never touch the network')
    .addHelpText('after', REPLAY_SCHEDULE_EXAMPLES)
    .action((pattern: string, options: ReplayScheduleOptions) => actions.replaySchedule(pattern, options));
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
    .option('--threads <n>', 'threads of the parallel run', parseThreadCount, 2)
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
