/** What is printed, and written to `--out`. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { UsageError } from '../../runners/cli/options.js';
import { groupOf } from '../../runners/fixtures/classify.js';
import type { Counts, Finding, Task, Verdict } from './findings.js';
import type { Options } from './options.js';

/** Lines of `--out`; findings come before the line of their file, and are void without it. */
type OutLine =
  | ({ readonly type: 'case' } & Finding)
  | ({ readonly type: 'file'; readonly suite: string; readonly counts: Counts } & Pick<Task, 'source' | 'file'>)
  | { readonly type: 'summary'; readonly counts: Counts; readonly suites: Readonly<Record<string, Counts>> };

export class Report {
  readonly #suites = new Map<string, Counts>();
  readonly #done = new Set<string>();
  #cases = 0;
  #printed = 0;
  /** False where some case does not show the WASM machine to be right. */
  wasmIsRight = true;

  constructor(private readonly options: Options) {
    if (options.out === null) return;
    const exists = existsSync(options.out);
    if (exists && !options.resume) throw new UsageError(`--out ${options.out} exists; go on with it by --resume`);
    if (exists) this.#read(options.out);
    this.#write([]);
  }

  isDone(source: string, file: string): boolean {
    return this.#done.has(`${source}\0${file}`);
  }

  case(finding: Finding | null): void {
    this.#cases++;
    const { progress, limit } = this.options;
    if (progress > 0 && this.#cases % progress === 0) {
      const counts = describeCounts(sumOf(this.#suites.values()));
      process.stderr.write(
        `${this.#cases} cases in ${Math.round(performance.now() / 1000)} s; files done: ${counts}\n`,
      );
    }
    if (finding !== null && this.#printed++ < limit) console.log(describeFinding(finding));
  }

  file({ source, file }: Task, ended: readonly (Finding | null)[]): void {
    const counts = sumOf(ended.map((finding) => ({ [finding?.verdict ?? 'equal']: 1 })));
    const suite = groupOf(file);
    this.#add(suite, counts);
    const findings = ended.filter((finding) => finding !== null);
    for (const finding of findings) this.#doubt(finding);
    const lines = findings.map((finding) => ({ type: 'case', ...finding }) as const);
    this.#write([...lines, { type: 'file', source, file, suite, counts }]);
  }

  end(): void {
    const counts = sumOf(this.#suites.values());
    for (const [suite, one] of this.#suites) console.log(`${suite}: ${describeCounts(one)}`);
    console.log(`all: ${describeCounts(counts)}`);
    this.#write([{ type: 'summary', counts, suites: Object.fromEntries(this.#suites) }]);
  }

  #add(suite: string, counts: Counts): void {
    if (Object.keys(counts).length === 0) return;
    this.#suites.set(suite, sumOf([this.#suites.get(suite) ?? {}, counts]));
  }

  #doubt({ verdict, machines }: Pick<Finding, 'verdict' | 'machines'>): void {
    if (verdict === 'undecided' || machines === null || machines.wasm.outcome !== 'pass') this.wasmIsRight = false;
  }

  #write(lines: readonly OutLine[]): void {
    if (this.options.out === null) return;
    appendFileSync(this.options.out, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  #read(out: string): void {
    for (const [index, text] of readFileSync(out, 'utf8').split('\n').entries()) {
      if (text === '') continue;
      let line: OutLine;
      try {
        line = JSON.parse(text) as OutLine;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new UsageError(`--out ${out} line ${index + 1}: ${error.message}; delete the line to go on`);
      }
      if (line.type === 'case') this.#doubt(line);
      if (line.type !== 'file') continue;
      this.#done.add(`${line.source}\0${line.file}`);
      this.#add(line.suite, line.counts);
    }
  }
}

function sumOf(all: Iterable<Counts>): Counts {
  const sum: Counts = {};
  for (const counts of all) {
    for (const [verdict, count] of Object.entries(counts) as [Verdict, number][]) {
      sum[verdict] = (sum[verdict] ?? 0) + count;
    }
  }
  return sum;
}

function describeCounts(counts: Counts): string {
  const parts = Object.entries(counts).map(([verdict, count]) => `${verdict} ${count}`);
  return parts.join(', ');
}

function describeFinding({ id, verdict, differences, machines, error }: Finding): string {
  const lines = [`${verdict} ${id}`, ...(error === undefined ? [] : [`  ${error}`])];
  for (const [machine, { outcome, cause, differences: wrong }] of Object.entries(machines ?? {})) {
    lines.push(`  ${machine}: ${outcome}${cause === null ? '' : `, ${cause}`}`);
    for (const one of wrong) lines.push(`    ${one.what}: expected ${one.expected}, was ${one.actual}`);
  }
  for (const one of differences ?? []) lines.push(`  ${one.what}: wasm ${one.wasm}, ethereumjs ${one.ethereumjs}`);
  return lines.join('\n');
}
