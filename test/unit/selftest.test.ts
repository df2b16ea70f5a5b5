/** `lockstep selftest`: every flip of a fixture is caught, and the self-test notices where one would not be. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../runners/cli/options.js';
import { packageOf } from '../../runners/cli/package.js';
import { type SelfTestCommandOptions, selftest } from '../../runners/cli/selftest.js';
import { selfTestSources } from '../../runners/cli/sources.js';
import { RUN_KINDS } from '../../runners/fixtures/classify.js';
import type { CaseView } from '../../runners/selftest/flip.js';
import { FLIPS } from '../../runners/selftest/flips.js';
import { replacing } from '../../runners/selftest/flips-exceptions.js';
import { pathText, renamed, without, withValue } from '../../runners/selftest/json.js';
import { Random } from '../../runners/selftest/random.js';
import { flipByte, flipQuantity } from '../../runners/selftest/values.js';
import { codesOf } from '../../runners/verdict/exceptions.js';
import type { SelfTestResult } from '../../runners/verdict/selftest-result.js';
import { engineFile, stateFile, unitFiles } from '../support/selftest-fixtures.js';

const { root } = packageOf(import.meta.url);
const STRICT = new URL('../../runners/job/lockstep-runner.js', import.meta.url).href;
const LAX = new URL('../support/lax-case-runner.js', import.meta.url).href;
const STALLING = new URL('../support/stalling-case-runner.js', import.meta.url).href;

describe('self-test', function () {
  this.timeout(30_000);
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-selftest-'));
    const files = {
      'GeneralStateTests/stX/y.json': await stateFile(),
      'blockchain_tests_engine/y.json': engineFile(),
      ...unitFiles(),
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), JSON.stringify(content));
    }
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function run(
    specs: string[],
    change: Partial<SelfTestCommandOptions> = {},
    runner = STRICT,
    signal = new AbortController().signal,
  ): Promise<{ code: number; text: string; result: SelfTestResult }> {
    const json = join(folder, 'result.txt');
    const lines: string[] = [];
    const code = await selftest(
      { cases: 100, seed: '1', vm: 'wasm', threads: 1, jobs: 1, timeout: 20, color: false, json, ...change },
      {
        sources: await selfTestSources(root, specs, true),
        runner,
        out: { write: (line) => lines.push(line) },
        log: { write: () => undefined },
        signal,
      },
    );
    return { code, text: lines.join(''), result: JSON.parse(await readFile(json, 'utf8')) as SelfTestResult };
  }

  const triedKinds = ({ rows }: SelfTestResult, kind: string): string[] =>
    rows.filter((row) => row.kind === kind && row.tried > 0).map((row) => row.flip);

  it('catches every flip in cases of the embedded corpus, which it takes where no source is named', async () => {
    const { code, text, result } = await run([], {
      grep: '/(logs_|withdrawals|INVALID|invalid).*(London|Cancun)/',
      cases: 2,
    });
    expect(result.loose).to.deep.equal([]);
    expect(result.unusable).to.deep.equal([]);
    expect(code, text).to.equal(0);
    expect(result.cases).to.equal(2);
    expect(result.sources).to.deep.equal(['corpus:fixtures']);
    expect(triedKinds(result, 'blockchain')).to.include.members([
      'rlp: header byte',
      'rlp: body byte',
      'header beside the rlp: bloom',
      'head sealed anew: receiptTrie',
      'head sealed anew: gasUsed',
      'block dropped',
      'post state: account dropped',
      'lastblockhash',
    ]);
    expect(text).to.match(/\n[0-9]+ of [0-9]+ flips caught, in 2 cases, seed 1/);
  });

  it('refuses a kind of flip that there is none of, and names those that there are', async () => {
    const error = await run([folder], { kind: ['logs', 'nonsense'] }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UsageError);
    expect((error as Error).message).to.match(/^--kind nonsense: is in no name of a flip; there are .*; logs hash; /);
  });

  it('catches every flip in state tests, Engine API tests and the unit suites', async () => {
    const { code, text, result } = await run([folder]);
    expect(code, text).to.equal(0);
    expect(result.loose).to.deep.equal([]);
    const noPlace = (kind: string): string[] =>
      result.rows.filter((row) => row.kind === kind && row.tried === 0).map((row) => row.flip);
    expect(triedKinds(result, 'blockchain-engine')).to.include.members([
      'payload: stateRoot',
      'payload version',
      'validation error added',
      'validation error removed',
      'validation error replaced',
      'error code added',
      'error code removed',
      'error code replaced',
      'post state: account added',
    ]);
    for (const kind of ['state', 'transaction', 'difficulty', 'trie', 'rlp'])
      expect(noPlace(kind), kind).to.deep.equal([]);
  });

  it('fails, and names id, path and values, where the runner has a check missing', async () => {
    const { code, text, result } = await run([folder], { suite: ['state'] }, LAX);
    expect(code).to.equal(1);
    expect(result.loose.map(({ id, flip, path, outcome, said }) => ({ id, flip, path, outcome, said }))).to.deep.equal(
      ['logs', 'rejected'].map((test) => ({
        id: `GeneralStateTests/stX/y.json::${test}[Cancun/d0g0v0]`,
        flip: 'logs hash',
        path: 'post.Cancun[0].logs',
        outcome: 'survived',
        said: 'pass',
      })),
    );
    expect(text)
      .to.contain('survived: logs hash')
      .and.match(/post\.Cancun\[0\]\.logs: "0x[0-9a-f]{64}" -> "0x/);
  });

  it('fails where a flip brings the runner down, or makes serial and parallel differ: that is not noticing it', async () => {
    for (const verdict of ['crashed', 'divergent', 'timeout', 'skipped']) {
      const { code, result } = await run([folder], { suite: ['state'], kind: ['logs'] }, `${LAX}?as=${verdict}`);
      const outcomes = result.loose.map(({ flip, outcome, said }) => [flip, outcome, said]);
      const outcome = verdict === 'skipped' ? 'survived' : 'broken';
      expect(outcomes).to.deep.equal(new Array(2).fill(['logs hash', outcome, verdict]));
      expect(code, verdict).to.equal(1);
    }
  });

  it('fails where a case does not pass as it stands: its flips prove nothing', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, JSON.stringify({ dog: { in: 'dog', out: '0x83646f68' } }));
    const { code, result } = await run([broken]);
    await rm(broken);
    expect(code).to.equal(1);
    expect(result.unusable.map(({ verdict }) => verdict)).to.deep.equal(['nonconformant']);
    expect(result.rows.every((row) => row.tried === 0)).to.equal(true);
  });

  it('shows what it has where it is interrupted, and takes nothing that was not run for a flip that survived', async () => {
    const marker = join(folder, 'stalled.txt');
    const controller = new AbortController();
    const watch = setInterval(() => {
      if (existsSync(marker)) controller.abort();
    }, 200);
    const runner = `${STALLING}?marker=${encodeURIComponent(marker)}`;
    const { code, text, result } = await run([folder], { suite: ['state'] }, runner, controller.signal);
    clearInterval(watch);
    expect(code).to.equal(130);
    const tried = result.rows.reduce((sum, row) => sum + row.tried, 0);
    expect(tried).to.be.within(1, 4);
    expect([result.cases, result.loose, result.unusable]).to.deep.equal([1, [], []]);
    expect(text).to.contain('caught');
    expect(text).to.match(new RegExp(`\\n${tried} of ${tried} flips? caught, in 1 case, seed 1, interrupted \\(`));
    const none = await run([folder], { suite: ['state'] }, STRICT, AbortSignal.abort());
    expect(none.code).to.equal(130);
    expect(none.text).to.contain('0 of 0 flips caught, in 0 cases, seed 1, interrupted');
  });

  it('makes only the flips that are asked for, and says where there are none', async () => {
    const { code, result } = await run([folder], { suite: ['rlp'], kind: ['content', 'account added'] });
    expect(code).to.equal(0);
    expect(result.rows.map(({ flip, tried }) => [flip, tried])).to.deep.equal([['expected content', 3]]);
    expect((await run([folder], { suite: ['rlp'], kind: ['account added'] })).code).to.equal(4);
  });
});

describe('flips', () => {
  const view = (test: unknown): CaseView => ({ id: 'f::t[Cancun]', network: 'Cancun', test, shown: (path) => path });
  const random = new Random('seed');

  it('exist for every kind of case that is run', () => {
    for (const kind of RUN_KINDS) {
      const names = FLIPS[kind].map(({ name }) => name);
      expect(names, kind).to.not.deep.equal([]);
      expect(new Set(names).size, kind).to.equal(names.length);
    }
  });

  it('are the same for the same seed', () => {
    const at = (seed: string) =>
      FLIPS.transaction[0]?.make(view({ txbytes: `0x${'00'.repeat(64)}` }), new Random(seed, 'id'))?.after;
    expect(at('7')).to.equal(at('7'));
    expect(new Set(['7', '8', '9'].map(at)).size).to.equal(3);
  });

  it('leave the fixture as it was', () => {
    const test = { a: [{ b: '0x01' }, 2], c: 3 };
    const text = JSON.stringify(test);
    expect(withValue(test, ['a', 0, 'b'], '0x02')).to.deep.equal({ a: [{ b: '0x02' }, 2], c: 3 });
    expect(without(test, ['a', 0])).to.deep.equal({ a: [2], c: 3 });
    expect(without(test, ['c'])).to.deep.equal({ a: [{ b: '0x01' }, 2] });
    expect(renamed(test, ['c'], 'd')).to.deep.equal({ a: [{ b: '0x01' }, 2], d: 3 });
    expect(JSON.stringify(test)).to.equal(text);
    expect(pathText(['post', 'Cancun', 1, 'hash'])).to.equal('post.Cancun[1].hash');
  });

  it('give other values that are well-formed', () => {
    for (let i = 0; i < 200; i++) {
      const flipped = flipByte('0x0011ff', random);
      expect(flipped)
        .to.match(/^0x[0-9a-f]{6}$/)
        .and.not.equal('0x0011ff');
    }
    expect(flipByte('00', random)).to.match(/^[0-9a-f]{2}$/);
    expect(['0x', '0x00', '7', '0x0100', 'seven'].map((text) => flipQuantity(text))).to.deep.equal([
      '0x01',
      '0x01',
      '0x06',
      '0x0101',
      null,
    ]);
    expect(flipQuantity('0x10', true)).to.equal('0x11');
    expect(flipQuantity('0x1', true)).to.equal('0x0');
  });

  it('never replace an exception by an equivalent of it', () => {
    const names = 'TransactionException.TYPE_3_TX_PRE_FORK|TransactionException.RLP_INVALID_VALUE';
    const old = new Set(names.split('|').flatMap((name) => codesOf(name) ?? []));
    for (let i = 0; i < 100; i++) {
      const flip = replacing(view({ e: names }), ['e'], random);
      const { e } = flip?.test as { e: string };
      expect((codesOf(e) ?? []).filter((code) => old.has(code))).to.deep.equal([]);
    }
    expect(replacing(view({}), ['e'], random)).to.equal(null);
  });

  it('leave alone what may be changed without harm', () => {
    const make = (kind: keyof typeof FLIPS, name: string, test: unknown) =>
      FLIPS[kind].find((one) => one.name === name)?.make(view(test), random);
    // An account that may destroy itself; brothers; a side chain; the oldest suites' blocks without a name.
    const pre = { [`0x${'aa'.repeat(20)}`]: { balance: '0x01', nonce: '0x00', code: '0x33ff', storage: {} } };
    expect(make('state', 'pre state: balance', { pre, post: { Cancun: [{}] } })).to.equal(null);
    const block = (hash: string, parentHash: string) => ({ blockHeader: { hash, parentHash }, rlp: '0xc0' });
    const brothers = { blocks: [block('0xa1', '0x00'), block('0xa2', '0x00')], lastblockhash: 'a2' };
    expect(make('blockchain', 'blocks swapped', brothers)).to.equal(null);
    expect(make('blockchain', 'block dropped', brothers)?.path).to.equal('blocks[1]');
    const old = { blocks: [{ rlp: '0xc0', expectExceptionALL: 'UnknownParent' }] };
    expect(make('blockchain', 'exception removed', old)).to.equal(null);
    expect(make('blockchain', 'exception removed', { ...old, sealEngine: 'NoProof' })?.path).to.equal(
      'blocks[0].expectExceptionALL',
    );
    expect(make('rlp', 'encoding byte', { in: 'INVALID', out: '0x83' })).to.equal(null);
  });
});
