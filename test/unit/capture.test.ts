import { readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { OutputFileError } from '../../reports/output-file.js';
import { type CaptureOptions, capture } from '../../runners/cli/capture.js';
import { UsageError } from '../../runners/cli/options.js';
import { replay } from '../../runners/cli/replay.js';
import { Field } from '../../runners/fixtures/fields.js';
import { blockFromJson } from '../../runners/replay/block-json.js';
import { RpcClient, type RpcError } from '../../runners/replay/rpc.js';
import {
  queuedSlots,
  type RequestQueue,
  requestQueues,
  slotName,
  systemKeys,
} from '../../runners/replay/system-state.js';
import type { Hex } from '../../src/primitives/bytes.js';
import { type Json, type SyntheticBlock, sealed, syntheticBlock } from '../support/replay-chain.js';
import { inFolder, put } from '../support/replay-files.js';
import { Refusal, RpcNode } from '../support/rpc-node.js';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly log: string;
}

const silent = { write: () => undefined };

async function readJson(...at: string[]): Promise<Json> {
  return JSON.parse(await readFile(path.join(...at), 'utf8')) as Json;
}

/** Every file below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('state that no tracer shows', () => {
  it('holds the entries that a block takes out of a queue of requests', async () => {
    const block = blockFromJson(
      Field.root({ source: 't', file: 't', test: null }, (await syntheticBlock('Prague')).json),
    );
    const [withdrawals, consolidations] = requestQueues(block) as [RequestQueue, RequestQueue];
    expect(queuedSlots(withdrawals, 5n, 5n)).to.deep.equal([]);
    // EIP-7002: three slots each, from slot 4 on; EIP-7251: four.
    expect(queuedSlots(withdrawals, 5n, 7n)).to.deep.equal([19n, 20n, 21n, 22n, 23n, 24n].map(slotName));
    expect(queuedSlots(withdrawals, 5n, 100n)).to.have.lengthOf(48);
    expect(queuedSlots(consolidations, 1n, 9n)).to.deep.equal([8n, 9n, 10n, 11n, 12n, 13n, 14n, 15n].map(slotName));
    const keys = systemKeys(block);
    // 1,750,000,000 mod 8191, and 22,499,999 mod 8191.
    expect(keys.get('0x000f3df6d732807ef1319fb7b8bb8522d0beac02')).to.deep.equal([1041n, 9232n].map(slotName));
    expect(keys.get('0x0000f90827f1c53a10cb7a02335b175320002935')).to.deep.equal([7513n].map(slotName));
  });
});

describe('lockstep capture', function () {
  this.timeout(60_000);
  let cancun: SyntheticBlock;
  let node: RpcNode;

  before(async () => {
    cancun = await syntheticBlock('Cancun');
  });
  beforeEach(async () => {
    node = await RpcNode.start(cancun);
  });
  afterEach(() => node.close());

  async function run(out: string, change: Partial<CaptureOptions> = {}, signal?: AbortSignal): Promise<Ran> {
    let written = '';
    let log = '';
    const code = await capture(
      { rpc: node.url, block: [20_000_000], out, timeout: 20, ...change },
      {
        out: { write: (text) => (written += text) },
        log: { write: (text) => (log += text) },
        signal: signal ?? new AbortController().signal,
      },
    );
    return { code, out: written, log };
  }

  async function replayed(folder: string): Promise<{ code: number; out: string }> {
    let out = '';
    const code = await replay(
      [folder],
      { vm: 'wasm', threads: [1, 2], repeat: 1, color: false },
      {
        environment: { lockstep: '0', node: 'v20', platform: 'test', cpus: 1 },
        out: { write: (text) => (out += text) },
        log: silent,
        signal: new AbortController().signal,
      },
    );
    return { code, out };
  }

  it('takes the state from an execution witness, and what it writes replays up to the state root', () =>
    inFolder(async (folder) => {
      const { code, out, log } = await run(folder);
      expect({ code, log }).to.deep.equal({ code: 0, log: '' });
      expect(out).to.match(/state {6}from debug_executionWitness\n/);
      expect(out).to.match(/proofs {5}every account and slot against the parent's state root/);
      expect(out).to.match(/gas used, bloom, receipts root, state root as the header says/);
      expect(node.calls).to.include('debug_executionWitness').and.not.include('debug_traceBlockByNumber');
      const at = path.join(folder, 'blocks', '20000000');
      expect(await readJson(at, 'block.json')).to.deep.equal(cancun.json);
      const preState = await readJson(at, 'pre_state.json');
      expect(Object.keys(preState)).to.have.lengthOf(cancun.pre.size);
      const writer = preState['0x0000000000000000000000000000000000002003'] as Json;
      expect(Object.keys(writer.storage as Json)).to.have.lengthOf(40);
      // BLOCKHASH asks for the two latest; that of the parent stands in the header.
      expect(await readJson(folder, 'block_hashes.json')).to.deep.equal({ 19999998: cancun.ancestors[1]?.hash });
      const again = await replayed(folder);
      expect(again.code).to.equal(0);
      expect(again.out)
        .to.match(/1 of 1 block passed/)
        .and.not.match(/not checked/);
    }));

  it('captures what checks the state root, and says where a witness is too small for that', () =>
    inFolder(async (folder) => {
      expect((await run(folder)).code).to.equal(0);
      const at = path.join(folder, 'blocks', '20000000');
      const lie = sealed({ ...cancun.json, stateRoot: `0x${'55'.repeat(32)}` });
      await put(at, 'block.json', JSON.stringify(lie));
      const bad = await replayed(folder);
      expect(bad.code).to.equal(1);
      expect(bad.out).to.match(/nonconformant: differs from the file: stateRoot\n {4}stateRoot\n {6}file {3}0x5555/);
      expect(bad.out).to.contain(cancun.json.stateRoot);
      const witness = await readJson(at, 'witness.json');
      await put(at, 'block.json', JSON.stringify(cancun.json));
      await put(at, 'witness.json', JSON.stringify({ ...witness, nodes: (witness.nodes as Hex[]).slice(0, 5) }));
      const small = await replayed(folder);
      expect(small.code).to.equal(0);
      expect(small.out).to.match(
        /state root not checked in 1 of 1 block: witness.json: trie node … is needed and not known/,
      );
    }));

  it('takes it from the prestateTracer and proofs where there is no witness', () =>
    inFolder(async (folder) => {
      node.methods.delete('debug_executionWitness');
      const { code, out } = await run(folder);
      expect(code).to.equal(0);
      expect(out).to.match(/from debug_traceBlockByNumber \(prestateTracer\) and eth_getProof/);
      expect(out).to.match(/proofs {5}every account and slot/);
      expect(out).to.match(/receipts root, state root as the header says/);
      expect((await replayed(folder)).code).to.equal(0);
    }));

  it('does the same for Prague, whose system contracts no tracer shows', async () => {
    const prague = await syntheticBlock('Prague');
    const other = await RpcNode.start(prague);
    try {
      for (const method of ['debug_executionWitness', 'eth_getProof']) {
        await inFolder(async (folder) => {
          const { code, out } = await run(folder, { rpc: other.url, block: [22_500_000] });
          expect(out, method).to.match(/receipts root.* as the header says/);
          expect(code).to.equal(0);
          expect((await replayed(folder)).code).to.equal(0);
        });
        other.methods.delete(method);
      }
      await inFolder(async (folder) => {
        const { code, out } = await run(folder, { rpc: other.url, block: [22_500_000] });
        expect(code).to.equal(0);
        expect(out).to.match(/proofs {5}none: .*eth_getProof/);
      });
    } finally {
      await other.close();
    }
  });

  it('goes without proofs where the node has none, and says so', () =>
    inFolder(async (folder) => {
      node.methods.delete('debug_executionWitness');
      node.methods.set('eth_getProof', () => {
        throw new Refusal(-32000, 'distance to target block exceeds maximum proof window');
      });
      const { code, out } = await run(folder);
      expect(code).to.equal(0);
      expect(out).to.match(/proofs {5}none: .*distance to target block exceeds maximum proof window/);
      expect(out).to.match(/unchecked {2}state root: no witness.json/);
      expect(await filesIn(folder)).to.have.members([
        'block.json',
        'pre_state.json',
        'codes.json',
        'block_hashes.json',
      ]);
      expect((await replayed(folder)).code).to.equal(0);
    }));

  it('adds to a folder, and keeps what is in it', () =>
    inFolder(async (folder) => {
      await put(folder, 'codes.json', '{"0x11":"0x22"}');
      await put(folder, 'block_hashes.json', '{"5":"0x33"}');
      expect((await run(folder)).code).to.equal(0);
      expect(await readJson(folder, 'codes.json')).to.include({ '0x11': '0x22' });
      expect(await readJson(folder, 'block_hashes.json')).to.have.all.keys('5', '19999998');
      let refused: unknown = null;
      try {
        await run(folder);
      } catch (error) {
        refused = error;
      }
      expect(refused).to.be.instanceOf(UsageError);
      expect((refused as Error).message).to.match(/blocks.20000000 is there already/);
    }));

  it('believes no proof and no header that does not hold', () =>
    inFolder(async (folder) => {
      const proof = node.methods.get('eth_getProof') as (params: readonly unknown[]) => Promise<Json>;
      const witness = node.methods.get('debug_executionWitness')?.([]) as Json & { state: Hex[] };
      const parent = cancun.ancestors[0] as Json;
      const lies: [Record<string, (params: readonly unknown[]) => unknown>, RegExp][] = [
        [
          { debug_executionWitness: () => ({ ...witness, state: witness.state.slice(1) }) },
          /the state of the witness is not proved: trie node 0x/,
        ],
        [
          { eth_getBlockByHash: () => ({ ...parent, stateRoot: `0x${'77'.repeat(32)}` }) },
          /the header that the node gives for 0x.* has the hash 0x/,
        ],
        [{ eth_getBlockByHash: () => null }, /does not know block 0x/],
        [
          { eth_getBlockByNumber: () => ({ ...cancun.json, gasUsed: '0x1' }) },
          /block 20000000: the header's fields have the hash 0x/,
        ],
        [{ eth_getBlockByNumber: () => null }, /does not know block 20000000/],
        [
          { eth_getBlockByNumber: () => ({ ...cancun.json, miner: 5 }) },
          /eth_getBlockByNumber field miner: expected a string, found number/,
        ],
        [{ eth_chainId: () => '0xaa36a7' }, /is on chain 11155111; only blocks of Ethereum mainnet \(chain 1\)/],
        [
          { debug_executionWitness: () => ({ ...witness, codes: [] }), eth_getCode: () => '0x00' },
          /the code of 0x.* has the hash 0x.*, not 0x/,
        ],
      ];
      const traced: typeof lies = [
        [
          { eth_getProof: async (params) => ({ ...(await proof(params)), accountProof: ['0xc0'] }) },
          /the state of 0x.* is not proved/,
        ],
        [{ debug_traceBlockByNumber: () => [] }, /0 traces for 9 transactions/],
        [
          { debug_traceBlockByNumber: () => cancun.json.transactions.map(() => ({ error: 'boom' })) },
          /error: the tracer failed: boom/,
        ],
      ];
      const good = new Map(node.methods);
      for (const [changes, message] of [...lies, ...traced]) {
        for (const [name, method] of good) node.methods.set(name, method);
        if (traced.some(([change]) => change === changes)) node.methods.delete('debug_executionWitness');
        for (const [name, method] of Object.entries(changes)) node.methods.set(name, method);
        const { code, log, out } = await run(folder);
        expect(log).to.match(message);
        expect({ code, out }).to.deep.equal({ code: 3, out: '' });
        expect(await filesIn(folder), String(message)).to.deep.equal([]);
      }
    }));

  it('reads what a tracer names out of a witness that names nothing, as that of go-ethereum', () =>
    inFolder(async (folder) => {
      const witness = node.methods.get('debug_executionWitness')?.([]) as Json;
      // Its headers are JSON.
      const headers = [cancun.ancestors[0]];
      node.methods.set('debug_executionWitness', () => ({ ...witness, headers, keys: null }));
      const { code, out } = await run(folder);
      expect(code).to.equal(0);
      expect(out).to.match(/from debug_traceBlockByNumber \(prestateTracer\) and debug_executionWitness\n/);
      expect(out).to.match(/receipts root, state root as the header says/);
      expect(node.calls).to.not.include('eth_getProof');
      // A witness of which some is missing is completed by proofs.
      const state = (witness.state as Hex[]).slice(1);
      node.methods.set('debug_executionWitness', () => ({ state }));
      const other = path.join(folder, 'other');
      const again = await run(other);
      expect(again.out).to.match(/and debug_executionWitness and eth_getProof\n/);
      expect(again.code).to.equal(0);
      const file = 'blocks/20000000/pre_state.json';
      expect(await readJson(other, file)).to.deep.equal(await readJson(folder, file));
    }));

  it('falls back where a witness is of no use', () =>
    inFolder(async (folder) => {
      node.methods.set('debug_executionWitness', () => ({ state: [], codes: [], headers: [] }));
      node.methods.delete('debug_traceBlockByNumber');
      const { code, log } = await run(folder);
      expect(code).to.equal(3);
      expect(log).to.match(
        /it must offer the debug ones\n.*names no accounts and slots.*\n.*debug_traceBlockByNumber.*does not exist/,
      );
      node.methods.set('debug_executionWitness', () => ({ state: 5 }));
      expect((await run(folder)).log).to.match(
        /debug_executionWitness cannot be read: .*field state: expected an object/,
      );
      expect(await filesIn(folder)).to.deep.equal([]);
    }));

  it('writes a block that does not replay, and says so', () =>
    inFolder(async (folder) => {
      node.methods.delete('debug_executionWitness');
      node.methods.delete('eth_getProof');
      const trace = node.methods.get('debug_traceBlockByNumber')?.([]) as { result: Record<string, Json> }[];
      (trace[0]?.result['0x0000000000000000000000000000000000002001'] as Json).storage = {};
      node.methods.set('debug_traceBlockByNumber', () => trace);
      const { code, out } = await run(folder);
      expect(code).to.equal(1);
      expect(out).to.match(/replay {5}nonconformant: differs from the file: (?:gasUsed|receiptsRoot)/);
      expect((await replayed(folder)).code).to.equal(1);
    }));

  it('names the node, the method and the fault, and asks a busy node again', () =>
    inFolder(async (folder) => {
      const host = new URL(node.url).host;
      const client = (change: { timeoutMs?: number; signal?: AbortSignal } = {}): RpcClient =>
        new RpcClient(`${node.url.replace('http://', 'http://user:secret@')}/key`, {
          timeoutMs: 5000,
          pauseMs: 1,
          ...change,
        });
      // A percent sign need not escape anything.
      expect(new RpcClient('http://user:50%off@node:8545/key', { timeoutMs: 5000 }).node).to.equal('node:8545');
      const failure = async (rpc: RpcClient): Promise<[string, string]> => {
        try {
          await rpc.call('eth_chainId', []);
        } catch (error) {
          return [(error as RpcError).code, (error as RpcError).message];
        }
        throw new Error('no error');
      };
      node.raw.push({ status: 500, body: 'no\nway' });
      expect(await failure(client())).to.deep.equal(['HTTP', `${host}: eth_chainId: HTTP 500: no way`]);
      node.raw.push({ status: 200, body: '<html>' });
      expect(await failure(client())).to.deep.equal([
        'NOT_JSON_RPC',
        `${host}: eth_chainId: the answer is no JSON-RPC: <html>`,
      ]);
      node.raw.push({ status: 200, body: '{}', delay: 2000 });
      expect(await failure(client({ timeoutMs: 50 }))).to.deep.equal([
        'TIMEOUT',
        `${host}: eth_chainId: no answer within 0.05 s`,
      ]);
      node.raw.push({ status: 403, body: '{"error":{"code":-32000,"message":"not for you"}}' });
      expect(await failure(client())).to.deep.equal([
        'REFUSED',
        `${host}: eth_chainId: the node refused: not for you (code -32000)`,
      ]);
      expect(await failure(client({ signal: AbortSignal.abort() }))).to.deep.equal([
        'INTERRUPTED',
        `${host}: eth_chainId: interrupted`,
      ]);
      node.raw.push({ status: 429, body: '' }, { status: 503, body: '' });
      expect(await client().call('eth_chainId', [])).to.equal('0x1');
      node.raw.push(...Array.from({ length: 4 }, () => ({ status: 429, body: 'slow down' })));
      expect(await failure(client())).to.deep.equal(['HTTP', `${host}: eth_chainId: HTTP 429: slow down`]);
      const url = node.url;
      await node.close();
      expect((await failure(client()))[0]).to.equal('UNREACHABLE');
      const { code, log } = await run(folder, { rpc: url });
      expect(code).to.equal(3);
      expect(log).to.match(/cannot be reached \(ECONNREFUSED\); check the URL/);
      expect((await run(folder, { rpc: url }, AbortSignal.abort())).code).to.equal(130);
      for (const rpc of ['nonsense', 'ftp://x']) {
        let refused: unknown = null;
        try {
          await run(folder, { rpc });
        } catch (error) {
          refused = error;
        }
        expect(refused).to.be.instanceOf(UsageError);
      }
      node = await RpcNode.start(cancun);
    }));

  it('leaves nothing where it cannot write', () =>
    inFolder(async (folder) => {
      await put(folder, 'codes.json', 'no JSON');
      const { code, log } = await run(folder);
      expect(code).to.equal(3);
      expect(log).to.match(/codes.json cannot be read: /);
      expect(await filesIn(folder)).to.deep.equal(['codes.json']);
      await put(folder, 'file', '');
    }));

  it('looks before it asks the node whether the folder can be written, and says by file and reason where it cannot', () =>
    inFolder(async (folder) => {
      const refused = async (...parts: string[]): Promise<string> => {
        const out = path.join(folder, ...parts);
        const asked = node.calls.length;
        try {
          await run(out);
        } catch (error) {
          expect(error).to.be.instanceOf(OutputFileError);
          // Which chain the node is on, and nothing of the block.
          expect(node.calls.length - asked).to.be.at.most(1);
          return (error as Error).message.replaceAll(folder, '');
        }
        return 'written';
      };
      await put(folder, 'file', '');
      expect(await refused('file')).to.match(/^\/file\/blocks\/\d+: \/file is no folder$/);
      expect(await refused('file', 'below')).to.match(/: \/file is no folder$/);
      await symlink('round', path.join(folder, 'round'));
      expect(await refused('round')).to.match(/cannot be written \(ELOOP\)$/);
      expect(await filesIn(folder)).to.include('file');
    }));
});
