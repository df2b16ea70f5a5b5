/** The command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../runners/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Runs Node with these arguments, the leader of a process group of its own; `environment` goes beside the test's own. */
export function runNode(
  args: readonly string[],
  onOutput: (out: string) => void = () => {},
  environment: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOutput(out);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  return { child, ended };
}

/** State of a process and the group that it is in; null where there is none. A zombie has ended. */
function stateOf(pid: number): { state: string; group: number } | null {
  try {
    const [state = '', , group] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop() ?? '').split(' ');
    return { state, group: Number(group) };
  } catch (error) {
    if (/^(?:ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

export function isAlive(pid: number): boolean {
  const found = stateOf(pid);
  return found !== null && found.state !== 'Z';
}

/** Processes of a group that have not ended, its leader left out. Linux only. */
export function membersOf(group: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== group && stateOf(pid)?.group === group && isAlive(pid));
}
