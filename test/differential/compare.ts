/** In the child: cases on both machines, and on each alone. */
import { PreAllocations } from '../../runners/engine/pre-allocations.js';
import { type Case, FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { caught, idMatcher } from '../../runners/fixtures/reference.js';
import { type FixtureSource, openSource } from '../../runners/fixtures/sources.js';
import { isUnitCase } from '../../runners/fixtures/unit-cases.js';
import type { Engines, Executor } from '../../runners/job/engine.js';
import { runBlockCase } from '../../runners/job/run-case.js';
import { runUnitCase } from '../../runners/units/run-unit.js';
import type { CaseOutcome } from '../../runners/verdict/result.js';
import type { Difference } from '../../runners/verdict/verdict.js';
import { Database, SerialExecutor } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import type { Finding, FromChild, Judgement, Task, Verdict } from './findings.js';

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
  return isUnitCase(one) ? runUnitCase(one) : runBlockCase(engines, one, PRE_ALLOCATIONS);
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
export function verdictOf({ wasm, ethereumjs }: Readonly<Record<VmName, Judgement>>): Verdict {
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

export function serveParent(): void {
  const comparer = new Comparer();
  process.on('message', (task: Task) => {
    runTask(comparer, task).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    });
  });
  process.on('disconnect', () => process.exit(0));
}
