/** The command as a user runs it: exit codes, output, report and interruption, over fixtures made here. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Report } from '../../reports/report.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { addressOfSecretKey, EMPTY_LIST_HASH } from '../../src/primitives/crypto.js';
import { Database } from '../../src/state/database.js';
import { signTransaction } from '../../src/transition/transaction/index.js';

const CLI = fileURLToPath(new URL('../../runners/cli/main.js', import.meta.url));
const KEY = new Uint8Array(32).fill(7);
const SENDER = bytesToHex(addressOfSecretKey(KEY));
const RECIPIENT: Hex = '0x00000000000000000000000000000000000000bb';
const COINBASE: Hex = '0x00000000000000000000000000000000000000cc';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lockstep(args: string[], onOutput?: (text: string, interrupt: () => void) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Colours depend on where a test runs (CI asks for them); what is tested is the text.
      env: { ...process.env, NO_COLOR: '1' },
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      onOutput?.(out, () => child.kill('SIGINT'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

function root(accounts: readonly [Hex, { nonce: bigint; balance: bigint }][]): Hex {
  const full = accounts.map(
    ([address, basics]) => [address, { ...basics, code: new Uint8Array(0), storage: new Map<Hex, bigint>() }] as const,
  );
  return bytesToHex(Database.from(full).stateRoot());
}

const quantity = (value: bigint): string => `0x${value.toString(16)}`;
const FUNDS = 10n ** 18n;
const FEE = 21000n * 16n;
const SENT = 5n;

/** A state test of one transfer; `exception` makes it one whose transaction has too little gas. */
function transferTest(gasLimit: bigint, hash: Hex, exception?: string): object {
  const zero = '0x00';
  const transaction = {
    type: 0 as const,
    chainId: 1n,
    nonce: 0n,
    gasLimit,
    maxFeePerGas: 16n,
    maxPriorityFeePerGas: 16n,
    to: hexToBytes(RECIPIENT),
    value: SENT,
    data: new Uint8Array(0),
    accessList: [],
    maxFeePerBlobGas: 0n,
    blobVersionedHashes: [],
    authorizations: [],
  };
  const post = {
    hash,
    logs: bytesToHex(EMPTY_LIST_HASH),
    indexes: { data: 0, gas: 0, value: 0 },
    txbytes: bytesToHex(signTransaction(transaction, KEY)),
    ...(exception !== undefined && { expectException: exception }),
  };
  return {
    env: {
      currentCoinbase: COINBASE,
      currentGasLimit: '0x0f4240',
      currentNumber: '0x01',
      currentTimestamp: '0x03e8',
      currentDifficulty: '0x020000',
    },
    pre: { [SENDER]: { nonce: zero, balance: quantity(FUNDS), code: '0x', storage: {} } },
    transaction: {
      data: ['0x'],
      gasLimit: [quantity(gasLimit)],
      gasPrice: '0x10',
      nonce: zero,
      to: RECIPIENT,
      value: [quantity(SENT)],
      secretKey: bytesToHex(KEY),
      sender: SENDER,
    },
    post: { Berlin: [post] },
  };
}

const AFTER = root([
  [SENDER, { nonce: 1n, balance: FUNDS - FEE - SENT }],
  [RECIPIENT, { nonce: 0n, balance: SENT }],
  [COINBASE, { nonce: 0n, balance: FEE }],
]);
const BEFORE = root([[SENDER, { nonce: 0n, balance: FUNDS }]]);
const PASSING = {
  transfer: transferTest(21000n, AFTER),
  poor: transferTest(20999n, BEFORE, 'TransactionException.INTRINSIC_GAS_TOO_LOW'),
};

