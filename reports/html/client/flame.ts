/** The page of flame graphs: one graph for each thread; hovering tells, clicking zooms. */
import { byId, fill, h, theme, unpack } from './dom.js';
import { type FlameData, type FlameName, type FlameNode, type FlameProfile, PARTS } from './flame-data.js';

/** Frames narrower than this are left out, pixels. */
const NARROWEST = 0.5;
const ROW = 19;
/** Frames below this width hold no text, pixels. */
const TEXT_FROM = 28;
const TOP_FUNCTIONS = 25;

/** A node with its place among the others. Times in microseconds. */
interface Frame {
  readonly own: FlameName;
  readonly self: number;
  readonly total: number;
  readonly parent: Frame | null;
  readonly children: readonly Frame[];
  readonly depth: number;
  /** Where it begins, in microseconds from the left. */
  start: number;
}

function frameOf(node: FlameNode, names: readonly FlameName[], parent: Frame | null, depth: number): Frame {
  const frame = { own: names[node.n] as FlameName, self: node.s, total: node.s, parent, depth, start: 0 };
  const children = node.c.map((child) => frameOf(child, names, frame as unknown as Frame, depth + 1));
  children.sort((a, b) => b.total - a.total);
  const total = node.s + children.reduce((sum, child) => sum + child.total, 0);
  return Object.assign(frame, { children, total });
}

function place(frame: Frame, start: number): void {
  frame.start = start;
  let at = start;
  for (const child of frame.children) {
    place(child, at);
    at += child.total;
  }
}

/** The whole thread as one frame. */
function treeOf({ title, names, roots }: FlameProfile): Frame {
  const all: FlameName[] = [...names, { name: title, place: '', part: PARTS.length }];
  const root = frameOf({ n: names.length, s: 0, c: roots }, all, null, 0);
  place(root, 0);
  return root;
}

const time = (us: number): string => (us >= 1000 ? `${(us / 1000).toFixed(1)} ms` : `${Math.round(us)} us`);
const percent = (part: number, whole: number): string => `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(1)} %`;

class Graph {
  private readonly root: Frame;
  private readonly canvas = h('div', { class: 'flames', role: 'tree' });
  private zoomed: Frame;
  private search = '';

  constructor(
    profile: FlameProfile,
    private readonly tell: (frame: Frame | null, root: Frame) => void,
  ) {
    this.root = treeOf(profile);
    this.zoomed = this.root;
  }

  get element(): HTMLElement {
    return this.canvas;
  }

  /** Draws what the zoomed frame holds, under the frames that lead to it. */
  draw(): void {
    const width = this.canvas.clientWidth;
    const scale = width / Math.max(1, this.zoomed.total);
    const drawn: HTMLElement[] = [];
    let deepest = 0;
    for (let above = this.zoomed.parent; above !== null; above = above.parent) {
      drawn.push(this.box(above, 0, width, true));
    }
    const descend = (frame: Frame): void => {
      const wide = frame.total * scale;
      if (wide < NARROWEST) return;
      deepest = Math.max(deepest, frame.depth);
      drawn.push(this.box(frame, (frame.start - this.zoomed.start) * scale, wide, false));
      for (const child of frame.children) descend(child);
    };
    descend(this.zoomed);
    this.canvas.style.height = `${(deepest + 1) * ROW}px`;
    fill(this.canvas, ...drawn);
    this.tell(null, this.zoomed);
  }

  zoom(frame: Frame = this.root): void {
    this.zoomed = frame;
    this.draw();
  }

  /** Marks the functions whose names or places hold the text; answers the time spent under them, of the whole. */
  find(text: string): { readonly time: number; readonly whole: number } {
    this.search = text.toLowerCase();
    this.draw();
    const sum = (frame: Frame): number =>
      this.matches(frame) ? frame.total : frame.children.reduce((all, child) => all + sum(child), 0);
    return { time: this.search === '' ? 0 : sum(this.root), whole: this.root.total };
  }

  /** Functions by the time spent in themselves. */
  top(): { readonly own: FlameName; readonly self: number }[] {
    const found = new Map<FlameName, number>();
    const walk = (frame: Frame): void => {
      found.set(frame.own, (found.get(frame.own) ?? 0) + frame.self);
      for (const child of frame.children) walk(child);
    };
    walk(this.root);
    return [...found]
      .map(([own, self]) => ({ own, self }))
      .filter(({ self }) => self > 0)
      .sort((a, b) => b.self - a.self)
      .slice(0, TOP_FUNCTIONS);
  }

  /** Time by part of the program, where the time was spent itself. */
  parts(): { readonly part: number; readonly self: number }[] {
    const found = PARTS.map((_, part) => ({ part, self: 0 }));
    const walk = (frame: Frame): void => {
      const own = found[frame.own.part];
      if (own !== undefined) own.self += frame.self;
      for (const child of frame.children) walk(child);
    };
    walk(this.root);
    return found.filter(({ self }) => self > 0).sort((a, b) => b.self - a.self);
  }

