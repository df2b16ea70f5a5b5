/**
 * Runs fixtures on both machines, serially, and says where they differ and who is wrong: the fixture decides between
 * the WASM machine and the reference machine (`@ethereumjs/evm`). A development aid; `--help` tells the usage.
 *
 * Cases run in a child process, since only a kill ends a machine that is inside an endless instruction loop. A case that
 * outlives its time, or takes the process down, is run again on each machine alone, so that it still gets a verdict.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runBlockchainCase } from '../runners/blockchain/run-blockchain.js';
import { PreAllocations } from '../runners/engine/pre-allocations.js';
import { runEngineCase } from '../runners/engine/run-engine.js';
import { type Case, FixtureError } from '../runners/fixtures/cases.js';
import { classifyPath, groupOf } from '../runners/fixtures/classify.js';
import { decodeFile } from '../runners/fixtures/decode.js';
import { caught, idMatcher } from '../runners/fixtures/reference.js';
import { type FixtureSource, openSource, SourceError } from '../runners/fixtures/sources.js';
import { isUnitCase } from '../runners/fixtures/unit-cases.js';
import type { Engines, Executor } from '../runners/job/engine.js';
import { fileSelector } from '../runners/job/selection.js';
import { runStateCase } from '../runners/state/run-state.js';
import { runUnitCase } from '../runners/units/run-unit.js';
import type { CaseOutcome } from '../runners/verdict/result.js';
import type { Difference } from '../runners/verdict/verdict.js';
import { Database, SerialExecutor } from '../src/index.js';
import type { Block, ExecutionResult } from '../src/transition/types.js';
import type { VmName } from '../src/vm/name.js';

const HELP = `Compares the WASM machine with @ethereumjs/evm on fixtures, serially; the fixture decides who is wrong.

  node dist/test/differential.js SOURCE... [options]

SOURCE is a folder, a .json file, a .tar(.gz) archive, or the URL of one.

  --seconds N    CPU time that a case may take; wall time where /proc is absent (60)
  --jobs N       child processes at once (1)
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

/** As `--help` tells them, and in that order. */
type Verdict = 'equal' | 'ethereumjs-wrong' | 'wasm-wrong' | 'both-wrong' | 'undecided' | 'timeout' | 'malformed';

/** One machine alone against the fixture. */
interface Judgement {
  readonly outcome: 'pass' | 'nonconformant' | 'crashed' | 'timeout';
  readonly cause: string | null;
  /** `expected` is the fixture's. */
  readonly differences: readonly Difference[];
}

/** What became of a case that is not `equal`. */
interface Finding {
  readonly id: string;
  readonly verdict: Verdict;
  /** Machine against machine; null where they were not compared to the end. */
  readonly differences: readonly { readonly what: string; readonly wasm: string; readonly ethereumjs: string }[] | null;
  readonly machines: Readonly<Record<VmName, Judgement>> | null;
  /** Of a malformed fixture: file, test and field at fault. */
  readonly error?: string;
}

interface Task {
  readonly source: string;
  readonly file: string;
  readonly text: string;
  readonly grep: string | null;
  /** Place in the file of the first case to run. */
  readonly first: number;
  /** Null compares the machines on all the cases from there on; a name runs the first one on that machine alone. */
  readonly alone: VmName | null;
}

type FromChild =
  | { readonly type: 'start'; readonly id: string }
  | { readonly type: 'end'; readonly finding: Finding | null }
  | { readonly type: 'judged'; readonly judgement: Judgement; readonly cpuSeconds: number }
  | { readonly type: 'done' };

/** The child's end, in the place of a message. */
type Death = { readonly type: 'death'; readonly timedOut: boolean; readonly how: string };

// ---- In the child: cases on the machines.

/** A serial executor. Machines name halts each in its own way: only whether there was one is compared. */
async function createExecutor(vm: VmName): Promise<Executor> {
  const executor = await SerialExecutor.create({ vm });
  const execute = async (database: Database, block: Block): Promise<ExecutionResult> => {
    const result = await executor.execute(database, block);
    if (!result.ok) return result;
    const transactions = result.transactions.map((one) =>
      one.kind === 'executed' && one.halt !== null ? { ...one, halt: 'halted' } : one,
    );
    return { ...result, transactions };
  };
  return { execute, close: () => executor.close() };
}

