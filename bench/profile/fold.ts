/** From V8's CPU profile to the tree of a flame graph. */
import type { Profiler } from 'node:inspector';
import { type FlameName, type FlameNode, type FlameProfile, PARTS } from '../../reports/html/client/flame-data.js';

/** Part of the program by the file that a function stands in; the first that fits. */
const FILES: readonly (readonly [RegExp, (typeof PARTS)[number]])[] = [
  [/^wasm:core$/, 'WASM machine'],
  [/^wasm:|(^|\/)node_modules\//, 'libraries'],
  [/^node:/, 'Node and V8'],
  [/(^|\/)src\/executor\//, 'executor'],
  [/(^|\/)src\/scheduler\//, 'scheduler'],
  [/(^|\/)src\/mvmemory\//, 'multi-version memory'],
  [/(^|\/)src\/state\//, 'state'],
  [/(^|\/)src\/transition\//, 'transition'],
  [/(^|\/)src\/vm\//, 'machine host'],
  [/./, 'rest of Lockstep'],
];

/** V8's own entries, which stand in no file. */
const SPECIAL: Readonly<Record<string, (typeof PARTS)[number]>> = {
  '(garbage collector)': 'garbage collection',
  '(idle)': 'waiting',
};

/** Functions whose own time is `Atomics.wait`, of which V8 makes no call of its own, by the end of their place. */
const SLEEPERS: readonly (readonly [name: string, file: RegExp])[] = [
  ['main', /(^|\/)src\/executor\/worker\.js:\d+$/],
  ['wait', /(^|\/)src\/scheduler\/scheduler\.js:\d+$/],
];
const SLEEP: FlameName = { name: 'Atomics.wait', place: '', part: PARTS.indexOf('waiting') };

function partOf(name: string, file: string): number {
  const special = file === '' ? SPECIAL[name] : undefined;
  const part = special ?? FILES.find(([pattern]) => pattern.test(file))?.[1] ?? 'Node and V8';
  return PARTS.indexOf(part);
}

/** A file as it is shown: below the package's folder or a library's where it is in one, and never with a protocol. */
function fileOf(url: string, { root, coreUrl }: Pick<FoldOptions, 'root' | 'coreUrl'>): string {
  if (url.startsWith('wasm://')) return url === coreUrl ? 'wasm:core' : url.replace(/^wasm:\/\/(wasm\/)?/, 'wasm:');
  const path = url.replace(/^file:\/\//, '').replace(/^.*\/(?=node_modules\/)/, '');
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** `src/vm/core/assembly/frames/enter` of the machine's function 7: the function and the file that it stands in. */
function machineName(full: string): Pick<FlameName, 'name' | 'place'> {
  const at = full.lastIndexOf('/');
  return at < 0 ? { name: full, place: 'wasm:core' } : { name: full.slice(at + 1), place: `${full.slice(0, at)}.ts` };
}

function nameOf(
  { functionName, url, lineNumber }: Profiler.ProfileNode['callFrame'],
  options: Pick<FoldOptions, 'root' | 'coreUrl' | 'coreNames'>,
): FlameName {
  const file = fileOf(url, options);
  const [, index] = /^wasm-function\[(\d+)\]$/.exec(functionName) ?? [];
  const full = index === undefined || file !== 'wasm:core' ? undefined : options.coreNames?.get(Number(index));
  if (full !== undefined) return { ...machineName(full), part: PARTS.indexOf('WASM machine') };
  const name = functionName === '' ? '(anonymous)' : functionName;
  const line = lineNumber >= 0 && !file.startsWith('wasm:') ? `:${lineNumber + 1}` : '';
  return { name, place: file === '' ? '' : `${file}${line}`, part: partOf(name, file) };
}

/** Microseconds on the profiler's clock, which all threads of a process share. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Time spent in each node itself within the window, microseconds, by node id. */
function selfTimes(
  { samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile,
  window: Window,
): Map<number, number> {
  const times = new Map<number, number>();
  let at = startTime;
  for (const [index, node] of samples.entries()) {
    at += timeDeltas[index] ?? 0;
    // A sample stands for the time until the next one.
    const end = index + 1 < samples.length ? at + (timeDeltas[index + 1] ?? 0) : endTime;
    const within = Math.min(end, window.to) - Math.max(at, window.from);
    if (within > 0) times.set(node, (times.get(node) ?? 0) + within);
  }
  return times;
}

interface Building {
  readonly n: number;
  s: number;
  readonly c: Map<number, Building>;
}

function childOf(into: Map<number, Building>, n: number): Building {
  const own = into.get(n) ?? { n, s: 0, c: new Map() };
  into.set(n, own);
  return own;
}

function finished({ n, s, c }: Building): FlameNode {
  return { n, s: Math.round(s), c: [...c.values()].map(finished).filter((child) => child.s > 0 || child.c.length > 0) };
}

export interface FoldOptions {
  readonly title: string;
  /** Folder that the program stands in, without a slash at its end. */
  readonly root: string;
  /** Default: all of the profile. */
  readonly window?: Window | undefined;
  /** Address of the machine's module; null: not known. Other modules are libraries'. */
  readonly coreUrl?: string | null;
  /** Names of the machine's functions by their numbers, where they are known. */
  readonly coreNames?: ReadonlyMap<number, string> | null;
}

/** Folds a profile: calls of the same function by the same path are one node; what took no time is left out. */
export function foldProfile(profile: Profiler.Profile, options: FoldOptions): FlameProfile {
  const { title, window } = options;
  const times = selfTimes(profile, window ?? { from: profile.startTime, to: profile.endTime });
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const names: FlameName[] = [];
  const known = new Map<string, number>();
  const numberOf = (own: FlameName): number => {
    const key = `${own.name}\n${own.place}`;
    const number = known.get(key) ?? names.push(own) - 1;
    known.set(key, number);
    return number;
  };
  const roots = new Map<number, Building>();
  const walk = (id: number, into: Map<number, Building>): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const name = nameOf(node.callFrame, options);
    const own = childOf(into, numberOf(name));
    const sleeps = SLEEPERS.some(([sleeper, file]) => sleeper === name.name && file.test(name.place));
    (sleeps ? childOf(own.c, numberOf(SLEEP)) : own).s += times.get(id) ?? 0;
    for (const child of node.children ?? []) walk(child, own.c);
  };
  const [top] = profile.nodes;
  // The first node is V8's "(root)", which calls everything.
  for (const child of top?.children ?? []) walk(child, roots);
  return { title, names, roots: [...roots.values()].map(finished).filter((node) => node.s > 0 || node.c.length > 0) };
}
