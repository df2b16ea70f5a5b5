import { expect } from 'chai';
import { whyNothing } from '../../reports/nothing-run.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { narrowed } from '../../runners/cli/narrowing.js';
import { runSettings } from '../../runners/cli/settings.js';
import type { RunSettings } from '../../runners/events/events.js';
import { differencesOf } from '../../runners/events/settings-differences.js';
import { Tally } from '../../runners/events/tally.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { RUN_KINDS } from '../../runners/fixtures/classify.js';
import { errorSelector } from '../../runners/job/selection.js';
import { resultOf, runOf, SETTINGS } from '../support/events.js';

function terminal(settings: Partial<RunSettings>): string {
  let text = '';
  const write = (piece: string): void => {
    text += piece;
  };
  const reporter = new TerminalReporter({ out: { write }, color: false, quiet: true });
  for (const event of runOf([resultOf('a')], { suites: RUN_KINDS, ...settings })) {
    reporter.on(event);
  }
  return text;
}

describe('what leaves cases out', () => {
  it('begins with what leaves cases out, and where that comes from, though it be brief', () => {
    const selected = (settings: Partial<RunSettings>): string | undefined =>
      /^\n {2}selected {2}(.*)\n/.exec(terminal(settings))?.[1];
    expect(selected({})).to.equal(undefined);
    expect(selected({ grep: 'a.json', origins: { grep: 'lockstep.config.json' } })).to.equal(
      '--grep a.json (lockstep.config.json)',
    );
    expect(
      selected({ grep: "it's", forks: ['Cancun', 'Osaka'], sample: 5, origins: { sample: 'profile quick' } }),
    ).to.equal("--grep 'it'\\''s', --fork Cancun,Osaka, --sample 5 (profile quick)");
    const lastFailed = { cases: 3, mark: 'm' };
    expect(selected({ suites: ['state'], shard: { index: 2, of: 3 }, lastFailed })).to.equal(
      '--suite state, --shard 2/3, failures of an earlier run (--last-failed)',
    );
  });

  it('leaves out an error of cases that it would not take, and none that may be of any', () => {
    const selection = { suites: ['state'], forks: ['Cancun'], grep: 'a.json' } as const;
    const counts = errorSelector(selection, false);
    const error = new FixtureError('s', 'b.json', null, null, 'malformed');
    expect(counts(error)).to.equal(true);
    const lost = { kind: 'state', network: 'Cancun', ids: ['b.json::t[Cancun]', 'a.json::t[Cancun]'] } as const;
    expect(counts(error.losing(lost))).to.equal(true);
    expect(counts(error.losing({ ...lost, ids: lost.ids.slice(0, 1) }))).to.equal(false);
    expect(counts(error.losing({ ...lost, network: 'Osaka' }))).to.equal(false);
    expect(counts(error.losing({ ...lost, kind: 'blockchain' }))).to.equal(false);
  });

  it('leaves of a file what all of the picks name', () => {
    const picks = [['a', 'b'], ['b', 'c'], null].map((ids) => () => ids);
    const left = (of: typeof picks) => narrowed('s', 'f.json', { picks: of, prior: null, plan: null });
    expect(left(picks)).to.deep.equal({ ids: ['b'] });
    expect(left(picks.slice(2))).to.deep.equal({ ids: null });
    expect(left([...picks, () => ['c']])).to.equal(null);
  });

  it('is not the sources, where fused blocks are asked for and they hold no state test', () => {
    const why = (fuse?: RunSettings['fuse']): string | null =>
      whyNothing(new Tally(), fuse === undefined ? {} : { fuse });
    expect(why()).to.match(/^the sources hold no test: /);
    expect(why({ blocks: 1, seed: '1' })).to.equal('--fuse makes blocks of state tests, and the sources hold none');
    expect(why({ blocks: 1, seed: '1', from: ['s'] })).to.equal(why());
  });

  it('is told to logs and reports, and makes no two runs different by where it comes from', () => {
    const options = { vm: 'wasm', threads: [1], jobs: 1, timeout: 60, color: false, grep: 'a' } as const;
    const expected = { outcomes: [], incomplete: [], counts: new Map() };
    const origins = { grep: 'lockstep.config.json' };
    expect(runSettings({ ...options, origins }, { expected })).to.deep.include({ grep: 'a', origins });
    expect(runSettings(options, { expected })).to.not.have.property('origins');
    const [a, b] = [{ ...SETTINGS, origins }, SETTINGS].map((settings, index) => ({ name: `${index}`, settings }));
    expect(differencesOf(a as never, b as never)).to.deep.equal([]);
  });
});
