/** `lockstep replay`: real mainnet blocks, serial against parallel against their headers. */

import { redraws } from '../../reports/live-window.js';
import { writeJson } from '../../reports/output-file.js';
import { oneLine, printable, printableValue } from '../../reports/printable.js';
import { ReplayTable } from '../../reports/replay.js';
import { ExecutorError } from '../../src/executor/errors.js';
import type { VmName } from '../../src/vm/name.js';
import type { RunEnvironment } from '../events/events.js';
import { EXIT, type ExitCode, emptyCoverage, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { closeEngines, createEngines, type Engines } from '../job/engine.js';
import { loadReplayBlocks, type ReplayBlock } from '../replay/load.js';
import { replayBlock } from '../replay/replay-block.js';
import type { ReplayResult } from '../verdict/replay-result.js';
import type { Output } from './list.js';
import { checkOutputs, sourceInputs } from './outputs.js';
import { expectDistinct, openPath } from './sources.js';

export interface ReplayOptions {
  readonly vm: VmName;
  readonly threads: readonly number[];
  readonly block?: readonly number[];
  readonly repeat: number;
  readonly json?: string;
  /** False after `--no-color`. */
  readonly color: boolean;
}

export interface ReplayContext {
  readonly environment: RunEnvironment;
  readonly out: Output;
  /** Progress, and what is wrong with sources and files. */
  readonly log: Output & { readonly isTTY?: boolean };
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Grows when a field of the report changes its meaning or goes. */
const REPORT_VERSION = 1;

/**
 * Replays the blocks of the sources that `specs` name and answers the exit code. Throws `UsageError`
 * where a source does not exist, or the report cannot be written.
 */
export async function replay(
  specs: readonly string[],
  options: ReplayOptions,
  context: ReplayContext,
): Promise<ExitCode> {
  const sources: FixtureSource[] = [];
  for (const spec of specs) sources.push(await openPath(spec));
  await expectDistinct(sources);
  await checkOutputs({ json: options.json }, sourceInputs(sources));
  const run = new ReplayRun(options, context);
  try {
    await run.all(sources);
  } finally {
    await run.close();
  }
  return run.end();
}

class ReplayRun {
  readonly #table: ReplayTable;
  readonly #results: ReplayResult[] = [];
  readonly #errors: string[] = [];
  #engines: Engines | null = null;

  constructor(
    private readonly options: ReplayOptions,
    private readonly context: ReplayContext,
  ) {
    this.#table = new ReplayTable(options.threads, options.color);
  }

  async all(sources: readonly FixtureSource[]): Promise<void> {
    for (const source of sources) {
      try {
        await this.#source(source);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        this.#fault(error.message);
      }
    }
    if (this.context.signal.aborted || this.#errors.length > 0 || this.#results.length === 0) return;
    const wanted = new Set(this.options.block);
    for (const { number } of this.#results) wanted.delete(number);
    for (const number of wanted) this.#fault(`no source holds block ${number}`);
  }

  async close(): Promise<void> {
    if (this.#engines !== null) await closeEngines(this.#engines);
  }

  async end(): Promise<ExitCode> {
    const { out, signal, environment } = this.context;
    if (this.#results.length > 0) for (const line of this.#table.summary(signal.aborted)) out.write(`${line}\n`);
    else if (signal.aborted) out.write('no block was run, interrupted\n');
    const exitCode = this.#exitCode(signal.aborted);
    const { vm, threads, repeat, block = null, json } = this.options;
    if (json !== undefined) {
      const settings = { vm, threads, repeat, blocks: block };
      const blocks = this.#results;
      const errors = this.#errors;
      await writeJson(json, {
        version: REPORT_VERSION,
        kind: 'replay',
        environment,
        settings,
        blocks,
        errors,
        exitCode,
      });
    }
    return exitCode;
  }

  async #source(source: FixtureSource): Promise<void> {
    const only = this.options.block === undefined ? null : new Set(this.options.block.map(BigInt));
    this.#progress(`reading ${source.name}`);
    for await (const block of loadReplayBlocks(source, only)) {
      if (this.context.signal.aborted) break;
      if (block instanceof FixtureError) this.#fault(`${block.source}: ${block.message}`);
      else await this.#block(block);
    }
    this.#progress('');
  }

  async #block(block: ReplayBlock): Promise<void> {
    this.#progress(`block ${block.number}, ${block.raw.transactions.length} transactions`);
    const { vm, threads, repeat } = this.options;
    this.#engines ??= await createEngines(vm, threads);
    let result: ReplayResult;
    try {
      result = await replayBlock(this.#engines, block, repeat);
    } catch (error) {
      if (error instanceof FixtureError) {
        this.#fault(`${block.source}: ${error.message}`);
        return;
      }
      result = crashed(block, error);
      // What an executor that threw holds in memory is anyone's guess: the next block gets new ones.
      await closeEngines(this.#engines);
      this.#engines = null;
    }
    this.#progress('');
    if (this.#results.length === 0) this.context.out.write(`${this.#table.header()}\n`);
    this.#results.push(result);
    this.context.out.write(`${oneLine(this.#table.row(printableValue(result)))}\n`);
  }

  #fault(message: string): void {
    this.#progress('');
    this.#errors.push(message);
    this.context.log.write(`${printable(message)}\n`);
  }

  /** A line that the next one replaces; only where somebody watches. */
  #progress(text: string): void {
    if (redraws(this.context.log)) this.context.log.write(`\r\x1b[2K${text}`);
  }

  #exitCode(interrupted: boolean): ExitCode {
    if (interrupted) return EXIT.interrupted;
    if (this.#errors.length > 0) return EXIT.infrastructure;
    if (this.#results.length === 0) {
      const { block } = this.options;
      const what = block === undefined ? 'no blocks' : `no block ${block.join(', ')}`;
      this.context.log.write(`${what}: a source holds blocks/N/block.json and blocks/N/pre_state.json\n`);
      return EXIT.noCase;
    }
    return this.#results.some(({ verdict }) => isUnexpected(verdict)) ? EXIT.unexpected : EXIT.expected;
  }
}

function crashed(block: ReplayBlock, error: unknown): ReplayResult {
  const name = error instanceof Error ? error.name : typeof error;
  const actual = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const code = error instanceof ExecutorError ? ` ${error.code}` : '';
  const reason = 'the engine threw';
  return {
    source: block.source,
    file: block.file,
    number: Number(block.number),
    fork: block.rules.label,
    transactions: block.raw.transactions.length,
    gasUsed: Number(block.raw.header.gasUsed),
    verdict: 'crashed',
    cause: `the engine threw ${name}${code}`,
    differences: [{ what: 'error', expected: 'none', actual }],
    transaction: null,
    threads: null,
    unchecked: { receiptsRoot: reason, stateRoot: reason },
    times: { prepare: 0, serial: null, parallel: [] },
    coverage: emptyCoverage(),
  };
}
