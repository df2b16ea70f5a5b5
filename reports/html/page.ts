/** The report as one HTML file that needs no network and no server: style, scripts and data stand in it. */
import type { PageData } from './client/page-data.js';
import { escapeHtml, importMap, packed, startScript } from './inline.js';
import { STYLE } from './style.js';

/** The page's modules. */
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

/** The whole file's text. Throws where the scripts have not been built. */
export function htmlPage(data: PageData, title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lockstep">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
${importMap(MODULES)}
</head>
<body>
<header>
<h1>Lockstep<small>conformance</small></h1>
<div id="verdict"><p class="conclusion">${escapeHtml(data.conclusion)}</p></div>
<nav><a href="#causes" hidden></a><button id="theme" type="button" title="light or dark">◐</button></nav>
</header>
<main>
<noscript><p>${escapeHtml(data.conclusion)} The page needs JavaScript to show more.</p></noscript>
<p id="ran"></p>
<div id="tiles"></div>
<div id="problems"></div>
<div id="clusters"></div>
<div id="grid"></div>
<section id="cases"><h2>Cases<small>/ searches, arrows move, Enter opens, Esc closes; the address bar keeps the choice</small></h2>
<div class="work"><div id="list"></div><div id="detail"></div></div></section>
<div id="timing"></div>
<div id="environment"></div>
</main>
${packed(data)}
${startScript('main')}
</body>
</html>
`;
}
