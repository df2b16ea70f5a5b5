/** The events of a run that never was: as many cases as wanted, with failures of every kind among them, and texts that are markup. */
import { EVENTS_VERSION, type RunEvent } from '../../runners/events/events.js';
import type { LoggedEvent } from '../../runners/events/log-line.js';
import { emptyCoverage } from '../../runners/events/tally.js';
import type { CaseResult, Coverage, Verdict } from '../../runners/verdict/verdict.js';
import { Random } from '../fuzz/random.js';

const SUITES = [
  'GeneralStateTests',
  'BlockchainTests',
  'TransactionTests',
  'DifficultyTests',
  'LegacyTests/Constantinople/GeneralStateTests',
];
const FORKS = [
  'Frontier',
  'Homestead',
  'EIP150',
  'EIP158',
  'Byzantium',
  'Istanbul',
  'Berlin',
  'London',
  'Paris',
  'Shanghai',
  'Cancun',
  'Prague',
  'Osaka',
];
const JOBS = 2;
/** When the run begins, milliseconds since 1970. */
export const BEGAN = 1_700_000_000_000;
const HASHES = [
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc0016aa00000000421',
];

/** Text that would run, or break the page, if it were taken for markup. */
export const HOSTILE = `</script><img src=x onerror="document.title='taken over'">&amp;<b>`;

const FAILURES: readonly [Verdict, string][] = [
  ['divergent', 'parallel differs from serial: receipts gasUsed'],
  ['divergent', 'parallel differs from serial: account balance'],
  ['nonconformant', 'state differs from the fixture'],
  ['nonconformant', `a valid transaction was rejected: ${HOSTILE}`],
  ['unstable', 'two parallel runs differ'],
  ['crashed', 'the engine threw ExecutorError WORKER_DIED'],
  ['timeout', 'took longer than 600 s of processor time'],
];

/**
 * Every `failEvery`th case fails, in turn in each way. The same arguments give the same events. `hostile` stands in
 * names, causes and notes; where it is empty they are such as a run might have.
 */
export function* madeUpRun(cases: number, failEvery: number, hostile = HOSTILE): Generator<LoggedEvent> {
  let at = 0;
  for (const event of made(cases, failEvery, (now) => {
    at = now;
  })) {
    yield { at: BEGAN + at, event: hostile === HOSTILE ? event : withText(event, hostile) };
  }
}

function withText(event: RunEvent, text: string): RunEvent {
  return JSON.parse(JSON.stringify(event), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(HOSTILE, text).replace(/[ :,]+$/, '') : value,
  ) as RunEvent;
}

