import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../runners/cli/options.js';
import { type ReplayOptions, replay } from '../../runners/cli/replay.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { type FixtureSource, openSource } from '../../runners/fixtures/sources.js';
import { closeEngines, createEngines, type Engines } from '../../runners/job/engine.js';
import { type CaptureFiles, captureSource, writeCapture } from '../../runners/replay/capture-files.js';
import { loadReplayBlocks, type ReplayBlock } from '../../runners/replay/load.js';
import { replayBlock } from '../../runners/replay/replay-block.js';
import type { ReplayResult } from '../../runners/verdict/replay-result.js';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import { type Json, PLACES, type SyntheticBlock, sealed, syntheticBlock } from '../support/replay-chain.js';
import { filesOf, inFolder, put } from '../support/replay-files.js';

async function loadAll(source: FixtureSource): Promise<(ReplayBlock | FixtureError)[]> {
  const all: (ReplayBlock | FixtureError)[] = [];
  for await (const one of loadReplayBlocks(source)) all.push(one);
  return all;
}

/** The one block of the files; throws the error where it is malformed. */
async function loadOne(files: CaptureFiles): Promise<ReplayBlock> {
  const [one, ...more] = await loadAll(captureSource('test', files));
  expect(more).to.have.lengthOf(0);
  if (one === undefined || one instanceof FixtureError) throw one ?? new Error('no block');
  return one;
}

const OTHER_HASH: Hex = `0x${'ab'.repeat(32)}`;
const summary = ({ verdict, differences }: ReplayResult): string[] => [verdict, ...differences.map(({ what }) => what)];

