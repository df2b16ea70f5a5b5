/** The report page in a browser, from a file, without a network. `CHROMIUM` names the browser where it is not on the path. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { HtmlReporter } from '../../reports/html/reporter.js';
import type { LoggedEvent } from '../../runners/events/log-line.js';
import { HOSTILE, madeUpRun } from '../support/made-up-run.js';
import { findBrowser } from './find-browser.js';

const CASES = 2000;
const MANY = 250_000;

async function written(folder: string, cases: number, failEvery: number): Promise<string> {
  return writtenOf(folder, `report-${cases}`, madeUpRun(cases, failEvery));
}

async function writtenOf(folder: string, name: string, run: Iterable<LoggedEvent>): Promise<string> {
  const file = path.join(folder, `${name}.html`);
  const reporter = new HtmlReporter(file);
  for (const { event, at } of run) reporter.on(event, at);
  await reporter.close();
  return file;
}

describe('report page', function () {
  this.timeout(120_000);
  let folder = '';
  let browser: Browser;
  let file = '';
  const faults: string[] = [];
  const requests: string[] = [];

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-report-'));
    file = await written(folder, CASES, 40);
    browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(address: string, options: { dark?: boolean; width?: number } = {}): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1400, height: 1000 },
      colorScheme: options.dark ? 'dark' : 'light',
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
    await page.waitForSelector('body.ready');
    return page;
  }

  const url = (hash = ''): string => pathToFileURL(file).href + hash;
  /** The sentence in place of rows, where the list shows all of it. */
  async function emptyText(page: Page): Promise<string> {
    const box = async (selector: string) => (await page.locator(selector).boundingBox()) ?? { y: 0, height: 0 };
    const text = await box('.empty');
    for (const { y, height } of [await box('.rows'), await box('.space')]) {
      if (text.y < y || text.y + text.height > y + height) return 'cut off';
    }
    return page.locator('.empty').innerText();
  }
  const shown = (page: Page): Promise<string> => page.locator('.filters output').innerText();

  afterEach(() => {
    expect(faults).to.deep.equal([]);
    // Nothing but the page itself, and what stands in it.
    expect(requests.filter((one) => !one.startsWith('file:') && !one.startsWith('data:'))).to.deep.equal([]);
  });

  it('says how the run ended, and counts its cases', async () => {
    const page = await open(url());
    expect(await page.locator('.badge').innerText()).to.equal('failed');
    expect(await page.locator('header .conclusion').innerText()).to.match(/^50 of 2,000 cases failed in /);
    expect(await page.locator('.tile').first().innerText()).to.match(/^2,000\s+cases$/);
    expect(await shown(page)).to.equal('2,000 of 2,000');
    await page.close();
  });

  it('takes what fixtures hold as text, never as markup', async () => {
    const page = await open(url('#q=onerror'));
    expect(await page.title()).to.match(/^Lockstep: 50 of/);
    expect(await page.locator('img').count()).to.equal(0);
    expect(await page.locator('.problems').innerText()).to.contain(HOSTILE);
    expect(await shown(page)).to.equal('1 of 2,000');
    expect(await page.locator('.row').first().getAttribute('title')).to.contain(HOSTILE);
    await page.close();
  });

  it('narrows by search, outcome, suite and cause, and keeps the choice in the address', async () => {
    const page = await open(url());
    await page.keyboard.press('/');
    await page.keyboard.type('create2 [cancun]');
    await page.waitForFunction("location.hash.includes('q=create2')");
    const found = Number((await shown(page)).split(' ')[0]);
    expect(found).to.be.within(1, 100);
    for (const title of await page
      .locator('.row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('title')))) {
      expect(title).to.match(/Create2.*\[Cancun\]/);
    }
    const again = await open(page.url());
    expect(await shown(again)).to.equal(`${found} of 2,000`);
    expect(await again.locator('#search').inputValue()).to.equal('create2 [cancun]');
    await again.getByText('clear', { exact: true }).click();
    await again.locator('.chip', { hasText: 'divergent' }).click();
    expect(await shown(again)).to.equal('15 of 2,000');
    await again.locator('.clusters button').first().click();
    expect(await shown(again)).to.match(/^[78] of 2,000$/);
    await again.locator('.chip.bad', { hasText: '×' }).click();
    await again.locator('.grid td.bad button').first().click();
    expect(again.url()).to.contain('suite=');
    await page.close();
    await again.close();
  });

  it('shows a divergent case with serial and parallel side by side, and the line that runs it again', async () => {
    const page = await open(url('#outcomes=divergent'));
    await page.locator('.row').first().click();
    const detail = page.locator('#detail');
    expect(await detail.locator('.command code').first().innerText()).to.match(
      /^npm run conformance -- .*--threads 4$/,
    );
    expect(await detail.locator('.differences').first().locator('th').allInnerTexts()).to.deep.equal([
      'where',
      'serial',
      'parallel',
    ]);
    expect(await detail.locator('.differences mark').first().innerText()).to.equal('2');
    expect(await detail.innerText())
      .to.contain('First divergence: transaction 3')
      .and.to.contain('transaction 1, incarnation 0');
    const id = await page.locator('.row.open').getAttribute('title');
    const again = await open(page.url());
    expect(await again.locator('#detail h3').innerText()).to.equal(id);
    await again.keyboard.press('Escape');
    expect(await again.locator('#detail').innerText()).to.equal('');
    await page.close();
    await again.close();
  });

  it('tells at its top what ran where, and goes to the rest of it without losing the choice', async () => {
    const page = await open(url('#outcomes=crashed'));
    expect(await page.locator('#ran').innerText()).to.contain(
      'lockstep 0.1.0 · Node v20.19.0 · linux-x64, 2 cores · wasm, 1, 2, 4 threads · ethereum-tests.tar.gz',
    );
    await page.locator('#ran button').click();
    await page.waitForFunction("document.querySelector('#what-ran').getBoundingClientRect().top < innerHeight");
    expect(new URL(page.url()).hash).to.equal('#outcomes=crashed');
    await page.close();
  });

  it('says so where no case matches, and where none was run', async () => {
    const page = await open(url('#q=no-such-case'));
    expect(await emptyText(page)).to.equal('No case matches.');
    await page.close();
    const start = [...madeUpRun(0, 1)].map((logged) =>
      logged.event.type === 'run:end' ? { ...logged, event: { ...logged.event, exitCode: 4 } } : logged,
    );
    const bare = await open(pathToFileURL(await writtenOf(folder, 'none', start)).href);
    expect(await emptyText(bare)).to.equal('No case was run.');
    expect(await bare.locator('#verdict').innerText()).to.contain('no cases');
    expect(await bare.locator('.problems.warning').innerText()).to.contain('nothing fits --suite');
    expect(await bare.locator('.grid, #time').count()).to.equal(0);
    await bare.close();
  });

  it('fits a narrow window, with the values of a difference under each other', async () => {
    const page = await open(url('#outcomes=divergent'), { width: 390 });
    await page.locator('.row').nth(1).click();
    const cells = page.locator('#detail .differences tbody tr').first().locator('td');
    const boxes = await Promise.all([0, 1, 2].map(async (at) => cells.nth(at).boundingBox()));
    const [where, left, right] = boxes.map((box) => box?.y ?? 0) as [number, number, number];
    expect(left).to.be.greaterThan(where);
    expect(right).to.be.greaterThan(left);
    const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(wider).to.equal(0);
    await page.close();
  });

  it('is driven by keys', async () => {
    const page = await open(url('#sort=time'));
    await page.locator('.rows').focus();
    for (const key of ['ArrowDown', 'j', 'k', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    expect(await page.locator('.row.open').getAttribute('data-at')).to.equal('1');
    await page.close();
  });

  it('has a dark side, by the system and by choice', async () => {
    const page = await open(url(), { dark: true });
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await page.locator('#theme').click();
    const light = await background();
    expect(dark).not.to.equal(light);
    await page.close();
  });

  it('draws job lanes, and charts of speed-up and aborts', async () => {
    const page = await open(url());
    const lanes = page.locator('canvas.lanes');
    await lanes.scrollIntoViewIfNeeded();
    const painted = await page.evaluate<number>(`{
      const canvas = document.querySelector('canvas.lanes');
      const { data } = canvas.getContext('2d').getImageData(0, 10, canvas.width, 1);
      new Set(new Uint32Array(data.buffer)).size;
    }`);
    expect(painted).to.be.above(2);
    expect(await page.locator('#time rect.series').count()).to.be.above(15);
    await page.close();
  });

  it(`holds ${MANY} cases without stutter`, async () => {
    const large = await written(folder, MANY, 5000);
    expect(statSync(large).size).to.be.below(20_000_000);
    const page = await open(pathToFileURL(large).href);
    expect(await shown(page)).to.equal('250,000 of 250,000');
    expect(await page.locator('.row').count()).to.be.below(120);
    // Elements stay few wherever the list is scrolled to.
    await page.locator('.rows').evaluate((view) => view.scrollTo(0, 150_000 * 30));
    await page.waitForFunction("Number(document.querySelector('.row').dataset.at) > 149000");
    expect(await page.locator('.row').count()).to.be.below(120);
    await page.close();
  });
});
