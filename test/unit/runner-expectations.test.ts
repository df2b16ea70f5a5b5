import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { emptyCoverage, isFailure, Tally } from '../../runners/events/tally.js';
import { type Expectation, globMatcher, readExpectations } from '../../runners/expectations/expectations.js';
import { ExpectedRun } from '../../runners/expectations/expected-run.js';
import { ExpectationFileError } from '../../runners/expectations/file-error.js';
import { ExpectationJudge } from '../../runners/expectations/judge.js';
import { openSource } from '../../runners/fixtures/sources.js';
import { judgeException } from '../../runners/verdict/judge-exception.js';
import { CaseFailure } from '../../runners/verdict/result.js';
import type { CaseResult, Verdict } from '../../runners/verdict/verdict.js';
import { packageRoot } from '../support/root.js';
import { runSources } from '../support/run-sources.js';

const ENTRY = {
  case: 'GeneralStateTests/stX/x.json::wrong[*]',
  outcome: 'nonconformant',
  cause: 'state differs',
  reason: 'the fixture was filled before the rule was settled',
  link: 'https://eips.ethereum.org/EIPS/eip-7610',
  proof: {
    eip: 'EIP-7610',
    issue: 'https://github.com/ethereum/tests/issues/1',
    machines: [
      { machine: 'wasm', says: 'reverts' },
      { machine: 'ethereumjs', says: 'reverts' },
    ],
  },
};

const { cause: _, ...WITHOUT_PATTERN } = ENTRY;
const EXPECTATION: Expectation = {
  ...WITHOUT_PATTERN,
  outcome: 'nonconformant',
  pattern: { of: 'cause', text: ENTRY.cause },
};

function result(verdict: Verdict, cause: string | null, test = 'wrong', file = 'x.json'): CaseResult {
  return {
    id: `GeneralStateTests/stX/${file}::${test}[Cancun/d0g0v0]`,
    source: 's',
    file: `GeneralStateTests/stX/${file}`,
    group: 'GeneralStateTests',
    network: 'Cancun',
    kind: 'state',
    verdict,
    cause,
    differences: cause === null ? [] : [{ what: 'exception', expected: 'A.B', actual: 'NONCE_IS_MAX: nonce 2^64-1' }],
    block: null,
    transaction: null,
    threads: null,
    coverage: emptyCoverage(),
    milliseconds: 1,
  };
}

