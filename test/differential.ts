/**
 * Runs fixtures on both machines, serially, and says where they differ and who is wrong: the fixture decides between
 * the WASM machine and the reference machine (`@ethereumjs/evm`). A development aid; `--help` tells the usage.
 *
 * Cases run in a child process, since only a kill ends a machine that is inside an endless instruction loop. A case that
 * outlives its time, or takes the process down, is run again on each machine alone, so that it still gets a verdict.
 */
import { classifyPath } from '../runners/fixtures/classify.js';
import { openSource } from '../runners/fixtures/sources.js';
import { fileSelector } from '../runners/job/selection.js';
import { serveParent } from './differential/compare.js';
import type { Finding, Task } from './differential/findings.js';
import { CHILD, endAll, Job } from './differential/jobs.js';
import { type Options, readOptions } from './differential/options.js';
import { Report } from './differential/report.js';
import { MOST_JOBS, runTool } from './support/command-line.js';

const HELP = `Compares the WASM machine with @ethereumjs/evm on fixtures, serially; the fixture decides who is wrong.

  node dist/test/differential.js SOURCE... [options]

SOURCE is a folder, a .json file, a .tar(.gz) archive, or the URL of one.

  --seconds N    CPU time that a case may take; wall time where /proc is absent (60)
  --jobs N       child processes at once (1; ${MOST_JOBS} at most)
  --grep TEXT    only cases whose id holds TEXT, or matches /TEXT/
  --every K      only every K-th file that holds cases, from the first on (1)
  --progress N   a line on stderr after each N cases; 0 for none (5000)
  --limit N      cases printed in full; all of them go to --out (200)
  --out FILE     append JSON lines: one per case that is not equal, one per file that is done, and a summary
  --resume       skip the files that --out FILE says are done, whatever --grep was, and count them in
  --help

Verdicts
  equal             both conform to the fixture and agree in every field of every block's outcome
  ethereumjs-wrong  the WASM machine conforms, the reference machine does not (or throws)
  wasm-wrong        the other way round
  both-wrong        neither conforms
  undecided         both conform, but differ in something that the fixture does not tell
  timeout           a machine did not end, and what ended conforms
  malformed         the fixture cannot be decoded

Exit code: 0; 1 where the WASM machine is not shown to be right on some case; 2 on wrong usage.
`;

/** Texts of the files to run, read when they are asked for. */
async function* tasks(options: Options, report: Report): AsyncGenerator<Task> {
  const isWanted = fileSelector(options.grep);
  for (const source of options.sources) {
    let place = 0;
    for await (const entry of await openSource(source)) {
      const { file } = entry;
      const kind = classifyPath(file);
      // The other kinds run no instruction.
      if ((kind !== null && kind !== 'state' && kind !== 'blockchain') || !isWanted(file)) continue;
      if (place++ % options.every !== 0 || report.isDone(source, file)) continue;
      yield { source, file, text: await entry.text(), grep: options.grep, first: 0, alone: null };
    }
  }
}

async function compareAll(options: Options): Promise<Report> {
  const report = new Report(options);
  const queue = tasks(options, report);
  const work = async (): Promise<void> => {
    const job = new Job(options.seconds);
    for await (const task of queue) {
      const ended: (Finding | null)[] = [];
      for await (const finding of job.run(task)) {
        report.case(finding);
        ended.push(finding);
      }
      report.file(task, ended);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  report.end();
  return report;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return (await compareAll(options)).wasmIsRight ? 0 : 1;
  } finally {
    endAll();
  }
}

if (process.argv[2] === CHILD) serveParent();
else {
  process.on('exit', endAll);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  await runTool(main);
}
