/**
 * What a schedule is: a name, from which everything follows. A number draws a strategy and its parameters; a list of
 * decisions, `2:134>1,260>0`, says for two workers at which points the baton goes to whom (`explore.ts` makes these).
 */
import {
  ADVICE_PIECES,
  ADVICE_SETTINGS,
  type Advice,
  type AdvicePiece,
  type AdviceSetting,
} from '../../src/scheduler/advice.js';
import { amount } from '../verdict/amount.js';
import { Draws, mix } from './random.js';
import type { SimulatedCosts } from './simulated-time.js';
import { MOST_CHANGES, MOST_WORKERS } from './words.js';

/** The baton goes to `worker` at point `step`. */
export interface Decision {
  readonly step: number;
  readonly worker: number;
}

interface Common {
  /** What `--seed` takes. */
  readonly name: string;
  /** Logical workers, the calling thread included. */
  readonly workers: number;
  /** Loads in a row, while nobody writes, after which a worker gives way to those that may have work. */
  readonly patience: number;
  /** Virtual nanoseconds that a scheduling point takes. */
  readonly tick: number;
  /** How the engine's advice is given: the schedule of what is advice too. */
  readonly advice: Partial<Advice>;
}

export type Schedule = Common &
  (
    | {
        readonly strategy: 'random';
        readonly random: number;
        /** Points between two switches, on average. */
        readonly period: number;
        /** A worker that seldom gets its turn, or -1. */
        readonly slow: number;
      }
    | {
        /** PCT (Burckhardt and others, ASPLOS 2010): the worker with the highest priority runs, and it falls at some points. */
        readonly strategy: 'priorities';
        /** Of each worker; the higher, the sooner it runs. */
        readonly priorities: readonly number[];
        /** Points at which the running worker falls below all others, ascending. */
        readonly changes: readonly number[];
      }
    | {
        /** A worker goes on as long as it can, unless it is said otherwise. */
        readonly strategy: 'listed';
        readonly decisions: readonly Decision[];
      }
    | {
        /** The worker whose clock is lowest moves next: what a machine with as many cores would do. */
        readonly strategy: 'simulated';
        readonly costs: SimulatedCosts;
      }
  );

/** A name that names no schedule, or one that does not fit the block. */
export class ScheduleNameError extends Error {
  override readonly name = 'ScheduleNameError';
  readonly code = 'SCHEDULE_NAME';
}

const LEAST_WORKERS = 2;
const MOST_DRAWN_WORKERS = 4;
/** Points that a transaction takes, roughly: what is drawn is scaled with it. */
const POINTS_PER_TRANSACTION = 256;
/** Switches that a schedule takes at most, roughly: each costs some ten microseconds. */
const MOST_SWITCHES = 3000;
const MOST_FALLS = 6;
const LISTED_PATIENCE = 48;
const LISTED_TICK = 20;

/**
 * The schedule of that name for a block of so many transactions. Throws {@link ScheduleNameError}.
 */
export function scheduleNamed(name: string, transactions: number): Schedule {
  if (/^\d{1,10}$/.test(name) && Number(name) < 2 ** 32) return drawn(name, Number(name), transactions);
  const match = /^(\d{1,2}):((?:\d{1,9}>\d{1,2}(?:,|$))*)$/.exec(name);
  const workers = Number(match?.[1]);
  const list = match?.[2] === '' || match === null ? [] : (match[2] as string).split(',');
  const decisions = list.map((text): Decision => {
    const [step, worker] = text.split('>').map(Number) as [number, number];
    return { step, worker };
  });
  if (match === null || name.endsWith(',') || workers < 1 || workers > MOST_WORKERS || list.length > MOST_CHANGES) {
    throw new ScheduleNameError(`"${name}" names no schedule: a number below 2^32, or WORKERS:STEP>WORKER,…`);
  }
  const stranger = decisions.find(({ worker }) => worker >= workers);
  if (stranger !== undefined) {
    const those = workers === 1 ? 'worker 0 only' : `workers 0 to ${workers - 1}`;
    throw new ScheduleNameError(`"${name}" names worker ${stranger.worker}, but has ${those}`);
  }
  return listed(workers, decisions);
}

/** The schedule with these decisions and no others. */
export function listed(workers: number, decisions: readonly Decision[]): Schedule {
  const name = `${workers}:${decisions.map(({ step, worker }) => `${step}>${worker}`).join(',')}`;
  return { name, workers, strategy: 'listed', decisions, patience: LISTED_PATIENCE, tick: LISTED_TICK, advice: {} };
}