function* made(cases: number, failEvery: number, tell: (now: number) => void): Generator<RunEvent> {
  const random = new Random(7, 0);
  const clocks = Array.from({ length: JOBS }, () => 300);
  yield {
    type: 'run:start',
    version: EVENTS_VERSION,
    settings: {
      vm: 'wasm',
      threads: [1, 2, 4],
      jobs: JOBS,
      timeoutSeconds: 600,
      suites: ['state', 'blockchain', 'transaction', 'difficulty'],
      forks: null,
      grep: null,
      sample: null,
    },
    environment: { lockstep: '0.1.0', node: 'v20.19.0', platform: 'linux-x64', cpus: 2 },
    sources: ['ethereum-tests.tar.gz', 'legacytests.tar.gz'],
  };
  yield { type: 'note', message: `a run that never was, ${HOSTILE}` };
  let failed = 0;
  for (let index = 0; index < cases; index++) {
    const suite = SUITES[index % SUITES.length] as string;
    const fork = FORKS[random.below(FORKS.length)] as string;
    const file = `${suite}/st${['Create2', 'Call', 'SStore', 'Memory', 'Random'][random.below(5)]}/test${index >> 4}.json`;
    const source = suite.startsWith('Legacy') ? 'legacytests.tar.gz' : 'ethereum-tests.tar.gz';
    const milliseconds = Math.floor(2 ** (12 * (random.below(1000) / 1000) ** 3));
    const job = (clocks[0] as number) <= (clocks[1] as number) ? 0 : 1;
    clocks[job] = (clocks[job] as number) + milliseconds + 1;
    const [verdict, cause] =
      index % failEvery === failEvery - 1
        ? (FAILURES[failed++ % FAILURES.length] as [Verdict, string])
        : (['pass', null] as const);
    const result: CaseResult = {
      id: `${file}::test${index}[${fork}]${index === failEvery - 1 ? HOSTILE : ''}`,
      source,
      file,
      group: `${suite}/x`,
      network: fork,
      kind: 'state',
      verdict,
      cause,
      ...findings(verdict),
      coverage: {
        ...emptyCoverage(),
        ...met(random.below(30), random.below(12) === 0 ? random.below(9) : 0),
      },
      milliseconds,
      cpuMilliseconds: milliseconds,
      times: {
        serial: 400 * milliseconds,
        parallel: [420, 260, 230].map((share) => (share + random.below(80)) * milliseconds),
      },
    };
    tell(clocks[job] as number);
    yield { type: 'case:end', job, result };
  }
  for (const source of ['ethereum-tests.tar.gz', 'legacytests.tar.gz']) {
    yield { type: 'source:end', source, digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' };
  }
  yield { type: 'run:end', durationMs: Math.max(...clocks), reason: 'complete', exitCode: failed === 0 ? 0 : 1 };
}

/** A block of so many transactions behind its first, and as many aborts. */
function met(more: number, aborts: number): Partial<Coverage> {
  const reexecutions = aborts + (aborts >> 1);
  return {
    ...{ blocks: 1, multiTransactionBlocks: more > 0 ? 1 : 0, transactions: 1 + more, aborts, reexecutions },
    estimatesHit: aborts >> 1,
  };
}

type Findings = Pick<CaseResult, 'differences' | 'block' | 'transaction' | 'threads' | 'explanation'>;

function findings(verdict: Verdict): Findings {
  const [expected = '', actual = ''] = HASHES;
  const none = { differences: [], block: null, transaction: null, threads: null };
  if (verdict === 'nonconformant')
    return { ...none, differences: [{ what: `stateRoot ${HOSTILE}`, expected, actual }], block: 0 };
  if (verdict !== 'divergent' && verdict !== 'unstable') return none;
  const slot = 'slot 0x0000000000000000000000000000000000000000000000000000000000000001 of 0xcccc…';
  return {
    differences: [
      { what: 'receipts[3].gasUsed', expected: '0xa2f4', actual: '0xaaf4' },
      { what: 'stateRoot', expected, actual },
    ],
    block: 0,
    transaction: 3,
    threads: 4,
    explanation: {
      transaction: 3,
      subject: '0xa94f… → 0xcccc…, 100,000 gas',
      outcome: [{ what: 'gasUsed', expected: '0xa2f4', actual: '0xaaf4' }],
      writes: [{ what: slot, expected: '0x04', actual: '0x03' }],
      reads: [
        {
          location: slot,
          serial: '0x03',
          parallel: '0x02',
          origin: 'transaction 1, incarnation 0',
          standing: '0x03 of transaction 2, incarnation 1',
        },
      ],
      finding:
        'Transaction 3 was committed with a value that transaction 2 had overwritten: the validation of its read let it pass.',
      incarnations: [
        {
          transaction: 2,
          incarnations: 2,
          state: 'committed',
          history: 'aborted once, by worker 1; run again in the lane',
        },
        { transaction: 3, incarnations: 1, state: 'committed', history: 'run ahead by worker 0' },
      ],
      schedule: ['118 w0 execute 3.0', '131 w1 abort 2.0', '150 w0 commit 2.1', '152 w0 commit 3.0'],
    },
  };
}
