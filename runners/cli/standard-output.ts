/** What becomes of a command whose standard output, or standard error, takes no more text. */
import { EXIT } from '../events/tally.js';

/** Names of the streams that could not be written; each is told once. */
const failed = new Set<string>();
let printsOnly = false;

/** Told by commands that print and do nothing else: once nobody reads, there is nothing left for them to do. */
export function printingOnly(): void {
  printsOnly = true;
}

/**
 * Keeps a stream that takes no more text from ending the command, whose files and exit code are what it was started
 * for. A reader that has seen enough, as in `lockstep run | head`, is no fault; a full disk is one, and the exit code
 * says so.
 */
export function outliveOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' && printsOnly) process.exit(EXIT.expected);
    note('standard output', process.stdout, error);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => note('standard error', process.stderr, error));
  process.on('exit', () => {
    if (failed.size > 0) process.exitCode = EXIT.infrastructure;
  });
}

function note(name: string, { isTTY }: NodeJS.WriteStream, { code, message }: NodeJS.ErrnoException): void {
  // A terminal that was closed takes no text any more; the command ends by its SIGHUP, and its reports are still written.
  if (code === 'EPIPE' || (isTTY && code === 'EIO') || failed.has(name)) return;
  failed.add(name);
  if (name !== 'standard error') process.stderr.write(`error: ${name}: cannot be written (${code ?? message})\n`);
}
