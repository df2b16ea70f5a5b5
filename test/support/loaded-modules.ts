/** A loader's hook that writes the URL of each module to the file that LOADED_MODULES names. */
import { appendFileSync } from 'node:fs';
import type { LoadHook } from 'node:module';

export const load: LoadHook = (url, context, nextLoad) => {
  appendFileSync(process.env.LOADED_MODULES as string, `${url}\n`);
  return nextLoad(url, context);
};
