/** Where Chromium is: `CHROMIUM`, or one of its names on the path. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Throws an Error that says what to do where there is none. */
export function findBrowser(): string {
  const found = browser();
  if (found === null) {
    throw new Error(
      `the tests of the report page need Chromium: install it (Debian: chromium), or name it in CHROMIUM`,
    );
  }
  return found;
}

/** Null where there is none. */
export function browser(): string | null {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM !== undefined && CHROMIUM !== '') return CHROMIUM;
  for (const folder of PATH.split(path.delimiter)) {
    for (const name of NAMES) {
      const file = path.join(folder, name);
      if (executable(file)) return file;
    }
  }
  return null;
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
