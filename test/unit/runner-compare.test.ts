import { expect } from 'chai';
import { emptyCoverage } from '../../runners/events/tally.js';
import type { AccountState } from '../../runners/fixtures/cases.js';
import type { Engines, Executor } from '../../runners/job/engine.js';
import { executeBoth } from '../../runners/verdict/both.js';
import { causeOf, compareResults } from '../../runners/verdict/compare.js';
import { compareAccounts } from '../../runners/verdict/compare-state.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountDiff } from '../../src/state/diff.js';
import { BlockError } from '../../src/transition/errors.js';
import type {
  Block,
  BlockOutcome,
  ExecutionResult,
  ExecutionStats,
  Receipt,
  TransactionOutcome,
} from '../../src/transition/types.js';
import type { Log } from '../../src/vm/vm.js';

const STATS: ExecutionStats = {
  transactions: 1,
  incarnations: 1,
  aborts: 2,
  reexecutions: 3,
  estimatesHit: 4,
  deferredFeeReads: 5,
  credits: 0,
  rebases: 0,
  resets: 6,
  suspensions: 7,
  resumptions: 8,
  checkpoints: 9,
  restores: 10,
  workers: 2,
};
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const LOG: Log = { address: bytes(1), topics: [bytes(2), bytes(3), bytes(12), bytes(13)], data: bytes(4) };
const RECEIPT: Receipt = {
  type: 2,
  status: 1,
  stateRoot: null,
  cumulativeGasUsed: 21000n,
  logsBloom: bytes(9),
  logs: [LOG],
};
type Executed = Extract<TransactionOutcome, { kind: 'executed' }>;
const EXECUTED: Executed = {
  kind: 'executed',
  success: true,
  gasUsed: 21000n,
  blobGasUsed: 0n,
  logs: [LOG],
  output: bytes(5),
  created: null,
  halt: null,
  deferredFee: 0n,
};
const ADDRESS: Hex = '0x00000000000000000000000000000000000000aa';
const SLOT: Hex = `0x${'00'.repeat(31)}01`;
const ACCOUNT: AccountDiff = {
  before: null,
  after: { nonce: 1n, balance: 7n },
  code: { before: bytes(), after: bytes(6) },
  storage: new Map([[SLOT, { before: 0n, after: 1n }]]),
};

function outcome(change: Partial<BlockOutcome> = {}): BlockOutcome {
  return {
    ok: true,
    receipts: [RECEIPT],
    transactions: [EXECUTED],
    gasUsed: 21000n,
    blobGasUsed: 0n,
    logsBloom: bytes(9),
    requests: [bytes(0, 1)],
    diff: new Map([[ADDRESS, ACCOUNT]]),
    stats: STATS,
    ...change,
  };
}

function whats(parallel: ExecutionResult, serial: ExecutionResult = outcome()): string[] {
  return compareResults(serial, parallel)?.differences.map((difference) => difference.what) ?? [];
}

const withReceipt = (change: Partial<Receipt>): BlockOutcome => outcome({ receipts: [{ ...RECEIPT, ...change }] });
const withTransaction = (change: Partial<Executed>): BlockOutcome =>
  outcome({ transactions: [{ ...EXECUTED, ...change }] });
const withAccount = (change: Partial<AccountDiff>): BlockOutcome =>
  outcome({ diff: new Map([[ADDRESS, { ...ACCOUNT, ...change }]]) });

