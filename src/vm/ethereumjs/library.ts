/**
 * The library as precompiled contracts use it, outside the reference machine: loaded when one of them is first called, since it is
 * some 190 modules, which take a thread a quarter of a second and 15 MB, and few blocks call any. A machine in the middle of a call
 * cannot wait for an `import`, so it is the library's CommonJS build, which is there at once. That stands on modules that are
 * no CommonJS: where `require` does not take them (Node 21, and 22 before 22.12), the library is imported at the start.
 */
import { createRequire } from 'node:module';

type Common = typeof import('@ethereumjs/common');
type Evm = typeof import('@ethereumjs/evm');

const load = createRequire(import.meta.url);

const imported = process.features.require_module
  ? null
  : { common: await import('@ethereumjs/common'), evm: await import('@ethereumjs/evm') };

/** `@ethereumjs/evm`. Its classes need not be those of the same names that an `import` gives. */
export const evmLibrary = (): Evm => imported?.evm ?? (load('@ethereumjs/evm') as Evm);

/** `@ethereumjs/common`, to be used with {@link evmLibrary}. */
export const commonLibrary = (): Common => imported?.common ?? (load('@ethereumjs/common') as Common);

let bls: InstanceType<Evm['NobleBLS']> | null = null;

/** The library's arithmetic on BLS12-381. What it refuses it throws, as `EVMError` of {@link evmLibrary} or as an Error. */
export function blsArithmetic(): InstanceType<Evm['NobleBLS']> {
  bls ??= new (evmLibrary().NobleBLS)();
  return bls;
}
