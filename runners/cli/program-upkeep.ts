/** The commands that keep a machine and its files in order. */
import type { Command } from 'commander';
import type { DoctorOptions } from './doctor.js';
import type { ExpectationsUpdateOptions } from './expectations.js';
import { NO_COLOR } from './shared-options.js';

export interface UpkeepActions {
  doctor(sources: readonly string[], options: DoctorOptions): Promise<void>;
  updateExpectations(logs: readonly string[], options: ExpectationsUpdateOptions): Promise<void>;
}

const DOCTOR_EXAMPLES = `
Looks at Node, cores, memory, shared memory and the engine, at the embedded corpus and the official suites, and at the
sources that are named, which it reads through once: what was found, and what to do about it. Nothing is fetched.

Examples:
  $ lockstep doctor
  $ lockstep doctor fixtures_stable.tar.gz

Exit codes: 0 where runs will work; 2 on a wrong command line; 3 where they will fail.`;

const UPDATE_EXAMPLES = `
Holds the file against a whole run: entries whose cases all pass, or that no case answers to, are listed and with
--write taken out. Entries that hold for some of their cases only, and failures that none expects, are listed for a
person to judge. --drafts writes what entries for those failures would say, but for reason, link and proof: a file with
empty ones is refused.

Examples:
  $ lockstep run --events run.jsonl
  $ lockstep expectations update run.jsonl --write
  $ lockstep expectations update run.jsonl --file known.json --drafts drafts.json

Exit codes:
  0  the file is as the run says, or has been made so     2  the command line or the file is wrong
  1  it is not                                            3  a log cannot be read, or its run is not complete`;

export function addUpkeepCommands(program: Command, actions: UpkeepActions): void {
  program
    .command('doctor')
    .description('say whether this machine has what a run needs, and what to do where it has not')
    .argument('[source...]', 'folder, .json, .tar(.gz) or URL of an archive, to be looked at too')
    .addOption(NO_COLOR)
    .addHelpText('after', DOCTOR_EXAMPLES)
    .action((sources: string[], options: DoctorOptions) => actions.doctor(sources, options));
  program
    .command('expectations')
    .description('keep the file of known outcomes in order')
    .command('update')
    .description('take entries out that no longer hold')
    .argument('<events...>', 'log of a whole run, or those of all its parts')
    .option('--file <path>', 'file of expectations (default: that of the package)')
    .option('--write', 'change the file')
    .option('--drafts <path>', 'write drafts of entries for unexpected failures there')
    .addHelpText('after', UPDATE_EXAMPLES)
    .action((logs: string[], options: ExpectationsUpdateOptions) => actions.updateExpectations(logs, options));
}
