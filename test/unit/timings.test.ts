import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { timings } from '../../runners/cli/timings.js';
import { formatLine } from '../../runners/events/log-line.js';
import { readTimings, TimingsError, TimingsRecorder } from '../../runners/shards/timings.js';
import { resultOf, runOf, startOf } from '../support/events.js';

describe('timings file', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-timings-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('keeps the longest time of a case, in an order of its own', async () => {
    const write = async (name: string, order: readonly number[]) => {
      const recorder = new TimingsRecorder();
      for (const i of order) recorder.add(`f${i % 2}.json`, `f${i % 2}.json::t${i % 4}[Cancun]`, 10 * i);
      await writeFile(join(folder, name), recorder.format());
      return readTimings(join(folder, name));
    };
    const a = await write('a.json', [0, 1, 2, 3, 4, 5]);
    const b = await write('b.json', [5, 3, 4, 1, 0, 2]);
    expect(a).to.deep.equal(b);
    expect(a.files.get('f0.json')).to.deep.equal(
      new Map([
        ['t0[Cancun]', 40],
        ['t2[Cancun]', 20],
      ]),
    );
  });

  it('names file and field of what is wrong in it', async () => {
    const read = async (content: string): Promise<string> => {
      const path = join(folder, 'bad.json');
      await writeFile(path, content);
      const error = await readTimings(path).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(TimingsError);
      return (error as Error).message.replace(folder, '');
    };
    expect(await read('{')).to.match(/bad.json: malformed JSON/);
    expect(await read('{}')).to.equal('/bad.json field format: is missing');
    const log = runOf([resultOf('a')]).map((event, at) => `${formatLine({ at, event })}\n`);
    for (const content of [log.join(''), log[0] as string]) {
      expect(await read(content)).to.equal('/bad.json: is an event log; `lockstep timings` makes the file out of it');
    }
    const files = (value: unknown): string => JSON.stringify({ format: 'lockstep-timings', version: 1, files: value });
    expect(await read(files({ 'a.json': { t: 'x' } }))).to.match(/field files\["a.json"\]\["t"\]: is no number from 0/);
    expect(await read(files([]).replace('"version":1', '"version":7'))).to.match(/field version: 7 is none of 1/);
  });

  it('is not written where no case has ended, which is said', async () => {
    const log = join(folder, 'cut.jsonl');
    await writeFile(log, `${formatLine({ at: 1, event: startOf() })}\n{"at":2,"type":"case:e`);
    const out = join(folder, 'none.json');
    const said: string[] = [];
    expect(await timings([log], { out }, { write: (text) => said.push(text) })).to.equal(4);
    expect(said).to.deep.equal([`no case has ended in ${log}; nothing written\n`]);
    expect(await readdir(folder)).not.to.include('none.json');
  });
});