const OPENED = new Map<string, Promise<FixtureSource>>();

/** Read from the source itself: a child is given the text of one file only. */
const PRE_ALLOCATIONS = new PreAllocations(async (source, file, name) => {
  const opened = OPENED.get(source) ?? openSource(source);
  OPENED.set(source, opened);
  return (await opened).companion(file, name);
});

function run(engines: Engines, one: Case): Promise<CaseOutcome> {
  if (isUnitCase(one)) return runUnitCase(one);
  switch (one.kind) {
    case 'state':
      return runStateCase(engines, one);
    case 'blockchain':
      return runBlockchainCase(engines, one);
    case 'blockchain-engine':
    case 'blockchain-engine-x':
      return runEngineCase(engines, one, PRE_ALLOCATIONS);
  }
}

class Comparer {
  #engines: Engines | null = null;

  async compare(one: Case): Promise<Finding | null> {
    this.#engines ??= {
      database: Database.from([]),
      serial: await createExecutor('wasm'),
      parallel: new Map([[1, await createExecutor('ethereumjs')]]),
    };
    let compared: CaseOutcome | null = null;
    try {
      compared = await run(this.#engines, one);
    } catch {
      // Which machine threw, and what, comes out below, where each runs alone. Its memory is not used again.
      this.#engines = null;
    }
    if (compared?.verdict === 'pass') return null;
    const machines = { wasm: await judgeAlone('wasm', one), ethereumjs: await judgeAlone('ethereumjs', one) };
    const differences =
      compared !== null && (compared.verdict === 'divergent' || compared.verdict === 'unstable')
        ? compared.differences
            .map(clipped)
            .map((one) => ({ what: one.what, wasm: one.expected, ethereumjs: one.actual }))
        : [];
    return { id: one.id, verdict: verdictOf(machines), differences, machines };
  }
}

async function judgeAlone(vm: VmName, one: Case): Promise<Judgement> {
  const engines = { database: Database.from([]), serial: await createExecutor(vm), parallel: new Map() };
  try {
    const { verdict, cause, differences } = await run(engines, one);
    const outcome = verdict === 'pass' ? 'pass' : 'nonconformant';
    return { outcome, cause, differences: differences.map(clipped) };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { outcome: 'crashed', cause: text.split('\n').slice(0, 6).join('\n'), differences: [] };
  } finally {
    await engines.serial.close();
  }
}

/** Both pass only where the comparison found a difference, or was not made to the end. */
function verdictOf({ wasm, ethereumjs }: Readonly<Record<VmName, Judgement>>): Verdict {
  const wrong = ({ outcome }: Judgement): boolean => outcome === 'nonconformant' || outcome === 'crashed';
  if (wrong(wasm)) return wrong(ethereumjs) ? 'both-wrong' : 'wasm-wrong';
  if (wrong(ethereumjs)) return 'ethereumjs-wrong';
  return wasm.outcome === 'timeout' || ethereumjs.outcome === 'timeout' ? 'timeout' : 'undecided';
}

/** Codes and logs can be long; their beginning shows which they are. */
function clipped({ what, expected, actual }: Difference): Difference {
  const clip = (text: string): string =>
    text.length <= 400 ? text : `${text.slice(0, 400)}… (${text.length} characters)`;
  return { what, expected: clip(expected), actual: clip(actual) };
}

