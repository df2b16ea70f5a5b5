/** What is wrong with a fixture is told with the source that it stands in, wherever it is told. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fixtureFault } from '../../reports/fixture-fault.js';
import { GithubReporter } from '../../reports/github.js';
import { PageCollector } from '../../reports/html/collect.js';
import { JunitReporter } from '../../reports/junit.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { counts } from '../../runners/cli/counts.js';
import { list } from '../../runners/cli/list.js';
import { findSources } from '../../runners/cli/sources.js';
import type { Reporter } from '../../runners/events/events.js';
import { runOf } from '../support/events.js';
import { packageRoot } from '../support/root.js';

describe('what is wrong with a fixture', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-fault-'));
    for (const name of ['a', 'b', 'c']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'bad.json'), '{ "x": ');
    }
  });
  after(() => rm(folder, { recursive: true }));

  it('names source and file, once where these are one', () => {
    const message = 'x/bad.json::t: malformed';
    expect(fixtureFault({ source: 'a', file: 'x/bad.json', message })).to.equal('a: x/bad.json::t: malformed');
    expect(fixtureFault({ source: 'fx/bad.json', file: 'bad.json', message: 'bad.json: malformed' })).to.equal(
      'fx/bad.json: malformed',
    );
    expect(fixtureFault({ source: 'a', file: 'f.json', message: 'the job died' })).to.equal('a: f.json: the job died');
    expect(fixtureFault({ source: 'a/f.json', file: 'f.json', message: 'it died' })).to.equal('a/f.json: it died');
  });

  it('is told so by every reporter', async () => {
    const faults = ['a', 'b'].map((source) => {
      const error = { source, file: 'bad.json', test: null, field: null, message: 'bad.json: malformed JSON' };
      return { type: 'fixture:error', error } as const;
    });
    const texts: Record<string, string> = { terminal: '', annotations: '' };
    const to = (name: string) => ({
      write: (text: string) => {
        texts[name] += text;
      },
    });
    const path = (name: string): string => join(folder, name);
    const page = new PageCollector();
    const reporters: Reporter[] = [
      new TerminalReporter({ out: to('terminal'), color: false, quiet: true }),
      new GithubReporter({ out: to('annotations'), summaryPath: path('summary.md') }),
      new JunitReporter(path('junit.xml')),
      page,
    ];
    for (const reporter of reporters) {
      for (const event of runOf([], {}, [...faults])) reporter.on(event, Date.now());
      await reporter.close?.();
    }
    for (const name of ['summary.md', 'junit.xml']) texts[name] = await readFile(path(name), 'utf8');
    texts.page = JSON.stringify(page.page()?.problems);
    for (const [name, text] of Object.entries(texts)) {
      for (const source of ['a', 'b']) expect(text, name).to.contain(`${source}: bad.json: malformed JSON`);
    }
  });

  it('is told so by list and counts', async () => {
    const [a, b, file] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'c', 'bad.json')];
    let said = '';
    const log = {
      write: (text: string) => {
        said += text;
      },
    };
    const { sources } = await findSources(packageRoot, { fixtures: [a, b, file], offline: true }, () => undefined);
    expect(await list({}, sources, log, log)).to.equal(3);
    for (const begin of [`${a}: bad.json: `, `${b}: bad.json: `, `${file}: `])
      expect(said).to.contain(`${begin}malformed JSON`);
    expect(await list({}, sources.slice(2), log, log)).to.equal(3);
    said = '';
    expect(await counts(packageRoot, [file], {}, log, log)).to.equal(3);
    expect(said).to.contain(`${file}: malformed JSON`);
  });
});
