/** A process of anvil and its JSON-RPC. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** The node does not start, does not answer, or refuses a request. */
export class AnvilError extends Error {
  override readonly name = 'AnvilError';
  constructor(
    readonly code: 'NOT_STARTED' | 'NO_ANSWER' | 'REFUSED',
    detail: string,
  ) {
    super(`anvil: ${detail}`);
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

const START_MS = 60_000;
/** As the node says it when it is ready; its port is one that the system chose. */
const LISTENING = /Listening on (127\.0\.0\.1:\d+)/;

/** Waits until the process says where it listens. Throws {@link AnvilError}. */
function listening(child: ChildProcessByStdio<null, Readable, Readable>, binary: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new AnvilError('NOT_STARTED', `${binary} ${reason}\n${said.join('').trim()}`.trim()));
    };
    const timer = setTimeout(() => fail(`is not ready after ${START_MS / 1000} s`), START_MS);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`ended with ${code ?? signal}`));
    const onOutput = (chunk: Buffer): void => {
      said.push(chunk.toString());
      const address = LISTENING.exec(said.join(''))?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      child.stdout.off('data', onOutput).resume();
      resolve(`http://${address}`);
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  });
}

function end(child: ChildProcess, folder: string): void {
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}

export class AnvilNode {
  private id = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  /** Starts a node over `genesis` (geth's format), with `args` besides. Throws {@link AnvilError}. */
  static async start(binary: string, genesis: object, args: readonly string[]): Promise<AnvilNode> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-anvil-'));
    const file = join(folder, 'genesis.json');
    writeFileSync(file, JSON.stringify(genesis));
    const fixed = ['--init', file, '--port', '0', '--accounts', '0', '--no-mining', '--order', 'fifo'];
    const options = [...fixed, '--no-request-size-limit', ...args];
    const child = spawn(binary, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      return new AnvilNode(child, await listening(child, binary), folder);
    } catch (error) {
      end(child, folder);
      throw error;
    }
  }

  /** One request. Throws {@link AnvilError} where the node refuses it or is gone. */
  async call<T>(method: string, ...params: unknown[]): Promise<T> {
    return (await this.batch<T>([{ method, params }]))[0] as T;
  }

  /** Several requests, answered in their order. */
  async batch<T>(requests: readonly { readonly method: string; readonly params: readonly unknown[] }[]): Promise<T[]> {
    const first = this.id;
    this.id += requests.length;
    const body = requests.map((request, i) => ({ jsonrpc: '2.0', id: first + i, ...request }));
    const answers = await this.post(JSON.stringify(body));
    const ordered = new Map(answers.map((answer) => [answer.id, answer]));
    return requests.map(({ method }, i) => {
      const answer = ordered.get(first + i);
      if (answer === undefined || answer.error !== undefined) {
        throw new AnvilError('REFUSED', `${method} ${i}: ${answer?.error?.message ?? 'no answer'}`);
      }
      return answer.result as T;
    });
  }

  private async post(body: string): Promise<readonly Answer[]> {
    let answers: unknown;
    try {
      const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      answers = await response.json();
    } catch (error) {
      throw new AnvilError('NO_ANSWER', String(error));
    }
    if (!Array.isArray(answers)) throw new AnvilError('REFUSED', JSON.stringify(answers));
    return answers as readonly Answer[];
  }

  /** Ends the process and removes its files. */
  stop(): void {
    end(this.child, this.folder);
  }
}
