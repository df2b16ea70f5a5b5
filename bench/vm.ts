/**
 * `npm run bench -- vm`: the WASM machine against @ethereumjs/evm on single transactions, and
 * `SerialExecutor` against @ethereumjs/vm's `runBlock` on whole blocks. Before anything is timed both
 * sides run the same work and must agree: gas per transaction, and the roots of receipts and state.
 */
import { bigIntToBytes, bytesToHex } from '../src/primitives/bytes.js';
import { addressOfSecretKey, keccak256 } from '../src/primitives/crypto.js';
import { BlockRunner, callRunners } from './ethereumjs.js';
import { MessageRunner, SerialRunner, TransactionRunner } from './lockstep.js';
import { type Comparison, type Contender, compare, type MeasureOptions, type Spread, type Timing } from './measure.js';
import { type BlockPlan, blockPlans, machineWorkloads, type Workload } from './workloads.js';

/** One line of the report: a contender against Lockstep. */
export interface Row {
  readonly name: string;
  /** Setting of @ethereumjs, in words. */
  readonly setting: string;
  readonly bar: number | null;
  readonly gasPerTransaction: number;
  readonly ethereumjs: Timing;
  readonly lockstep: Timing;
  readonly ratio: Spread;
}

export interface VmBenchOptions extends MeasureOptions {
  /** Transactions in a whole block. */
  readonly transactions: number;
  /** Whether a workload of this name is measured. */
  readonly selects: (name: string) => boolean;
  /** Called with each row as it is done. */
  readonly onRow: (row: Row) => void;
}

function fail(name: string, detail: string): never {
  throw new Error(`${name}: the contenders disagree: ${detail}`);
}

async function once(contender: Contender): Promise<void> {
  await (await contender.prepare())();
}

/** Two rows: a whole transaction as the engine executes it against runCall (the bar's row), and the message alone on both sides. */
async function machineRows(workload: Workload, options: MeasureOptions): Promise<Row[]> {
  const { name, bar } = workload;
  const ours = await TransactionRunner.create('wasm', workload);
  const theirs = callRunners(workload);
  await once(ours);
  for (const runner of theirs) {
    await once(runner);
    const wrong = runner.gas.findIndex((gas, index) => gas !== ours.gas[index]);
    if (wrong >= 0) fail(name, `gas of transaction ${wrong} is ${runner.gas[wrong]} and ${ours.gas[wrong]}`);
  }
  const trial = await compare(theirs, { rounds: 1, seconds: options.seconds / 2 });
  const cost = (index: number): number => (trial.timings[index] as Timing).cpu.median;
  const fastest = theirs.map((_, index) => index).reduce((best, index) => (cost(index) < cost(best) ? index : best));
  const rival = theirs[fastest] as Contender;
  const message = await compare([rival, await MessageRunner.create(workload)], options);
  const whole = await compare([rival, ours], options);
  const row = (label: string, rowBar: number | null, { timings, ratios }: Comparison): Row => ({
    name: label,
    bar: rowBar,
    setting: rival.name,
    gasPerTransaction: Number(ours.gas.reduce((sum, gas) => sum + gas, 0n)) / ours.transactions,
    ethereumjs: timings[0] as Timing,
    lockstep: timings[1] as Timing,
    ratio: ratios[0] as Spread,
  });
  return [row(name, bar, whole), row('  message alone on both sides', null, message)];
}

/** Three rows: both without the state root, runBlock as it is against the executor as it is, and both with all roots. */
async function blockRows(plan: BlockPlan, secrets: readonly Uint8Array[], options: MeasureOptions): Promise<Row[]> {
  const whole = await BlockRunner.create('runBlock', plan, secrets, { withStateRoot: true });
  const rootless = await BlockRunner.create('runBlock, no state root', plan, secrets, { withStateRoot: false });
  const plain = await SerialRunner.create('SerialExecutor', plan, false);
  const rooted = await SerialRunner.create('SerialExecutor, all roots', plan, true);
  await once(plain);
  const { receipts, state } = plain.roots();
  if (bytesToHex(receipts) !== bytesToHex(whole.result.receiptsRoot)) fail(plan.name, 'the receipts root');
  if (bytesToHex(state) !== bytesToHex(whole.result.stateRoot)) fail(plan.name, 'the state root');
  const contenders = [whole, rootless, rooted, plain];
  const { timings, ratios } = await compare(contenders, options);
  const rootedRatio = await compare([whole, rooted], { ...options, rounds: Math.max(1, options.rounds >> 1) });
  const gasPerTransaction = Number(whole.result.gasUsed) / plan.transactions.length;
  const row = (name: string, bar: number | null, setting: string, at: number): Row => ({
    name,
    bar,
    setting,
    gasPerTransaction,
    ethereumjs: timings[at] as Timing,
    lockstep: timings[3] as Timing,
    ratio: ratios[at] as Spread,
  });
  return [
    row(plan.name, plan.bar, 'runBlock', 0),
    row('  neither with a state root', null, 'no state root', 1),
    {
      ...row('  both with receipts and state root', null, 'runBlock', 0),
      ethereumjs: rootedRatio.timings[0] as Timing,
      lockstep: rootedRatio.timings[1] as Timing,
      ratio: rootedRatio.ratios[0] as Spread,
    },
  ];
}

export async function benchVm(options: VmBenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    options.onRow(row);
  };
  for (const workload of machineWorkloads()) {
    if (!options.selects(workload.name)) continue;
    for (const row of await machineRows(workload, options)) add(row);
  }
  const secrets = Array.from({ length: options.transactions }, (_, i) => keccak256(bigIntToBytes(BigInt(i + 1), 32)));
  const senders = secrets.map((secret) => bytesToHex(addressOfSecretKey(secret)));
  for (const plan of blockPlans(senders)) {
    if (!options.selects(plan.name)) continue;
    for (const row of await blockRows(plan, secrets, options)) add(row);
  }
  return rows;
}