describe('a replayed block', function () {
  this.timeout(30_000);
  let engines: Engines;
  let cancun: SyntheticBlock;

  before(async () => {
    engines = await createEngines('wasm', [1, 2]);
    cancun = await syntheticBlock('Cancun');
  });
  after(() => closeEngines(engines));

  const judged = async (files: CaptureFiles): Promise<ReplayResult> => replayBlock(engines, await loadOne(files));
  const withBlock = (block: Json): CaptureFiles => ({ ...filesOf(cancun), block });
  const withTransaction = (index: number, change: Json): CaptureFiles =>
    withBlock({
      ...cancun.json,
      transactions: cancun.json.transactions.map((tx, i) => (i === index ? { ...tx, ...change } : tx)),
    });

  for (const place of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    it(`of ${place} comes out as its header says, on every executor`, async () => {
      const block = await syntheticBlock(place);
      const result = await replayBlock(engines, await loadOne(filesOf(block)), 2);
      expect(summary(result)).to.deep.equal(['pass']);
      expect(result).to.include({ fork: place, transactions: block.json.transactions.length });
      expect(result.transactions).to.be.at.least(6);
      expect(result.times.parallel.map(({ threads }) => threads)).to.deep.equal([1, 2]);
      expect(result.coverage.blocks).to.equal(2);
      if (place === 'Frontier') expect(result.unchecked.receiptsRoot).to.match(/before Byzantium/);
      else expect(result.unchecked.receiptsRoot).to.equal(null);
    });
  }

  it('is compared with each promise of its header', async () => {
    const promises: [string, unknown][] = [
      ['gasUsed', '0x5208'],
      ['receiptsRoot', OTHER_HASH],
      ['logsBloom', `0x${'11'.repeat(256)}`],
      ['blobGasUsed', '0x0'],
      ['transactionsRoot', OTHER_HASH],
      ['withdrawalsRoot', OTHER_HASH],
      ['sha3Uncles', OTHER_HASH],
    ];
    for (const [name, value] of promises) {
      const changed = { ...cancun.json, [name]: value };
      expect(summary(await judged(withBlock(changed))), name).to.have.members(['nonconformant', 'hash', name]);
      // With a hash to match, only the promise itself is broken.
      expect(summary(await judged(withBlock(sealed(changed)))), name).to.deep.equal(['nonconformant', name]);
    }
  });

  it('of Prague is compared with the requests that its header promises', async () => {
    const prague = await syntheticBlock('Prague');
    const files = { ...filesOf(prague), block: sealed({ ...prague.json, requestsHash: OTHER_HASH }) };
    expect(summary(await judged(files))).to.deep.equal(['nonconformant', 'requestsHash']);
  });

  it('has the hash of its fields', async () => {
    const result = await judged(withBlock({ ...cancun.json, hash: OTHER_HASH }));
    expect(summary(result)).to.deep.equal(['nonconformant', 'hash']);
    expect(result.differences[0]).to.deep.equal({ what: 'hash', expected: OTHER_HASH, actual: cancun.json.hash });
    expect(summary(await judged(withBlock({ ...cancun.json, extraData: '0x' })))).to.deep.equal([
      'nonconformant',
      'hash',
    ]);
  });

  it('has transactions whose senders and hashes follow from their fields', async () => {
    const wrongSender = await judged(withTransaction(3, { from: `0x${'12'.repeat(20)}` }));
    expect(summary(wrongSender)).to.deep.equal(['nonconformant', 'transactions[3].from']);
    expect(wrongSender.transaction).to.equal(3);
    const wrongHash = await judged(withTransaction(5, { hash: OTHER_HASH }));
    expect(summary(wrongHash)).to.deep.equal(['nonconformant', 'transactions[5].hash']);
    expect(wrongHash.transaction).to.equal(5);
    // Another content: another hash, another signer, and a block that the sender cannot have meant.
    const wrongValue = summary(await judged(withTransaction(0, { value: '0x3038' })));
    expect(wrongValue).to.include.members([
      'nonconformant',
      'transactions[0].hash',
      'transactions[0].from',
      'transactionsRoot',
    ]);
  });

  it('is nonconformant where a transaction has no signature', async () => {
    const result = await judged(withTransaction(2, { r: '0x0' }));
    expect(result).to.include({ verdict: 'nonconformant', transaction: 2, cause: 'a transaction does not decode' });
    expect(result.times.serial).to.equal(null);
    expect(result.differences.at(-1)?.actual).to.match(/INVALID_SIGNATURE_VRS \(transaction 2\)/);
  });

  it('is nonconformant where it is invalid over its pre-state', async () => {
    const files = filesOf(cancun);
    const preState = structuredClone(files.preState) as Record<string, Json>;
    const sender = cancun.json.transactions[3]?.from as string;
    (preState[sender] as Json).balance = '0x1';
    const result = await judged({ ...files, preState });
    expect(result.cause).to.equal('rejected: TransactionException.INSUFFICIENT_ACCOUNT_FUNDS');
    expect(result.transaction).to.equal(3);
  });

  it('names the first transaction that differs in parallel', async () => {
    const wrong = (result: ExecutionResult): ExecutionResult => {
      if (!result.ok) return result;
      const receipts = result.receipts.map((receipt, i) => (i === 4 ? { ...receipt, logs: [] } : receipt));
      return { ...result, receipts };
    };
    const [, executor] = [...engines.parallel][1] as [number, Engines['serial']];
    const parallel = new Map([
      [
        2,
        {
          execute: async (database: Engines['database'], block: Block) =>
            wrong(await executor.execute(database, block)),
          close: async () => undefined,
        },
      ],
    ]);
    const result = await replayBlock({ ...engines, parallel }, await loadOne(filesOf(cancun)));
    expect(result).to.include({ verdict: 'divergent', threads: 2, transaction: 4 });
    expect(result.differences[0]?.what).to.equal('receipts[4].logs.length');
  });

  it('needs the hashes that BLOCKHASH asks for, but for that of its parent', async () => {
    const files = filesOf(cancun);
    const two = String(cancun.number - 2n);
    const { [two]: _gone, ...blockHashes } = files.blockHashes;
    const expected = `block_hashes.json field ${two}: missing: block ${cancun.number} asks for the hash of it (BLOCKHASH)`;
    try {
      await judged({ ...files, blockHashes });
      expect.fail('no error');
    } catch (error) {
      expect((error as Error).message).to.equal(expected);
    }
    const onlyThat = { [two]: files.blockHashes[two] as string };
    expect(summary(await judged({ ...files, blockHashes: onlyThat }))).to.deep.equal(['pass']);
    const wrongParent = { ...files.blockHashes, [String(cancun.number - 1n)]: OTHER_HASH };
    expect(summary(await judged({ ...files, blockHashes: wrongParent }))).to.deep.equal([
      'nonconformant',
      `block_hashes[${cancun.number - 1n}]`,
    ]);
  });
});