describe('serial against parallel', () => {
  it('finds nothing where all fields are equal, whatever the counts and the booking of fees', () => {
    expect(compareResults(outcome(), outcome())).to.equal(null);
    expect(whats(outcome({ stats: { ...STATS, aborts: 99 } }))).to.deep.equal([]);
    expect(whats(withTransaction({ deferredFee: 5n }))).to.deep.equal([]);
  });

  const changes: [string, BlockOutcome, string[]][] = [
    ['receipt type', withReceipt({ type: 0 }), ['receipts[0].type']],
    ['receipt status', withReceipt({ status: 0 }), ['receipts[0].status']],
    ['receipt state root', withReceipt({ stateRoot: bytes(1) }), ['receipts[0].stateRoot']],
    ['cumulative gas', withReceipt({ cumulativeGasUsed: 1n }), ['receipts[0].cumulativeGasUsed']],
    ['receipt bloom', withReceipt({ logsBloom: bytes(8) }), ['receipts[0].logsBloom']],
    ['a lost log', withReceipt({ logs: [] }), ['receipts[0].logs.length']],
    ['log address', withReceipt({ logs: [{ ...LOG, address: bytes(7) }] }), ['receipts[0].logs[0].address']],
    [
      'order of topics',
      withReceipt({ logs: [{ ...LOG, topics: [bytes(3), bytes(2), bytes(12), bytes(13)] }] }),
      ['receipts[0].logs[0].topics'],
    ],
    [
      'the last of four topics',
      withReceipt({ logs: [{ ...LOG, topics: [bytes(2), bytes(3), bytes(12), bytes(14)] }] }),
      ['receipts[0].logs[0].topics'],
    ],
    ['a receipt without a transaction', outcome({ receipts: [RECEIPT, RECEIPT] }), ['receipts[1]']],
    ['log data', withReceipt({ logs: [{ ...LOG, data: bytes() }] }), ['receipts[0].logs[0].data']],
    ['success', withTransaction({ success: false }), ['transactions[0].success']],
    ['gas used', withTransaction({ gasUsed: 1n }), ['transactions[0].gasUsed']],
    ['blob gas used', withTransaction({ blobGasUsed: 1n }), ['transactions[0].blobGasUsed']],
    ['halt', withTransaction({ halt: 'revert' }), ['transactions[0].halt']],
    ['output', withTransaction({ output: bytes() }), ['transactions[0].output']],
    ['created address', withTransaction({ created: bytes(1) }), ['transactions[0].created']],
    ['block gas', outcome({ gasUsed: 0n }), ['gasUsed']],
    ['block blob gas', outcome({ blobGasUsed: 1n }), ['blobGasUsed']],
    ['bloom', outcome({ logsBloom: bytes(1) }), ['logsBloom']],
    ['no requests', outcome({ requests: null }), ['requests']],
    ['fewer requests', outcome({ requests: [] }), ['requests.length']],
    ['another request', outcome({ requests: [bytes(0, 2)] }), ['requests[0]']],
    ['an account less', outcome({ diff: new Map() }), [`diff ${ADDRESS}`]],
    ['nonce', withAccount({ after: { nonce: 2n, balance: 7n } }), [`diff ${ADDRESS} after.nonce`]],
    ['balance', withAccount({ after: { nonce: 1n, balance: 8n } }), [`diff ${ADDRESS} after.balance`]],
    ['existence', withAccount({ after: null }), [`diff ${ADDRESS} after`]],
    ['existence before', withAccount({ before: { nonce: 0n, balance: 0n } }), [`diff ${ADDRESS} before`]],
    ['code', withAccount({ code: { before: bytes(), after: bytes(7) } }), [`diff ${ADDRESS} code.after`]],
    ['code before', withAccount({ code: { before: bytes(1), after: bytes(6) } }), [`diff ${ADDRESS} code.before`]],
    ['a slot less', withAccount({ storage: new Map() }), [`diff ${ADDRESS} storage ${SLOT}`]],
    [
      'a slot value',
      withAccount({ storage: new Map([[SLOT, { before: 0n, after: 2n }]]) }),
      [`diff ${ADDRESS} storage ${SLOT} after`],
    ],
  ];
  for (const [name, changed, expected] of changes) {
    it(`sees ${name}, from either side`, () => {
      expect(whats(changed)).to.deep.equal(expected);
      expect(whats(outcome(), changed)).to.have.length(expected.length);
    });
  }

  it('names the first transaction that differs', () => {
    const two = (gas: bigint, output: number): BlockOutcome =>
      outcome({
        receipts: [RECEIPT, RECEIPT, RECEIPT],
        transactions: [EXECUTED, { ...EXECUTED, output: bytes(output) }, { ...EXECUTED, gasUsed: gas }],
      });
    expect(compareResults(two(1n, 1), two(2n, 2))?.transaction).to.equal(1);
    expect(compareResults(two(1n, 1), two(2n, 1))?.transaction).to.equal(2);
    expect(compareResults(outcome(), outcome({ gasUsed: 1n }))?.transaction).to.equal(null);
  });

  it('compares rejections by code and transaction, not by wording', () => {
    const rejected = (
      code: 'NONCE_IS_MAX' | 'SENDER_NOT_EOA',
      index: number | null,
      detail: string,
    ): ExecutionResult => ({
      ok: false,
      error: new BlockError(`TransactionException.${code}`, index, detail),
      stats: STATS,
    });
    const serial = rejected('NONCE_IS_MAX', 1, 'one way');
    expect(compareResults(serial, rejected('NONCE_IS_MAX', 1, 'another way'))).to.equal(null);
    expect(whats(rejected('SENDER_NOT_EOA', 1, ''), serial)).to.deep.equal(['error.code']);
    expect(whats(rejected('NONCE_IS_MAX', 0, ''), serial)).to.deep.equal(['error.transactionIndex']);
    expect(whats(rejected('NONCE_IS_MAX', null, ''), serial)).to.deep.equal(['error.transactionIndex']);
    expect(whats(serial, rejected('NONCE_IS_MAX', null, ''))).to.deep.equal(['error.transactionIndex']);
    const mixed = compareResults(outcome(), serial);
    expect(mixed?.transaction).to.equal(1);
    expect(mixed?.differences[0]).to.deep.equal({
      what: 'block',
      expected: 'valid, 21000 gas',
      actual: 'rejected: TransactionException.NONCE_IS_MAX (transaction 1)',
    });
  });

  it('keeps a bounded number of differences and counts the rest', () => {
    const diff = new Map<Hex, AccountDiff>();
    for (let i = 0; i < 50; i++) diff.set(`0x${i.toString(16).padStart(40, '0')}`, ACCOUNT);
    const found = compareResults(outcome({ diff: new Map() }), outcome({ diff }))?.differences ?? [];
    expect(found).to.have.length(21);
    expect(found[20]).to.deep.equal({ what: 'further differences', expected: '0', actual: '30' });
  });

  it('clusters by place without figures', () => {
    const cause = (what: string): string => causeOf({ what, expected: '', actual: '' });
    expect(cause('receipts[12].logs[3].data')).to.equal('receipts[].logs[].data');
    expect(cause(`diff ${ADDRESS} storage ${SLOT} after`)).to.equal('diff 0x… storage 0x… after');
  });
});

