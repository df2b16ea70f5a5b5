/** Flame graphs as one HTML file that needs no network, no server and no tool but a browser. */
import { type FlameData, PARTS } from '../../reports/html/client/flame-data.js';
import { escapeHtml, importMap, packed, startScript } from '../../reports/html/inline.js';
import { STYLE } from '../../reports/html/style.js';

const MODULES = ['dom', 'flame-data', 'flame'] as const;

/** Colours of the parts, for light and for dark; the last is the thread as a whole. */
const COLOURS: readonly (readonly [string, string])[] = [
  ['#f4a259', '#c9752c'],
  ['#8fb8f5', '#3f6fb5'],
  ['#b7a3f0', '#6d57b8'],
  ['#f29bb7', '#b0527a'],
  ['#86d0b5', '#2f8a6c'],
  ['#f2d16b', '#a5832a'],
  ['#f7bf9b', '#a96a42'],
  ['#c9d2dc', '#5d6b7c'],
  ['#8fd3e0', '#2d8496'],
  ['#dfe4ea', '#465160'],
  ['#e57373', '#a83f3f'],
  ['#eef1f5', '#2c3542'],
  ['#e2e6ec', '#343e4c'],
];

function colours(which: 0 | 1): string {
  return COLOURS.map((pair, part) => `--p${part}: ${pair[which]};`).join(' ');
}

const FLAMES = `
:root { ${colours(0)} }
@media (prefers-color-scheme: dark) { :root:not([data-theme='light']) { ${colours(1)} } }
:root[data-theme='dark'] { ${colours(1)} }
${[...PARTS, 'thread'].map((_, part) => `.p${part} { background: var(--p${part}); }`).join(' ')}
main { max-width: none; }
.note { color: var(--dim); margin: 0 0 14px; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 12px; }
.bar output { color: var(--dim); font-variant-numeric: tabular-nums; }
#tabs { display: flex; flex-wrap: wrap; gap: 8px; }
#details { position: sticky; top: 53px; z-index: 2; margin: 0 0 8px; padding: 6px 12px; background: var(--lane); border-radius: 7px; font: 12px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; min-height: 31px; }
.flames { position: relative; overflow: hidden; }
.frame { position: absolute; height: 18px; border: 0; border-radius: 2px; padding: 0 4px; overflow: hidden; white-space: nowrap; text-overflow: clip; text-align: left; color: var(--ink); font: 11px/18px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.frame:hover { filter: brightness(1.08) saturate(1.3); outline: 1px solid var(--ink); outline-offset: -1px; }
.frame.above { opacity: .55; } .frame.found { outline: 2px solid var(--bad); outline-offset: -2px; font-weight: 700; }
.parts { display: flex; height: 14px; border-radius: 7px; overflow: hidden; } .parts span { min-width: 1px; }
.part-names { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 6px 0 14px; color: var(--dim); font-size: 12px; font-variant-numeric: tabular-nums; }
.part-names i, .top i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; border: 1px solid var(--line); }
#graph h2 { margin-top: 24px; } .top { font-size: 12.5px; } .top td:nth-child(3) { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; } .dim { color: var(--dim); }
`;

/** The whole file's text. Throws where the scripts have not been built. */
export function profilePage(data: FlameData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lockstep">
<title>${escapeHtml(`${data.title}: flame graphs`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}${FLAMES}</style>
${importMap(MODULES)}
</head>
<body>
<header>
<h1>Lockstep<small>${escapeHtml(data.title)}</small></h1>
<nav><button id="theme" type="button" title="light or dark">◐</button></nav>
</header>
<main>
<p class="note">${escapeHtml(data.note)}</p>
<div class="bar"><div id="tabs"></div><input id="search" type="search" placeholder="function or file" aria-label="search"><output id="found"></output></div>
<p id="details"></p>
<noscript><p>The page needs JavaScript to show its graphs.</p></noscript>
<div id="graph"></div>
</main>
${packed(data)}
${startScript('flame')}
</body>
</html>
`;
}
