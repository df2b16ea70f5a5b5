/** What a thread does in a schedule of the engine: it is a worker of the executor, on a machine that it keeps. */
import { createVm } from '../../src/executor/scope.js';
import { main, type WorkerOptions } from '../../src/executor/worker.js';
import type { VmName } from '../../src/vm/name.js';
import type { Vm } from '../../src/vm/vm.js';

const machines = new Map<VmName, Vm>();

/** The thread's machine of that name. What it knows of earlier schedules are codes, which changes no access. */
export async function keptMachine(name: VmName): Promise<Vm> {
  const kept = machines.get(name) ?? (await createVm(name));
  machines.set(name, kept);
  return kept;
}

export async function work(options: WorkerOptions, ready: () => void): Promise<void> {
  await main(options, ready, await keptMachine(options.vm));
}
