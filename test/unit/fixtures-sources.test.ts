import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { create, Header } from 'tar';
import {
  corpusSource,
  filledCorpusSource,
  openSource,
  SourceError,
  type SourceOptions,
} from '../../runners/fixtures/sources.js';

/** One tar entry, written by hand so that it may be as bad as a test needs. */
function entry(path: string, content: string | Buffer, fields: object = {}): Buffer {
  const body = Buffer.from(content);
  const header = new Header({ path, size: body.length, type: 'File', mode: 0o644, mtime: new Date(0), ...fields });
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

const END = Buffer.alloc(1024);

interface Walk {
  files: Record<string, string>;
  error: SourceError | null;
  ignored: number;
  digest: string | null;
}

async function walk(path: string, options: SourceOptions = {}): Promise<Walk> {
  const source = await openSource(path, options);
  const files: Record<string, string> = {};
  try {
    for await (const { file, text } of source) files[file] = await text();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { files, error, ignored: source.ignored(), digest: null };
  }
  return { files, error: null, ignored: source.ignored(), digest: await source.digest() };
}

async function rejection(promise: Promise<unknown>): Promise<SourceError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(SourceError);
  return error as SourceError;
}

describe('fixture sources', () => {
  let folder: string;
  const put = async (path: string, content: string | Buffer): Promise<string> => {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content);
    return full;
  };
  const archive = (name: string, ...parts: Buffer[]) => put(name, gzipSync(Buffer.concat(parts)));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-sources-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe('folders', () => {
    it('hands out sorted paths, unpacks .json.gz and counts the rest', async () => {
      await put('suite/b.json', '{"b":1}');
      await put('suite/B/z.json', '{"z":1}');
      await put('suite/a/c.json.gz', gzipSync('{"c":1}'));
      await put('suite/README.md', 'no');
      await put('suite/.git/config.json', 'no');
      const { files, ignored, digest } = await walk(join(folder, 'suite'));
      expect(Object.entries(files)).to.deep.equal([
        ['B/z.json', '{"z":1}'],
        ['a/c.json.gz', '{"c":1}'],
        ['b.json', '{"b":1}'],
      ]);
      expect(ignored).to.equal(1);
      const gzSize = gzipSync('{"c":1}').length;
      const listing = `B/z.json\0${7}\na/c.json.gz\0${gzSize}\nb.json\0${7}\n`;
      expect(digest).to.equal(createHash('sha256').update(listing).digest('hex'));
    });

    it('reads one file, and the corpus by its place in the package', async () => {
      const path = await put('corpus/fixtures/one.json.gz', gzipSync('{}'));
      expect((await walk(path)).files).to.deep.equal({ 'one.json.gz': '{}' });
      const corpus = await corpusSource(folder);
      expect(corpus.name).to.equal('corpus:fixtures');
      const seen: string[] = [];
      for await (const { file } of corpus) seen.push(file);
      expect(seen).to.deep.equal(['one.json.gz']);
      expect(corpus.progress()).to.deep.equal({ read: 1, total: 1 });
      await put('corpus/filled/Two.json.gz', gzipSync('{}'));
      const filled = await filledCorpusSource(folder);
      expect(filled.name).to.equal('corpus:filled');
      for await (const { file } of filled) seen.push(file);
      expect(seen).to.deep.equal(['one.json.gz', 'Two.json.gz']);
    });

    it('refuses links to fixtures, large files and broken gzip', async () => {
      await put('a/x.json', '{"long": true}');
      expect((await walk(join(folder, 'a'), { maxEntryBytes: 5 })).error?.code).to.equal('OVERSIZED_ENTRY');
      expect((await walk(join(folder, 'a'), { maxTotalBytes: 5 })).error?.code).to.equal('OVERSIZED_SOURCE');
      await symlink(join(folder, 'a'), join(folder, 'a', 'loop'));
      const linked = (await walk(join(folder, 'a'))).error;
      expect(linked).to.include({ code: 'LINK_ENTRY', entry: 'loop' });
      const whole = gzipSync('{"a": "some text"}');
      const cut = await put('b/x.json.gz', whole.subarray(0, whole.length - 10));
      expect((await walk(cut)).error?.code).to.equal('CORRUPT');
      const bomb = await put('c/x.json.gz', gzipSync(Buffer.alloc(1_000_000)));
      expect((await walk(bomb, { maxEntryBytes: 100_000 })).error?.code).to.equal('OVERSIZED_ENTRY');
    });

    it('refuses a link that is called like a fixture, wherever it leads', async () => {
      await put('named/b.json', '{}');
      for (const [name, target] of [
        ['c.json', 'b.json'],
        ['d.json.gz', 'nowhere'],
      ] as const) {
        const link = join(folder, 'named', name);
        await symlink(target, link);
        expect((await walk(join(folder, 'named'))).error).to.include({ code: 'LINK_ENTRY', entry: name });
        await rm(link);
      }
    });

    it('passes over links that lead nowhere, and names what it cannot look at', async () => {
      await put('suite/b.json', '{}');
      const suite = join(folder, 'suite');
      for (const [name, target] of [
        ['dangling', 'none'],
        ['round', 'round'],
        ['through', 'b.json/below'],
      ] as const) {
        await symlink(target, join(suite, name));
      }
      expect(await walk(suite)).to.include({ error: null, ignored: 3 });
      await symlink('x'.repeat(300), join(suite, 'long'));
      expect((await walk(suite)).error?.message).to.equal(`${suite}: entry long: cannot be read (ENAMETOOLONG)`);
    });

    it('names a file that has gone since the source was opened', async () => {
      const path = await put('one.json', '{}');
      const source = await openSource(path);
      await rm(path);
      const { code, message } = await rejection(source[Symbol.asyncIterator]().next());
      expect(code).to.equal('UNREADABLE');
      expect(message).to.equal(`${path}: entry one.json: cannot be read (ENOENT)`);
    });

    it('refuses pipes, which could hold tests as any file does', async function () {
      if (process.platform === 'win32') this.skip();
      await put('suite/b.json', '{}');
      for (const name of ['pipe', 'p.json']) {
        execFileSync('mkfifo', [join(folder, 'suite', name)]);
        const { error } = await walk(join(folder, 'suite'));
        expect(error).to.include({ code: 'DEVICE_ENTRY', entry: name });
        expect(error?.message).to.contain(`suite: entry ${name}: a pipe, a socket or a device`);
        await rm(join(folder, 'suite', name));
      }
    });

    it('says what is wrong with the path', async () => {
      const missing = await rejection(openSource(join(folder, 'none')));
      expect(missing.code).to.equal('NOT_FOUND');
      expect(missing.message).to.contain(join(folder, 'none'));
      const loop = join(folder, 'loop');
      await symlink('loop', loop);
      const looping = await rejection(openSource(loop));
      expect(looping.code).to.equal('UNREADABLE');
      expect(looping.message).to.equal(`${loop}: is a link that leads back to itself; make it anew`);
      expect((await rejection(openSource('ftp://user:secret@example.org/a.tar'))).code).to.equal('UNSUPPORTED');
    });
  });

  describe('archives', () => {
    it('reads what tar writes, in its order, and takes the digest on the way', async () => {
      await put('suite/b.json', '{"b":1}');
      await put('suite/deep/a.json', `{"a":"${'x'.repeat(100_000)}"}`);
      await put('suite/notes.txt', 'no');
      for (const [name, gzip] of [
        ['suite.tar.gz', true],
        ['suite.tgz', true],
        ['suite.tar', false],
      ] as const) {
        const file = join(folder, name);
        await create({ cwd: folder, file, gzip }, ['./suite/deep/a.json', './suite/b.json', './suite/notes.txt']);
        const { files, error, ignored, digest } = await walk(file);
        expect(error).to.equal(null);
        expect(Object.keys(files)).to.deep.equal(['suite/deep/a.json', 'suite/b.json']);
        expect(files['suite/b.json']).to.equal('{"b":1}');
        expect(files['suite/deep/a.json']).to.have.length(100_008);
        expect(ignored).to.equal(1);
        const expected = createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
        expect(digest).to.equal(expected);
        expect(await (await openSource(file)).digest()).to.equal(expected);
      }
    });

    it('goes by the content, not by the name', async () => {
      const tar = Buffer.concat([entry('a.json', '{}'), END]);
      expect((await walk(await put('gzipped.tar', gzipSync(tar)))).files).to.deep.equal({ 'a.json': '{}' });
      expect((await walk(await put('plain.tar.gz', tar))).files).to.deep.equal({ 'a.json': '{}' });
    });

    it('can be walked twice', async () => {
      const source = await openSource(await archive('a.tgz', entry('a.json', '1'), entry('b.json', '2'), END));
      for (let pass = 0; pass < 2; pass++) {
        const seen: string[] = [];
        for await (const { file } of source) seen.push(file);
        expect(seen).to.deep.equal(['a.json', 'b.json']);
      }
    });

    it('yields what stands before a truncation, then throws', async () => {
      const random = createHash('sha512').update('x').digest();
      const noise = Buffer.concat(Array.from({ length: 3000 }, (_, i) => createHash('sha512').update(`${i}`).digest()));
      const whole = Buffer.concat([entry('a.json', '{"a":1}'), entry('b.json', noise), entry('c.json', random), END]);
      const zipped = gzipSync(whole);
      const cut = await walk(await put('cut.tar.gz', zipped.subarray(0, 100_000)));
      expect(Object.keys(cut.files)).to.deep.equal(['a.json']);
      expect(cut.error?.code).to.equal('TRUNCATED');
      expect(cut.error?.message).to.contain('cut.tar.gz').and.contain('fetch it again');
      const plain = await walk(await put('cut.tar', whole.subarray(0, 100_000)));
      expect(Object.keys(plain.files)).to.deep.equal(['a.json']);
      expect(plain.error?.code).to.equal('TRUNCATED');
      // Cut between two entries: only the missing end mark tells.
      const between = await walk(await put('between.tar', entry('a.json', '{}')));
      expect(Object.keys(between.files)).to.deep.equal(['a.json']);
      expect(between.error?.code).to.equal('TRUNCATED');
      // Nothing of the tar is lost, but gzip's trailer is.
      const trailer = await walk(await put('trailer.tgz', zipped.subarray(0, zipped.length - 4)));
      expect(Object.keys(trailer.files)).to.deep.equal(['a.json', 'b.json', 'c.json']);
      expect(trailer.error?.code).to.equal('TRUNCATED');
    });

    it('throws on damage', async () => {
      const noise = Buffer.concat(Array.from({ length: 3000 }, (_, i) => createHash('sha512').update(`${i}`).digest()));
      const tar = Buffer.concat([entry('a.json', '{}'), entry('b.json', noise), entry('c.json', '{}'), END]);
      const zipped = gzipSync(tar);
      zipped[150_000] = (zipped[150_000] as number) ^ 0xff;
      const flipped = await walk(await put('flipped.tgz', zipped));
      expect(flipped.error?.code).to.equal('CORRUPT');
      // Of a small archive nothing has been read before the damage shows.
      const small = gzipSync(Buffer.concat([entry('a.json', '{}'), END]));
      const crc = Buffer.from(small);
      crc[small.length - 8] = (crc[small.length - 8] as number) ^ 0xff;
      for (const [name, content, how] of [
        ['crc.tgz', crc, 'incorrect data check'],
        ['behind.tgz', Buffer.concat([small, Buffer.from('garbage')]), 'incorrect header check'],
        ['padding.tgz', Buffer.concat([small, Buffer.alloc(10), Buffer.from('garbage')]), 'data follows its end'],
      ] as const) {
        const { error } = await walk(await put(name, content));
        expect(error?.code, name).to.equal('CORRUPT');
        expect(error?.message, name).to.contain(`${name}: damaged gzip data (${how}); fetch it again`);
      }
      const header = Buffer.from(tar);
      header[tar.length - 1024 - 1024 + 3] = 0x58;
      const checksum = await walk(await put('checksum.tar', header));
      expect(checksum.error?.code).to.equal('CORRUPT');
      expect(Object.keys(checksum.files)).to.deep.equal(['a.json', 'b.json']);
    });

    it('throws where data follows the end mark, wherever the pieces of the archive end', async () => {
      const [a, b] = [entry('a.json', '{}'), entry('b.json', 'x'.repeat(200_000))];
      const zeros = Buffer.alloc(512);
      const hole = Buffer.concat([a, zeros, b.subarray(512), END]);
      for (const [name, content] of [
        ['both.tar.gz', Buffer.concat([gzipSync(Buffer.concat([a, END])), gzipSync(Buffer.concat([b, END]))])],
        ['both.tar', Buffer.concat([a, END, b, END])],
        ['padded.tgz', gzipSync(Buffer.concat([a, END, Buffer.alloc(200_000), Buffer.from('x')]))],
        ['hole.tar', hole],
        ['hole.tar.gz', gzipSync(hole)],
        ['short.tar', Buffer.concat([a, END, Buffer.from('x')])],
      ] as const) {
        const { error, files } = await walk(await put(name, content));
        expect(error?.code, name).to.equal('CORRUPT');
        expect(error?.message, name).to.contain(`${name}: data follows the end mark of the archive`);
        expect(files, name).to.deep.equal({ 'a.json': '{}' });
      }
      // Zeros in an entry are no mark, nor is more of them behind the mark any data.
      const inside = entry('z.json', Buffer.alloc(5000));
      for (const [name, content] of [
        ['inside.tar', Buffer.concat([inside, a, END, Buffer.alloc(30_000)])],
        ['inside.tgz', Buffer.concat([gzipSync(Buffer.concat([inside, a, END])), Buffer.alloc(100_000)])],
        ['odd.tar', Buffer.concat([inside, a, END, Buffer.alloc(100)])],
      ] as const) {
        const { error, files } = await walk(await put(name, content));
        expect(error, name).to.equal(null);
        expect(Object.keys(files), name).to.deep.equal(['z.json', 'a.json']);
      }
    });

    it('refuses what is no archive', async () => {
      for (const [name, content] of [
        ['empty.tar', Buffer.alloc(0)],
        ['short.tar', Buffer.from('hello')],
        ['page.tar.gz', Buffer.from('<html>'.repeat(1000))],
        ['zipped.tar.gz', gzipSync('<html>'.repeat(1000))],
      ] as const) {
        const { error, files } = await walk(await put(name, content));
        expect(error?.code, name).to.equal('NOT_AN_ARCHIVE');
        expect(files).to.deep.equal({});
      }
      expect((await walk(await put('none.tar', END))).error, 'an empty archive is one').to.equal(null);
    });

    it('refuses entries that escape, link, repeat, or are too large', async () => {
      const good = entry('good.json', '{}');
      const link = { type: 'SymbolicLink', linkpath: '/etc/passwd' };
      const bad = [
        [entry('/abs.json', '{}'), 'ESCAPING_ENTRY', '/abs.json'],
        [entry('a/../../up.json', '{}'), 'ESCAPING_ENTRY', 'a/../../up.json'],
        [entry('C:\\up.json', '{}'), 'ESCAPING_ENTRY', 'C:\\up.json'],
        [entry('..\\up.json', '{}'), 'ESCAPING_ENTRY', '..\\up.json'],
        [entry('s.json', '', link), 'LINK_ENTRY', 's.json'],
        [entry('h.json', '', { type: 'Link', linkpath: 'good.json' }), 'LINK_ENTRY', 'h.json'],
        [entry('dev.json', '', { type: 'CharacterDevice' }), 'DEVICE_ENTRY', 'dev.json'],
        [entry('fifo', '', { type: 'FIFO' }), 'DEVICE_ENTRY', 'fifo'],
        [entry('good.json', '[]'), 'DUPLICATE_ENTRY', 'good.json'],
        [entry('big.json', Buffer.alloc(5000)), 'OVERSIZED_ENTRY', 'big.json'],
      ] as const;
      for (const [part, code, name] of bad) {
        const path = await archive('bad.tar.gz', good, part, entry('after.json', '{}'), END);
        const { error, files } = await walk(path, { maxEntryBytes: 4000 });
        expect(error, name).to.include({ code, entry: name, source: path });
        expect(files, name).to.deep.equal({ 'good.json': '{}' });
      }
      // Unpacked, the second would take the place of the first.
      const twice = await archive('twice.tgz', entry('./a//b.json', '{}'), entry('a/./b.json', '[]'), END);
      const { error, files } = await walk(twice);
      expect(error).to.include({ code: 'DUPLICATE_ENTRY', entry: 'a/b.json' });
      expect(files).to.deep.equal({ 'a/b.json': '{}' });
      const many = await archive('many.tgz', good, entry('b.json', Buffer.alloc(900)), END);
      expect((await walk(many, { maxTotalBytes: 800 })).error?.code).to.equal('OVERSIZED_SOURCE');
    });

    it('does not read ahead of its consumer', async () => {
      const noise = (i: number) =>
        Buffer.concat(Array.from({ length: 2000 }, (_, j) => createHash('sha512').update(`${i}/${j}`).digest()));
      const parts = Array.from({ length: 40 }, (_, i) => entry(`${i}.json`, noise(i)));
      const path = await archive('large.tgz', ...parts, END);
      const size = (await readFile(path)).length;
      expect(size).to.be.greaterThan(4_000_000);
      const source = await openSource(path);
      let count = 0;
      for await (const { bytes } of source) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect((await bytes()).length).to.equal(128_000);
        count++;
        expect(source.progress().read).to.be.lessThan(count * 129_100 + 256 * 1024);
        if (count === 10) break;
      }
      expect(source.progress().total).to.equal(size);
      expect(source.progress().read).to.be.lessThan(size / 2);
      expect(gunzipSync(await readFile(path)).length).to.be.greaterThan(size);
    });
  });
});
