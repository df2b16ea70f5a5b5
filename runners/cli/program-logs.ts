/** The commands that work on what runs have left behind: their event logs. */
import type { Command } from 'commander';
import type { GateOptions } from './gate.js';
import type { MergeOptions } from './merge.js';
import { parseShare } from './options.js';
import type { ReportOptions } from './report.js';
import { NO_COLOR } from './shared-options.js';
import type { TimingsOptions } from './timings.js';

export interface LogActions {
  report(files: readonly string[], options: ReportOptions): Promise<void>;
  merge(files: readonly string[], options: MergeOptions): Promise<void>;
  timings(files: readonly string[], options: TimingsOptions): Promise<void>;
  gate(options: GateOptions): Promise<void>;
}

const REPORT_EXAMPLES = `
The log is all that is needed: neither fixtures nor the machine that ran them. A log of a run that was killed shows how
far it came; a last line that was not written to its end is left out. Several logs are those of all parts of one run,
and are put together as by \`lockstep merge\`.

Examples:
  $ lockstep run --fixtures ethereum-tests.tar.gz --events run.jsonl
  $ lockstep report run.jsonl --json report.json --html report.html
  $ lockstep report part-1.jsonl part-2.jsonl part-3.jsonl

Exit codes: as of the run (130 where it was killed or interrupted); 3 where a log cannot be read, or the logs are not
those of all parts of one run.`;

const MERGE_EXAMPLES = `
The logs must be those of all parts of one run, each run to its end: the same options, fixtures, expectations and
versions, no part missing or twice there, no case in two of them. What only the whole can be judged by is judged now:
the expected number of cases, expectations that no case answers to, suites that lack a file.

Examples:
  $ lockstep run --fixtures fixtures_stable.tar.gz --shard 1/3 --events part-1.jsonl    likewise 2/3 and 3/3, anywhere
  $ lockstep merge part-1.jsonl part-2.jsonl part-3.jsonl --out run.jsonl
  $ lockstep report run.jsonl --json report.json

Exit codes: as the whole run would have had; 2 on a wrong command line; 3 where the logs cannot be merged.`;

const TIMINGS_EXAMPLES = `
The file holds the processor time of each case. \`run --timings FILE\` runs files that took long first, and with
\`--shard-by time\` deals the cases out so that all parts take about as long. Every part must be given the same file.

Examples:
  $ lockstep timings run.jsonl --out timings.json
  $ lockstep run --shard 2/3 --shard-by time --timings timings.json --events part-2.jsonl

Exit codes:
  0  the file was written            3  a log cannot be read, or the file cannot be written
  2  the command line is wrong       4  no case has ended in the logs`;

const GATE_EXAMPLES = `
Fails on failures that the baseline does not have or has otherwise, on cases that it has and the report has not, on new
faults of sources and fixtures, on a run that is not complete; and on a benchmark's figure that fell below a share of
what it was, beyond what the rounds differ by themselves. Failures that the baseline has too are let pass: it says what
is known, \`run\` says what is right. Both sides may be reports or event logs; of lost cases, a baseline that is a log
tells the names, a report the files. Benchmarks are the bench.json of \`npm run bench\`, and what
\`npm run bench -- vm --json\` and \`-- engine --json\` write; times are compared where processor, cores and Node are
the same and --ratios is not given, ratios always.

Examples:
  $ lockstep gate --baseline last-green.json --report report.json
  $ lockstep gate --baseline last-green.jsonl --report run.jsonl
  $ lockstep gate --bench new.json --bench-baseline old.json --threshold 0.9

Exit codes:
  0  no worse than the baseline      2  the command line is wrong
  1  worse                           3  a file cannot be read, or is none to compare`;

/** Options of commands that tell of a run. */
export function reporting(command: Command): Command {
  return command
    .option('--json <path>', 'write the report there')
    .option('--html <path>', 'write a page for a browser there: one file, no network')
    .option('--junit <path>', 'write JUnit XML there')
    .option('--github', 'annotations and a job summary for GitHub Actions');
}

export function addLogCommands(program: Command, actions: LogActions): void {
  reporting(program.command('report'))
    .description('render the reports of a run again, from its event log')
    .argument('<events...>', 'log that `run --events` wrote, or those of all parts of a run')
    .option('--quiet', 'only failures and the total')
    .addOption(NO_COLOR)
    .addHelpText('after', REPORT_EXAMPLES)
    .action((files: string[], options: ReportOptions) => actions.report(files, options));
  program
    .command('merge')
    .description('make one event log of those of all parts of a run')
    .argument('<events...>', 'logs of the parts, in any order')
    .requiredOption('--out <path>', 'write the log of the whole run there')
    .addHelpText('after', MERGE_EXAMPLES)
    .action((files: string[], options: MergeOptions) => actions.merge(files, options));
  program
    .command('timings')
    .description('write down what cases took, for --timings')
    .argument('<events...>', 'logs of runs, whole or not')
    .requiredOption('--out <path>', 'write the timings there')
    .addHelpText('after', TIMINGS_EXAMPLES)
    .action((files: string[], options: TimingsOptions) => actions.timings(files, options));
  program
    .command('gate')
    .description('say whether a run, or a benchmark, is worse than an earlier one')
    .option('--baseline <file>', 'report or event log of the earlier run')
    .option('--report <file>', 'report or event log of the run', 'report.json')
    .option('--bench <file>', 'figures of the benchmark')
    .option('--bench-baseline <file>', 'figures of the earlier benchmark')
    .option('--threshold <share>', 'of an earlier figure, what a figure must reach', parseShare, 0.9)
    .option('--ratios', 'of benchmarks, compare ratios and no times, though the machines are alike')
    .option('--github', 'also add what changed to the job summary of GitHub Actions')
    .addOption(NO_COLOR)
    .addHelpText('after', GATE_EXAMPLES)
    .action((options: GateOptions) => actions.gate(options));
}