describe('command line', function () {
  this.timeout(60_000);
  let folder = '';
  const quick = ['--jobs', '1', '--threads', '1,2', '--offline'];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-cli-'));
    const suites: Record<string, object | string> = {
      good: PASSING,
      bad: {
        ...PASSING,
        wrong: transferTest(21000n, BEFORE),
        otherwise: transferTest(20999n, BEFORE, 'TransactionException.NONCE_IS_MAX'),
        unmapped: transferTest(20999n, BEFORE, 'TR_NoSuchName'),
        accepted: transferTest(21000n, AFTER, 'TransactionException.NONCE_IS_MAX'),
      },
      small: { dog: { in: 'dog', out: '0x83646f67' }, wrong: { in: 'dog', out: '0x83646f66' } },
      broken: '{ "half": ',
    };
    for (const [name, content] of Object.entries(suites)) {
      const path = join(folder, name, 'GeneralStateTests', 'stX');
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'x.json'), typeof content === 'string' ? content : JSON.stringify(content));
    }
    await mkdir(join(folder, 'empty'));
  });
  after(() => rm(folder, { recursive: true }));

  const at = (name: string): string => join(folder, name);

  it('exits with 0 where every case is as expected', async () => {
    const { code, out } = await lockstep(['run', '--fixtures', at('good'), ...quick]);
    expect(out).to.contain('all 2 cases passed');
    expect(code).to.equal(0);
  });

  it('exits with 1 and groups what is not, in text and in the report', async () => {
    const json = join(folder, 'report.json');
    const { code, out } = await lockstep(['run', '--fixtures', at('bad'), '--json', json, ...quick]);
    expect(code).to.equal(1);
    expect(out).to.contain('4 of 6 cases failed');
    expect(out).to.contain('unmapped exception name TR_NoSuchName');
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.summary).to.include({ cases: 6, pass: 2, nonconformant: 4 });
    expect(report.failures.map((failure) => failure.cause)).to.have.members([
      'state differs from the fixture',
      'exception differs: TransactionException.NONCE_IS_MAX expected, TransactionException.INTRINSIC_GAS_TOO_LOW occurred',
      'unmapped exception name TR_NoSuchName',
      'an invalid transaction was executed',
    ]);
    const again = await lockstep(['run', '--fixtures', at('bad'), '--grep', '::wrong[Berlin/d0g0v0]', ...quick]);
    expect(again.out).to.contain('1 of 1 case failed');
  });

  it('stops at the first unexpected outcome when told to', async () => {
    const { code, out } = await lockstep(['run', '--fixtures', at('bad'), '--bail', '--quiet', ...quick]);
    expect(code).to.equal(1);
    expect(out).to.contain('1 of 3 cases failed, stopped at the first failure');
  });

  it('exits with 2 on a wrong command line', async () => {
    const wrong: [string[], RegExp][] = [
      [['run', '--fork', 'Nowhere'], /unknown network "Nowhere".*Cancun/],
      [['run', '--threads', '0'], /positive whole number/],
      [['run', '--fixtures', at('nowhere')], /nowhere.*no such file/],
      [['run', '--corpus', 'full', '--fixtures', at('good')], /--corpus .* does not go with --fixtures/],
      [['frobnicate'], /unknown command/],
    ];
    for (const [args, message] of wrong) {
      const { code, err } = await lockstep(args);
      expect(err, args.join(' ')).to.match(message);
      expect(code, args.join(' ')).to.equal(2);
    }
  });

  it('exits with 3 where a fixture cannot be decoded, and still runs the others', async () => {
    const { code, out } = await lockstep(['run', '--fixtures', at('broken'), '--fixtures', at('good'), ...quick]);
    expect(out).to.match(/malformed JSON/);
    expect(out).to.contain('all 2 cases passed, 1 error');
    expect(code).to.equal(3);
  });

  it('refuses, before anything is run, to write where no file can be', async () => {
    const file = join(at('good'), 'GeneralStateTests', 'stX', 'x.json');
    const below = join(file, 'report.json');
    for (const [option, path, why] of [
      ['--json', below, `${file} is no folder`],
      ['--html', folder, 'is a folder'],
      ['--junit', folder, 'is a folder'],
    ] as const) {
      const { code, out, err } = await lockstep(['run', '--fixtures', at('good'), option, path, ...quick]);
      expect(err).to.equal(`error: ${option} ${path}: ${why}\n`);
      expect([code, out]).to.deep.equal([2, '']);
    }
  });

  it('ends where options do not go together, whenever that shows', async () => {
    const { code, err } = await lockstep(['run', '--fixtures', at('good'), '--shard-by', 'time', ...quick]);
    expect(err).to.equal('error: --shard-by needs a --shard\n');
    expect(code).to.equal(2);
  });

  it('exits with 4 where no case is selected', async () => {
    const nothing = async (...args: string[]): Promise<string> => {
      const { code, out } = await lockstep(['run', ...args, ...quick, '--quiet']);
      expect(code).to.equal(4);
      return out;
    };
    expect(await nothing('--fixtures', at('empty'))).to.contain('the sources hold no test: a source is a folder');
    expect(await nothing('--fixtures', at('good'), '--fork', 'Osaka', '--grep', 'x')).to.match(
      /no case was run in .*\n {2}nothing fits --grep, --fork: `npm run lockstep -- list` prints the ids/,
    );
    const odd = join(at('empty'), 'odd.json');
    await writeFile(odd, '{ "a": { "x": 1 } }');
    expect(await nothing('--fixtures', odd)).to.contain('the sources hold 1 file of kind unknown, and no test');
    await rm(odd);
  });

  it('exits with 130 on an interruption, with a summary and a report of what there is', async () => {
    const json = join(folder, 'interrupted.json');
    let sent = false;
    const args = ['run', '--fixtures', at('good'), '--json', json, ...quick];
    const { code, out } = await lockstep(args, (_, interrupt) => {
      if (!sent) interrupt();
      sent = true;
    });
    expect(out).to.contain('interrupted');
    expect(code).to.equal(130);
    expect((JSON.parse(await readFile(json, 'utf8')) as Report).outcome).to.equal('interrupted');
  });

  it('lists ids, filtered and sampled, on standard output alone', async () => {
    const file = 'GeneralStateTests/stX/x.json';
    const all = await lockstep(['list', '--fixtures', at('good')]);
    expect(all.out).to.equal(`${file}::transfer[Berlin/d0g0v0]\n${file}::poor[Berlin/d0g0v0]\n`);
    expect(all.err).to.equal('2 cases\n');
    expect(all.code).to.equal(0);
    const one = await lockstep(['list', '--fixtures', at('bad'), '--sample', '1']);
    expect(one.out.trim().split('\n')).to.have.length(1);
    expect((await lockstep(['list', '--fixtures', at('good'), '--grep', 'nothing'])).code).to.equal(4);
  });

  it('runs a sample', async () => {
    const { code, out } = await lockstep(['run', '--fixtures', at('bad'), '--sample', '2', ...quick]);
    expect(out).to.contain('sample of 2 out of 6 cases, over 1 pair of suite and fork');
    expect(code).to.be.oneOf([0, 1]);
  });

  it('traces one case, on either machine and on both', async () => {
    const id = 'GeneralStateTests/stX/x.json::transfer[Berlin/d0g0v0]';
    for (const vm of ['ethereumjs', 'wasm']) {
      const { code, out, err } = await lockstep(['trace', id, '--fixtures', at('good'), '--vm', vm]);
      const summary = { stateRoot: AFTER, output: '0x', gasUsed: '0x5208', pass: true, fork: 'Berlin', transaction: 0 };
      expect(JSON.parse(out)).to.deep.equal(summary);
      expect(err).to.equal(`${id}\npass\n`);
      expect(code).to.equal(0);
    }
    const both = await lockstep(['trace', id, '--fixtures', at('good'), '--diff']);
    expect(both.out).to.equal('the traces are equal: 1 lines\n');
    expect(both.code).to.equal(0);
    for (const place of [
      ['--block', '9'],
      ['--transaction', '9'],
      ['--transaction', '9', '--diff'],
    ]) {
      const none = await lockstep(['trace', id, '--fixtures', at('good'), ...place]);
      expect(none.err).to.match(/error: --(?:block|transaction) 9: .* executes no transaction there\n$/);
      expect(none.code).to.equal(2);
    }
    const blocks = ['tokens.json.gz::hot_counter_Cancun[Cancun]', '--fixtures', 'corpus:fixtures'];
    const replay = await lockstep(['replay-schedule', ...blocks, '--seed', '1', '--block', '7']);
    expect(replay.err).to.equal(`error: --block 7: ${blocks[0]} executes no such block\n`);
    expect(replay.code).to.equal(2);
    for (const [command, option] of [
      ['replay-schedule', '--seed'],
      ['explain', '--schedule'],
    ] as const) {
      const stranger = await lockstep([command, ...blocks, option, '2:134>7']);
      expect(stranger.err).to.equal(`error: ${option}: "2:134>7" names worker 7, but has workers 0 to 1\n`);
      expect(stranger.code).to.equal(2);
    }
    const wrong = await lockstep(['trace', '::wrong', '--fixtures', at('bad')]);
    expect(wrong.err).to.contain('nonconformant: state differs from the fixture');
    expect(wrong.code).to.equal(1);
  });

  it('runs, lists and samples cases that execute no block, and has nothing to trace in them', async () => {
    // The shape decides, so these are RLP tests although they stand in a folder of state tests.
    const id = (test: string): string => `GeneralStateTests/stX/x.json::${test}[any]`;
    const json = join(folder, 'small.json');
    const all = await lockstep(['run', '--fixtures', at('small'), '--json', json, ...quick]);
    expect(all.out).to.contain('1 of 2 cases failed').and.contain('encoder');
    expect(all.code).to.equal(1);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.byFork).to.have.keys('any');
    expect(report.notRun).to.deep.equal({});
    expect(report.failures.map(({ id, kind, cause }) => [id, kind, cause])).to.deep.equal([
      [id('wrong'), 'rlp', 'RLP differs from the fixture'],
    ]);
    expect((await lockstep(['list', '--fixtures', at('small')])).out).to.equal(`${id('dog')}\n${id('wrong')}\n`);
    const one = await lockstep(['run', '--fixtures', at('small'), '--grep', id('dog'), '--sample', '5', ...quick]);
    expect(one.out).to.contain('the one case passed');
    expect((await lockstep(['run', '--fixtures', at('small'), '--suite', 'trie', ...quick])).code).to.equal(4);
    const traced = await lockstep(['trace', '::dog', '--fixtures', at('small')]);
    expect(traced.err).to.contain(`nothing to trace: cases of kind rlp run no instruction (${id('dog')})`);
    expect(traced.code).to.equal(2);
  });

  it('traces nothing where the case is not clear', async () => {
    const several = await lockstep(['trace', 'Berlin', '--fixtures', at('good')]);
    expect(several.err).to.contain('several cases match').and.contain('::poor[Berlin/d0g0v0]');
    expect(several.code).to.equal(2);
    const none = await lockstep(['trace', 'Nowhere', '--fixtures', at('broken')]);
    expect(none.err)
      .to.match(/malformed JSON/)
      .and.contain('no case matches Nowhere');
    expect(none.code).to.equal(2);
    const unwritable = await lockstep(['trace', '::poor', '--fixtures', at('good'), '--out', folder]);
    expect(unwritable.err).to.equal(`error: --out ${folder}: is a folder\n`);
    expect(unwritable.code).to.equal(2);
  });

  it('prints help with examples, and the version', async () => {
    const help = await lockstep(['run', '--help']);
    expect(help.out).to.contain('Examples:').and.to.contain('Exit codes:');
    expect(help.code).to.equal(0);
    const version = await lockstep(['--version']);
    expect(version.out).to.match(/^\d+\.\d+\.\d+\n$/);
    expect(version.code).to.equal(0);
  });
});
