/** The command line. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../runners/cli/options.js';
import { idMatcher } from '../../runners/fixtures/reference.js';
import { jobCount, wholeNumber } from '../support/command-line.js';

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
  if (positionals.length === 0) throw new UsageError('no SOURCE is named');
  const { grep = null, out = null } = values;
  checkPattern(grep ?? '');
  if (values.resume && out === null) throw new UsageError('--resume needs --out FILE, which says what is done');
  return {
    sources: positionals,
    seconds: wholeNumber('seconds', values.seconds, 1),
    jobs: jobCount(values.jobs),
    grep,
    every: wholeNumber('every', values.every, 1),
    progress: wholeNumber('progress', values.progress, 0),
    limit: wholeNumber('limit', values.limit, 0),
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
