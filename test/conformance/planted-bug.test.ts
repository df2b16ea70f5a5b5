/**
 * A bug from its discovery to its replay, by the commands of the README's section "A planted bug, from end to end":
 * the same fault in the same build, on a state test made here, since the official suites may not be at hand. Builds
 * the mutation gate's copy of the sources where it is out of date.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Actions, createProgram } from '../../runners/cli/program.js';
import { scenarioOf } from '../../runners/scenario/read.js';
import { CLI, type Ended, runNode } from '../support/command.js';
import { packageRoot } from '../support/root.js';
import { stateTestFile } from '../support/state-tests.js';

const MUTANTS = fileURLToPath(new URL('../mutants/main.js', import.meta.url));
const MOST_TRANSACTIONS = 3;

/** What stands in the README under the heading. */
async function section(): Promise<string> {
  const text = await readFile(join(packageRoot, 'README.md'), 'utf8');
  const [, rest = ''] = text.split('### A planted bug, from end to end\n');
  return rest.split('\n### ')[0] as string;
}

/** The commands `$ lockstep …` and `$ npm run -s lockstep -- …` of the README, as lists of words. */
function commandsIn(text: string): string[][] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line): string[][] => {
    const found = /^\$ (?:lockstep|npm run -s lockstep --) (.*)$/.exec(line);
    if (found === null) return [];
    return [
      [...(found[1] as string).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string)),
    ];
  });
}

/** What lines of an explanation begin with. */
const LABELS =
  /^\s*(first divergence: transaction|read|serial|parallel|standing|incarnations|schedule|step|→|written to|divergent|differs under schedule|nothing smaller diverges)\b|^\s*(→)/gm;

function labelsOf(text: string): Set<string> {
  return new Set([...text.matchAll(LABELS)].map(([, label, arrow]) => label ?? (arrow as string)));
}

describe('a planted bug, from end to end', function () {
  this.timeout(1_200_000);
  let folder = '';
  let readme = '';
  let fault = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-planted-'));
    await mkdir(join(folder, 'GeneralStateTests'));
    await writeFile(join(folder, 'GeneralStateTests', 'counter.json'), stateTestFile(['Cancun']));
    readme = await section();
    fault = /mutants -- --cli (\S+) --/.exec(readme)?.[1] ?? '';
  });
  after(() => rm(folder, { recursive: true }));

  const planted = (...args: string[]): Promise<Ended> => runNode([MUTANTS, '--cli', fault, '--', ...args]).ended;
  const sound = (...args: string[]): Promise<Ended> => runNode([CLI, ...args]).ended;

  it('is found, explained, minimised to three transactions or fewer, and replayed', async () => {
    const tests = join(folder, 'GeneralStateTests');
    const id = 'counter.json::counter[fused 1, seed 1, Cancun]';
    const fuse = ['--fixtures', tests, '--fuse', '1', '--schedules', '50', '--threads', '1'];
    const found = await planted('run', ...fuse, '--quiet');
    expect(found.code, found.out + found.err).to.equal(1);
    expect(found.out).to.include(id);
    const [, schedule = ''] = /lockstep -- minimise .* --schedule (\d+)/.exec(found.out) ?? [];
    expect(schedule, found.out).to.match(/^\d+$/);

    const explained = await planted('explain', id, '--fixtures', tests, '--schedule', schedule);
    expect(explained.code, explained.out).to.equal(1);
    for (const part of ['first divergence: transaction', 'parallel', 'from', 'standing', 'incarnations', 'worker']) {
      expect(explained.out).to.include(part);
    }

    const file = join(folder, 'minimal.json');
    const minimised = await planted('minimise', id, '--fixtures', tests, '--schedule', schedule, '-o', file);
    expect(minimised.code, minimised.out + minimised.err).to.equal(0);
    const fixture = JSON.parse(await readFile(file, 'utf8')) as Record<string, { _info: { reproduce: string } }>;
    const [name = ''] = Object.keys(fixture);
    expect(scenarioOf(fixture, name).transactions.length).to.be.at.most(MOST_TRANSACTIONS);
    expect(minimised.out).to.include(fixture[name]?._info.reproduce);

    const [, seed = ''] = /--seed (\d+)/.exec(minimised.out) ?? [];
    const replay = ['replay-schedule', name, '--fixtures', file, '--seed', seed];
    const logs: Buffer[] = [];
    for (const log of ['first.log', 'second.log']) {
      const replayed = await planted(...replay, '--log', join(folder, log));
      expect(replayed.code, replayed.out).to.equal(1);
      expect(replayed.out).to.include('divergent: parallel differs from serial');
      logs.push(await readFile(join(folder, log)));
    }
    expect(logs[0]?.equals(logs[1] as Buffer)).to.equal(true);
    const right = await sound(...replay);
    expect(right.code, right.out).to.equal(0);

    // What the README shows is what these commands print.
    const printed = labelsOf([found, explained, minimised].map(({ out, err }) => out + err).join('\n'));
    expect([...printed]).to.include.members(
      [...labelsOf(readme)].filter((label) => label !== 'nothing smaller diverges'),
    );
  });

  it('is shown in the README by commands that exist', async () => {
    const ran: string[] = [];
    const actions = new Proxy({} as Actions, {
      get: (_, action) => async () => {
        ran.push(String(action));
      },
    });
    for (const words of commandsIn(readme)) await createProgram('0', actions).parseAsync(words, { from: 'user' });
    expect(ran).to.deep.equal(['run', 'explain', 'minimise', 'replaySchedule', 'replaySchedule']);
    const smallest = /^sstore_\w+ .* {2}(\d+) transactions of/m.exec(readme)?.[1];
    expect(Number(smallest)).to.be.within(1, MOST_TRANSACTIONS);
  });
});
