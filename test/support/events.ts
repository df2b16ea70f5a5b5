/** Events of small runs, for tests of what is made of them. */
import { type CaseIdentity, EVENTS_VERSION, type RunEvent, type RunSettings } from '../../runners/events/events.js';
import { emptyCoverage, Tally } from '../../runners/events/tally.js';
import type { CaseResult, Verdict } from '../../runners/verdict/verdict.js';

export const SOURCE = 'my fixtures';

export const SETTINGS: RunSettings = {
  vm: 'wasm',
  threads: [1, 4],
  jobs: 2,
  timeoutSeconds: 300,
  suites: ['state', 'blockchain'],
  forks: null,
  grep: null,
  sample: null,
};

export function startOf(settings: Partial<RunSettings> = {}): RunEvent & { type: 'run:start' } {
  return {
    type: 'run:start',
    version: EVENTS_VERSION,
    settings: { ...SETTINGS, ...settings },
    environment: { lockstep: '0.1.0', node: 'v20.20.0', platform: 'linux-x64', cpus: 2 },
    sources: [SOURCE],
  };
}

export function identityOf(name: string, network = 'Cancun'): CaseIdentity {
  const file = 'GeneralStateTests/stX/x.json';
  return {
    id: `${file}::${name}[${network}]`,
    source: SOURCE,
    file,
    group: 'GeneralStateTests',
    network,
    kind: 'state',
  };
}

export function resultOf(name: string, verdict: Verdict = 'pass', more: Partial<CaseResult> = {}): CaseResult {
  const failed = verdict !== 'pass' && verdict !== 'skipped';
  return {
    ...identityOf(name),
    verdict,
    cause: failed ? `cause of ${verdict}` : null,
    differences: failed ? [{ what: 'stateRoot', expected: '0xaa', actual: '0xbb' }] : [],
    block: null,
    transaction: verdict === 'divergent' ? 3 : null,
    threads: verdict === 'divergent' ? 4 : null,
    coverage: { ...emptyCoverage(), blocks: 1, transactions: 2 },
    milliseconds: 5,
    cpuMilliseconds: 7,
    ...more,
  };
}

/** A case from its start to its end. */
export function caseEvents(result: CaseResult, job = 0): RunEvent[] {
  const { id, source, file, group, network, kind } = result;
  return [
    { type: 'case:start', job, case: { id, source, file, group, network, kind } },
    { type: 'case:end', job, result },
  ];
}

/** A whole run of one source. */
export function runOf(
  results: readonly CaseResult[],
  settings: Partial<RunSettings> = {},
  more: RunEvent[] = [],
): RunEvent[] {
  const tally = new Tally();
  const events: RunEvent[] = [
    startOf(settings),
    { type: 'source:start', source: SOURCE, digest: 'ab'.repeat(32) },
    { type: 'source:end', source: SOURCE, digest: 'ab'.repeat(32) },
    { type: 'file:start', source: SOURCE, file: 'GeneralStateTests/stX/x.json', job: 0 },
    ...results.flatMap((result) => caseEvents(result)),
    { type: 'file:end', source: SOURCE, file: 'GeneralStateTests/stX/x.json', cases: results.length },
    ...more,
    {
      type: 'run:usage',
      usage: {
        cpuMs: { jobs: 900, parent: 100 },
        peakBytes: 4e8,
        memory: 'pss',
        sources: [{ source: SOURCE, cases: results.length, wallMs: 500, cpuMs: 800, peakBytes: 3e8 }],
      },
    },
  ];
  for (const event of events) tally.on(event);
  events.push({ type: 'run:end', durationMs: 1000, reason: 'complete', exitCode: tally.exitCode() });
  return events;
}