describe('expectations file', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-expectations-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function read(content: unknown): Promise<readonly Expectation[]> {
    const path = join(folder, 'known.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return (await readExpectations(path)).outcomes;
  }
  const file = (...entries: unknown[]): object => ({ format: 'lockstep-expectations', version: 1, entries });

  async function refused(content: unknown): Promise<ExpectationFileError> {
    try {
      await read(content);
    } catch (error) {
      if (error instanceof ExpectationFileError) return error;
      throw error;
    }
    throw new Error('was accepted');
  }

  it('reads entries with a cause or an exception', async () => {
    const { cause, ...rest } = ENTRY;
    const [first, second] = await read(file(ENTRY, { ...rest, exception: '/NONCE/' }));
    expect(first).to.deep.equal(EXPECTATION);
    expect(second?.pattern).to.deep.equal({ of: 'exception', text: '/NONCE/' });
    expect(cause).to.equal('state differs');
  });

  it('names file, entry and field of what is wrong', async () => {
    const { reason: _reason, ...noReason } = ENTRY;
    const { cause: _cause, ...noPattern } = ENTRY;
    const proof = (change: object): object => ({ ...ENTRY, proof: { ...ENTRY.proof, ...change } });
    const same = [ENTRY.proof.machines[0], ENTRY.proof.machines[0]];
    const cases: [unknown, string | null, RegExp][] = [
      ['{ "half": ', null, /malformed JSON/],
      ['{"version": 1, "entries": [{"case": "a", "case": "b"}]}', 'entries[0].case', /stands twice in its object/],
      [{ ...file(), version: 2 }, 'version', /2 is none of 1/],
      [file(ENTRY, noReason), 'entries[1].reason', /is missing/],
      [file(noPattern), 'entries[0]', /one of exception and cause/],
      [file({ ...ENTRY, exception: 'x' }), 'entries[0]', /one of exception and cause/],
      [file({ ...ENTRY, skip: true }), 'entries[0].skip', /no such field/],
      [file({ ...ENTRY, outcome: 'crashed' }), 'entries[0].outcome', /"crashed" is none of nonconformant/],
      [file({ ...ENTRY, cause: '/(/' }), 'entries[0].cause', /Invalid regular expression/],
      [file({ ...ENTRY, link: 'somewhere' }), 'entries[0].link', /is no address/],
      [file(proof({ eip: '7610' })), 'entries[0].proof.eip', /is no EIP/],
      [file(proof({ machines: same })), 'entries[0].proof.machines', /fewer than two/],
    ];
    for (const [content, field, message] of cases) {
      const error = await refused(content);
      expect(error.field).to.equal(field);
      expect(error.detail).to.match(message);
      expect(error.message)
        .to.contain(join(folder, 'known.json'))
        .and.contain(field ?? '');
    }
    const absent = await readExpectations(join(folder, 'none.json')).catch((error: Error) => error.message);
    expect(absent).to.match(/none\.json: no such file$/);
  });

  it('is valid as it ships', async () => {
    const shipped = await readExpectations(join(packageRoot, 'runners/expectations/expectations.json'));
    expect(shipped.outcomes).to.deep.equal([]);
    expect(shipped.incomplete.map(({ missing, cases }) => [missing, cases])).to.deep.equal([
      ['pre_alloc/0xa9149b4b29ac0473.json', 4354],
    ]);
  });

  it('takes brackets and slashes of a glob as they are', () => {
    const matches = globMatcher('a/*.json::t?[Cancun/*]');
    expect(matches('a/b/c.json::t1[Cancun/d0]')).to.equal(true);
    expect(matches('a/b/c.json::t1C')).to.equal(false);
    expect(matches('a/bxjson::t1[Cancun/d0]')).to.equal(false);
    expect(globMatcher('a.json::t[Cancun]')('a.json::t[Cancun]x')).to.equal(false);
    expect(globMatcher('a.json::t[Cancun]')('xa.json::t[Cancun]')).to.equal(false);
  });
});

