/**
 * Runs fixtures on both machines, serially, and prints where they differ from each other or from the
 * fixture: `node dist/test/differential.js SOURCE… [--grep TEXT] [--limit N]`. A development aid: it
 * lets the runner compare the reference machine ("serial") with the WASM machine ("parallel").
 */
import { parseArgs } from 'node:util';
import { runBlockchainCase } from '../runners/blockchain/run-blockchain.js';
import { FixtureError } from '../runners/fixtures/cases.js';
import { classifyPath, isRunKind } from '../runners/fixtures/classify.js';
import { decodeFile } from '../runners/fixtures/decode.js';
import { caught } from '../runners/fixtures/reference.js';
import { openSource } from '../runners/fixtures/sources.js';
import type { Engines, Executor } from '../runners/job/engine.js';
import { runStateCase } from '../runners/state/run-state.js';
import type { VmName } from '../src/index.js';
import { type Database, Database as Databases, SerialExecutor } from '../src/index.js';
import type { Block, ExecutionResult } from '../src/transition/types.js';

/** Machines name halts each in its own way: only whether there was one is compared. */
class Plain implements Executor {
  constructor(private readonly executor: SerialExecutor) {}

  static async create(vm: VmName): Promise<Executor> {
    return new Plain(await SerialExecutor.create({ vm }));
  }

  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    const result = await this.executor.execute(database, block);
    if (!result.ok) return result;
    const transactions = result.transactions.map((one) =>
      one.kind === 'executed' && one.halt !== null ? { ...one, halt: 'halted' } : one,
    );
    return { ...result, transactions };
  }

  close(): Promise<void> {
    return this.executor.close();
  }
}

async function createEngines(): Promise<Engines> {
  return {
    database: Databases.from([]),
    serial: await Plain.create('ethereumjs'),
    parallel: new Map([[1, await Plain.create('wasm')]]),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string' }, limit: { type: 'string', default: '200' } },
});

let engines = await createEngines();
const counts = new Map<string, number>();
let printed = 0;

for (const spec of positionals) {
  for await (const entry of await openSource(spec)) {
    const kind = classifyPath(entry.file);
    if (kind !== null && !isRunKind(kind)) continue;
    for (const reference of decodeFile(spec, entry.file, await entry.text()).references) {
      if (reference instanceof FixtureError) continue;
      if (values.grep !== undefined && !reference.id.includes(values.grep)) continue;
      const one = caught(() => reference.decode());
      if (one instanceof FixtureError) continue;
      let verdict = 'crashed';
      let lines: string[] = [];
      try {
        const outcome = one.kind === 'state' ? await runStateCase(engines, one) : await runBlockchainCase(engines, one);
        verdict = outcome.verdict;
        lines = outcome.differences.map(({ what, expected, actual }) => `  ${what}: ${expected} / ${actual}`);
      } catch (error) {
        lines = [`  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
        engines = await createEngines();
      }
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      if (verdict === 'pass' || printed++ >= Number(values.limit)) continue;
      console.log(`${verdict} ${reference.id}`);
      for (const line of lines) console.log(line);
    }
  }
}
console.log(Object.fromEntries(counts));