describe('files of replayed blocks', function () {
  this.timeout(30_000);

  it('are refused with file and field where they are malformed', async () => {
    const cancun = await syntheticBlock('Cancun');
    const files = filesOf(cancun);
    const preState = files.preState as Record<string, Json>;
    const [address, account] = Object.entries(preState)[0] as [string, Json];
    const contract = Object.entries(preState).find(([, { code_hash }]) => code_hash !== undefined) as [string, Json];
    const [codeHash] = Object.keys(files.codes) as [string];
    const { gasUsed: _gasUsed, ...noGas } = cancun.json;
    const tx = (change: Json): Json => ({
      ...cancun.json,
      transactions: [{ ...cancun.json.transactions[0], ...change }],
    });
    const at = `blocks/${cancun.number}`;
    const cases: [Partial<Record<keyof CaptureFiles, unknown>>, RegExp][] = [
      [{ block: noGas }, new RegExp(`^${at}/block.json field gasUsed: missing`)],
      [
        { block: { ...cancun.json, number: '0x1312d01' } },
        /field number: block 20000001 in the folder of block 20000000/,
      ],
      [{ block: { ...cancun.json, requestsHash: OTHER_HASH } }, /field requestsHash: present in a block of Cancun/],
      [
        { block: { ...cancun.json, blockAccessListHash: OTHER_HASH } },
        /field blockAccessListHash: a field of a fork after Osaka/,
      ],
      [{ block: { ...cancun.json, gasUsed: '0x1ffffffffffffffff' } }, /block.json: .*gasUsed exceeds 64 bits/],
      [
        { block: { ...cancun.json, excessBlobGas: '0xffffffffffffffff' } },
        /field excessBlobGas: gives a blob base fee beyond 256 bits/,
      ],
      [{ block: { ...cancun.json, withdrawals: 3 } }, /field withdrawals: expected an array, found number/],
      [{ block: tx({ type: '0x7' }) }, /field transactions\[0\].type: type 7, which this version does not know/],
      [{ block: tx({ to: '0x12' }) }, /field transactions\[0\].to: expected 20 bytes, found 1/],
      [{ block: tx({ value: `0x1${'0'.repeat(64)}` }) }, /field transactions\[0\].value: does not fit in 256 bits/],
      [{ preState: [] }, new RegExp(`^${at}/pre_state.json: expected an object, found array`)],
      [{ preState: { '0x12': account } }, /pre_state.json field 0x12: expected an address of 20 bytes/],
      [
        { preState: { [address]: { ...account, balance: '12z' } } },
        new RegExp(`field ${address}.balance: not a number`),
      ],
      [{ preState: { [address]: { ...account, storage: { '0x0': 'x' } } } }, /storage.0x0: not a number/],
      [
        { preState: { [`0x${'ab'.repeat(20)}`]: account, [`0x${'AB'.repeat(20)}`]: account } },
        /: 0x(?:ab){20} stands there before, with the key spelled otherwise$/,
      ],
      [
        { preState: { [address]: { ...account, storage: { '0x1': '0x1', '0x01': '0x0' } } } },
        /storage.0x01: 0x0{63}1 stands there before, with the key spelled otherwise$/,
      ],
      [{ codes: {} }, new RegExp(`field ${contract[0]}.code_hash: codes.json has no code 0x`)],
      [
        { codes: { ...files.codes, [codeHash]: '0x00' } },
        new RegExp(`^codes.json field ${codeHash}: the code's hash is 0x`),
      ],
      [{ blockHashes: { x: OTHER_HASH } }, /^block_hashes.json field x: the key is no block number/],
      [{ blockHashes: { '05': OTHER_HASH } }, /^block_hashes.json field 05: the key is no block number/],
      [{ blockHashes: { 5: '0x12' } }, /^block_hashes.json field 5: expected 32 bytes, found 1/],
      [{ witness: { nodes: [] } }, new RegExp(`^${at}/witness.json field state_root: missing`)],
    ];
    for (const [change, message] of cases) {
      const [error] = await loadAll(captureSource('test', { ...files, ...change } as CaptureFiles));
      expect(error, String(message)).to.be.instanceOf(FixtureError);
      expect((error as FixtureError).message).to.match(message);
    }
  });

  it('are refused where two folders are of one block, and named by their own folder', async () => {
    const [cancun, before] = await Promise.all([syntheticBlock('Cancun'), syntheticBlock('Berlin')]);
    await inFolder(async (folder) => {
      await writeCapture(folder, filesOf(cancun));
      await writeCapture(folder, filesOf(before));
      const load = async () => {
        const all = await loadAll(await openSource(folder));
        return all.map((one) => (one instanceof FixtureError ? one.message : one.file));
      };
      const [good, other] = [before, cancun].map(({ number }) => `blocks/${number}/block.json`);
      expect(await load()).to.deep.equal([good, other]);
      for (const name of ['block.json', 'pre_state.json']) {
        const text = await readFile(path.join(folder, 'blocks', String(cancun.number), name), 'utf8');
        await put(folder, `blocks/0${cancun.number}/${name}`, text);
      }
      const refusal = `blocks/0${cancun.number}: is of block ${cancun.number}, and so is blocks/${cancun.number}: one of the two has to go`;
      expect(await load()).to.deep.equal([good, refusal]);
      await rm(path.join(folder, 'blocks', String(cancun.number)), { recursive: true });
      expect(await load()).to.deep.equal([good, `blocks/0${cancun.number}/block.json`]);
    });
  });

  it('of Prague must hold the contracts that requests come from', async () => {
    const prague = await syntheticBlock('Prague');
    const files = filesOf(prague);
    const { '0x00000961ef480eb55e80d19ad83579a64c007002': gone, ...preState } = files.preState as Record<string, Json>;
    const [error] = await loadAll(captureSource('test', { ...files, preState }));
    expect(error).to.be.instanceOf(FixtureError);
    expect((error as FixtureError).message).to.match(
      /lacks the system contract 0x00000961ef480eb55e80d19ad83579a64c007002/,
    );
    const codeless = {
      ...preState,
      '0x00000961ef480eb55e80d19ad83579a64c007002': { ...gone, code_hash: bytesToHex(keccak256(new Uint8Array(0))) },
    };
    const [empty] = await loadAll(captureSource('test', { ...files, preState: codeless }));
    expect((empty as FixtureError).message).to.match(/lacks the system contract/);
  });
});

