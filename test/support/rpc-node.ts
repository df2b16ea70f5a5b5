/** A small JSON-RPC server that knows one block, its ancestors and the state before it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Field } from '../../runners/fixtures/fields.js';
import { writeAccount, writeSlot } from '../../runners/replay/account-leaf.js';
import { headerFromJson } from '../../runners/replay/block-json.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { AccountState } from '../../src/state/account.js';
import type { Json, SyntheticBlock } from './replay-chain.js';

export type RpcMethod = (params: readonly unknown[]) => unknown;

/** Thrown by a method: a JSON-RPC error. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Answers a request in place of a method. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds before the answer. */
  readonly delay?: number;
}

const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

interface Account extends AccountState {
  readonly trie: MerklePatriciaTrie;
}

function headerRlp(json: Json): Hex {
  const field = Field.root({ source: 'test', file: 'test', test: null }, json);
  return bytesToHex(RLP.encode([...headerFromJson(field).fields]));
}

/** The tries of a state, with a proof for anything. */
class State {
  private constructor(
    readonly accounts: ReadonlyMap<Hex, Account>,
    readonly trie: MerklePatriciaTrie,
  ) {}

  static async of(pre: ReadonlyMap<Hex, AccountState>): Promise<State> {
    const accounts = new Map<Hex, Account>();
    const state = await createMPT();
    for (const [address, account] of pre) {
      const trie = await createMPT();
      for (const [slot, value] of account.storage) await trie.put(keccak256(hexToBytes(slot)), writeSlot(value));
      const { nonce, balance, code } = account;
      const leaf = writeAccount({ nonce, balance, storageRoot: trie.root(), codeHash: keccak256(code) });
      await state.put(keccak256(hexToBytes(address)), leaf);
      accounts.set(address, { ...account, trie });
    }
    return new State(accounts, state);
  }

  async proof(address: Hex, slots: readonly Hex[]): Promise<Json> {
    const account = this.accounts.get(address);
    const storageProof = [];
    for (const key of slots) {
      const nodes = account === undefined ? [] : await createMerkleProof(account.trie, keccak256(hexToBytes(key)));
      storageProof.push({ key, value: quantity(account?.storage.get(key) ?? 0n), proof: nodes.map(bytesToHex) });
    }
    const accountProof = await createMerkleProof(this.trie, keccak256(hexToBytes(address)));
    return { address, accountProof: accountProof.map(bytesToHex), storageProof };
  }

  /** Nodes of all tries. */
  async nodes(): Promise<Hex[]> {
    const nodes = new Set<Hex>();
    for (const [address, { storage }] of this.accounts) {
      const proof = (await this.proof(address, [...storage.keys()])) as {
        accountProof: Hex[];
        storageProof: { proof: Hex[] }[];
      };
      for (const node of [...proof.accountProof, ...proof.storageProof.flatMap((slot) => slot.proof)]) nodes.add(node);
    }
    return [...nodes];
  }
}

export class RpcNode {
  /** Names of the methods that were called. */
  readonly calls: string[] = [];
  readonly methods = new Map<string, RpcMethod>();
  /** Taken by the next requests, in order. */
  readonly raw: RawAnswer[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(block: SyntheticBlock): Promise<RpcNode> {
    let node: RpcNode | null = null;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        void node
          ?.answer(Buffer.concat(chunks).toString())
          .then(({ status, body, delay }) =>
            setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(body), delay ?? 0),
          );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    node = new RpcNode(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await node.know(block);
    return node;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(text: string): Promise<RawAnswer> {
    const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown[] };
    this.calls.push(method);
    const raw = this.raw.shift();
    if (raw !== undefined) return raw;
    const reply = (content: Json): RawAnswer => ({
      status: 200,
      body: JSON.stringify({ jsonrpc: '2.0', id, ...content }),
    });
    const handler = this.methods.get(method);
    if (handler === undefined) {
      return reply({ error: { code: -32601, message: `the method ${method} does not exist/is not available` } });
    }
    try {
      return reply({ result: (await handler(params)) ?? null });
    } catch (error) {
      if (error instanceof Refusal) return reply({ error: { code: error.code, message: error.message } });
      throw error;
    }
  }

  private async know({ number, json, ancestors, pre }: SyntheticBlock): Promise<void> {
    const state = await State.of(pre);
    const before = quantity(number - 1n);
    const at = (tag: unknown): State => {
      if (tag !== before) throw new Refusal(-32000, `missing trie node at ${String(tag)}`);
      return state;
    };
    const account = (address: unknown, tag: unknown): Account | undefined => at(tag).accounts.get(address as Hex);
    const nodes = await state.nodes();
    const keys = [...pre].flatMap(([address, { storage }]) => [address, ...storage.keys()]);
    const codes = [...pre.values()].filter(({ code }) => code.length > 0).map(({ code }) => bytesToHex(code));
    const traced = Object.fromEntries(
      [...pre].map(([address, { nonce, balance, code, storage }]) => [
        address,
        {
          balance: quantity(balance),
          nonce: Number(nonce),
          ...(code.length > 0 ? { code: bytesToHex(code) } : {}),
          storage: Object.fromEntries([...storage].map(([slot, value]) => [slot, quantity(value)])),
        },
      ]),
    );
    const methods: Record<string, RpcMethod> = {
      eth_chainId: () => '0x1',
      eth_getBlockByNumber: ([tag]) => (tag === quantity(number) ? json : null),
      eth_getBlockByHash: ([hash]) => [json, ...ancestors].find((one) => one.hash === hash) ?? null,
      debug_executionWitness: () => ({ state: nodes, codes, keys, headers: [headerRlp(ancestors[0] as Json)] }),
      // The second transaction says what the first has changed: that must not count.
      debug_traceBlockByNumber: () =>
        json.transactions.map(({ hash, from }, i) => ({
          txHash: hash,
          result: i === 0 ? traced : { [from as string]: { balance: '0x7', nonce: 99 } },
        })),
      eth_getProof: ([address, slots, tag]) => at(tag).proof(address as Hex, slots as Hex[]),
      eth_getCode: ([address, tag]) => bytesToHex(account(address, tag)?.code ?? new Uint8Array(0)),
      eth_getBalance: ([address, tag]) => quantity(account(address, tag)?.balance ?? 0n),
      eth_getTransactionCount: ([address, tag]) => quantity(account(address, tag)?.nonce ?? 0n),
      eth_getStorageAt: ([address, slot, tag]) => quantity(account(address, tag)?.storage.get(slot as Hex) ?? 0n),
    };
    for (const [name, method] of Object.entries(methods)) this.methods.set(name, method);
  }
}
