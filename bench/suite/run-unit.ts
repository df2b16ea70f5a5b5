/** Runs a unit in processes of its own, so that neither memory nor compiled code of the one before is left. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PeerFigures } from './measure-peer.js';
import type { MeasureOptions } from './measure-unit.js';
import type { UnitMessage, UnitRequest } from './messages.js';
import type { ProfileOptions } from './profile-unit.js';
import type { SuiteRow } from './row.js';
import type { Unit } from './unit.js';

const ENTRY = fileURLToPath(new URL('./unit-process.js', import.meta.url));

/** A unit's process failed, or died; the message says how. */
export class UnitError extends Error {
  override readonly name = 'UnitError';
  readonly code = 'UNIT_FAILED';
  constructor(
    readonly unit: string,
    readonly detail: string,
  ) {
    super(`${unit}: ${detail}`);
  }
}

interface Talk {
  readonly onMessage: (message: UnitMessage) => void;
  /** Seconds without a message after which the process is ended; the answer is then `late`. */
  readonly patience?: number;
}

async function ask(request: UnitRequest, { onMessage, patience }: Talk): Promise<'done' | 'late'> {
  const child = fork(ENTRY, [], {
    serialization: 'advanced',
    execArgv: ['--expose-gc'],
    // What a machine of the reference prints is no part of the report.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  let failure: string | null = null;
  let done = false;
  const wind = (): void => {
    clearTimeout(timer);
    if (patience === undefined) return;
    timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, patience * 1000);
  };
  child.on('message', (message: UnitMessage) => {
    wind();
    if (message.type === 'ready') child.send(request);
    else if (message.type === 'failed') failure = message.message;
    else if (message.type === 'done') done = true;
    else onMessage(message);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (failure !== null) reject(new UnitError(request.unit.name, failure));
        else if (late || done) resolve();
        else reject(new UnitError(request.unit.name, `its process ended (${signal ?? `code ${code}`})`));
      });
    });
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null) child.kill('SIGKILL');
  }
  return late ? 'late' : 'done';
}

/** The unit's rows, as `measureUnit` answers them. Throws {@link UnitError}. */
export async function measureApart(unit: Unit, options: MeasureOptions): Promise<readonly SuiteRow[]> {
  let rows: readonly SuiteRow[] = [];
  await ask(
    { part: 'measure', unit, options },
    {
      onMessage: (message) => {
        if (message.type === 'rows') rows = message.rows;
      },
    },
  );
  return rows;
}

/** A block that did not end in time was not measured, and the others go on in another process. Throws {@link UnitError}. */
export async function comparePeerApart(unit: Unit, rounds: number, patience: number): Promise<readonly PeerFigures[]> {
  const found: PeerFigures[] = [];
  for (;;) {
    let current: string | null = null;
    const skip = found.map(({ name }) => name);
    const end = await ask(
      { part: 'peer', unit, rounds, skip },
      {
        patience,
        onMessage: (message) => {
          if (message.type === 'peer:begin') current = message.name;
          if (message.type === 'peer') {
            found.push(message.figures);
            current = null;
          }
        },
      },
    );
    if (end === 'done') return found;
    if (current === null) throw new UnitError(unit.name, `the sample was not made within ${patience} s`);
    const fault = `did not end within ${patience} s`;
    found.push({ name: current, transactions: 0, gas: 0, rounds: [], fault });
  }
}

/** Writes the unit's flame graphs to `page.path`. Throws {@link UnitError}. */
export async function profileApart(
  unit: Unit,
  options: ProfileOptions,
  page: { readonly path: string; readonly machine: string },
): Promise<void> {
  await ask({ part: 'profile', unit, options, ...page }, { onMessage: () => {} });
}
