/** What `lockstep gate` compares of a report: it comes out of a file, which may hold anything. */
import type { FixtureFault } from '../../reports/fixture-fault.js';
import type { Report } from '../../reports/report.js';
import type { CountMismatch, IncompleteSuite, RunSettings } from '../events/events.js';
import { type Check, count, listOf, orNull, recordOf, shape, text } from '../events/shapes.js';
import type { CaseResult } from '../verdict/verdict.js';

type Compared = Pick<
  Report,
  | 'outcome'
  | 'failures'
  | 'expectedCounts'
  | 'incomplete'
  | 'fixtureErrors'
  | 'sourceErrors'
  | 'runErrors'
  | 'outcomes'
  | 'settings'
  | 'environment'
>;

export const COMPARED: Check = shape<Compared>({
  outcome: text,
  failures: listOf(
    shape<Pick<CaseResult, 'id' | 'source' | 'verdict' | 'cause'>>({
      id: text,
      verdict: text,
      cause: orNull(text),
      source: text,
    }),
  ),
  expectedCounts: shape<Pick<Report['expectedCounts'], 'mismatches'>>({
    mismatches: listOf(
      shape<Pick<CountMismatch, 'suite' | 'kind' | 'network' | 'expected' | 'found'>>({
        suite: text,
        kind: text,
        network: text,
        expected: count,
        found: count,
      }),
    ),
  }),
  incomplete: listOf(
    shape<Pick<IncompleteSuite, 'suite' | 'missing' | 'expected' | 'found' | 'state'>>({
      suite: text,
      missing: text,
      expected: count,
      found: count,
      state: text,
    }),
  ),
  fixtureErrors: listOf(shape<FixtureFault>({ source: text, file: text, message: text })),
  sourceErrors: listOf(shape<{ message: string }>({ message: text })),
  runErrors: listOf(text),
  outcomes: recordOf(text),
  settings: shape<Pick<RunSettings, 'vm' | 'threads' | 'suites' | 'forks' | 'grep' | 'sample'>>({
    vm: text,
    threads: listOf(count),
    suites: listOf(text),
    forks: orNull(listOf(text)),
    grep: orNull(text),
    sample: orNull(count),
  }),
  environment: shape<Pick<Report['environment'], 'fixtures'>>({
    fixtures: listOf(shape<Report['environment']['fixtures'][number]>({ digest: orNull(text), source: text })),
  }),
});
