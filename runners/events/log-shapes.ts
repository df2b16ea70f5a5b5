/** What each event must look like in a log. Types keep these in step with the events. */
import { VM_NAMES } from '../../src/vm/name.js';
import { RUN_KINDS } from '../fixtures/classify.js';
import type { ExplainedRead, ExplainedTransaction, Explanation } from '../verdict/explanation.js';
import { FUSED_PLANS, type FusedFacts, type FuseSettings } from '../verdict/fused.js';
import {
  type CaseExpectation,
  type CaseResult,
  type Coverage,
  type Difference,
  type ExecutionTimes,
  VERDICTS,
} from '../verdict/verdict.js';
import {
  type CaseIdentity,
  type CountMismatch,
  EVENTS_VERSION,
  type FixtureErrorRecord,
  type IncompleteSuite,
  type RunEnvironment,
  type RunEvent,
  type RunSettings,
  type RunUsage,
  type ShardFacts,
  type ShardSettings,
  type SourceUsage,
  type StaleExpectation,
  type SuiteExpectation,
} from './events.js';
import { amount, type Check, count, flag, listOf, oneOf, orNull, recordOf, shape, text } from './shapes.js';

type EventOf<T extends RunEvent['type']> = Omit<Extract<RunEvent, { type: T }>, 'type'>;

const texts = listOf(text);
const kind = oneOf(RUN_KINDS);
const verdict = oneOf(VERDICTS);
const version = oneOf([EVENTS_VERSION]);

const environment = shape<RunEnvironment>({ lockstep: text, node: text, platform: text, cpus: count });

const settings = shape<RunSettings>(
  {
    vm: oneOf(VM_NAMES),
    threads: listOf(count),
    jobs: count,
    timeoutSeconds: amount,
    suites: listOf(kind),
    forks: orNull(texts),
    grep: orNull(text),
    sample: orNull(count),
    origins: recordOf(text),
    defaults: shape<NonNullable<RunSettings['defaults']>>({ legacy: flag, corpus: oneOf(['full']) }, ['corpus']),
    expected: shape<NonNullable<RunSettings['expected']>>({ outcomes: text, counts: text }),
    shard: shape<ShardSettings>({ index: count, of: count, timings: text }, ['timings']),
    lastFailed: shape<NonNullable<RunSettings['lastFailed']>>({ cases: count, mark: text }),
    fuse: shape<FuseSettings>({ blocks: count, seed: text, sample: count, from: texts }, ['sample', 'from']),
    schedules: shape<NonNullable<RunSettings['schedules']>>(
      {
        count,
        seed: text,
        exploration: shape<{ preemptions: number; limit: number }>({ preemptions: count, limit: count }),
      },
      ['exploration'],
    ),
  },
  ['origins', 'defaults', 'expected', 'shard', 'lastFailed', 'fuse', 'schedules'],
);

const identityFields = { id: text, source: text, file: text, group: text, network: text, kind };
const identity = shape<CaseIdentity>(identityFields);

const differences = listOf(shape<Difference>({ what: text, expected: text, actual: text }));
const expectationFields = { case: text, outcome: verdict, reason: text, link: text };
const staleExpectation = shape<StaleExpectation>(expectationFields);

const explanation = shape<Explanation>({
  transaction: orNull(count),
  subject: orNull(text),
  outcome: differences,
  writes: differences,
  reads: listOf(shape<ExplainedRead>({ location: text, serial: text, parallel: text, origin: text, standing: text })),
  finding: text,
  incarnations: listOf(
    shape<ExplainedTransaction>({ transaction: count, incarnations: count, state: text, history: text }),
  ),
  schedule: texts,
});

const COVERAGE = {
  blocks: count,
  multiTransactionBlocks: count,
  transactions: count,
  aborts: count,
  reexecutions: count,
  estimatesHit: count,
  deferredFeeReads: count,
  resets: count,
  schedules: count,
  exploredBlocks: count,
};

/** As in a line of a log, where what is null, empty or zero is left out. */
const result = shape<CaseResult>(
  {
    ...identityFields,
    verdict,
    cause: text,
    differences,
    block: count,
    transaction: count,
    threads: count,
    schedule: text,
    coverage: shape<Coverage>(COVERAGE, Object.keys(COVERAGE) as (keyof Coverage)[]),
    milliseconds: amount,
    cpuMilliseconds: amount,
    times: shape<ExecutionTimes>({ serial: count, parallel: listOf(count) }),
    fused: shape<FusedFacts>({ plan: oneOf(FUSED_PLANS), aborted: flag, rejected: flag, seconded: flag }),
    expectation: shape<CaseExpectation>({ ...expectationFields, unmet: orNull(text) }),
    explanation,
  },
  [
    'cause',
    'differences',
    'block',
    'transaction',
    'threads',
    'schedule',
    'coverage',
    'cpuMilliseconds',
    'times',
    'fused',
    'expectation',
    'explanation',
  ],
);

