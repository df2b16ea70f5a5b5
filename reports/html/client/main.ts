/** The report page: unpacks its data, which stand in it compressed, and builds its parts. */
import { App } from './app.js';
import { Cases } from './cases.js';
import { detail } from './detail.js';
import { byId, fill, h } from './dom.js';
import { clusters, grid } from './grid.js';
import { CaseList } from './list.js';
import { overview } from './overview.js';
import type { PageData } from './page-data.js';
import { timing } from './timing.js';

const THEME_KEY = 'lockstep-theme';

async function unpack(): Promise<PageData> {
  const packed = byId('data').textContent ?? '';
  const bytes = Uint8Array.from(atob(packed.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as PageData;
}

/** Light, dark, or what the system says; kept where the browser keeps anything for pages opened from files. */
function theme(): void {
  const root = document.documentElement;
  const stored = (): string | null => {
    try {
      return localStorage.getItem(THEME_KEY);
    } catch {
      return null;
    }
  };
  const set = (value: string): void => {
    root.dataset.theme = value;
    dispatchEvent(new Event('resize'));
    try {
      localStorage.setItem(THEME_KEY, value);
    } catch {
      // Not kept, then.
    }
  };
  const before = stored();
  if (before !== null) root.dataset.theme = before;
  byId('theme').addEventListener('click', () => {
    const dark =
      root.dataset.theme === 'dark' || (!root.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
    set(dark ? 'light' : 'dark');
  });
}

async function start(): Promise<void> {
  theme();
  const app = new App(new Cases(await unpack()));
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
