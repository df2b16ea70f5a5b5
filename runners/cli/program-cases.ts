/** The commands that are about one case. */
import type { Command } from 'commander';
import type { ExplainOptions } from './explain.js';
import type { MinimiseOptions } from './minimise.js';
import { parseCount, parseIndex, parsePattern, parseSeconds } from './options.js';
import type { ReplayScheduleOptions } from './replay-schedule.js';
import { FIRST_RUNS } from './settings.js';
import {
  BLOCK,
  FIXTURES,
  LEGACY,
  manyThreads,
  NO_COLOR,
  OFFLINE,
  oneThreadCount,
  SCHEDULES,
  VM,
} from './shared-options.js';
import type { TimelineOptions } from './timeline.js';
import type { TraceOptions } from './trace.js';

export interface CaseActions {
  trace(pattern: string, options: TraceOptions): Promise<void>;
  explain(pattern: string, options: ExplainOptions): Promise<void>;
  minimise(pattern: string, options: MinimiseOptions): Promise<void>;
  timeline(pattern: string, options: TimelineOptions): Promise<void>;
  replaySchedule(pattern: string, options: ReplayScheduleOptions): Promise<void>;
}

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
then on real threads; the whole block gets ${FIRST_RUNS} times as many schedules and runs as --schedules and --runs name for
smaller ones, since without its divergence there is nothing to do.
Transactions, accounts, slots, code, calldata, values and gas are left out or made plainer as long as a parallel
run still differs from the serial one. What is left is written as a blockchain test of the official format; it holds
the command that shows the divergence again.

Examples:
  $ lockstep minimise 'sstore.json::sstore[fused 1, seed 1, Cancun]' -o minimal.json
  $ lockstep minimise sstore --fixtures minimal.json --threads 4 --runs 50 --seconds 600 -o smaller.json

Exit codes:
  0  the smaller fixture was written     2  the command line is wrong, or CASE is none that can be shrunk
  1  no parallel run differed            3  a source or fixture failed`;

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

/** A command about the case that its argument names. */
function oneCase(
  program: Command,
  name: string,
  description: string,
  argument = 'id of the case, or a pattern that only one case matches',
): Command {
  return program.command(name).description(description).argument('<case>', argument, parsePattern);
}

export function addTrace(program: Command, actions: CaseActions): void {
  oneCase(program, 'trace', 'print the instructions of one case as JSON lines (EIP-3155)')
    .addOption(FIXTURES)
    .addOption(VM)
    .addOption(BLOCK)
    .option('--transaction <n>', 'only this transaction of each block, the first is 0', parseIndex)
    .option('--memory', 'also the memory')
    .option('--no-stack', 'leave the stack out')
    .option('--out <path>', 'write there instead of standard output')
    .option('--diff', 'run both machines, whatever --vm says, and show the first step at which they differ')
    .addOption(LEGACY)
    .addOption(OFFLINE)
    .addHelpText('after', TRACE_EXAMPLES)
    .action((pattern: string, options: TraceOptions) => actions.trace(pattern, options));
}

export function addExplain(program: Command, actions: CaseActions): void {
  oneCase(program, 'explain', 'run one case until parallel differs from serial, and say why')
    .addOption(FIXTURES)
    .addOption(VM)
    .addOption(manyThreads([1, 2, 4]))
    .addOption(SCHEDULES)
    .option('--seed <text>', 'other schedules', '1')
    .option('--schedule <s>', 'only this schedule, as `run` and `minimise` name it: always the same run')
    .option('--runs <n>', 'times that the case is run at most', parseCount, 100)
    .addOption(LEGACY)
    .addOption(OFFLINE)
    .addOption(NO_COLOR)
    .addHelpText('after', EXPLAIN_EXAMPLES)
    .action((pattern: string, options: ExplainOptions) => actions.explain(pattern, options));
}

export function addMinimise(program: Command, actions: CaseActions): void {
  oneCase(program, 'minimise', 'shrink a block that diverges, and write what is left as a fixture')
    .requiredOption('-o, --out <file>', 'fixture to write')
    .addOption(FIXTURES)
    .addOption(VM)
    .addOption(manyThreads([2, 4]))
    .option('--runs <n>', 'parallel runs of a smaller block before it is taken not to diverge', parseCount, 10)
    .option('--schedules <n>', 'deterministic schedules of a smaller block, tried before that', parseCount, 20)
    .option('--seed <text>', 'other schedules', '1')
    .option('--schedule <s>', 'one that shows it, as `run` and `replay-schedule` name it')
    .option('--seconds <n>', 'longest time for the search', parseSeconds, 120)
    .addOption(LEGACY)
    .addOption(OFFLINE)
    .addOption(NO_COLOR)
    .addHelpText('after', MINIMISE_EXAMPLES)
    .action((pattern: string, options: MinimiseOptions) => actions.minimise(pattern, options));
}

export function addTimeline(program: Command, actions: CaseActions): void {
  oneCase(
    program,
    'timeline',
    'what each worker does when, as a trace for Perfetto',
    'id of a case, or text that one id holds',
  )
    .addOption(FIXTURES)
    .addOption(LEGACY)
    .addOption(OFFLINE)
    .addOption(VM)
    .addOption(oneThreadCount('count'))
    .addOption(BLOCK)
    .option('--warm-ups <n>', 'runs of each block before the one that is told', parseIndex, 20)
    .option('--out <path>', 'the trace', 'timeline.json')
    .addHelpText('after', TIMELINE_EXAMPLES)
    .action((pattern: string, options: TimelineOptions) => actions.timeline(pattern, options));
}

export function addReplaySchedule(program: Command, actions: CaseActions): void {
  oneCase(program, 'replay-schedule', 'run one case under one deterministic interleaving of its workers')
    .requiredOption('--seed <s>', 'the schedule')
    .addOption(FIXTURES)
    .addOption(VM)
    .addOption(BLOCK)
    .option('--log <file>', 'write the events there')
    .addOption(LEGACY)
    .addOption(OFFLINE)
    .addHelpText('after', REPLAY_SCHEDULE_EXAMPLES)
    .action((pattern: string, options: ReplayScheduleOptions) => actions.replaySchedule(pattern, options));
}
