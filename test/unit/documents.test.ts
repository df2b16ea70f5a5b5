/** What README and docs say: the commands are there, and so is what they link to. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { faultOf, helpTexts, shownInHelp, shownInMarkdown } from '../support/documented-commands.js';
import { packageRoot } from '../support/root.js';

const DOCUMENTS = [
  ...readdirSync(packageRoot).filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'test', 'corpus', 'contracts', 'workloads', 'src/vm/core'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

const read = (name: string): Promise<string> => readFile(join(packageRoot, name), 'utf8');

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

describe('documents', () => {
  it('show commands and options that there are, with values that they take', async () => {
    const commands = new Set<string>();
    let shown = 0;
    for (const name of DOCUMENTS) {
      for (const command of shownInMarkdown(await read(name))) {
        const fault = await faultOf(command, (found) => commands.add(found));
        expect(fault, `${name}: ${command.program} ${command.words.join(' ')}`).to.equal(null);
        shown++;
      }
    }
    expect(shown).to.be.greaterThan(90);
    expect([...commands]).to.include.members([
      'run',
      'list',
      'report',
      'merge',
      'timings',
      'gate',
      'doctor',
      'update',
      'trace',
      'explain',
      'minimise',
      'replay',
      'replay-schedule',
      'timeline',
      'capture',
      'selftest',
      'counts',
    ]);
  });

  it('are right, the examples of --help among them, about the cases of the embedded corpus', async () => {
    const texts = await Promise.all(DOCUMENTS.map(async (name) => [name, await read(name)] as const));
    const examples = shownInHelp();
    expect(examples).to.have.length.above(40);
    for (const example of examples) expect(await faultOf(example, () => {}), example.words.join(' ')).to.equal(null);
    const help = examples.map(({ words }) => words.join(' ')).join('\n');
    let named = 0;
    for (const [name, text] of [...texts, ['--help', help] as const]) {
      for (const [id, file = '', test = ''] of text.matchAll(/\b([a-z]+\.json\.gz)::(\w+)\[\w+\]/g)) {
        const packed = await readFile(join(packageRoot, 'corpus', 'fixtures', file));
        expect(Object.keys(JSON.parse(gunzipSync(packed).toString())), `${name}: ${id}`).to.include(test);
        named++;
      }
    }
    expect(named).to.be.greaterThan(8);
  });

  it('say of --help that it has examples and exit codes, which it has for every command', async () => {
    expect(await read('docs/README.md')).to.include(
      'Every command has its own `--help`, with examples and exit codes.',
    );
    const texts = helpTexts();
    expect([...texts.keys()]).to.include.members(['run', 'list', 'counts', 'update']);
    for (const [name, text] of texts) {
      expect(text, name).to.match(/^Examples:\n {2}\$ lockstep /m);
      expect(text, name).to.match(/^Exit codes:/m);
    }
  });

  it('have what comments in the sources point to by its heading', async () => {
    let named = 0;
    for (const folder of ['src', 'runners', 'reports', 'bench', 'workloads', 'test/support', 'test/mutants']) {
      for (const name of readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.ts')) continue;
        const text = (await read(`${folder}/${name}`)).replaceAll(/\n \* /g, ' ');
        for (const [, document = '', heading = ''] of text.matchAll(/\b([\w/-]+\.md), "([^"]+)"/g)) {
          const lines = (await read(document)).split('\n');
          const there = lines.some(
            (line) => line.startsWith(`**${heading}**`) || /^#+ (.*)$/.exec(line)?.[1] === heading,
          );
          expect(there, `${folder}/${name}: ${document}, "${heading}"`).to.equal(true);
          named++;
        }
      }
    }
    expect(named).to.be.greaterThan(5);
  });

  it('link to files and headings that there are', async () => {
    let links = 0;
    for (const name of DOCUMENTS) {
      const prose = (await read(name)).replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`]*`/g, '');
      for (const [, target = ''] of prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? name : join(dirname(name), path);
        expect(existsSync(join(packageRoot, file)), `${name}: ${target}`).to.equal(true);
        if (anchor !== undefined) expect([...anchorsOf(await read(file))], `${name}: ${target}`).to.include(anchor);
        links++;
      }
    }
    expect(links).to.be.greaterThan(20);
  });
});
