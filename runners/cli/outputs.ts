/** The files that a command is to write, looked at before it works for them. */
import { checkOutput, OutputFileError } from '../../reports/output-file.js';
import { UsageError } from './options.js';

/** `files`: paths by the names of their options. Throws {@link UsageError} where one of them could not be written. */
export async function checkOutputs(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [name, path] of Object.entries(files)) {
    if (path === undefined) continue;
    try {
      await checkOutput(path);
    } catch (error) {
      if (error instanceof OutputFileError) throw new UsageError(`--${name} ${error.message}`);
      throw error;
    }
  }
}
