/** A process of anvil and its JSON-RPC. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const START_MS = 60_000;
const POLL_MS = 50;

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
    const port = await freePort();
    const fixed = ['--init', file, '--port', String(port), '--accounts', '0', '--no-mining', '--order', 'fifo'];
    const child = spawn(binary, [...fixed, '--no-request-size-limit', '--quiet', ...args], { stdio: 'ignore' });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code) => resolve(`ended with ${code}`));
    });
    const node = new AnvilNode(child, `http://127.0.0.1:${port}`, folder);
    const until = Date.now() + START_MS;
    while (Date.now() < until) {
      const state = await Promise.race([ended, node.answers()]);
      if (state === true) return node;
      if (typeof state === 'string') break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const reason = await Promise.race([ended, Promise.resolve('does not answer')]);
    node.stop();
    throw new AnvilError('NOT_STARTED', `${binary} ${reason}`);
  }

  private answers(): Promise<boolean> {
    return this.call('eth_chainId').then(
      () => true,
      () => false,
    );
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
    this.child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
