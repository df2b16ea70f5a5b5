/**
 * Runs corrupted copies of fixtures the way `run` runs fixtures: the same job processes, decoders and
 * verdicts. A copy is a file task of its own, known by the name of its source.
 */
import type { FixtureErrorRecord, RunEvent } from '../events/events.js';
import { FixtureError } from '../fixtures/cases.js';
import type { RunKind } from '../fixtures/classify.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import { decodeFile } from '../fixtures/decode.js';
import type { CaseReference } from '../fixtures/reference.js';
import { JobPool } from '../job/pool.js';
import type { JobSettings } from '../job/protocol.js';
import type { FlipOutcome, FlipRow, LooseFlip, UnusableCase } from '../verdict/selftest-result.js';
import type { CaseResult } from '../verdict/verdict.js';
import type { Flip } from './flip.js';
import { FLIPS } from './flips.js';
import { Random } from './random.js';
import { viewOf } from './view.js';

export interface SelfTestOptions {
  readonly seed: string;
  /** Texts of which one must be in the name of a flip; null makes all kinds. */
  readonly flips: readonly string[] | null;
  readonly settings: JobSettings;
  readonly jobs: number;
  readonly timeoutMs: number;
  /** URL of the runner module that every job imports. */
  readonly runner: string;
  readonly companion: FindCompanionIn;
}

/** One copy of a case: corrupted, or (`flip` null) as it stands. */
interface Trial {
  readonly source: string;
  readonly id: string;
  readonly kind: RunKind;
  readonly flip: (Omit<Flip, 'test'> & { readonly name: string }) | null;
  result: CaseResult | null;
  error: FixtureErrorRecord | null;
}

export class SelfTest {
  readonly faults: string[] = [];
  readonly #trials: Trial[] = [];
  readonly #kinds = new Set<RunKind>();
  readonly #pool: JobPool;

  constructor(private readonly options: SelfTestOptions) {
    const { jobs, timeoutMs, settings, runner, companion } = options;
    this.#pool = new JobPool({
      jobs,
      timeoutMs,
      settings,
      runner,
      emit: (event) => this.#receive(event),
      companion: (name, file, wanted) => companion(this.#trial(name)?.source ?? name, file, wanted),
    });
  }

  /** Makes the copies of the cases of a file that `ids` name, and hands them to the jobs. Rejects with `JobStartError`. */
  async add(source: string, file: string, text: string, ids: ReadonlySet<string>): Promise<void> {
    let content: unknown = null;
    for (const reference of decodeFile(source, file, text).references) {
      if (reference instanceof FixtureError || !ids.has(reference.id)) continue;
      content ??= JSON.parse(text);
      await this.#addCase(reference, content);
    }
  }

  /** Resolves once every copy has been run. Rejects with `JobStartError`. */
  drain(): Promise<void> {
    return this.#pool.drain();
  }

  stop(): void {
    this.#pool.stop();
  }

  /** What has come of the copies; where not all of them were run, `whole` is false, and the others are left out. */
  outcome(whole = true): { cases: number; rows: FlipRow[]; loose: LooseFlip[]; unusable: UnusableCase[] } {
    const trials = whole ? this.#trials : this.#trials.filter(({ result, error }) => result !== null || error !== null);
    const cases = trials.filter((trial) => trial.flip === null);
    const rows = new Map<string, FlipRow>();
    for (const kind of this.#kinds) {
      for (const { name } of this.#flipsOf(kind)) rows.set(`${kind} ${name}`, emptyRow(kind, name));
    }
    const unusable = cases.filter((trial) => trial.result?.verdict !== 'pass');
    // Flips prove something where the case itself has passed.
    const passed = new Set(cases.filter((trial) => trial.result?.verdict === 'pass').map(keyOf));
    const loose: LooseFlip[] = [];
    for (const trial of trials) {
      if (trial.flip === null || !passed.has(keyOf(trial))) continue;
      const outcome = judge(trial);
      const row = rows.get(`${trial.kind} ${trial.flip.name}`) as FlipRow;
      row.tried++;
      row[outcome]++;
      if (outcome === 'survived' || outcome === 'broken') loose.push(looseFlip(trial, trial.flip, outcome));
    }
    return { cases: cases.length, rows: [...rows.values()], loose, unusable: unusable.map(describeUnusable) };
  }

  #flipsOf(kind: RunKind) {
    const { flips } = this.options;
    return FLIPS[kind].filter(({ name }) => flips === null || flips.some((text) => name.includes(text)));
  }

  async #addCase(reference: CaseReference, content: unknown): Promise<void> {
    const view = viewOf(reference, content);
    this.#kinds.add(reference.kind);
    await this.#addTrial(reference, null, view.test);
    for (const { name, make } of this.#flipsOf(reference.kind)) {
      const flip = make(view, new Random(this.options.seed, reference.id, name));
      if (flip === null) continue;
      const { path, before, after, test } = flip;
      await this.#addTrial(reference, { name, path, before, after }, test);
    }
  }

  async #addTrial(reference: CaseReference, flip: Trial['flip'], test: unknown): Promise<void> {
    const { source, id, kind, file } = reference;
    const name = `${this.#trials.length}`;
    this.#trials.push({ source, id, kind, flip, result: null, error: null });
    await this.#pool.add({
      source: name,
      file,
      text: JSON.stringify({ [reference.test]: test }),
      ids: null,
      skip: 0,
    });
  }

  #trial(name: string): Trial | undefined {
    return this.#trials[Number(name)];
  }

  #receive(event: RunEvent): void {
    if (event.type === 'case:end') {
      const trial = this.#trial(event.result.source);
      if (trial !== undefined) trial.result = event.result;
    } else if (event.type === 'fixture:error') {
      const trial = this.#trial(event.error.source);
      if (trial !== undefined) trial.error = event.error;
      else this.faults.push(event.error.message);
    }
  }
}

const keyOf = ({ source, id }: Trial): string => `${source}\n${id}`;

function emptyRow(kind: RunKind, flip: string): FlipRow {
  return { kind, flip, tried: 0, caught: 0, refused: 0, survived: 0, broken: 0 };
}

function judge({ result, error }: Trial): FlipOutcome {
  // An error that names no test says only that the file is no fixture: that is not what is wrong with it.
  if (error !== null) return error.test === null ? 'broken' : 'refused';
  if (result === null || result.verdict === 'pass' || result.verdict === 'skipped') return 'survived';
  return result.verdict === 'nonconformant' ? 'caught' : 'broken';
}

function saidOf({ result, error }: Trial): string {
  if (error !== null) return error.message;
  if (result === null) return 'nothing: the case was not run';
  return result.cause === null ? result.verdict : `${result.verdict}: ${result.cause}`;
}

function looseFlip(trial: Trial, flip: NonNullable<Trial['flip']>, outcome: 'survived' | 'broken'): LooseFlip {
  const { source, id, kind } = trial;
  const { name, path, before, after } = flip;
  return { source, id, kind, flip: name, path, before, after, outcome, said: saidOf(trial) };
}

function describeUnusable(trial: Trial): UnusableCase {
  const { source, id, result } = trial;
  return { source, id, verdict: result?.verdict ?? 'error', cause: saidOf(trial) };
}
