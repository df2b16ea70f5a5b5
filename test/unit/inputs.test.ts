import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EventLogError } from '../../runners/events/log-error.js';
import { CLI } from '../support/command.js';
import { runFakes, writeFakes } from '../support/run-command.js';

describe('files that a command reads', function () {
  this.timeout(60_000);
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-inputs-'));
    await writeFakes(join(folder, 'fixtures'), { 'a.json': ['pass'] });
    await runFakes({ fixtures: [join(folder, 'fixtures')], events: join(folder, 'run.jsonl') });
  });
  after(() => rm(folder, { recursive: true }));

  it('are said not to be there in the same words, after the option that names them', () => {
    const run = ['run', '--fixtures', 'fixtures'];
    for (const [code, said, args] of [
      [2, '--config nope', run],
      [2, '--expectations nope', run],
      [2, '--expected-counts nope', run],
      [2, '--timings nope', run],
      [2, '--resume nope', run],
      [2, '--last-failed nope', run],
      [2, '--file nope', ['expectations', 'update', 'run.jsonl']],
      [3, 'nope', ['report']],
      [3, 'nope', ['merge', '--out', 'merged.jsonl', 'run.jsonl']],
      [3, 'nope', ['timings', '--out', 'timings.json']],
      [3, 'nope', ['gate', '--report', 'run.jsonl', '--baseline']],
      [3, 'nope', ['gate', '--bench', 'nope', '--bench-baseline']],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...args, ...said.split(' ')], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stderr, args.join(' ')).to.equal(`error: ${said}: no such file\n`);
      expect(status, said).to.equal(code);
    }
  });

  it('are at fault themselves where they are there and hold no log', async () => {
    await writeFile(join(folder, 'other.json'), '{}\n');
    for (const option of ['resume', 'lastFailed']) {
      const error: unknown = await runFakes({ [option]: join(folder, 'other.json') }).catch(
        (reason: unknown) => reason,
      );
      expect(error, option).to.be.instanceOf(EventLogError);
    }
  });
});