describe('expected outcomes', () => {
  const judge = (one: CaseResult, ...more: Expectation[]): CaseResult =>
    new ExpectationJudge([EXPECTATION, ...more]).judge(one);

  it('is met by the outcome and the cause it names, and counted apart', () => {
    const judged = judge(result('nonconformant', 'state differs from the fixture'));
    expect(judged.expectation).to.include({ case: ENTRY.case, reason: ENTRY.reason, unmet: null });
    const tally = new Tally();
    tally.on({ type: 'case:end', job: 0, result: judged });
    tally.on({ type: 'case:end', job: 0, result: result('pass', null, 'other') });
    expect(tally.summary).to.include({ cases: 2, pass: 1, expected: 1, nonconformant: 0 });
    expect(tally.asExpected).to.deep.equal([judged]);
    expect(tally.exitCode()).to.equal(0);
  });

  it('fails a case that passes unexpectedly, or fails in another way', () => {
    const cases: [CaseResult, RegExp][] = [
      [result('pass', null), /passed: take the entry out/],
      [result('nonconformant', 'logs differ from the fixture'), /with cause state differs/],
      [result('divergent', 'state differs'), /nonconformant expected/],
    ];
    for (const [one, unmet] of cases) {
      const judged = judge(one);
      expect(judged.expectation?.unmet).to.match(unmet);
      expect(isFailure(judged)).to.equal(true);
      const tally = new Tally();
      tally.on({ type: 'case:end', job: 0, result: judged });
      expect(tally.exitCode()).to.equal(1);
      expect(tally.summary.expected).to.equal(0);
    }
  });

  it('is never satisfied by a crash or a timeout, whatever the pattern', () => {
    const any: Expectation = { ...EXPECTATION, pattern: { of: 'cause', text: '/./' } };
    for (const verdict of ['crashed', 'timeout'] as const) {
      const judged = new ExpectationJudge([any]).judge(result(verdict, 'the job process died'));
      expect(judged.expectation?.unmet).to.contain('satisfies no entry');
      expect(isFailure(judged)).to.equal(true);
    }
  });

  it('compares the exception that occurred, not the one expected', () => {
    const of = (text: string): Expectation => ({ ...EXPECTATION, pattern: { of: 'exception', text } });
    const one = result('nonconformant', 'exception differs');
    expect(new ExpectationJudge([of('NONCE_IS_MAX')]).judge(one).expectation?.unmet).to.equal(null);
    expect(new ExpectationJudge([of('A.B')]).judge(one).expectation?.unmet).to.contain('with exception A.B');
  });

  it('looks for a cause in the cause alone', () => {
    const of = (text: string): Expectation => ({ ...EXPECTATION, pattern: { of: 'cause', text } });
    const one = result('nonconformant', 'exception differs');
    expect(new ExpectationJudge([of('exception')]).judge(one).expectation?.unmet).to.equal(null);
    expect(new ExpectationJudge([of('NONCE_IS_MAX')]).judge(one).expectation?.unmet).to.contain('with cause NONCE');
  });

  it('finds the name of an exception also where the detail is in other words', () => {
    let failure: unknown = null;
    try {
      const found = 'TransactionException.NONCE_IS_MAX';
      judgeException(['TransactionException.SENDER_NOT_EOA'], found, 'the nonce is 2^64-1', null);
    } catch (error) {
      failure = error;
    }
    expect(failure).to.be.instanceOf(CaseFailure);
    const one = { ...result('nonconformant', null), ...(failure as CaseFailure).outcome };
    const of = (text: string): Expectation => ({ ...EXPECTATION, pattern: { of: 'exception', text } });
    expect(new ExpectationJudge([of('NONCE_IS_MAX')]).judge(one).expectation?.unmet).to.equal(null);
    expect(new ExpectationJudge([of('SENDER_NOT_EOA')]).judge(one).expectation?.unmet).to.be.a('string');
  });

  it('leaves other cases alone, and is content with one of several entries that holds', () => {
    const other = result('nonconformant', 'state differs', 'other');
    expect(judge(other)).to.equal(other);
    expect(isFailure(judge(other))).to.equal(true);
    const second: Expectation = { ...EXPECTATION, pattern: { of: 'cause', text: 'logs' } };
    expect(judge(result('nonconformant', 'logs differ'), second).expectation?.unmet).to.equal(null);
  });

  it('tells stale entries of suites that were run whole, and no others', () => {
    const stale = { ...EXPECTATION, case: 'GeneralStateTests/stX/x.json::gone[*]' };
    const elsewhere = { ...EXPECTATION, case: 'BlockchainTests/ValidBlocks/y.json::gone[*]' };
    const told = (forks: string[] | null, grep: string | null): string[] => {
      const selection = { suites: ['state'] as const, forks, grep, sample: null };
      const run = new ExpectedRun(
        { outcomes: [stale, elsewhere, EXPECTATION], incomplete: [], counts: new Map() },
        selection,
      );
      run.judge({ type: 'case:end', job: 0, result: result('crashed', 'died') });
      return run.conclude().flatMap((event) => (event.type === 'expectation:stale' ? [event.expectation.case] : []));
    };
    expect(told(null, null)).to.deep.equal([stale.case]);
    expect(told(['Cancun'], null)).to.deep.equal([]);
    expect(told(null, 'x.json')).to.deep.equal([]);
  });
});

describe('a run with expectations', function () {
  this.timeout(20_000);

  it('fails for a process that died, though an entry is about its case, and goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-expected-run-'));
    try {
      await mkdir(join(folder, 'GeneralStateTests'));
      await writeFile(join(folder, 'GeneralStateTests', 'x.json'), '["exit", "fail", "pass"]');
      const about = (test: string): Expectation => ({
        ...EXPECTATION,
        case: `*::${test}[*]`,
        pattern: { of: 'cause', text: '/./' },
      });
      const { exit, tally } = await runSources([await openSource(folder)], {
        options: { timeout: 20 },
        expected: { outcomes: [about('exit'), about('fail')], incomplete: [], counts: new Map() },
        runner: new URL('../support/fake-case-runner.js', import.meta.url).href,
      });
      expect(exit).to.equal(1);
      expect(tally.summary).to.include({ cases: 3, pass: 1, crashed: 1, expected: 1, nonconformant: 0 });
      expect(tally.failures.map(({ verdict, expectation }) => [verdict, expectation?.unmet])).to.deep.equal([
        ['crashed', 'nonconformant expected; crashed satisfies no entry'],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
