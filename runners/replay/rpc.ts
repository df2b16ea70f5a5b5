/** A JSON-RPC client over HTTP, as far as capturing blocks needs one. */
import { takeCredentials } from '../fixtures/credentials.js';
import { isObject } from '../fixtures/fields.js';

export type RpcErrorCode =
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'HTTP'
  | 'NOT_JSON_RPC'
  | 'REFUSED'
  | 'NO_METHOD'
  | 'INTERRUPTED';

/** A call that brought no result; `message` names the node, without credentials, and the method. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  constructor(
    readonly code: RpcErrorCode,
    readonly node: string,
    readonly method: string,
    detail: string,
  ) {
    super(`${node}: ${method}: ${detail}`);
  }

  /** The node is there and does not do this: another method may serve. */
  get isRefusal(): boolean {
    return this.code === 'NO_METHOD' || this.code === 'REFUSED';
  }
}

/** JSON-RPC 2.0: the method does not exist. */
const METHOD_NOT_FOUND = -32601;
/** Answers of proxies and public nodes that do not offer a method, with all kinds of codes. */
const UNAVAILABLE =
  /method.*(?:not (?:found|available|supported|allowed|enabled|exist|whitelisted)|does not exist|disabled|unsupported)|(?:not supported|unsupported|unknown) method|namespace/i;
/** HTTP: too many requests, or a gateway that will soon do better. */
const PASSING = new Set([429, 502, 503]);
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_DETAIL = 300;

function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : error.message;
}

export interface RpcOptions {
  /** Longest wait for one answer, ms. */
  readonly timeoutMs: number;
  /** Gives up whatever is under way. */
  readonly signal?: AbortSignal;
  /** Wait before the second attempt at a call that a busy node put off, ms; doubled each time. */
  readonly pauseMs?: number;
}

export class RpcClient {
  /** Host and port: a path or a user may hold a key. */
  readonly node: string;
  readonly #url: string;
  readonly #headers: Record<string, string> = { 'content-type': 'application/json' };
  #id = 0;

  /** Throws TypeError where `url` is no http(s) URL. */
  constructor(
    url: string,
    private readonly options: RpcOptions,
  ) {
    const parsed = new URL(url);
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new TypeError('no http or https URL');
    this.node = parsed.host;
    Object.assign(this.#headers, takeCredentials(parsed));
    this.#url = parsed.href;
  }

  /** The result of a call. A node that is busy is asked again a few times. Throws {@link RpcError}. */
  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    let pause = this.options.pauseMs ?? FIRST_PAUSE_MS;
    for (let attempt = 1; ; attempt++) {
      const { status, text } = await this.#post(method, params);
      if (!PASSING.has(status) || attempt === ATTEMPTS) return this.#result(method, status, text);
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause *= 2;
    }
  }

  async #post(method: string, params: readonly unknown[]): Promise<{ status: number; text: string }> {
    const { timeoutMs, signal } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method, params }),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      if (signal?.aborted === true) throw new RpcError('INTERRUPTED', this.node, method, 'interrupted');
      if (timeout.aborted) {
        throw new RpcError('TIMEOUT', this.node, method, `no answer within ${timeoutMs / 1000} s`);
      }
      throw new RpcError('UNREACHABLE', this.node, method, `cannot be reached (${reason(error)}); check the URL`);
    }
  }

  #result(method: string, status: number, text: string): unknown {
    const answer = parse(text);
    // Some nodes send their JSON-RPC errors with an HTTP status of their own.
    if (isObject(answer) && isObject(answer.error)) throw this.#refusal(method, answer.error);
    if (status < 200 || status > 299) {
      throw new RpcError('HTTP', this.node, method, `HTTP ${status}${text === '' ? '' : `: ${clip(text)}`}`);
    }
    if (!isObject(answer) || !Object.hasOwn(answer, 'result')) {
      throw new RpcError('NOT_JSON_RPC', this.node, method, `the answer is no JSON-RPC: ${clip(text)}`);
    }
    return answer.result;
  }

  #refusal(method: string, error: Record<string, unknown>): RpcError {
    const message = typeof error.message === 'string' ? error.message : JSON.stringify(error);
    const missing = error.code === METHOD_NOT_FOUND || UNAVAILABLE.test(message);
    const code = missing ? 'NO_METHOD' : 'REFUSED';
    return new RpcError(code, this.node, method, `the node refused: ${clip(message)} (code ${String(error.code)})`);
  }
}

/** Null where the text is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
