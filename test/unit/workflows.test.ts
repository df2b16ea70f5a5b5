import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Actions, createProgram } from '../../runners/cli/program.js';
import { packageRoot } from '../support/root.js';

const WORKFLOWS = join(packageRoot, '.github', 'workflows');

/** Long options by command. */
function optionsByCommand(): Map<string, Set<string>> {
  const program = createProgram('0.0.0', {} as Actions);
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  return new Map(
    commands.map((command) => [command.name(), new Set([...command.options.map(({ long }) => long ?? ''), '--help'])]),
  );
}

/** Commands in a text, with the options that follow them on their line; continued lines are one. */
function commandsIn(text: string): { readonly command: string; readonly options: readonly string[] }[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ').replaceAll(/\n\s+(?=--)/g, ' ');
  const found = joined.matchAll(
    /(?:conformance -- (?=--)|(?:\$LOCKSTEP|lockstep)(?: --)? +([a-z][a-z-]+))([^\n|;`#]*)/g,
  );
  return [...found].map(([, command, rest = '']) => {
    const named = command === 'expectations' ? 'update' : command || 'run';
    return { command: named, options: rest.match(/(?<=\s|^)--[a-z][a-z-]*/g) ?? [] };
  });
}

describe('workflows and documents', () => {
  it('pin every action to a commit, and say which version that is', async () => {
    let pinned = 0;
    for (const name of await readdir(WORKFLOWS)) {
      const text = await readFile(join(WORKFLOWS, name), 'utf8');
      for (const [line] of text.matchAll(/^.*\buses:.*$/gm)) {
        expect(line, name).to.match(/^\s*(?:- )?uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        pinned++;
      }
      expect(text, name).to.match(/^permissions:\n {2}contents: read$/m);
      for (const [, run = ''] of text.matchAll(/run: ([^\n]*)/g)) expect(run).not.to.contain('${{ github.event');
    }
    expect(pinned).to.be.greaterThan(8);
  });

  it('name commands and options that there are', async () => {
    const known = optionsByCommand();
    const files = [
      'README.md',
      'docs/sharding.md',
      'docs/kubernetes-job.yaml',
      '.github/workflows/ci.yml',
      '.github/workflows/nightly.yml',
    ];
    const seen = new Set<string>();
    for (const file of files) {
      for (const { command, options } of commandsIn(await readFile(join(packageRoot, file), 'utf8'))) {
        const own = known.get(command);
        if (own === undefined) continue;
        seen.add(command);
        for (const option of options) expect(own.has(option), `${file}: ${command} ${option}`).to.equal(true);
      }
    }
    expect([...seen]).to.include.members(['run', 'report', 'merge', 'timings', 'gate', 'doctor', 'update', 'list']);
  });
});
