/** `node dist/test/browser/screenshots.js`: makes the pictures of the report page in `docs/` anew, from a made-up run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { HtmlReporter } from '../../reports/html/reporter.js';
import { madeUpRun } from '../support/made-up-run.js';
import { packageRoot } from '../support/root.js';
import { findBrowser } from './find-browser.js';

const CASES = 4000;
const FAIL_EVERY = 43;

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-screenshots-'));
const browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
try {
  const file = path.join(folder, 'report.html');
  const reporter = new HtmlReporter(file);
  for (const { event, at } of madeUpRun(CASES, FAIL_EVERY, '')) reporter.on(event, at);
  await reporter.close();
  for (const [name, scheme, hash] of [
    ['report', 'light', ''],
    ['report-case', 'dark', '#outcomes=divergent'],
  ] as const) {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, colorScheme: scheme });
    await page.goto(pathToFileURL(file).href + hash);
    await page.waitForSelector('body.ready');
    if (hash !== '') {
      await page.locator('.row').nth(1).click();
      await page.locator('#cases').scrollIntoViewIfNeeded();
      await page.locator('#detail h3').waitFor();
    }
    await page.screenshot({ path: path.join(packageRoot, 'docs', `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
