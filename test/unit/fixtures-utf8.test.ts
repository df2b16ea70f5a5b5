import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { create } from 'tar';
import { list } from '../../runners/cli/list.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { decodePreAllocation } from '../../runners/fixtures/decode-pre-allocation.js';
import { openSource } from '../../runners/fixtures/sources.js';
import { decodeUtf8, invalidByte } from '../../runners/fixtures/utf8.js';
import { runSources } from '../support/run-sources.js';
import { Text } from '../support/text.js';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
/** What was decoded with U+FFFD in place of the byte passed, since its `out` says U+FFFD too. */
const REPLACED = latin1('{"a":{"in":"\xe9","out":"0x83efbfbd"}}');
const REFUSAL = 'not UTF-8: the byte 0xe9 at position 12';

describe('fixtures that are not UTF-8', function () {
  this.timeout(20_000);

  it('are told from text of any kind by the first byte that is none', () => {
    for (const text of ['', 'a', 'é', '\ufffd', 'a\ufffd', '漢字', '\u{1f680}', '\u{103dc}', '\ufeff{}', '\\udc80']) {
      expect(decodeUtf8(Buffer.from(text))).to.equal(text);
      expect(invalidByte(text), text).to.equal(null);
      for (const rest of ['', 'b', '\ufffd', '\xe9']) {
        const bytes = Buffer.concat([Buffer.from(text), latin1(`\xe9${rest}`)]);
        const position = Buffer.byteLength(text);
        expect(invalidByte(decodeUtf8(bytes)), text + rest).to.deep.equal({ byte: 0xe9, position });
      }
    }
    for (const [bytes, position] of [
      ['ff', 0],
      ['80', 0],
      // Cut off, too long, of a surrogate, beyond Unicode.
      ['61f09f9a', 1],
      ['efbfbdc080', 3],
      ['eda080', 0],
      ['f4908080', 0],
      ['efbfbdefbf61efbfbd', 3],
    ] as const) {
      const all = Buffer.from(bytes, 'hex');
      expect(invalidByte(decodeUtf8(all)), bytes).to.deep.equal({ byte: all[position], position });
    }
  });

  it('are errors of the file, whatever it holds', () => {
    const text = decodeUtf8(REPLACED);
    expect([...decodeFile('suite', 'RLPTests/a.json', text).cases].map(String)).to.deep.equal([
      `FixtureError: RLPTests/a.json: ${REFUSAL}`,
    ]);
    expect(() => decodePreAllocation('suite', 'pre_alloc/0x12.json', text)).to.throw(FixtureError, REFUSAL);
  });

  describe('in a source', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lockstep-utf8-'));
      for (const [file, content] of [
        ['RLPTests/a.json', REPLACED],
        ['RLPTests/b.json.gz', gzipSync(REPLACED)],
        // Told as a key that stands twice before.
        ['RLPTests/c.json', latin1('{"\xe9":{"in":"","out":"80"},"\xe8":{"in":"","out":"80"}}')],
        ['RLPTests/d.json', '{"\ufffd":{"in":"\ufffd","out":"0x83efbfbd"}}'],
      ] as const) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), content);
      }
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const expected = [
      `RLPTests/a.json: ${REFUSAL}`,
      `RLPTests/b.json.gz: ${REFUSAL}`,
      'RLPTests/c.json: not UTF-8: the byte 0xe9 at position 2',
    ];

    it('are counted, while the rest is run', async () => {
      const file = join(folder, 'suite.tar.gz');
      await create({ file, cwd: folder, gzip: true }, ['RLPTests']);
      for (const path of [folder, file]) {
        const { exit, tally } = await runSources([await openSource(path, { name: 'src' })]);
        expect(exit, path).to.equal(3);
        const errors = tally.fixtureErrors.filter((one) => one.source === 'src').map(({ message }) => message);
        expect(errors.sort(), path).to.deep.equal(expected);
        expect(tally.summary, path).to.include({ cases: 1, pass: 1 });
      }
    });

    it('are no less so where another file asks for them', async () => {
      const file = join(folder, 'suite.tar');
      await create({ file, cwd: folder }, ['RLPTests']);
      for (const path of [folder, file]) {
        for (const name of ['RLPTests/a.json', 'RLPTests/b.json']) {
          const found = await (await openSource(path)).companion('t.json', name);
          expect(invalidByte(found?.text ?? ''), `${path} ${name}`).to.deep.equal({ byte: 0xe9, position: 12 });
        }
      }
    });

    it('are told by list', async () => {
      const [out, log] = [new Text(), new Text()];
      expect(await list({}, [await openSource(folder)], out, log)).to.equal(3);
      for (const message of expected) expect(log.text).to.contain(message);
      expect(out.text).to.equal('RLPTests/d.json::\ufffd[any]\n');
    });
  });
});
