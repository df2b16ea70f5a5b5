import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GithubReporter } from '../../reports/github.js';
import { windowLines } from '../../reports/live-window.js';
import { printable, printableLines, printableValue } from '../../reports/printable.js';
import { Progress } from '../../reports/progress.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { list } from '../../runners/cli/list.js';
import type { Reporter, RunEvent } from '../../runners/events/events.js';
import { openSource } from '../../runners/fixtures/sources.js';
import { caseEvents, identityOf, resultOf, runOf } from '../support/events.js';

const HOSTILE = 'a\n::error file=x::injected\r\u001b[2J\u001b]0;title\u0007\u009b31m\u202eb\u2028\t';
const SPELLED = 'a\\n::error file=x::injected\\r\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u202eb\\u2028\\t';
/** What no text of a fixture may bring to a terminal; lines end all the same. */
const RAW = /(?!\n)\p{Cc}|[\u2028\u202e]|^\s*::/mu;

const failing = (index: number) => {
  const differences = [{ what: HOSTILE, expected: HOSTILE, actual: HOSTILE }];
  const identity = { ...identityOf(`t${index}${HOSTILE}`), group: HOSTILE, network: HOSTILE, source: HOSTILE };
  return { ...resultOf('t', 'nonconformant', { cause: `${index}${HOSTILE}`, differences }), ...identity };
};

const expectation = { case: HOSTILE, outcome: 'nonconformant', reason: HOSTILE, link: HOSTILE } as const;
const error = { source: HOSTILE, file: HOSTILE, test: HOSTILE, field: HOSTILE, message: HOSTILE };
const EVENTS: RunEvent[] = runOf([failing(1), failing(2)], {}, [
  { type: 'note', message: HOSTILE },
  { type: 'source:error', source: HOSTILE, message: HOSTILE },
  { type: 'run:error', message: HOSTILE },
  { type: 'fixture:error', error },
  { type: 'not-run', source: HOSTILE, file: HOSTILE, kind: HOSTILE, count: 1 },
  { type: 'expectation:stale', expectation },
  {
    type: 'counts:mismatch',
    mismatch: {
      source: HOSTILE,
      release: HOSTILE,
      suite: HOSTILE,
      kind: 'state',
      network: HOSTILE,
      expected: 2,
      found: 1,
    },
  },
]);

async function told(reporter: (out: { write(text: string): unknown }) => Reporter): Promise<string> {
  let text = '';
  const one = reporter({
    write: (piece) => {
      text += piece;
    },
  });
  for (const event of EVENTS) one.on(event, 0);
  await one.close?.();
  return text;
}

describe('text from fixtures', () => {
  it('has its control characters spelled out', () => {
    expect(printable(HOSTILE)).to.equal(SPELLED);
    expect(printableLines('a\nb\r\n')).to.equal('a\nb\\r\n');
    expect(printable('stSStoreTest/ä 😀 "x" \\n')).to.equal('stSStoreTest/ä 😀 "x" \\n');
    expect(printableValue({ a: ['\u0007', 1, null, true], b: { c: 'x\ny' }, d: new Uint8Array(1) })).to.deep.equal({
      a: ['\\u0007', 1, null, true],
      b: { c: 'x\ny' },
      d: new Uint8Array(1),
    });
  });

  it('goes to a terminal in that form, each in a line of its own', async () => {
    const text = await told((out) => new TerminalReporter({ out, color: false, quiet: false }));
    expect(RAW.exec(text)?.index, text).to.equal(undefined);
    expect(text).to.contain(`t1${SPELLED}`).and.contain(`nonconformant  1${SPELLED}`);
    const progress = new Progress(() => 0);
    let now = 0;
    const slow = new Progress(() => now);
    for (const event of caseEvents(failing(1)).slice(0, 1)) slow.on(event);
    now = 5000;
    expect(windowLines(slow, { cases: 0, failures: 0 }, 400).join('|'))
      .to.contain('slowest now: ')
      .and.not.match(RAW);
    expect(progress.slowest()).to.equal(null);
  });

  it('makes no command of its own for GitHub', async () => {
    const text = await told((out) => new GithubReporter({ out, summaryPath: null }));
    const lines = text.trimEnd().split('\n');
    for (const line of lines)
      expect(line)
        .to.match(/^::(?:error|warning) title=/)
        .and.not.match(/\p{Cc}/u);
    expect(lines).to.have.length.greaterThan(4);
  });

  it('is listed in that form', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-printable-'));
    try {
      await mkdir(join(folder, 'RLPTests'));
      await writeFile(
        join(folder, 'RLPTests', 'x.json'),
        JSON.stringify({ [HOSTILE]: { in: 'dog', out: '0x83646f67' } }),
      );
      let out = '';
      const sources = [await openSource(folder)];
      const output = {
        write: (text: string) => {
          out += text;
        },
      };
      await list({}, sources, output, { write: () => undefined });
      expect(out).to.equal(`RLPTests/x.json::${SPELLED}[any]\n`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