describe('accounts against a fixture', () => {
  it('differ in code and slots that either side alone has', () => {
    const account = { nonce: 1n, balance: 2n, code: bytes(), storage: new Map<Hex, bigint>() };
    const more = { ...account, code: bytes(1), storage: new Map([[SLOT, 3n]]) };
    const of = (one: AccountState): ReadonlyMap<Hex, AccountState> => new Map([[ADDRESS, one]]);
    const found = (expected: AccountState, actual: AccountState) =>
      compareAccounts(of(expected), of(actual)).map(({ what, expected, actual }) => [what, expected, actual]);
    const [code, slot] = [`account ${ADDRESS} code`, `account ${ADDRESS} storage ${SLOT}`];
    expect(found(more, account)).to.deep.equal([
      [code, '0x01', '0x'],
      [slot, '0x3', '0x0'],
    ]);
    expect(found(account, more)).to.deep.equal([
      [code, '0x', '0x01'],
      [slot, '0x0', '0x3'],
    ]);
    expect(found(more, { ...more, storage: new Map([[SLOT, 3n]]) })).to.deep.equal([]);
  });
});

describe('one block on all executors', () => {
  const block = { transactions: [1, 2] } as unknown as Block;
  const answering = (...results: ExecutionResult[]): Executor => {
    let next = 0;
    return {
      execute: async () => results[Math.min(next++, results.length - 1)] as ExecutionResult,
      close: async () => undefined,
    };
  };
  const engines = (serial: Executor, parallel: [number, Executor][]): Engines => ({
    database: null as unknown as Engines['database'],
    serial,
    parallel: new Map(parallel),
  });

  it('adds blocks once and the counts of every parallel run', async () => {
    const coverage = emptyCoverage();
    const same = answering(outcome());
    const { disagreement } = await executeBoth(
      engines(same, [
        [1, same],
        [2, same],
      ]),
      block,
      coverage,
    );
    expect(disagreement).to.equal(null);
    expect(coverage).to.deep.equal({
      blocks: 1,
      multiTransactionBlocks: 1,
      transactions: 2,
      aborts: 4,
      reexecutions: 6,
      estimatesHit: 8,
      deferredFeeReads: 10,
      resets: 12,
      schedules: 0,
      exploredBlocks: 0,
    });
  });

  it('calls a steady difference divergent and an unsteady one unstable', async () => {
    const wrong = outcome({ gasUsed: 1n });
    const judge = async (parallel: Executor): Promise<unknown> => {
      const all = engines(answering(outcome()), [
        [1, answering(outcome())],
        [4, parallel],
      ]);
      const { disagreement } = await executeBoth(all, block, emptyCoverage());
      return disagreement && [disagreement.verdict, disagreement.threads, disagreement.cause];
    };
    const cause = 'parallel differs from serial: gasUsed';
    expect(await judge(answering(wrong))).to.deep.equal(['divergent', 4, cause]);
    expect(await judge(answering(wrong, outcome()))).to.deep.equal(['unstable', 4, cause]);
    expect(await judge(answering(wrong, wrong, outcome()))).to.deep.equal(['unstable', 4, cause]);
  });
});
