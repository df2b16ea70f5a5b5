import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { faultOf, shownInYaml } from '../support/documented-commands.js';
import { packageRoot } from '../support/root.js';

const WORKFLOWS = join('.github', 'workflows');

const read = (name: string): Promise<string> => readFile(join(packageRoot, name), 'utf8');

describe('workflows', () => {
  it('pin every action to a commit, and say which version that is', async () => {
    let pinned = 0;
    for (const name of await readdir(join(packageRoot, WORKFLOWS))) {
      const text = await read(join(WORKFLOWS, name));
      for (const [line] of text.matchAll(/^.*\buses:.*$/gm)) {
        expect(line, name).to.match(/^\s*(?:- )?uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        pinned++;
      }
      expect(text, name).to.match(/^permissions:\n {2}contents: read$/m);
      for (const [, run = ''] of text.matchAll(/run: ([^\n]*)/g)) expect(run).not.to.contain('${{ github.event');
    }
    expect(pinned).to.be.greaterThan(8);
  });

  it('and the Kubernetes job call commands and options that there are', async () => {
    const seen = new Set<string>();
    for (const file of [join(WORKFLOWS, 'ci.yml'), join(WORKFLOWS, 'nightly.yml'), 'docs/kubernetes-job.yaml']) {
      for (const command of shownInYaml(await read(file))) {
        const fault = await faultOf(command, (name) => seen.add(name));
        expect(fault, `${file}: ${command.program} ${command.words.join(' ')}`).to.equal(null);
      }
    }
    expect([...seen]).to.include.members(['run', 'report', 'merge', 'timings', 'gate', 'doctor']);
  });

  it('compare runs and benchmarks in the summary of the job, and of benchmarks no times', async () => {
    const nightly = shownInYaml(await read(join(WORKFLOWS, 'nightly.yml')));
    const gates = nightly.filter(({ program, words }) => program === 'lockstep' && words[0] === 'gate');
    expect(gates.filter(({ words }) => words.includes('--baseline'))).to.have.length(1);
    const benches = gates.filter(({ words }) => words.includes('--bench'));
    expect(benches).to.have.length(1);
    for (const { words } of benches) expect(words).to.include('--ratios');
    for (const { words } of gates) expect(words).to.include('--github');
  });
});
