/** The commands that take many cases: `run`, and `list`, which only names them. */
import { type Command, Option } from 'commander';
import { SECONDED_EVERY } from '../fuse/seconded.js';
import {
  collect,
  parseCount,
  parseSeconds,
  parseShard,
  type RunOptions,
  type SelectionOptions,
  SHARDING_MODES,
} from './options.js';
import { reporting } from './program-logs.js';
import { EXPLORE_LIMIT } from './settings.js';
import { JOBS, manyThreads, NO_COLOR, SCHEDULES, selecting, VM } from './shared-options.js';

export interface RunActions {
  /** `given` are the names of the options that the command line holds. */
  run(options: RunOptions, given: ReadonlySet<string>): Promise<void>;
  list(options: SelectionOptions): Promise<void>;
}

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

Configuration: lockstep.config.json in the working directory holds options by their names on the command line, for
every run and in profiles:
  { "version": 1, "run": { "jobs": 4 }, "profiles": { "ci": { "sample": 2000, "junit": "junit.xml" } } }
The command line comes before a profile, a profile before the rest. Without a file there are quick (500 cases,
2 threads), ci (5,000 cases) and nightly (everything, the older generations included, up to 8 threads).

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
  2  the command line is wrong         130  interrupted (Ctrl-C, SIGTERM, SIGHUP)`;

const LIST_EXAMPLES = `
Examples:
  $ lockstep list --fork Prague
  $ lockstep list --fixtures ethereum-tests --grep '/stSelfBalance|stRefund/'

Exit codes:
  0  the ids were printed          3  a source or a fixture failed
  2  the command line is wrong     4  no case was selected`;

export function addRun(program: Command, actions: RunActions): void {
  reporting(selecting(program.command('run').description('run cases and judge their outcomes')))
    .addOption(VM)
    .addOption(manyThreads([1, 2, 4]))
    .addOption(JOBS)
    .option(
      '--timeout <seconds>',
      'processor time that one case may take, and thrice that by the clock',
      parseSeconds,
      600,
    )
    .option('--fuse <n>', 'run fused blocks in place of the cases: at most n of each file of state tests', parseCount)
    .option('--fuse-from <path>', 'make them of this source, and run the cases of the others too; repeatable', collect)
    .option('--fuse-sample <n>', 'at most n fused blocks in all, spread evenly over suites and forks', parseCount)
    .addOption(SCHEDULES)
    .option('--preemptions <n>', 'run blocks of 2 to 4 transactions also under all schedules with so few', parseCount)
    .option(
      '--explore-limit <n>',
      `of these schedules, at most so many per block (default: ${EXPLORE_LIMIT})`,
      parseCount,
    )
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
    .addOption(NO_COLOR)
    .addHelpText('after', RUN_EXAMPLES)
    .action((options: RunOptions, command: Command) => actions.run(options, givenTo(command)));
}

function givenTo(command: Command): ReadonlySet<string> {
  const names = command.options.map((option) => option.attributeName());
  return new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'));
}

export function addList(program: Command, actions: RunActions): void {
  selecting(program.command('list').description('print the ids of the cases that a run would take'))
    .addHelpText('after', LIST_EXAMPLES)
    .action((options: SelectionOptions) => actions.list(options));
}
