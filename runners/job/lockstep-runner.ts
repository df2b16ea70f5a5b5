/** The runner module of a real run: decodes fixtures and runs their cases on the engine. */
import { PreAllocations } from '../engine/pre-allocations.js';
import type { FixtureErrorRecord } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import { type Case, FixtureError, MissingCompanionError } from '../fixtures/cases.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import { decodeFile } from '../fixtures/decode.js';
import { type CaseReference, caught } from '../fixtures/reference.js';
import { isUnitCase } from '../fixtures/unit-cases.js';
import { runUnitCase } from '../units/run-unit.js';
import { type CaseOutcome, identityOf } from '../verdict/result.js';
import type { CaseResult } from '../verdict/verdict.js';
import type { CaseRunner, OpenedFile, SelectedCase } from './case-runner.js';
import { closeEngines, createEngines, type Engines } from './engine.js';
import type { FileTask, JobSettings } from './protocol.js';
import { runBlockCase } from './run-case.js';
import { selector } from './selection.js';

export async function createCaseRunner(settings: JobSettings, companions: FindCompanionIn): Promise<CaseRunner> {
  const engines = await createEngines(settings.vm, settings.threads);
  return new LockstepRunner(settings, engines, new PreAllocations(companions));
}

class LockstepRunner implements CaseRunner {
  readonly #select: (reference: CaseReference) => boolean;

  constructor(
    private readonly settings: JobSettings,
    private engines: Engines,
    private readonly preAllocations: PreAllocations,
  ) {
    this.#select = selector(settings);
  }

  open(task: FileTask): OpenedFile {
    const decoded = decodeFile(task.source, task.file, task.text);
    const ids = task.ids === null ? null : new Set(task.ids);
    const cases: SelectedCase[] = [];
    const errors: FixtureErrorRecord[] = [];
    for (const reference of decoded.references) {
      if (reference instanceof FixtureError) errors.push(recordOf(reference));
      else if (this.#select(reference) && (ids === null || ids.has(reference.id))) {
        cases.push({ identity: identityOf(reference), run: () => this.#run(reference) });
      }
    }
    return { cases, errors, notRun: decoded.notRun === null ? null : { kind: decoded.notRun, count: 1 } };
  }

  close(): Promise<void> {
    return closeEngines(this.engines);
  }

  async #run(reference: CaseReference): Promise<CaseResult | FixtureErrorRecord> {
    const started = performance.now();
    const one = caught(() => reference.decode());
    if (one instanceof FixtureError) return recordOf(one);
    const outcome = await this.#outcome(one);
    if (outcome instanceof FixtureError) return recordOf(outcome);
    return { ...identityOf(reference), ...outcome, milliseconds: Math.round(performance.now() - started) };
  }

  /** The error where what the case shares with others is malformed or missing. */
  async #outcome(one: Case): Promise<CaseOutcome | FixtureError> {
    try {
      if (isUnitCase(one)) return await runUnitCase(one);
      return await runBlockCase(this.engines, one, this.preAllocations);
    } catch (error) {
      if (error instanceof FixtureError) return error;
      // What an executor that threw holds in memory is anyone's guess: the next case gets new ones.
      await closeEngines(this.engines);
      this.engines = await createEngines(this.settings.vm, this.settings.threads);
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return broken(`the engine threw ${error instanceof Error ? error.name : typeof error}`, text);
    }
  }
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
