/** The report as one HTML file that needs no network and no server: style, scripts and data stand in it. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { PageData } from './client/page-data.js';
import { STYLE } from './style.js';

/** The page's modules; an import map gives each a name, since modules inside a page have no addresses of their own. */
const MODULES = [
  'page-data',
  'dom',
  'charts',
  'cases',
  'app',
  'lanes',
  'overview',
  'grid',
  'list',
  'detail',
  'timing',
  'main',
] as const;
const PREFIX = 'lockstep/';

/** The whole file's text. Throws where the scripts have not been built. */
export function htmlPage(data: PageData, title: string): string {
  const packed = gzipSync(JSON.stringify(data), { level: 9 }).toString('base64');
  const map = { imports: Object.fromEntries(MODULES.map((name) => [`${PREFIX}${name}`, dataUrl(script(name))])) };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lockstep">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<script type="importmap">${JSON.stringify(map)}</script>
</head>
<body>
<header>
<h1>Lockstep<small>conformance</small></h1>
<div id="verdict"><p class="conclusion">${escapeHtml(data.conclusion)}</p></div>
<nav><a href="#causes" hidden></a><button id="theme" type="button" title="light or dark">◐</button></nav>
</header>
<main>
<noscript><p>${escapeHtml(data.conclusion)} The page needs JavaScript to show more.</p></noscript>
<div id="tiles"></div>
<div id="problems"></div>
<div id="clusters"></div>
<div id="grid"></div>
<section id="cases"><h2>Cases<small>/ searches, arrows move, Enter opens, Esc closes; the address bar keeps the choice</small></h2>
<div class="work"><div id="list"></div><div id="detail"></div></div></section>
<div id="timing"></div>
<div id="environment"></div>
</main>
<script id="data" type="application/gzip;base64">${packed}</script>
<script type="module">import '${PREFIX}main';</script>
</body>
</html>
`;
}

/** A module's text, its imports by the names of the import map. */
function script(name: (typeof MODULES)[number]): string {
  const text = readFileSync(new URL(`./client/${name}.js`, import.meta.url), 'utf8');
  return text.replace(/(from\s+|import\s+)'\.\/([\w-]+)\.js'/g, (_, word: string, module: string) => {
    if (!(MODULES as readonly string[]).includes(module)) throw new Error(`the report page has no module ${module}`);
    return `${word}'${PREFIX}${module}'`;
  });
}

function dataUrl(text: string): string {
  return `data:text/javascript;base64,${Buffer.from(text, 'utf8').toString('base64')}`;
}

/** Text that stands in markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