describe('lockstep replay', function () {
  this.timeout(30_000);
  const environment = { lockstep: '0', node: 'v20', platform: 'test', cpus: 1 };

  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly log: string;
  }

  async function run(
    specs: string[],
    change: Partial<ReplayOptions> = {},
    signal?: AbortSignal,
    onOutput = (): void => undefined,
  ): Promise<Ran> {
    let out = '';
    let log = '';
    const code = await replay(
      specs,
      { vm: 'wasm', threads: [1], repeat: 1, color: false, ...change },
      {
        environment,
        out: {
          write: (text) => {
            out += text;
            onOutput();
          },
        },
        log: { write: (text) => (log += text) },
        signal: signal ?? new AbortController().signal,
      },
    );
    return { code, out, log };
  }

  it('prints a table, writes a report and answers by its exit code', () =>
    inFolder(async (parent) => {
      const folder = path.join(parent, 'captured');
      const blocks = [await syntheticBlock('Byzantium'), await syntheticBlock('Frontier')];
      for (const block of blocks) await writeCapture(folder, filesOf(block));
      const json = path.join(parent, 'reports', 'replay.json');
      const good = await run([folder], { json, threads: [1, 2] });
      expect(good).to.include({ code: 0, log: '' });
      const lines = good.out.split('\n');
      expect(lines[0]).to.match(/^ +block +fork +txs +Mgas +serial ms +1 thread +2 threads +verdict$/);
      expect(lines[1]).to.match(/^ +1000000 +Frontier +6 +0\.[0-9] .*×[0-9.]+ .*×[0-9.]+ +pass\*$/);
      expect(lines[2]).to.match(/^ +5000000 +Byzantium +6 .* pass$/);
      expect(good.out).to.match(/\* receipts root not checked: before Byzantium/);
      expect(good.out).to.match(/2 of 2 blocks passed · 12 transactions/);
      const report = JSON.parse(await readFile(json, 'utf8')) as Json & { blocks: ReplayResult[] };
      expect(report).to.deep.include({ version: 1, kind: 'replay', exitCode: 0, errors: [] });
      expect(report.blocks.map(({ number, verdict }) => [number, verdict])).to.deep.equal([
        [1_000_000, 'pass'],
        [5_000_000, 'pass'],
      ]);

      const one = await run([folder], { block: [5_000_000] });
      expect(one.code).to.equal(0);
      expect(one.out).to.match(/1 of 1 block passed/);
      expect(await run([folder], { block: [5_000_000, 7] })).to.deep.include({
        code: 3,
        log: 'no source holds block 7\n',
      });
      expect(await run([folder], { block: [7] })).to.include({ code: 4, out: '' });
      const none = await run([folder], {}, AbortSignal.abort());
      expect(none).to.include({ code: 130, out: 'no block was run, interrupted\n' });
      const controller = new AbortController();
      const some = await run([folder], {}, controller.signal, () => controller.abort());
      expect(some.code).to.equal(130);
      expect(some.out).to.match(/1 of 1 block passed · 6 transactions · [0-9]+ Mgas · interrupted/);

      await put(folder, 'blocks/5000000/block.json', JSON.stringify({ ...blocks[0]?.json, gasUsed: '0x1' }));
      const bad = await run([folder]);
      expect(bad.code).to.equal(1);
      expect(bad.out).to.match(/✖ block 5000000 nonconformant: differs from the file: hash/);
      expect(bad.out).to.match(/ {4}gasUsed\n {6}file {3}1\n {6}replay [0-9]+\n/);

      await put(folder, 'blocks/5000000/block.json', '{');
      const broken = await run([folder]);
      expect(broken.code).to.equal(3);
      expect(broken.log).to.match(/blocks\/5000000\/block.json: malformed JSON: /);
      expect(broken.out).to.match(/1 of 1 block passed/);

      await put(folder, 'blocks/5000000/block.json', '{"number": "0x1", "transactions": [{"r": "0x1", "r": "0x2"}]}');
      expect((await run([folder])).log).to.match(
        /block.json field transactions\[0\].r: the key "r" stands twice in its object, again at position 48$/m,
      );
      await put(folder, 'blocks/5000000/block.json', 'version https://git-lfs.github.com/spec/v1\n');
      expect((await run([folder])).log).to.match(/block.json: a Git LFS pointer in place of the file/);
    }));

  it('says where there is nothing to replay', () =>
    inFolder(async (folder) => {
      expect(await run([folder])).to.deep.include({ code: 4, out: '' });
      await put(folder, 'blocks/5/pre_state.json', '{}');
      await put(folder, 'codes.json', '{}');
      expect((await run([folder])).log).to.match(/blocks\/5\/block.json: there is no such file in the source/);
      let refused: unknown = null;
      try {
        await run([path.join(folder, 'nowhere')]);
      } catch (error) {
        refused = error;
      }
      expect(refused).to.be.instanceOf(UsageError);
      const twice = await run([folder, `${folder}/`]).catch((error: unknown) => error);
      expect(twice).to.be.instanceOf(UsageError);
    }));
});