const fixtureError = shape<FixtureErrorRecord>(
  { source: text, file: text, test: orNull(text), field: orNull(text), message: text, missing: text },
  ['missing'],
);

const incompleteFields = {
  source: text,
  suite: text,
  missing: text,
  expected: count,
  found: count,
  reason: text,
  link: text,
  proof: text,
};

const mismatch = shape<CountMismatch>({
  source: text,
  release: text,
  suite: text,
  kind,
  network: text,
  expected: count,
  found: count,
});

const usage = shape<RunUsage>({
  cpuMs: shape<RunUsage['cpuMs']>({ jobs: amount, parent: amount }),
  peakBytes: orNull(amount),
  memory: oneOf(['pss', 'rss']),
  sources: listOf(
    shape<SourceUsage>({ source: text, cases: count, wallMs: amount, cpuMs: amount, peakBytes: orNull(amount) }),
  ),
});

const facts = shape<ShardFacts>({
  suites: listOf(
    shape<ShardFacts['suites'][number]>({
      source: text,
      suites: listOf(
        shape<SuiteExpectation>({
          suite: text,
          release: text,
          cases: listOf(shape<SuiteExpectation['cases'][number]>({ kind, network: text, expected: count })),
        }),
      ),
    }),
  ),
  expectations: listOf(shape<ShardFacts['expectations'][number]>({ ...expectationFields, used: flag, reached: flag })),
  incomplete: listOf(shape<ShardFacts['incomplete'][number]>(incompleteFields)),
});

/** Check of an event's other fields by its type. */
export const EVENT_SHAPES: { readonly [T in RunEvent['type']]: Check } = {
  'run:start': shape<EventOf<'run:start'>>({ version, settings, environment, sources: texts }),
  'run:resume': shape<EventOf<'run:resume'>>({ version, environment, ended: count }),
  note: shape<EventOf<'note'>>({ message: text }),
  'source:start': shape<EventOf<'source:start'>>({ source: text, digest: orNull(text) }, ['digest']),
  'source:progress': shape<EventOf<'source:progress'>>({ source: text, fraction: amount }),
  'source:end': shape<EventOf<'source:end'>>({ source: text, digest: orNull(text) }),
  'source:error': shape<EventOf<'source:error'>>({ source: text, message: text }),
  'file:start': shape<EventOf<'file:start'>>({ source: text, file: text, job: count }),
  'file:end': shape<EventOf<'file:end'>>({ source: text, file: text, cases: count }),
  'not-run': shape<EventOf<'not-run'>>({ source: text, file: text, kind: text, count }),
  'fixture:error': shape<EventOf<'fixture:error'>>({ error: fixtureError, case: identity, job: count }, [
    'case',
    'job',
  ]),
  'case:unrunnable': shape<EventOf<'case:unrunnable'>>({ job: count, case: identity, missing: text }),
  'case:start': shape<EventOf<'case:start'>>({ job: count, case: identity }),
  'case:end': shape<EventOf<'case:end'>>({ job: count, result }),
  'counts:checked': shape<EventOf<'counts:checked'>>({ source: text, releases: texts, expected: count }),
  'counts:mismatch': shape<EventOf<'counts:mismatch'>>({ mismatch }),
  'expectation:stale': shape<EventOf<'expectation:stale'>>({ expectation: staleExpectation }),
  'shard:facts': shape<EventOf<'shard:facts'>>({ facts }),
  'incomplete:checked': shape<EventOf<'incomplete:checked'>>({
    incomplete: shape<IncompleteSuite>({ ...incompleteFields, state: oneOf(['met', 'unmet', 'stale']) }),
  }),
  'run:usage': shape<EventOf<'run:usage'>>({ usage }),
  'run:error': shape<EventOf<'run:error'>>({ message: text }),
  'run:end': shape<EventOf<'run:end'>>({
    durationMs: amount,
    reason: oneOf(['complete', 'bail', 'interrupted']),
    exitCode: count,
  }),
};
