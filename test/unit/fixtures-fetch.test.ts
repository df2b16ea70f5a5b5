import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Header } from 'tar';
import { openSource, SourceError, type SourceOptions } from '../../runners/fixtures/sources.js';

function archive(): Buffer {
  const header = new Header({ path: 'a.json', size: 2, type: 'File', mode: 0o644, mtime: new Date(0) });
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  return gzipSync(Buffer.concat([block, Buffer.from('{}'), Buffer.alloc(510), Buffer.alloc(1024)]));
}

describe('fixtures behind a URL', () => {
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let base: string;

  beforeEach(async () => {
    server = createServer((_, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `127.0.0.1:${(server.address() as AddressInfo).port}/fixtures.tar.gz`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function walk(options: SourceOptions = {}) {
    const source = await openSource(`http://${base}`, options);
    const files: string[] = [];
    try {
      for await (const { file } of source) files.push(file);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { source, files, error };
    }
    return { source, files, error: null };
  }

  it('streams the archive and takes its digest', async () => {
    const body = archive();
    answer = (response) => response.writeHead(200, { 'content-length': body.length }).end(body);
    const { source, files, error } = await walk();
    expect(error).to.equal(null);
    expect(files).to.deep.equal(['a.json']);
    expect(source.progress()).to.deep.equal({ read: body.length, total: body.length });
    expect(await source.digest()).to.match(/^[0-9a-f]{64}$/);
    expect(source.kind).to.equal('url');
  });

  it('is fetched once more for the companions of its files', async () => {
    const body = archive();
    let fetched = 0;
    answer = (response) => {
      fetched++;
      response.writeHead(200, { 'content-length': body.length }).end(body);
    };
    const { source } = await walk();
    const wanted = 'a.json';
    expect(await source.companion('x/b.json', wanted)).to.deep.equal({ file: 'a.json', text: '{}' });
    expect(await source.companion('y/c.json', wanted)).to.deep.equal({ file: 'a.json', text: '{}' });
    expect(fetched).to.equal(2);
  });

  it('reports a refusal with its status', async () => {
    answer = (response) => response.writeHead(404).end('no');
    const { error } = await walk();
    expect(error).to.include({ code: 'FETCH_FAILED', source: `http://${base}` });
    expect(error?.message).to.contain('HTTP 404');
  });

  it('reports a connection that fails', async () => {
    const source = await openSource('http://127.0.0.1:1/a.tar.gz');
    let caught: unknown = null;
    try {
      for await (const _ of source) expect.fail('an entry');
    } catch (error) {
      caught = error;
    }
    expect(caught).to.include({ code: 'FETCH_FAILED' });
    expect(await source.digest()).to.equal(null);
  });

  it('gives up on a server that stalls, before and within the answer', async () => {
    answer = () => undefined;
    const silent = await walk({ fetchTimeoutMs: 100 });
    expect(silent.error?.code).to.equal('FETCH_FAILED');
    expect(silent.error?.message).to.contain('no answer within 100 ms');
    answer = (response) => {
      response.writeHead(200);
      response.write(archive().subarray(0, 20));
    };
    const stalled = await walk({ fetchTimeoutMs: 100 });
    expect(stalled.error?.message).to.contain('no answer within 100 ms');
  });

  it('reports a connection that breaks, and an answer that is no archive', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': 10_000 });
      response.write(archive().subarray(0, 20), () => response.destroy());
    };
    expect((await walk()).error?.code).to.equal('FETCH_FAILED');
    answer = (response) => response.writeHead(200).end('<html>sign in</html>'.repeat(100));
    expect((await walk()).error?.code).to.equal('NOT_AN_ARCHIVE');
  });

  it('tells user and password to the server, and to nobody else', async () => {
    answer = (response) => {
      const { authorization } = response.req.headers;
      const isMeant = authorization === `Basic ${Buffer.from('user:p@ss%').toString('base64')}`;
      response.writeHead(isMeant ? 200 : 401).end(isMeant ? archive() : '');
    };
    const told = async (authority: string): Promise<string | null> => {
      const source = await openSource(`http://${authority}${base}`);
      expect(source.name).to.equal(`http://${base}`);
      try {
        for await (const { file } of source) expect(file).to.equal('a.json');
      } catch (error) {
        return (error as SourceError).message;
      }
      return null;
    };
    expect(await told('user:p%40ss%25@')).to.equal(null);
    expect(await told('user:p@ss%@')).to.equal(null);
    expect(await told('user:wrong@')).to.match(/^http:[^@]+: HTTP 401 /);
    expect(await told('')).to.match(/: HTTP 401 /);
    // Neither where there is no server to be told.
    base = '[bad/a.tar';
    expect(await told('user:secret@'))
      .to.match(/^http:\/\/\[bad\/a\.tar: Invalid URL/)
      .and.not.to.contain('secret');
    const refusal = await openSource('s3://user:sec@ret@example.org/a.tar').catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(SourceError);
    expect((refusal as SourceError).message).to.match(/^s3:\/\/example\.org\/a\.tar: only http/);
  });
});
