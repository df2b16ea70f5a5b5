/** Serial execution beside @ethereumjs/vm `runBlock` on a unit's sample, by processor time, in one process. */
import { SerialExecutor } from '../../src/executor/serial.js';
import { createPeer, type Peer, type PeerSource, RunBlockSide } from '../peer-block.js';
import { SerialSide } from '../serial-side.js';
import { type Measured, ratioOfSums, runPass, type Side, sumOf } from '../suites-measure.js';
import { mustFitHeader } from './case-block.js';
import type { PeerRow } from './row.js';
import { openPeerCases, type PeerCase } from './subjects.js';
import type { Unit } from './unit.js';

/** Least processor time of a side before the rounds, so that it is compiled, and in each round. */
const SECONDS = { warmUp: 0.6, round: 0.15 };
const SIDES = { runBlock: 0, lockstep: 1 } as const;

/** One block of the sample, measured or not. */
export interface PeerFigures extends Measured {
  readonly transactions: number;
  readonly gas: number;
  /** Why it could not be measured; null where it was. */
  readonly fault: string | null;
}

export interface PeerOptions {
  readonly rounds: number;
  /** Least processor time of a side, seconds: to warm up, and in a round. Default {@link SECONDS}. */
  readonly seconds?: typeof SECONDS;
  /** Names of blocks that are known already. */
  readonly skip: readonly string[];
  readonly onBegin: (name: string) => void;
  readonly onFigures: (figures: PeerFigures) => void;
}

async function peerOf(source: PeerSource): Promise<Peer | string> {
  try {
    return await createPeer(source, false);
  } catch (error) {
    if (error instanceof Error) return `@ethereumjs cannot make the block: ${error.message}`;
    throw error;
  }
}

async function measureCase(
  { name, make }: PeerCase,
  executor: SerialExecutor,
  { rounds, seconds = SECONDS }: Pick<PeerOptions, 'rounds' | 'seconds'>,
): Promise<PeerFigures> {
  const { database, block, peer: source } = await make();
  const facts = {
    name,
    transactions: block.transactions.length,
    gas: Number(source.raw.header.gasUsed),
  };
  const peer = await peerOf(source);
  if (typeof peer === 'string') return { ...facts, rounds: [], fault: peer };
  const serial = new SerialSide(executor, database, block, source.raw.header);
  const sides: Side[] = [new RunBlockSide(peer, source, false), serial];
  const first = await runPass(sides, false);
  if (serial.outcome !== null) mustFitHeader(name, source.raw, serial.outcome);
  const fault = first.faults[SIDES.runBlock] ?? null;
  if (fault !== null) return { ...facts, rounds: [], fault: `runBlock: ${fault}` };
  await runPass(sides, false, seconds.warmUp);
  const passes: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round++) passes.push((await runPass(sides, round % 2 === 1, seconds.round)).cpu);
  return { ...facts, rounds: passes, fault: null };
}

/** Measures the blocks of the sample one after the other; throws where our side differs from a header. */
export async function measurePeer(unit: Unit, options: PeerOptions): Promise<void> {
  const { skip, onBegin, onFigures } = options;
  const executor = await SerialExecutor.create({ vm: 'wasm' });
  try {
    for await (const one of openPeerCases(unit.spec)) {
      if (skip.includes(one.name)) continue;
      onBegin(one.name);
      onFigures(await measureCase(one, executor, options));
    }
  } finally {
    await executor.close();
  }
}

/** The row of a sample. Null where there is nothing to tell. */
export function peerRow(all: readonly PeerFigures[]): PeerRow | null {
  if (all.length === 0) return null;
  const measured = all.filter(({ fault }) => fault === null);
  const rounds = Math.min(...measured.map((one) => one.rounds.length));
  const alike = measured.map((one) => ({ ...one, rounds: one.rounds.slice(0, rounds) }));
  const figures =
    alike.length === 0 || rounds === 0
      ? { runBlock: null, lockstep: null, ratio: null }
      : {
          runBlock: sumOf(alike, [SIDES.runBlock]),
          lockstep: sumOf(alike, [SIDES.lockstep]),
          ratio: ratioOfSums(alike, [SIDES.runBlock], [SIDES.lockstep]),
        };
  const [only] = measured;
  return {
    sample: measured.length === 1 && only !== undefined ? only.name : `${measured.length} blocks`,
    transactions: measured.reduce((sum, { transactions }) => sum + transactions, 0),
    gas: measured.reduce((sum, { gas }) => sum + gas, 0),
    rounds: measured.length === 0 ? 0 : rounds,
    ...figures,
    leftOut: all.flatMap(({ name, fault }) => (fault === null ? [] : [{ name, reason: fault }])),
  };
}
