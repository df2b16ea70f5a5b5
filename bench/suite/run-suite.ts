/** The suite: every unit measured, with progress, within a budget of time. */
import { type Machine, machine } from '../report.js';
import { Budget } from './budget.js';
import { judgePeer } from './judge.js';
import { peerRow } from './measure-peer.js';
import type { SuiteRow } from './row.js';
import { comparePeerApart, measureApart, UnitError } from './run-unit.js';
import type { Unit } from './unit.js';

export interface SuiteSettings {
  readonly threads: readonly number[];
  readonly rounds: number;
  /** Seconds for everything. */
  readonly budget: number;
  /** Seconds that `runBlock` gets for one block with all its rounds; 0 leaves it out. */
  readonly peerSeconds: number;
  /** Patterns that units were selected by; null: all of them. */
  readonly only: readonly string[] | null;
  /** Size of the generated blocks, over the usual one. */
  readonly scale: number;
}

export interface SuiteReport {
  readonly $schema: string;
  readonly format: 'lockstep-bench';
  readonly version: 1;
  readonly bench: 'suite';
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly settings: SuiteSettings;
  /** How many units the run has; one that was cut short has done fewer. */
  readonly planned: number;
  /** Units that are done, and how long each took. */
  readonly units: readonly { readonly name: string; readonly seconds: number }[];
  readonly rows: readonly SuiteRow[];
  /** Units that failed, with the reason. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
  /** What is to be known of the run: groups without a source, rounds dropped. */
  readonly notes: readonly string[];
}

export interface SuiteRun {
  readonly units: readonly Unit[];
  readonly settings: SuiteSettings;
  readonly notes: readonly string[];
  /** One line about where the run stands. */
  readonly onProgress: (line: string) => void;
  /** After each unit, with everything so far. */
  readonly onUnit: (report: SuiteReport, rows: readonly SuiteRow[]) => Promise<void>;
}

const SCHEMA = 'bench-v1.schema.json';
/** `runBlock` is slow and steady: more rounds tell nothing more. */
const PEER_ROUNDS = 3;

async function withPeer(unit: Unit, rows: readonly SuiteRow[], settings: SuiteSettings): Promise<SuiteRow[]> {
  if (settings.peerSeconds === 0 || !unit.peer) return [...rows];
  const rounds = Math.min(PEER_ROUNDS, settings.rounds);
  const figures = await comparePeerApart(unit, rounds, settings.peerSeconds);
  return rows.map((row) => {
    const own = row.detail ? figures.filter(({ name }) => row.name === `${unit.name}: ${name}`) : figures;
    const peer = peerRow(own);
    if (peer === null) return row;
    return { ...row, peer, verdicts: row.detail ? row.verdicts : [...row.verdicts, ...judgePeer(unit.bars, peer)] };
  });
}

/** `12:05` of seconds. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/**
 * Measures all units, each in processes of its own. One that fails is noted and the others go on: see
 * `report.failures`.
 */
export async function runSuite({ units, settings, notes, onProgress, onUnit }: SuiteRun): Promise<SuiteReport> {
  const described = machine();
  const date = new Date().toISOString();
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const scale = (settings.threads.length + 1) / 3;
  const roundsOf = ({ mostRounds = settings.rounds }: Unit): number => Math.min(mostRounds, settings.rounds);
  const costs = units.map((unit) => ({
    fixed: unit.cost.fixed,
    round: unit.cost.round * scale,
    peer: settings.peerSeconds === 0 || !unit.peer ? 0 : unit.cost.peer,
    rounds: roundsOf(unit),
  }));
  const budget = new Budget(settings.budget, costs, elapsed);
  const rows: SuiteRow[] = [];
  const failures: { name: string; message: string }[] = [];
  const done: { name: string; seconds: number }[] = [];
  let dropped = 0;
  const report = (): SuiteReport => ({
    $schema: SCHEMA,
    format: 'lockstep-bench',
    version: 1,
    bench: 'suite',
    date,
    seconds: elapsed(),
    machine: described,
    settings,
    planned: units.length,
    units: done,
    rows,
    failures,
    notes: [
      ...notes,
      ...(dropped === 0
        ? []
        : [`${dropped} of ${units.length} units had fewer rounds than asked for, for lack of time`]),
    ],
  });
  for (const [at, unit] of units.entries()) {
    onProgress(`[${at + 1}/${units.length}] ${unit.name}, ${clock(budget.left())} left`);
    const began = elapsed();
    const { threads } = settings;
    let rounds = roundsOf(unit);
    let own: readonly SuiteRow[] = [];
    try {
      own = await measureApart(unit, { threads, rounds, seconds: budget.allowance() });
      rounds = Math.min(...own.map((row) => row.rounds));
      own = await withPeer(unit, own, settings);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      failures.push({ name: unit.name, message: error.detail });
    }
    if (rounds < roundsOf(unit)) dropped++;
    rows.push(...own);
    const seconds = elapsed() - began;
    done.push({ name: unit.name, seconds });
    budget.done(seconds, rounds);
    await onUnit(report(), own);
  }
  return report();
}
