/** What is said of a file that was named and cannot be read, the same whatever it should hold. */

export const NO_SUCH_FILE = 'no such file';

/** `error` is what the system answered. */
export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? NO_SUCH_FILE : `cannot be read (${code ?? String(error)})`;
}
