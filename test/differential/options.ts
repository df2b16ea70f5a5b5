/** The command line. */
import { parseArgs } from 'node:util';
import { idMatcher } from '../../runners/fixtures/reference.js';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = NonNullable<ReturnType<typeof readOptions>>;

/** Null where help is asked for. Throws {@link UsageError}, and parseArgs' own error, which names the option. */
export function readOptions(args: string[]) {
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
