/** The commands that work on what runs have left behind: their event logs. */
import type { Command } from 'commander';
import type { ReportOptions } from './report.js';

export interface LogActions {
  report(file: string, options: ReportOptions): Promise<void>;
}

const REPORT_EXAMPLES = `
The log is all that is needed: neither fixtures nor the machine that ran them. A log of a run that was killed shows how
far it came; a last line that was not written to its end is left out.

Examples:
  $ lockstep run --fixtures ethereum-tests.tar.gz --events run.jsonl
  $ lockstep report run.jsonl --json report.json --html report.html

Exit codes: as of the run (130 where it was killed or interrupted); 3 where the log cannot be read.`;

export function addLogCommands(program: Command, actions: LogActions): void {
  program
    .command('report')
    .description('render the reports of a run again, from its event log')
    .argument('<events>', 'log that `run --events` wrote')
    .option('--json <path>', 'write the report there')
    .option('--html <path>', 'write a page for a browser there: one file, no network')
    .option('--quiet', 'only failures and the total')
    .option('--no-color', 'plain text')
    .addHelpText('after', REPORT_EXAMPLES)
    .action((file: string, options: ReportOptions) => actions.report(file, options));
}
