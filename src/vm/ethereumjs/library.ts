/**
 * The library as precompiled contracts use it, outside the reference machine: loaded when one of them is first called, since it is
 * some 190 modules, which take a thread a quarter of a second and 15 MB, and few blocks call any. A machine in the middle of a call
 * cannot wait for an `import`, so it is the library's CommonJS build, which is there at once.
 */
import { createRequire } from 'node:module';

type Common = typeof import('@ethereumjs/common');
type Evm = typeof import('@ethereumjs/evm');

const load = createRequire(import.meta.url);

/** `@ethereumjs/evm`. Its classes are not those of the same names that an `import` gives. */
export const evmLibrary = (): Evm => load('@ethereumjs/evm') as Evm;

/** `@ethereumjs/common`, to be used with {@link evmLibrary}. */
export const commonLibrary = (): Common => load('@ethereumjs/common') as Common;
