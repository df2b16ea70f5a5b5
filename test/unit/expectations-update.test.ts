import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ExpectationsUpdateOptions, updateExpectations } from '../../runners/cli/expectations.js';
import { UsageError } from '../../runners/cli/options.js';
import { readExpectations } from '../../runners/expectations/expectations.js';
import { ExpectationFileError } from '../../runners/expectations/file-error.js';
import { packageRoot } from '../support/root.js';
import { runFakes, writeFakes } from '../support/run-command.js';

const PROOF = {
  eip: 'EIP-1',
  issue: 'https://example.org/1',
  machines: [
    { machine: 'a', says: 'x' },
    { machine: 'b', says: 'x' },
  ],
};
const entry = (glob: string) => ({
  case: glob,
  outcome: 'nonconformant',
  cause: 'state differs',
  reason: `of ${glob}`,
  link: 'https://example.org',
  proof: PROOF,
});
const HOLDS = entry('GeneralStateTests/a.json::fail[Cancun/1]');
const PASSES = entry('GeneralStateTests/a.json::pass[Cancun/0]');
const PARTLY = entry('GeneralStateTests/a.json::*[Cancun/?]');
const STALE = entry('GeneralStateTests/a.json::gone[*]');

describe('expectations update', function () {
  this.timeout(30_000);
  let folder = '';
  let file = '';
  let log = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-update-'));
    file = join(folder, 'known.json');
    log = join(folder, 'run.jsonl');
    await writeFakes(join(folder, 'fixtures'), {
      'GeneralStateTests/a.json': ['pass', 'fail', 'pass', 'fail', 'throw'],
    });
  });
  after(() => rm(folder, { recursive: true }));

  async function run(...entries: object[]): Promise<void> {
    await writeFile(file, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries }));
    await rm(log, { force: true });
    await runFakes({ fixtures: [join(folder, 'fixtures')], expectations: file, events: log });
  }

  async function update(options: ExpectationsUpdateOptions = {}): Promise<{ code: number; text: string }> {
    let text = '';
    const out = {
      write: (part: string): void => {
        text += part;
      },
    };
    return { code: await updateExpectations(packageRoot, [log], { file, ...options }, out), text };
  }

  it('lists entries that no longer hold, takes them out when told to, and leaves the others as they are', async () => {
    await run(HOLDS, PASSES, STALE);
    const before = await readFile(file, 'utf8');
    const told = await update();
    expect(told.code).to.equal(1);
    expect(told.text).to.contain(`- ${PASSES.case} (nonconformant): all its cases pass (1)`);
    expect(told.text).to.contain(`- ${STALE.case} (nonconformant): no case answers to it`);
    expect(await readFile(file, 'utf8')).to.equal(before);
    const written = await update({ write: true });
    expect(written.text).to.contain('2 entries taken out of');
    expect((await readExpectations(file)).outcomes.map((one) => one.case)).to.deep.equal([HOLDS.case]);
  });

  it('leaves an entry alone that holds for some of its cases, and asks for a narrower one', async () => {
    await run(PARTLY);
    const { code, text } = await update({ write: true });
    expect(code).to.equal(1);
    expect(text).to.match(
      /! .*::\*\[Cancun\/\?\] \(nonconformant\): holds for 3 cases, but these pass; narrow its glob\n {4}/,
    );
    expect((await readExpectations(file)).outcomes).to.have.length(1);
  });

  it('is not through where an entry to be narrowed is all that is left', async () => {
    const elsewhere = join(folder, 'narrow');
    await writeFakes(elsewhere, { 'GeneralStateTests/a.json': ['pass', 'fail'] });
    await writeFile(file, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries: [PARTLY] }));
    await rm(log, { force: true });
    await runFakes({ fixtures: [elsewhere], expectations: file, events: log });
    const { code, text } = await update();
    expect(text).to.contain('holds for 1 cases, but these pass; narrow its glob').and.not.to.contain('✖');
    expect(code).to.equal(1);
  });

  it('drafts entries for failures that a person has to fill in, none for crashes', async () => {
    await run();
    const drafts = join(folder, 'drafts.json');
    const { code, text } = await update({ drafts });
    expect(code).to.equal(1);
    expect(text)
      .to.match(/✖ .*::fail\[Cancun\/1\]: nonconformant \(state differs/)
      .and.to.contain('1 drafts in');
    const [draft, ...others] = JSON.parse(await readFile(drafts, 'utf8')) as object[];
    expect(others).to.deep.equal([]);
    await writeFile(file, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries: [draft] }));
    const refusal = await readExpectations(file).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).to.be.instanceOf(ExpectationFileError);
    expect((refusal as Error).message).to.match(/entries\[0\]\.(reason|link|proof)/);
  });

  it('refuses another file than the run was held against, and a run that is not whole', async () => {
    await run(HOLDS);
    await writeFile(file, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries: [STALE] }));
    const refused = (): Promise<unknown> =>
      update().then(
        () => null,
        (error: unknown) => error,
      );
    expect(await refused())
      .to.be.instanceOf(UsageError)
      .and.have.property('message')
      .that.matches(/is not the file that/);
    await run(HOLDS);
    const [start, ...rest] = (await readFile(log, 'utf8')).split('\n') as [string, ...string[]];
    const event = JSON.parse(start) as { settings: { expected?: object } };
    delete event.settings.expected;
    await writeFile(log, [JSON.stringify(event), ...rest].join('\n'));
    expect(await refused(), 'held against none').to.be.instanceOf(UsageError);
    await rm(log);
    await runFakes({ fixtures: [join(folder, 'fixtures')], expectations: file, events: log, bail: true });
    expect(await refused(), 'stopped at a failure')
      .to.have.property('message')
      .that.matches(/is of a run that is not complete/);
    await run(HOLDS);
    const text = await readFile(log, 'utf8');
    await writeFile(log, text.slice(0, text.length / 2));
    expect(await refused())
      .to.have.property('message')
      .that.matches(/is of a run that is not complete/);
  });
});
