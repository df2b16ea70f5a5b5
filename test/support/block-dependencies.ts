/** Which transaction of a block each one depends on, measured by executing it. */
import { SerialAccesses } from '../../runners/explain/serial-accesses.js';
import { type Block, bytesToHex, type Database, SerialExecutor } from '../../src/index.js';

export interface Dependencies {
  /** For each transaction the latest one before it that wrote what it reads; null where there is none. */
  readonly nearest: readonly (number | null)[];
  /** Share of transactions with such a one. */
  readonly ratio: number;
  /** Most transactions in a row of dependencies. */
  readonly longestChain: number;
  /** Transactions that succeeded. */
  readonly succeeded: number;
}

/** Reads and writes of a serial run; the beneficiary's account, which every transaction pays, is left out. */
export async function measureDependencies(database: Database, block: Block): Promise<Dependencies> {
  const accesses = new SerialAccesses();
  const serial = await SerialExecutor.create({ vm: 'wasm', accesses });
  const result = await serial.execute(database, block);
  await serial.close();
  if (!result.ok) throw result.error;
  const beneficiary = `account ${bytesToHex(block.environment.coinbase)}`;
  const writers = new Map<string, number>();
  const links: number[] = [];
  const nearest = block.transactions.map((_, index): number | null => {
    const { reads, writes } = accesses.at(index);
    let latest: number | null = null;
    let chain = 1;
    for (const key of reads.keys()) {
      const writer = key === beneficiary ? undefined : writers.get(key);
      if (writer === undefined) continue;
      latest = Math.max(latest ?? 0, writer);
      chain = Math.max(chain, 1 + (links[writer] as number));
    }
    links.push(chain);
    for (const key of writes.keys()) writers.set(key, index);
    return latest;
  });
  return {
    nearest,
    ratio: nearest.filter((one) => one !== null).length / Math.max(1, nearest.length),
    longestChain: Math.max(0, ...links),
    succeeded: result.transactions.filter((one) => one.kind === 'executed' && one.success).length,
  };
}
