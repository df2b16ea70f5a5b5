/** The runner module of a real run: decodes fixtures and runs their cases on the engine. */
import { PreAllocations } from '../engine/pre-allocations.js';
import type { FixtureErrorRecord } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import { FixtureError, MissingCompanionError } from '../fixtures/cases.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import { type DecodedFile, decodeFile } from '../fixtures/decode.js';
import type { CaseReference } from '../fixtures/reference.js';
import { isUnitCase } from '../fixtures/unit-cases.js';
import { type FusedReference, fusedReferences } from '../fuse/references.js';
import { runFused } from '../fuse/run-fused.js';
import { runUnitCase } from '../units/run-unit.js';
import { type CaseOutcome, identityOf } from '../verdict/result.js';
import type { CaseResult } from '../verdict/verdict.js';
import type { CaseRunner, OpenedFile, SelectedCase } from './case-runner.js';
import { closeEngines, createEngines, createOtherMachine, type Engines, type Executor } from './engine.js';
import type { FileTask, JobSettings } from './protocol.js';
import { runBlockCase } from './run-case.js';
import { errorSelector, fusedSelection, isFused, selector, taskSelector } from './selection.js';

export async function createCaseRunner(settings: JobSettings, companions: FindCompanionIn): Promise<CaseRunner> {
  const engines = await createEngines(settings.vm, settings.threads, settings.schedules);
  return new LockstepRunner(settings, engines, new PreAllocations(companions));
}

class LockstepRunner implements CaseRunner {
  readonly #select: ReturnType<typeof selector>;
  readonly #selectFused: ReturnType<typeof selector>;
  /** Made when the first case asks for it. */
  #other: Promise<Executor> | null = null;

  constructor(
    private readonly settings: JobSettings,
    private engines: Engines,
    private readonly preAllocations: PreAllocations,
  ) {
    this.#select = selector(settings);
    this.#selectFused = selector(fusedSelection(settings));
  }

  open(task: FileTask): OpenedFile {
    const decoded = decodeFile(task.source, task.file, task.text);
    const isLeft = taskSelector(task);
    const cases: SelectedCase[] = [];
    const errors: FixtureErrorRecord[] = [];
    const fused = isFused(this.settings, task.source);
    const select = fused ? this.#selectFused : this.#select;
    const counts = errorSelector(this.settings, fused);
    for (const reference of this.#references(decoded, fused)) {
      if (reference instanceof FixtureError) {
        if (counts(reference)) errors.push(recordOf(reference));
      } else if (select(reference) && isLeft(reference.id)) {
        cases.push({ identity: identityOf(reference), run: () => this.#run(reference) });
      }
    }
    return { cases, errors, notRun: decoded.notRun === null ? null : { kind: decoded.notRun, count: 1 } };
  }

  async close(): Promise<void> {
    await closeEngines(this.engines);
    await (await this.#other)?.close();
  }

  #references(decoded: DecodedFile, fused: boolean): Iterable<CaseReference | FusedReference | FixtureError> {
    const { fuse } = this.settings;
    return fuse === undefined || !fused ? decoded.references : fusedReferences(decoded.references, fuse);
  }

  async #run(reference: CaseReference | FusedReference): Promise<CaseResult | FixtureErrorRecord> {
    const started = performance.now();
    const { stopwatch } = this.engines;
    const outcome = await this.#outcome(reference);
    const times = stopwatch?.take(this.settings.threads) ?? null;
    if (outcome instanceof FixtureError) return recordOf(outcome);
    const milliseconds = Math.max(0, Math.round(performance.now() - started));
    return { ...identityOf(reference), ...outcome, milliseconds, ...(times === null ? {} : { times }) };
  }

  #otherMachine(): Promise<Executor> {
    this.#other ??= createOtherMachine(this.settings.vm);
    return this.#other;
  }

  async #judged(reference: CaseReference | FusedReference): Promise<CaseOutcome> {
    if ('build' in reference) return runFused(this.engines, () => this.#otherMachine(), reference);
    const one = reference.decode();
    return isUnitCase(one) ? runUnitCase(one) : runBlockCase(this.engines, one, this.preAllocations);
  }

  /** The error where the case, or what it shares with others, is malformed or missing. */
  async #outcome(reference: CaseReference | FusedReference): Promise<CaseOutcome | FixtureError> {
    try {
      return await this.#judged(reference);
    } catch (error) {
      if (error instanceof FixtureError) return error;
      // What an executor that threw holds in memory is anyone's guess: the next case gets new ones.
      await closeEngines(this.engines);
      this.engines = await createEngines(this.settings.vm, this.settings.threads, this.settings.schedules);
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return broken(`the engine threw ${nameOf(error)}`, text);
    }
  }
}

/** `ExecutorError WORKER_DIED`, `RangeError`: without what is a case's own, so that causes can be counted. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error ? `${error.name} ${String(error.code)}` : error.name;
}

function broken(cause: string, detail: string): CaseOutcome {
  return {
    verdict: 'crashed',
    cause,
    differences: [{ what: 'error', expected: 'none', actual: detail }],
    block: null,
    transaction: null,
    threads: null,
    coverage: emptyCoverage(),
  };
}

function recordOf(error: FixtureError): FixtureErrorRecord {
  const { source, file, test, field, message } = error;
  const missing = error instanceof MissingCompanionError ? { missing: error.companion } : {};
  return { source, file, test, field, message, ...missing };
}
