/** Which instructions ran, as the WASM machine's traces tell. Tracing slows it down, so only some cases are watched. */
import { FORKS, type Fork } from '../../src/primitives/fork.js';
import { OPCODES, opcodeOf } from '../../src/vm/core/opcodes.js';
import type { Tracer, TraceStep } from '../../src/vm/trace.js';
import type { Vm } from '../../src/vm/vm.js';

export class Coverage implements Tracer {
  readonly wantsStack = false;
  readonly wantsMemory = false;
  readonly #seen = new Map<Fork, Set<number>>(FORKS.map((fork) => [fork, new Set()]));
  #current = new Set<number>();
  steps = 0;
  cases = 0;
  /** Most frames within each other. */
  depth = 0;

  step({ op, depth }: TraceStep): void {
    this.steps++;
    if (depth > this.depth) this.depth = depth;
    this.#current.add(op);
  }

  leave(): void {}

  /** Notes what runs on `vm` during `work`. */
  async watch<T>(vm: Vm, fork: Fork, work: () => Promise<T>): Promise<T> {
    this.#current = this.#seen.get(fork) as Set<number>;
    this.cases++;
    vm.setTracer?.(this);
    try {
      return await work();
    } finally {
      vm.setTracer?.(null);
    }
  }

  /** Per fork: instructions that ran, of those it knows, and the names of the others. */
  summary(): string[] {
    return FORKS.map((fork) => {
      const known = OPCODES.filter(({ code }) => opcodeOf(code, fork) !== null);
      const missing = known.filter(({ code }) => this.#seen.get(fork)?.has(code) !== true);
      const names = missing.length > 12 ? `${missing.length} others` : missing.map(({ name }) => name).join(' ');
      return `${fork}: ${known.length - missing.length}/${known.length}${missing.length > 0 ? ` (not ${names})` : ''}`;
    });
  }
}
