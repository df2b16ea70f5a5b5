/** The page of flame graphs in a browser, from a file, without a network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { profilePage } from '../../bench/profile/page.js';
import type { FlameData } from '../../reports/html/client/flame-data.js';
import { HOSTILE } from '../support/made-up-run.js';
import { findBrowser } from './find-browser.js';

/** `run` takes 100 ms: 10 itself, 60 in `read` with its own `find`, 30 in a function with a hostile name. */
const DATA: FlameData = {
  title: HOSTILE,
  note: HOSTILE,
  profiles: [
    {
      title: 'serial',
      names: [
        { name: 'run', place: 'src/executor/serial.js:10', part: 1 },
        { name: 'read', place: 'src/state/database.js:20', part: 4 },
        { name: 'find', place: 'src/state/locations.js:30', part: 4 },
        { name: HOSTILE, place: HOSTILE, part: 7 },
      ],
      roots: [
        {
          n: 0,
          s: 10_000,
          c: [
            { n: 3, s: 30_000, c: [] },
            { n: 1, s: 20_000, c: [{ n: 2, s: 40_000, c: [] }] },
          ],
        },
      ],
    },
    { title: '2 threads: worker 1', names: [{ name: 'wait', place: '', part: 11 }], roots: [{ n: 0, s: 5, c: [] }] },
  ],
};

describe('flame graphs', function () {
  this.timeout(60_000);
  let folder = '';
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const requests: string[] = [];

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-flame-'));
    const file = path.join(folder, 'flame.html');
    writeFileSync(file, profilePage(DATA));
    browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('body.ready');
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(faults).to.deep.equal([]);
    expect(requests.filter((one) => !one.startsWith('file:') && !one.startsWith('data:'))).to.deep.equal([]);
  });

  const frame = (name: string) => page.locator('.frame', { hasText: name }).first();
  const width = async (name: string): Promise<number> => (await frame(name).boundingBox())?.width ?? 0;

  it('draws functions as wide as they took long, the dearest first', async () => {
    const whole = await width('serial');
    expect((await width('run')) / whole).to.be.closeTo(1, 0.01);
    expect((await width('read')) / whole).to.be.closeTo(0.6, 0.01);
    expect((await width('find')) / whole).to.be.closeTo(0.4, 0.01);
    const texts = await page.locator('.frame').allInnerTexts();
    expect(texts).to.deep.equal(['serial', 'run', 'read', 'find', HOSTILE]);
    expect(await page.locator('img').count()).to.equal(0);
  });

  it('tells file, total and self time when hovered over', async () => {
    await frame('read').hover();
    expect(await page.locator('#details').innerText()).to.equal(
      'read  src/state/database.js:20  total 60.0 ms (60.0 %), self 20.0 ms (20.0 %)',
    );
    expect(await frame('find').getAttribute('title')).to.equal(
      'find\nsrc/state/locations.js:30\ntotal 40.0 ms (40.0 %)\nself 40.0 ms (40.0 %)',
    );
  });

  it('zooms in with a click, and out with Escape', async () => {
    const before = await width('find');
    await frame('read').click();
    expect(await width('find')).to.be.closeTo((before * 100) / 60, 3);
    expect(await page.locator('.frame').allInnerTexts()).not.to.include(HOSTILE);
    await page.keyboard.press('Escape');
    expect(await width('find')).to.be.closeTo(before, 1);
  });

  it('searches functions and files', async () => {
    await page.fill('#search', 'src/state');
    expect(await page.locator('.frame.found').allInnerTexts()).to.deep.equal(['read', 'find']);
    expect(await page.locator('#found').innerText()).to.equal('60.0 ms, 60.0 %');
    await page.fill('#search', '');
    expect(await page.locator('.frame.found').count()).to.equal(0);
  });

  it('lists functions by their own time, and shows every thread', async () => {
    expect(await page.locator('.top tbody tr td:nth-child(3)').allInnerTexts()).to.deep.equal([
      'find',
      HOSTILE,
      'read',
      'run',
    ]);
    await page.click('#tabs button:nth-child(2)');
    expect(await page.locator('.frame').allInnerTexts()).to.deep.equal(['2 threads: worker 1', 'wait']);
  });
});
