/** One case on both machines, and where they differ. */
import { inspect } from 'node:util';
import { createVm } from '../../src/executor/scope.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { READ_OK } from '../../src/state/view.js';
import {
  executeTransaction,
  RecordedExecution,
  recordTransactions,
  type TransactionContext,
  unpackOutcome,
} from '../../src/transition/transaction/index.js';
import type { TransactionOutcome } from '../../src/transition/types.js';
import { RUN_DONE, RUN_YIELDED, type Vm } from '../../src/vm/vm.js';
import { sampleBlock } from '../support/sample-block.js';
import { type Gate, MemoryView, open, Writes } from '../unit/vm-harness.js';
import { environmentOf, type FuzzCase, stateOf, transactionOf } from './case.js';
import { Random } from './random.js';

/** Everything that a transaction did, by what it is about; `error` where the machine itself failed. */
export type Observed = Readonly<Record<string, string>>;

export interface Difference {
  readonly what: string;
  /** What the reference machine says; absent where it says nothing. */
  readonly reference: string | undefined;
  readonly wasm: string | undefined;
}

/** Blob gas of a block, more than any case asks for. */
const MAX_BLOB_GAS = 9n * 131_072n;

/** A machine that waits for its reads by itself: what blocks is asked again until it is answered. */
export function resuming(vm: Vm): Vm {
  const again = (attempt: () => number, done: number): number => {
    let status = attempt();
    while (status >= 0) status = attempt();
    return status === done ? done : status;
  };
  return {
    name: vm.name,
    begin: (environment, view) => vm.begin(environment, view),
    load: (address) => again(() => vm.load(address), READ_OK),
    exists: (address) => vm.exists(address),
    balance: (address) => vm.balance(address),
    nonce: (address) => vm.nonce(address),
    code: (address) => vm.code(address),
    isLoaded: (address) => vm.isLoaded(address),
    setBalance: (address, balance) => vm.setBalance(address, balance),
    setNonce: (address, nonce) => vm.setNonce(address, nonce),
    setCode: (address, bytes) => vm.setCode(address, bytes),
    touch: (address) => vm.touch(address),
    warmAddress: (address) => vm.warmAddress(address),
    warmSlot: (address, slot) => vm.warmSlot(address, slot),
    start: (message) => vm.start(message),
    run: () => {
      for (;;) {
        const status = vm.run();
        if (typeof status !== 'number') return status;
        if (status === RUN_DONE || status === RUN_YIELDED) return status;
      }
    },
    result: () => vm.result(),
    finish: () => again(() => vm.finish(), READ_OK),
    writes: (sink) => vm.writes(sink),
  };
}

/** Blocks reads once, each with a chance that the seed determines. */
function blockSome(seed: number): Gate {
  const random = new Random(seed, 0);
  const share = random.pick([1, 2, 5]);
  const seen = new Set<string>();
  return (location) => {
    if (seen.has(location)) return READ_OK;
    seen.add(location);
    return random.oneIn(share) ? 7 : READ_OK;
  };
}

function describeOutcome(outcome: TransactionOutcome): Record<string, string> {
  if (outcome.kind === 'invalid') return { kind: 'invalid', code: outcome.code };
  const { success, gasUsed, blobGasUsed, logs, output, created, halt, deferredFee } = outcome;
  return {
    kind: 'executed',
    success: String(success),
    gasUsed: gasUsed.toString(),
    blobGasUsed: blobGasUsed.toString(),
    logs: logs
      .map(
        ({ address, topics, data }) =>
          `${bytesToHex(address)} [${topics.map(bytesToHex).join(' ')}] ${bytesToHex(data)}`,
      )
      .join('\n'),
    output: bytesToHex(output),
    created: created === null ? 'none' : bytesToHex(created),
    // Each machine names halts in its own words.
    halted: String(halt !== null),
    deferredFee: deferredFee.toString(),
  };
}

