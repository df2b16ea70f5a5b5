/** Making elements. Text is set as text, never as markup: what a fixture holds cannot become part of the page. */

type Child = Node | string | null;

export type Attributes = Readonly<Record<string, string | number | boolean | ((event: never) => void)>>;

/** An element with attributes (functions are listeners, true is an attribute without a value) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** The same in SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(element, attributes);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
}

/** The page's element of that id, which its markup has. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element;
}

export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== null));
}

/** A heading and what is under it. */
export function section(id: string, title: string, note: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { id }, h('h2', {}, title, note === '' ? null : h('small', {}, note)), ...children);
}

/** `12345` → `12,345`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 abort`, `2 aborts`. */
export function count(number: number | undefined, noun: string): string {
  return `${figure(number ?? 0)} ${noun}${number === 1 ? '' : 's'}`;
}

export function milliseconds(value: number): string {
  if (value < 1000) return `${Math.round(value)} ms`;
  const seconds = value / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** Copies `text`, and says on the button that it did. Pages opened from a file may lack the clipboard's interface. */
export function copyButton(text: string): HTMLButtonElement {
  const button = h('button', { class: 'copy', type: 'button', title: 'copy this line' }, 'copy');
  button.addEventListener('click', () => {
    copy(text).then(
      () => flash(button, 'copied'),
      () => flash(button, 'press Ctrl+C'),
    );
  });
  return button;
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // Not allowed here: the old way still may be.
    }
  }
  const area = h('textarea', { class: 'offscreen' });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('the browser does not let the page copy');
}

function flash(button: HTMLButtonElement, text: string): void {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'copy';
  }, 1200);
}

const THEME_KEY = 'lockstep-theme';

/** What stands in the page, compressed. */
export async function unpack<T>(): Promise<T> {
  const packed = byId('data').textContent ?? '';
  const bytes = Uint8Array.from(atob(packed.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as T;
}

/** Light, dark, or what the system says; kept where the browser keeps anything for pages opened from files. */
export function theme(): void {
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