  get total(): number {
    return this.root.total;
  }

  private matches({ own }: Frame): boolean {
    return own.name.toLowerCase().includes(this.search) || own.place.toLowerCase().includes(this.search);
  }

  private box(frame: Frame, left: number, width: number, above: boolean): HTMLElement {
    const { name, part, place: where } = frame.own;
    const found = this.search !== '' && this.matches(frame);
    const kind = `frame p${part}${above ? ' above' : ''}${found ? ' found' : ''}`;
    const text = width < TEXT_FROM ? '' : name;
    const box = h('button', { class: kind, type: 'button', tabindex: width < TEXT_FROM ? -1 : 0 }, text);
    box.style.cssText = `left:${left}px;width:${Math.max(0.5, width - 0.6)}px;top:${frame.depth * ROW}px`;
    const whole = this.root.total;
    box.title = `${name}${where === '' ? '' : `\n${where}`}\ntotal ${time(frame.total)} (${percent(frame.total, whole)})\nself ${time(frame.self)} (${percent(frame.self, whole)})`;
    box.addEventListener('mouseenter', () => this.tell(frame, this.root));
    box.addEventListener('focus', () => this.tell(frame, this.root));
    box.addEventListener('click', () => this.zoom(frame));
    return box;
  }
}

/** What a frame is, in words; `root` is what percentages are of. */
function story(frame: Frame, root: Frame): string {
  const { name, place: where } = frame.own;
  const times = `total ${time(frame.total)} (${percent(frame.total, root.total)}), self ${time(frame.self)} (${percent(frame.self, root.total)})`;
  return `${name}${where === '' ? '' : `  ${where}`}  ${times}`;
}

function partsBar(graph: Graph): HTMLElement {
  const shares = graph.parts();
  const bar = h('div', { class: 'parts' });
  for (const { part, self } of shares) {
    const piece = h('span', {
      class: `p${part}`,
      title: `${PARTS[part]}: ${time(self)} (${percent(self, graph.total)})`,
    });
    piece.style.flexGrow = String(self);
    bar.append(piece);
  }
  const legend = shares.map(({ part, self }) =>
    h('span', { class: 'part' }, h('i', { class: `p${part}` }), `${PARTS[part]} ${percent(self, graph.total)}`),
  );
  return h('div', {}, bar, h('p', { class: 'part-names' }, ...legend));
}

function topTable(graph: Graph): HTMLElement {
  const rows = graph
    .top()
    .map(({ own, self }) =>
      h(
        'tr',
        {},
        h('td', { class: 'number' }, time(self)),
        h('td', { class: 'number' }, percent(self, graph.total)),
        h('td', {}, h('i', { class: `p${own.part}` }), own.name),
        h('td', { class: 'dim' }, own.place),
      ),
    );
  const head = h('tr', {}, ...['self', '', 'function', 'place'].map((text) => h('th', {}, text)));
  return h('table', { class: 'plain top' }, h('thead', {}, head), h('tbody', {}, ...rows));
}

async function start(): Promise<void> {
  theme();
  const data = await unpack<FlameData>();
  const details = byId('details');
  const hint = 'Hover over a function to see its times, click to zoom in, Esc to zoom out.';
  let graph: Graph | null = null;
  const show = (profile: FlameProfile, tab: HTMLElement): void => {
    for (const other of byId('tabs').children) other.setAttribute('aria-pressed', String(other === tab));
    const shown = new Graph(profile, (frame, root) => {
      details.textContent = frame === null ? hint : story(frame, root);
    });
    graph = shown;
    fill(byId('graph'), partsBar(shown), shown.element, h('h2', {}, 'Where the time goes'), topTable(shown));
    shown.draw();
    search();
  };
  const input = byId('search') as HTMLInputElement;
  const search = (): void => {
    const found = graph?.find(input.value.trim());
    byId('found').textContent =
      found === undefined || input.value.trim() === ''
        ? ''
        : `${time(found.time)}, ${percent(found.time, found.whole)}`;
  };
  input.addEventListener('input', search);
  const tabs = data.profiles.map((profile) => {
    const tab = h('button', { class: 'chip', type: 'button' }, profile.title);
    tab.addEventListener('click', () => show(profile, tab));
    return tab;
  });
  fill(byId('tabs'), ...tabs);
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') graph?.zoom();
  });
  addEventListener('resize', () => graph?.draw());
  const [first] = data.profiles;
  const [tab] = tabs;
  if (first !== undefined && tab !== undefined) show(first, tab);
  document.body.classList.add('ready');
}

start().catch((error: unknown) => {
  fill(byId('details'), `This page cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
  throw error;
});
