/** The gate's result as lines for a terminal and as Markdown. */
import { type Fault, PARTS, type Part } from './fault.js';
import type { Finding } from './process.js';

export interface Tried {
  readonly fault: Fault;
  /** In the order in which the suites were run. */
  readonly findings: readonly Finding[];
}

/** What counts: the first that found something, else the first that did not end, else null. */
export function caughtBy({ findings }: Tried): Finding | null {
  return (
    findings.find(({ verdict }) => verdict === 'caught') ??
    findings.find(({ verdict }) => verdict === 'time limit') ??
    null
  );
}

function how({ suite, verdict }: Finding): string {
  return verdict === 'caught' ? suite : `${suite}: time limit`;
}

/** Suites that found it as well, and those that did not; of those that were run. */
function others(tried: Tried): { readonly also: string; readonly missed: string } {
  const first = caughtBy(tried);
  const rest = tried.findings.filter((finding) => finding !== first);
  const names = (list: readonly Finding[]): string => list.map(({ suite }) => suite).join(', ');
  return {
    also: names(rest.filter(({ verdict }) => verdict !== 'nothing')),
    missed: names(rest.filter(({ verdict }) => verdict === 'nothing')),
  };
}

const number = (value: number): string => value.toLocaleString('en-US');

/** One line per fault. */
export function terminalLine(tried: Tried, width: number): string {
  const name = tried.fault.name.padEnd(width);
  const finding = caughtBy(tried);
  if (finding === null) return `SURVIVED  ${name}  ${tried.fault.about}`;
  const { cases, schedules, seconds, detail } = finding;
  const after = `${number(cases)} cases, ${number(schedules)} schedules, ${seconds.toFixed(1)} s of processor time`;
  return `caught    ${name}  ${how(finding)} after ${after}: ${detail.slice(0, 90)}`;
}

/** Where the tables stand, in `test`. */
export const FILES: Readonly<Record<Part, string>> = { engine: 'MUTANTS.md', runner: 'MUTANTS-RUNNER.md' };

const PLANTED = `The faults stand in \`test/mutants/faults\`, as a text of the sources and what takes its place. All of them are compiled
into one copy of the sources in an ignored folder, each behind a switch; the shipped package has neither switches nor
traces of them. A unit test makes sure that every text still stands in the sources exactly once.`;

const HEADERS: Readonly<Record<Part, string>> = {
  engine: `# Mutation gate: the engine

Faults that are planted in the engine one at a time, and what notices them. \`npm run mutants -- --part engine\` makes the
table anew (\`--help\` says more), and with \`--write\` this file. Those of the runner: [MUTANTS-RUNNER.md](MUTANTS-RUNNER.md).

${PLANTED}

Suites, each in a process of its own, in the order in which they are tried (where serial and parallel execution share the
fault, or only unit tests ask for the place, these come first; and the suite that noticed the fault last before all others):

- **schedules**: conflicting blocks of 2 to 6 transactions under deterministic interleavings of 2 to 4 workers, switched
  at accesses to shared memory (\`runners/schedules\`); the same seed finds the same. The oracle is the serial executor.
- **random blocks**: conflicting blocks of 2 to 320 transactions, serially and with 1, 2, 4 and 8 threads, and with 2 and 3
  that are advised falsely; every fourth over the state that others have left. The oracle is the serial executor of the
  same build, so it is blind to faults that both share.
- **exact views**: the same blocks over heaps of which each thread sees no more than it has mapped, for faults of mapping
  alone: otherwise these show only where a word happens to stand behind what a thread has seen of the heap so far.
- **corpus**: the embedded fixtures with 2 and 4 threads, like \`lockstep run\`.
- **unit tests**: the files in \`test/unit\` that guard the place.

A *case* is a block, a fixture case or a test; a *schedule* is one parallel run of a block, since threads never meet in the
same way twice; *processor s* is what the suite that noticed has taken, in seconds of all threads. Where nothing else
notices a fault, a time limit does. But for the first suite, what threads do to one another is up to chance, so numbers
differ from run to run.
`,
  runner: `# Mutation gate: the runner

Faults that are planted in what judges and tells, one at a time, and what notices them. Most of them let something pass
that is wrong, or keep it from being told. \`npm run mutants -- --part runner\` makes the table anew (\`--help\` says more),
and with \`--write\` this file. Those of the engine: [MUTANTS.md](MUTANTS.md).

${PLANTED}

Suites, each in a process of its own: the **unit tests**, those files in \`test/unit\` that guard the place; then the
**corpus**, the embedded fixtures with 2 and 4 threads, like \`lockstep run\`, of which all must pass, so that it notices few
of these faults.

A *case* is a fixture case or a test; *processor s* is what the suite that noticed has taken.
`,
};

function row(tried: Tried, complete: boolean): string {
  const finding = caughtBy(tried);
  const { name, about } = tried.fault;
  const { also, missed } = others(tried);
  const cells =
    finding === null
      ? ['**nothing**', '', '', '']
      : [how(finding), number(finding.cases), number(finding.schedules), finding.seconds.toFixed(1)];
  const more = complete ? [also, missed] : [missed];
  return `| \`${name}\` | ${[about, ...cells, ...more].join(' | ')} |`;
}

/** The file of a part's table. `complete`: all suites were run for each fault, not only until one found it. */
export function markdown(part: Part, all: readonly Tried[], complete: boolean, conditions: string): string {
  const caught = all.filter((tried) => caughtBy(tried) !== null).length;
  const parts = [HEADERS[part], `${caught} of ${all.length} faults are caught. ${conditions}\n`];
  const columns = ['Fault', 'What is wrong', 'Caught by', 'Cases', 'Schedules', 'Processor s'];
  columns.push(...(complete ? ['Also by', 'Not by'] : ['Tried before']));
  const rule = columns.map((_, i) => (i >= 3 && i <= 5 ? '---:' : '---'));
  for (const area of PARTS[part]) {
    const own = all.filter(({ fault }) => fault.area === area);
    if (own.length === 0) continue;
    const title = `${area.charAt(0).toUpperCase()}${area.slice(1)}`;
    parts.push(`## ${title}\n\n| ${columns.join(' | ')} |\n| ${rule.join(' | ')} |`);
    parts.push(`${own.map((tried) => row(tried, complete)).join('\n')}\n`);
  }
  return `${parts.join('\n')}`;
}
