/** The commands that check what verdicts rest on: that no case is lost, and that the runner notices what is wrong. */
import type { Command } from 'commander';
import type { CountsOptions } from './counts.js';
import { parseCount, parseSeconds, parseTexts } from './options.js';
import type { SelfTestCommandOptions } from './selftest.js';
import { FORK, GREP, JOBS, NO_COLOR, OFFLINE, oneThreadCount, SUITE, VM } from './shared-options.js';

export interface CheckActions {
  counts(sources: readonly string[], options: CountsOptions): Promise<void>;
  selftest(sources: readonly string[], options: SelfTestCommandOptions): Promise<void>;
}

const COUNTS_EXAMPLES = `
The file names each suite with some of its files and marks of their content, by which it is recognised under any
name, packed or not. Nothing is written where a source or fixture is at fault.

Examples:
  $ lockstep counts eest-v6=fixtures_stable.tar.gz --write counts.json
  $ lockstep run --fixtures fixtures_stable.tar.gz --expected-counts counts.json

Exit codes:
  0  the counts were written       3  a source or a fixture failed
  2  the command line is wrong     4  no source holds a case`;

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

export function addCounts(program: Command, actions: CheckActions): void {
  program
    .command('counts')
    .description('count the cases of sources by suite, kind and fork, as --expected-counts takes them')
    .argument('<source...>', 'folder, .json, .tar(.gz) or URL of an archive; NAME=SOURCE names the release')
    .option('--write <file>', 'write there instead of to standard output')
    .addHelpText('after', COUNTS_EXAMPLES)
    .action((sources: string[], options: CountsOptions) => actions.counts(sources, options));
}

export function addSelfTest(program: Command, actions: CheckActions): void {
  program
    .command('selftest')
    .description('corrupt fixtures, one thing at a time, and check that the runner notices each')
    .argument('[source...]', 'folder, .json, .tar(.gz) or URL of an archive (default: the embedded corpus)')
    .option('--cases <n>', 'cases to draw, spread evenly over suites and forks', parseCount, 100)
    .option('--seed <text>', 'other cases and other places to flip', '1')
    .option('--kind <names>', 'only flips whose name holds one of these texts, separated by commas', parseTexts)
    .addOption(SUITE)
    .addOption(FORK)
    .addOption(GREP)
    .addOption(VM)
    .addOption(oneThreadCount('n'))
    .addOption(JOBS)
    .option(
      '--timeout <seconds>',
      'processor time for one copy of a case, and thrice that by the clock',
      parseSeconds,
      300,
    )
    .option('--json <path>', 'write the table and what was not caught there')
    .addOption(OFFLINE)
    .addOption(NO_COLOR)
    .addHelpText('after', SELFTEST_EXAMPLES)
    .action((sources: string[], options: SelfTestCommandOptions) => actions.selftest(sources, options));
}
