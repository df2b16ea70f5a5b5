/** `lockstep capture`: mainnet blocks from a node into a folder that `lockstep replay` reads. */

import { existsSync } from 'node:fs';
import { plural } from '../../reports/format.js';
import { redraws } from '../../reports/live-window.js';
import { checkOutput } from '../../reports/output-file.js';
import { printableLines } from '../../reports/printable.js';
import { BlockError } from '../../src/transition/errors.js';
import { DEFAULT_VM } from '../../src/vm/name.js';
import { EXIT, type ExitCode, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { closeEngines, createEngines } from '../job/engine.js';
import { type CaptureReport, captureBlock, requireMainnet } from '../replay/capture.js';
import { CaptureError } from '../replay/capture-error.js';
import { blockFolder } from '../replay/capture-files.js';
import { RpcClient, RpcError } from '../replay/rpc.js';
import type { Output } from './list.js';
import { UsageError } from './options.js';

export interface CaptureOptions {
  readonly rpc: string;
  readonly block: readonly number[];
  readonly out: string;
  /** Seconds. */
  readonly timeout: number;
}

export interface CaptureContext {
  readonly out: Output;
  /** Progress and errors. */
  readonly log: Output & { readonly isTTY?: boolean };
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Captures the blocks one after the other and answers the exit code. Throws {@link UsageError} for a URL that is none, and
 * `OutputFileError` where the folder cannot be written.
 */
export async function capture(options: CaptureOptions, context: CaptureContext): Promise<ExitCode> {
  const rpc = client(options, context.signal);
  const progress = (text: string): void => {
    if (redraws(context.log)) context.log.write(`\r\x1b[2K${text}`);
  };
  const engines = await createEngines(DEFAULT_VM, []);
  let code: ExitCode = EXIT.expected;
  try {
    await requireMainnet(rpc);
    for (const number of options.block) {
      const folder = blockFolder(options.out, BigInt(number));
      if (!existsSync(folder)) await checkOutput(folder);
      const report = await captureBlock(rpc, BigInt(number), options.out, engines, progress);
      progress('');
      for (const line of describe(report)) context.out.write(`${line}\n`);
      if (isUnexpected(report.replay.verdict)) code = EXIT.unexpected;
    }
    return code;
  } catch (error) {
    progress('');
    if (error instanceof CaptureError && error.code === 'EXISTS') throw new UsageError(error.message);
    if (!isFault(error)) throw error;
    context.log.write(`${error instanceof FixtureError ? `${error.source}: ` : ''}${printableLines(error.message)}\n`);
    return context.signal.aborted ? EXIT.interrupted : EXIT.infrastructure;
  } finally {
    await closeEngines(engines);
  }
}

function isFault(error: unknown): error is Error {
  return [CaptureError, RpcError, FixtureError, BlockError].some((kind) => error instanceof kind);
}

function client({ rpc, timeout }: CaptureOptions, signal: AbortSignal): RpcClient {
  try {
    return new RpcClient(rpc, { timeoutMs: timeout * 1000, signal });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError('--rpc takes the http or https URL of a node');
    throw error;
  }
}

function describe(report: CaptureReport): string[] {
  const { replay, unproved, ancestors } = report;
  const held = [plural(report.accounts, 'account'), plural(report.slots, 'slot'), plural(report.codes, 'code')];
  const { receiptsRoot, stateRoot } = replay.unchecked;
  const checks = [
    'gas used',
    'bloom',
    ...(receiptsRoot === null ? ['receipts root'] : []),
    ...(stateRoot === null ? ['state root'] : []),
  ];
  return [
    `${report.folder}: ${plural(replay.transactions, 'transaction')} of ${replay.fork}, ${held.join(', ')}`,
    `  state      from ${report.origin}`,
    `  proofs     ${unproved === null ? "every account and slot against the parent's state root" : `none: ${unproved}`}`,
    `  header     its fields have the block's hash; so have ${plural(ancestors, 'ancestor')} for BLOCKHASH`,
    `  replay     ${isUnexpected(replay.verdict) ? `${replay.verdict}: ${replay.cause}` : `${checks.join(', ')} as the header says`}`,
    ...replay.differences.map(
      ({ what, expected, actual }) => `    ${what}: ${expected} in the file, ${actual} replayed`,
    ),
    ...[receiptsRoot, stateRoot].flatMap((reason, i) =>
      reason === null ? [] : [`  unchecked  ${i === 0 ? 'receipts root' : 'state root'}: ${reason}`],
    ),
  ];
}