/** A case's transaction as the executors run it: from its record, on a machine that may take it whole. */
async function executeRecorded(
  context: TransactionContext,
  fuzzCase: FuzzCase,
  viewed: { view: MemoryView },
  gate: Gate,
): Promise<TransactionOutcome | number> {
  const { environment, maxBlobGas } = context;
  const records = recordTransactions(sampleBlock([transactionOf(fuzzCase)], { environment, maxBlobGas }));
  const execution = new RecordedExecution(context, records);
  const record = records.places[0] as number;
  let status = await execution.run(record, viewed.view);
  while (status >= 0) {
    if (execution.resumable) {
      status = execution.resume();
    } else {
      // Authorizations are not taken up half-way: the attempt starts over.
      viewed.view = new MemoryView(stateOf(fuzzCase), gate);
      status = await execution.run(record, viewed.view);
    }
  }
  const heap = SharedHeap.create(16, 1024);
  const outcome = execution.pack(new Arena(heap, 64));
  const unpacked = unpackOutcome(heap.u32, heap.u8, outcome);
  if (unpacked.kind === 'failed') throw new Error(unpacked.detail);
  return unpacked;
}

/** Runs a case on one machine. */
export async function observe(vm: Vm, fuzzCase: FuzzCase, gate: Gate): Promise<Observed> {
  const viewed = { view: new MemoryView(stateOf(fuzzCase), gate) };
  const context = { vm, environment: environmentOf(fuzzCase), maxBlobGas: MAX_BLOB_GAS, deferFee: false };
  try {
    const outcome =
      vm.transactions === undefined
        ? await executeTransaction(context, transactionOf(fuzzCase), viewed.view)
        : await executeRecorded(context, fuzzCase, viewed, gate);
    const { view } = viewed;
    if (typeof outcome === 'number') return { error: `left blocked by ${outcome}` };
    const observed = describeOutcome(outcome);
    if (outcome.kind === 'invalid') return observed;
    const writes = new Writes();
    vm.writes(writes);
    for (const [location, value] of writes.map) observed[location] = value;
    // A location has one value within an incarnation (Block-STM, section 3): it is asked for once.
    if (new Set(view.asked).size !== view.asked.length) observed.error = 'a location was asked for twice';
    return observed;
  } catch (error) {
    // Whatever ends a machine is an observation: the other one must end in the same way, which it cannot.
    return { error: inspect(error, { depth: 1 }).split('\n')[0] as string };
  }
}

export function compare(reference: Observed, wasm: Observed): Difference[] {
  const names = new Set([...Object.keys(reference), ...Object.keys(wasm)]);
  const differences: Difference[] = [];
  for (const what of names) {
    if (reference[what] === wasm[what] && what !== 'error') continue;
    differences.push({ what, reference: reference[what], wasm: wasm[what] });
  }
  return differences;
}

/** What a difference is about, without addresses and values: cases that differ in the same way share it. */
export function signature(differences: readonly Difference[]): string {
  const kinds = differences.map(({ what, reference, wasm }) => {
    const kind = what.split(' ')[0] as string;
    return kind === 'error' ? `error (${reference ?? 'none'} / ${wasm ?? 'none'})` : kind;
  });
  // A machine that failed says nothing of the rest.
  const errors = kinds.filter((kind) => kind.startsWith('error'));
  return [...new Set(errors.length > 0 ? errors : kinds)].sort().join(', ');
}

/** Both machines, kept over many cases: what one case leaves behind must not show in the next. */
export class Machines {
  private constructor(
    readonly reference: Vm,
    readonly wasm: Vm,
  ) {}

  static async create(): Promise<Machines> {
    return new Machines(await createVm('ethereumjs'), await createVm('wasm'));
  }

  async differences(fuzzCase: FuzzCase): Promise<Difference[]> {
    const { suspend } = fuzzCase;
    // Blocked reads are met both ways: in a whole transaction, and step by step.
    const wasm =
      suspend === null
        ? await observe(this.wasm, fuzzCase, open)
        : await observe(suspend % 2 === 0 ? this.wasm : resuming(this.wasm), fuzzCase, blockSome(suspend));
    return compare(await observe(this.reference, fuzzCase, open), wasm);
  }
}
