/** Leads a thread past its faults: wraps the functions through which the engine comes to their sites. */
import { CONTROL_ACTIVE, CONTROL_GENERATION, CONTROL_VERDICT, VERDICT_PACKING } from '../../src/layout.js';
import type { StateView } from '../../src/state/view.js';
import type { VmName } from '../../src/vm/name.js';
import type { Vm } from '../../src/vm/vm.js';
import { type Fault, SITES } from './fault.js';

type Method = (...values: unknown[]) => unknown;

/**
 * Every function of `Atomics` that this thread calls from now on meets the fault first, but for its looks whether there is
 * a block: how many of these there are depends on nothing but how long it waits.
 */
export function watchAccesses(fault: Fault): void {
  const real = Atomics as unknown as Record<string, Method>;
  let packing = false;
  const watched: Record<string, Method> = {};
  for (const name of Object.getOwnPropertyNames(Atomics)) {
    const method = real[name];
    if (typeof method !== 'function') continue;
    watched[name] = (...values) => {
      if (name === 'load' && values[1] === CONTROL_GENERATION) return method(...values);
      if (name === 'sub' && values[1] === CONTROL_ACTIVE) packing = false; // It leaves.
      if (packing) fault.meet(SITES.packing);
      fault.meet(SITES.access);
      const result = method(...values);
      if (name === 'load' && values[1] === CONTROL_VERDICT) packing = result === VERDICT_PACKING;
      return result;
    };
  }
  globalThis.Atomics = watched as unknown as typeof Atomics;
}

/** Methods that run a part of a transaction, and those whose second argument is a view. */
const CALLS: readonly string[] = ['run', 'transact', 'restore', 'resume'];
const OVER_VIEW: readonly string[] = ['begin', 'transact', 'restore'];

function watchedView(view: StateView, fault: Fault): StateView {
  const read = <T>(answer: T): T => {
    fault.meet(SITES.read);
    return answer;
  };
  return {
    get location() {
      return view.location ?? 0;
    },
    basics: (words, address, out, at) => read(view.basics(words, address, out, at)),
    code: (words, address) => read(view.code(words, address)),
    storage: (words, address, slot, out, at) => read(view.storage(words, address, slot, out, at)),
    hasStorage: (words, address, out, at) => read(view.hasStorage(words, address, out, at)),
  };
}

/** A machine of that name; only the one that is asked for is loaded, since the reference takes long. */
async function createVm(name: VmName): Promise<Vm> {
  if (name === 'wasm') return (await import('../../src/vm/core/index.js')).createWasmVm();
  return (await import('../../src/vm/ethereumjs/index.js')).createEthereumjsVm();
}

/**
 * Machines of that name in this thread, those to come included, meet the fault at each run and at each answer
 * to a read. Answers a function that ends this.
 */
export async function watchMachines(vm: VmName, fault: Fault): Promise<() => void> {
  const prototype = Object.getPrototypeOf(await createVm(vm)) as Record<string, Method>;
  const methods = [...new Set([...CALLS, ...OVER_VIEW])].flatMap((name) => {
    const method = prototype[name];
    return method === undefined ? [] : [[name, method] as const];
  });
  for (const [name, method] of methods) {
    prototype[name] = function (this: unknown, ...values) {
      if (CALLS.includes(name)) fault.meet(SITES.call);
      if (OVER_VIEW.includes(name)) values[1] = watchedView(values[1] as StateView, fault);
      return method.apply(this, values);
    };
  }
  return () => {
    for (const [name, method] of methods) prototype[name] = method;
  };
}