function drawn(name: string, seed: number, transactions: number): Schedule {
  const draws = new Draws(seed);
  const workers = LEAST_WORKERS + draws.below(MOST_DRAWN_WORKERS - LEAST_WORKERS + 1);
  const tick = draws.of([20, 20, 200, 2000]);
  const patience = draws.of([24, 48, 400, 100_000]);
  const advice = drawAdvice(draws);
  const common = { name, workers, tick, patience, advice };
  const schedule = drawStrategy(draws, common, POINTS_PER_TRANSACTION * Math.max(1, transactions));
  return advice.seed === undefined ? schedule : { ...schedule, advice: { ...advice, ...drawLateAdvice(draws) } };
}

function drawStrategy(draws: Draws, common: Common, points: number): Schedule {
  const { workers } = common;
  if (draws.below(5) < 3) {
    const least = Math.max(2, Math.round((points * workers) / MOST_SWITCHES));
    const period = draws.scale(least, Math.max(8 * least, points >> 4));
    const slow = draws.below(3) === 0 ? draws.below(workers) : -1;
    return { ...common, strategy: 'random', random: draws.word(), period, slow };
  }
  const priorities = Array.from({ length: workers }, (_, i) => i + 1);
  for (let i = workers - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    [priorities[i], priorities[j]] = [priorities[j] as number, priorities[i] as number];
  }
  const within = draws.scale(64, workers * points);
  const changes = Array.from({ length: 1 + draws.below(MOST_FALLS) }, () => 1 + draws.below(within));
  return { ...common, strategy: 'priorities', priorities, changes: changes.sort((a, b) => a - b) };
}

/** Advice that came later, and is drawn after all else: a schedule that was found before keeps its number. */
const LATE_PIECES: readonly AdvicePiece[] = ['balances'];
/** A schedule's workers meet from the first transaction on, so that advice about when to let them in would be none. */
const PIECES = ADVICE_PIECES.filter((piece) => piece !== 'headStart' && !LATE_PIECES.includes(piece));

/** Every other schedule has all of the advice; in the others some of it is missing and some of it wrong. */
function drawAdvice(draws: Draws): Partial<Advice> {
  const whole = draws.below(2) === 0;
  const advice: Record<string, string | number> = {};
  for (const piece of PIECES) {
    const setting = drawSetting(draws);
    if (!whole) advice[piece] = setting;
  }
  return whole ? {} : ({ ...advice, seed: draws.word() } as Partial<Advice>);
}

function drawLateAdvice(draws: Draws): Partial<Advice> {
  return Object.fromEntries(LATE_PIECES.map((piece) => [piece, drawSetting(draws)]));
}

function drawSetting(draws: Draws): AdviceSetting {
  return ADVICE_SETTINGS[Math.max(0, draws.below(6) - 3)] as AdviceSetting;
}

/** `count` numbers of schedules for what `place` stands for; the same ones for the same `seed`. */
export function scheduleSeeds(seed: number, place: number, count: number): string[] {
  const base = mix(seed, place);
  return Array.from({ length: count }, (_, i) => String(mix(base, i) >>> 0));
}

/** In words. */
export function describeSchedule(schedule: Schedule): string {
  const { advice } = schedule;
  const other = Object.entries(advice).filter(([piece, setting]) => piece !== 'seed' && setting !== 'on');
  const parts = [amount(schedule.workers, 'worker'), strategyText(schedule), `${schedule.tick} ns a point`];
  parts.push(`idle after ${amount(schedule.patience, 'load')}`);
  if (other.length > 0) parts.push(`advice: ${other.map(([piece, setting]) => `${piece} ${setting}`).join(', ')}`);
  return parts.join('; ');
}

function strategyText(schedule: Schedule): string {
  switch (schedule.strategy) {
    case 'random':
      return `a switch every ${amount(schedule.period, 'point')}${schedule.slow < 0 ? '' : `, worker ${schedule.slow} slow`}`;
    case 'priorities':
      return `priorities ${schedule.priorities.join(' ')}, falling at ${schedule.changes.join(' ')}`;
    case 'simulated':
      return 'simulated clocks';
    case 'listed':
      return amount(schedule.decisions.length, 'pre-emption');
  }
}
