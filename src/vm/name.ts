/** The machines by name. */
export const VM_NAMES = ['wasm', 'ethereumjs'] as const;

/** `wasm` is the engine's own machine; `ethereumjs` the slow, independent reference. */
export type VmName = (typeof VM_NAMES)[number];

/** The machine that is meant where none is named. */
export const DEFAULT_VM: VmName = 'wasm';
