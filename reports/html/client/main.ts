/** The report page: unpacks its data, which stand in it compressed, and builds its parts. */
import { App } from './app.js';
import { Cases } from './cases.js';
import { detail } from './detail.js';
import { byId, fill, h, theme, unpack } from './dom.js';
import { clusters, grid } from './grid.js';
import { CaseList } from './list.js';
import { overview } from './overview.js';
import type { PageData } from './page-data.js';
import { timing } from './timing.js';

async function start(): Promise<void> {
  theme();
  const app = new App(new Cases(await unpack<PageData>()));
  overview(app);
  clusters(app);
  grid(app);
  new CaseList(app);
  detail(app);
  timing(app);
  document.body.classList.add('ready');
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  fill(byId('verdict'), h('p', { class: 'conclusion' }, `This page cannot be shown: ${text}`));
  throw error;
});
