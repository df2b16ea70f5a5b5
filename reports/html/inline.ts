/** What a page that needs no network and no server holds in itself: its scripts and its data. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const PREFIX = 'lockstep/';

/** A script that gives each module of `client/` a name, since modules inside a page have no addresses. Throws where one has not been built. */
export function importMap(modules: readonly string[]): string {
  const imports = Object.fromEntries(modules.map((name) => [`${PREFIX}${name}`, dataUrl(script(name, modules))]));
  return `<script type="importmap">${JSON.stringify({ imports })}</script>`;
}

/** The script that runs a module of the import map. */
export function startScript(module: string): string {
  return `<script type="module">import '${PREFIX}${module}';</script>`;
}

/** The page's data, compressed: nothing in it can be taken for markup. \`unpack\` in \`client/dom.ts\` reads it. */
export function packed(data: unknown): string {
  const text = gzipSync(JSON.stringify(data), { level: 9 }).toString('base64');
  return `<script id="data" type="application/gzip;base64">${text}</script>`;
}

/** A module's text, its imports by the names of the import map. */
function script(name: string, modules: readonly string[]): string {
  const text = readFileSync(new URL(`./client/${name}.js`, import.meta.url), 'utf8');
  return text.replace(/(from\s+|import\s+)'\.\/([\w-]+)\.js'/g, (_, word: string, module: string) => {
    if (!modules.includes(module)) throw new Error(`the page has no module ${module}`);
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