/** Resolves once the message is written: a case that is killed must not take its announcement with it. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('a child runs under a parent with an IPC channel');
    process.send(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function runTask(comparer: Comparer, task: Task): Promise<void> {
  const matches = task.grep === null ? () => true : idMatcher(task.grep);
  let place = 0;
  for (const reference of decodeFile(task.source, task.file, task.text).references) {
    if (!(reference instanceof FixtureError) && !matches(reference.id)) continue;
    if (place++ < task.first) continue;
    const id = reference instanceof FixtureError ? `${task.file}::${reference.test ?? '?'}` : reference.id;
    await send({ type: 'start', id });
    const one = reference instanceof FixtureError ? reference : caught(() => reference.decode());
    if (one instanceof FixtureError) {
      const finding = { id, verdict: 'malformed', differences: null, machines: null, error: one.message } as const;
      await send({ type: 'end', finding });
    } else if (task.alone !== null) {
      const judgement = await judgeAlone(task.alone, one);
      const { user, system } = process.cpuUsage();
      await send({ type: 'judged', judgement, cpuSeconds: (user + system) / 1e6 });
      return;
    } else {
      await send({ type: 'end', finding: await comparer.compare(one) });
    }
  }
  await send({ type: 'done' });
}

function serveParent(): void {
  const comparer = new Comparer();
  process.on('message', (task: Task) => {
    runTask(comparer, task).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    });
  });
  process.on('disconnect', () => process.exit(0));
}

// ---- In the parent: children, their time, and the report.

const CHILD = 'differential-child';
/** Clock ticks of /proc per second: fixed in the kernel's interface on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** CPU time of a process, seconds; wall time where the system has no /proc. */
function clock(pid: number | undefined): number {
  if (!existsSync('/proc/self/stat')) return performance.now() / 1000;
  try {
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th word after it.
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ') ?? [];
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
  } catch (error) {
    // It has just ended, and its `close` is on the way.
    if (/^(?:ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}

/** A child in an endless loop does not see that its parent is gone. */
const alive = new Set<Child>();
function endAll(): void {
  for (const child of alive) child.end();
}

class Child {
  readonly #process: ChildProcess;
  readonly #messages: (FromChild | Death)[] = [];
  readonly #timer: NodeJS.Timeout;
  #arrived: (() => void) | null = null;
  #since = 0;
  #stderr = '';
  #timedOut = false;

  constructor(private readonly seconds: number) {
    this.#process = fork(fileURLToPath(import.meta.url), [CHILD], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    this.#process.on('message', (message) => {
      this.#since = clock(this.#process.pid);
      this.#put(message as FromChild);
    });
    this.#process.on('close', (code, signal) => {
      clearInterval(this.#timer);
      alive.delete(this);
      const how = this.#timedOut ? `no end within ${seconds} s` : `the process died: ${signal ?? code} ${this.#stderr}`;
      this.#put({ type: 'death', timedOut: this.#timedOut, how: how.trim() });
    });
    this.#timer = setInterval(() => this.#checkTime(), 250);
    alive.add(this);
  }

  send(task: Task): void {
    this.#since = clock(this.#process.pid);
    // A failed send means that the process is gone, which `close` reports by itself.
    if (this.#process.connected) this.#process.send(task, () => undefined);
  }

  /** The next message; after a {@link Death} there is none. */
  async next(): Promise<FromChild | Death> {
    const arrival = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    if (this.#messages.length === 0) await arrival;
    return this.#messages.shift() as FromChild | Death;
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  #put(message: FromChild | Death): void {
    this.#messages.push(message);
    this.#arrived?.();
    this.#arrived = null;
  }

  #checkTime(): void {
    if (clock(this.#process.pid) - this.#since < this.seconds) return;
    this.#timedOut = true;
    this.#process.kill('SIGKILL');
  }
}

class Job {
  #child: Child | null = null;

  constructor(private readonly seconds: number) {}

  /** Runs the cases of a file, and yields a finding, or null for `equal`, as each ends. */
  async *run(task: Task): AsyncGenerator<Finding | null> {
    let first = 0;
    let running: string | null = null;
    this.#send(task);
    for (;;) {
      const message: FromChild | Death = await (this.#child as Child).next();
      if (message.type === 'done') return;
      if (message.type === 'start') running = message.id;
      if (message.type !== 'end' && message.type !== 'death') continue;
      if (message.type === 'end') yield message.finding;
      else {
        this.#child = null;
        if (running === null) {
          const error = `${task.file}: the child ended outside of a case (${message.how}); the rest was not run`;
          yield { id: `${task.file}::?`, verdict: 'malformed', differences: null, machines: null, error };
          return;
        }
        yield await this.#autopsy({ ...task, first }, running, message);
        this.#send({ ...task, first: first + 1 });
      }
      first++;
      running = null;
    }
  }

  #send(task: Task): void {
    this.#child ??= new Child(this.seconds);
    this.#child.send(task);
  }

  /** A verdict on a case whose comparison ended the child: each machine alone, in a child of its own. */
  async #autopsy(task: Task, id: string, death: Death): Promise<Finding> {
    const [wasm, spent] = await this.#judge({ ...task, alone: 'wasm' });
    // What the WASM machine did not use of the comparison's time was the reference machine's: no need to see it again.
    const known = death.timedOut && wasm.outcome !== 'timeout' && spent < this.seconds / 4;
    const ethereumjs = known
      ? { outcome: 'timeout' as const, cause: death.how, differences: [] }
      : (await this.#judge({ ...task, alone: 'ethereumjs' }))[0];
    const machines = { wasm, ethereumjs };
    const verdict = verdictOf(machines);
    // Each ended alone, but both did not within the time of one: they were not compared.
    return { id, verdict: verdict === 'undecided' ? 'timeout' : verdict, differences: null, machines };
  }

  /** The judgement and the CPU seconds it took. */
  async #judge(task: Task): Promise<[Judgement, number]> {
    const child = new Child(this.seconds);
    child.send(task);
    try {
      for (;;) {
        const message = await child.next();
        if (message.type === 'judged') return [message.judgement, message.cpuSeconds];
        if (message.type !== 'death') continue;
        const outcome = message.timedOut ? 'timeout' : 'crashed';
        return [{ outcome, cause: message.how, differences: [] }, this.seconds];
      }
    } finally {
      child.end();
    }
  }
}

type Counts = Partial<Record<Verdict, number>>;

/** Lines of `--out`; findings come before the line of their file, and are void without it. */
type OutLine =
  | ({ readonly type: 'case' } & Finding)
  | ({ readonly type: 'file'; readonly suite: string; readonly counts: Counts } & Pick<Task, 'source' | 'file'>)
  | { readonly type: 'summary'; readonly counts: Counts; readonly suites: Readonly<Record<string, Counts>> };

class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ReturnType<typeof readOptions>>;

/** Null where help is asked for. Throws {@link UsageError}, and parseArgs' own error, which names the option. */
function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      jobs: { type: 'string', default: '1' },
      grep: { type: 'string' },
      every: { type: 'string', default: '1' },
      progress: { type: 'string', default: '5000' },
      limit: { type: 'string', default: '200' },
      out: { type: 'string' },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const whole = (name: string, text: string, least: number): number => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new UsageError(`--${name} takes a whole number from ${least} on, not "${text}"`);
  };
  if (positionals.length === 0) throw new UsageError('no SOURCE is named; --help tells the usage');
  const { grep = null, out = null } = values;
  checkPattern(grep ?? '');
  if (values.resume && out === null) throw new UsageError('--resume needs --out FILE, which says what is done');
  return {
    sources: positionals,
    seconds: whole('seconds', values.seconds, 1),
    jobs: whole('jobs', values.jobs, 1),
    grep,
    every: whole('every', values.every, 1),
    progress: whole('progress', values.progress, 0),
    limit: whole('limit', values.limit, 0),
    out,
    resume: values.resume,
  };
}

function checkPattern(grep: string): void {
  try {
    idMatcher(grep);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--grep "${grep}": ${error.message}`);
  }
}

class Report {
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

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === null) {
      process.stdout.write(HELP);
      return 0;
    }
    return (await compareAll(options)).wasmIsRight ? 0 : 1;
  } catch (error) {
    const isUsage = error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_');
    if (!(error instanceof Error) || !(isUsage || error instanceof SourceError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  } finally {
    endAll();
  }
}

if (process.argv[2] === CHILD) serveParent();
else {
  process.on('exit', endAll);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  process.exitCode = await main(process.argv.slice(2));
}
