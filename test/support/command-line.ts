/** Command lines of the tools among the tests: what is wrong with one is told in a line, with exit code 2. */
import { UsageError } from '../../runners/cli/options.js';
import { outliveOutput } from '../../runners/cli/standard-output.js';
import { SourceError } from '../../runners/fixtures/sources.js';

export const MOST_JOBS = 64;

/** A whole number from `least` to `most`. Throws {@link UsageError}, which names the option. */
export function wholeNumber(option: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} on` : `${least} to ${most}`;
  throw new UsageError(`--${option} takes a whole number from ${range}, not "${text}"`);
}

/** How many processes run at once: a number that is a slip of the keys would fill the memory. */
export function jobCount(text: string): number {
  return wholeNumber('jobs', text, 1, MOST_JOBS);
}

/** A number above zero. Throws {@link UsageError}, which names the option. */
export function positiveNumber(option: string, text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new UsageError(`--${option} takes a number above zero, not "${text}"`);
}

/** One of `choices`. Throws {@link UsageError}, which names the option. */
export function choice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} takes one of ${choices.join(', ')}, not "${text}"`);
}

/**
 * Runs a tool, and makes what it answers the exit code: 2 where its command line is wrong, by `parseArgs` too, or names what
 * cannot be read. Any other error is shown whole. A reader of its output who has seen enough does not end it.
 */
export async function runTool(main: () => Promise<number>): Promise<void> {
  outliveOutput();
  try {
    process.exitCode = await main();
  } catch (error) {
    const usage = error instanceof UsageError || error instanceof SourceError || isParseError(error);
    console.error(usage ? `error: ${error.message} (--help shows the options)` : error);
    process.exitCode = usage ? 2 : 1;
  }
}

/**
 * For a tool that takes no arguments: prints `help` where that is asked for, and says that any other argument is wrong, with
 * exit code 2. Ends the process then.
 */
export function expectNoArguments(command: string, help: string): void {
  const [argument] = process.argv.slice(2);
  if (argument === undefined) return;
  if (argument === '--help' || argument === '-h') console.log(`usage: ${command}\n\n${help}\n\n  --help  this text`);
  else console.error(`error: ${command} takes no arguments, not "${argument}" (--help says what it does)`);
  process.exit(argument === '--help' || argument === '-h' ? 0 : 2);
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS_');
}
