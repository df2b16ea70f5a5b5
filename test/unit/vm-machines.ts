/** The machines that the same tests are run against. */
import { createVm } from '../../src/executor/scope.js';
import type { VmName } from '../../src/vm/name.js';
import type { Vm } from '../../src/vm/vm.js';

export interface Machine {
  readonly name: VmName;
  create(): Promise<Vm>;
}

export const MACHINES: readonly Machine[] = (['ethereumjs', 'wasm'] as const).map((name) => ({
  name,
  create: () => createVm(name),
}));
