/**
 * Charts as SVG files, without a dependency: grouped bars, and small multiples of lines over
 * logarithmic axes. Colours follow the reader's light or dark setting; every shape carries its value
 * as a tooltip.
 */
import type { Spread } from './measure.js';

export interface BarGroup {
  readonly label: string;
  /** One per series; null where it was not measured. */
  readonly values: readonly (Spread | null)[];
  /** What the value of the series is meant to reach; null where nothing is promised. */
  readonly bars: readonly (number | null)[];
}

/** What stands around every chart: above it the title and a line on how to read it, below it where it comes from. */
export interface Caption {
  readonly title: string;
  readonly subtitle: string;
  readonly source: string;
}

export interface BarChart extends Caption {
  /** At most {@link MAXIMUM_SERIES}. */
  readonly series: readonly string[];
  readonly groups: readonly BarGroup[];
  /** Value of the thick line, and what it is called. */
  readonly reference: { readonly value: number; readonly label: string };
  /** Name of the marks at {@link BarGroup.bars}. */
  readonly barLabel: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LinePanel {
  readonly label: string;
  /** One line per series, points by rising x; empty where it was not measured. All coordinates above zero. */
  readonly lines: readonly (readonly Point[])[];
}

export interface LineChart extends Caption {
  /** Two at most. */
  readonly series: readonly string[];
  readonly panels: readonly LinePanel[];
}

export const MAXIMUM_SERIES = 4;

const WIDTH = 960;
const MARGIN = 28;

type Attributes = Readonly<Record<string, string | number>>;

/** Text for XML: markup escaped, control characters (which XML 1.0 cannot hold) replaced. */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return (
    text
      .replace(/[&<>"']/g, (sign) => names[sign] as string)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd')
  );
}

function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : escapeXml(value);
    return ` ${key}="${text}"`;
  });
  return children.length === 0
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${children.join('')}</${name}>`;
}

function label(x: number, y: number, kind: string, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, class: kind, ...attributes }, escapeXml(text));
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return element('line', { x1, y1, x2, y2, class: kind });
}

const tooltip = (text: string): string => element('title', {}, escapeXml(text));

/** Background, ink, faded ink, grid, mark, then the series: bars from few to many threads, and the two lines. */
type Palette = readonly [string, string, string, string, string, readonly string[], readonly string[]];

const LIGHT: Palette = [
  '#ffffff',
  '#1f2328',
  '#59636e',
  '#d9dfe5',
  '#d1242f',
  ['#a8c7fa', '#2f6fde', '#1e4fa8', '#122f66'],
  ['#bc5a00', '#2f6fde'],
];
const DARK: Palette = [
  '#0d1117',
  '#e6edf3',
  '#9198a1',
  '#2d333b',
  '#ff7b72',
  ['#2b4a85', '#4f8ff7', '#8fb8fb', '#d3e3fd'],
  ['#f0883e', '#58a6ff'],
];

function rules([background, ink, faded, grid, mark, bars, lines]: Palette): string {
  return [
    `.background{fill:${background}}`,
    `.value{stroke:${background}}.title,.name,.value{fill:${ink}}.note,.tick{fill:${faded}}`,
    `.grid{stroke:${grid}}.reference,.whisker{stroke:${ink}}.mark{stroke:${mark}}`,
    ...bars.map((colour, index) => `.bar${index}{fill:${colour}}`),
    ...lines.map((colour, index) => `.line${index}{stroke:${colour}}.dot${index}{fill:${colour}}`),
  ].join('');
}

const SHAPES =
  'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}' +
  '.title{font-size:19px;font-weight:600}.note{font-size:12.5px}.name{font-size:13px}.tick{font-size:11px}' +
  // Figures are outlined in the background's colour, so that lines beneath them stay off their digits.
  '.value{font-size:10.5px;font-variant-numeric:tabular-nums;stroke-width:3px;paint-order:stroke;stroke-linejoin:round}' +
  '.grid{stroke-width:1}.reference{stroke-width:1.5}.whisker{stroke-width:1;opacity:.55}.mark{stroke-width:2.5}' +
  '.line0,.line1{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}';

function page(bottom: number, { title, subtitle, source }: Caption, body: readonly string[]): string {
  const height = Math.ceil(bottom + 30);
  const style = `${SHAPES}${rules(LIGHT)}@media (prefers-color-scheme:dark){${rules(DARK)}}`;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height: height,
    role: 'img',
    'aria-label': `${title}. ${subtitle}`,
  };
  const frame = [
    element('style', {}, escapeXml(style)),
    element('rect', { class: 'background', width: WIDTH, height: height }),
    label(MARGIN, 38, 'title', title),
    label(MARGIN, 60, 'note', subtitle),
    label(MARGIN, height - 12, 'tick', source),
  ];
  return `${element('svg', attributes, '\n', [...frame, ...body].join('\n'), '\n')}\n`;
}

/** Two digits below ten, one below a hundred, none above. */
export function shortNumber(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Entries of a legend, each a piece of SVG at `x`, side by side. */
function legend(
  y: number,
  entries: readonly { readonly text: string; readonly sign: (x: number) => string }[],
): string[] {
  let x = MARGIN;
  return entries.map(({ text, sign }) => {
    const drawn = sign(x) + label(x + 22, y, 'note', text);
    x += 22 + 7 * text.length + 20;
    return drawn;
  });
}

const BAR_HEIGHT = 11;
const GROUP_GAP = 14;
const BARS_LEFT = 248;
const BARS_RIGHT = WIDTH - MARGIN - 34;
const BARS_TOP = 122;

/** Horizontal bars in groups, with whiskers from least to greatest. Throws RangeError on too many series. */
export function barChart(chart: BarChart): string {
  const { series, groups, reference } = chart;
  if (series.length > MAXIMUM_SERIES) throw new RangeError(`at most ${MAXIMUM_SERIES} series, not ${series.length}`);
  const shown = groups.flatMap(({ values, bars }) => [
    ...values.map((value) => value?.max ?? 0),
    ...bars.map((bar) => bar ?? 0),
  ]);
  const greatest = Math.max(reference.value, ...shown);
  const step = [0.25, 0.5, 1, 2, 5, 10, 50, 100].find((size) => greatest / size <= 9) ?? greatest / 8;
  const end = Math.ceil(greatest / step) * step;
  const at = (value: number): number => BARS_LEFT + (value / end) * (BARS_RIGHT - BARS_LEFT);
  const groupHeight = series.length * BAR_HEIGHT + GROUP_GAP;
  const bottom = BARS_TOP + groups.length * groupHeight;
  const body: string[] = legend(86, [
    ...series.map((text, index) => ({
      text,
      sign: (x: number) => element('rect', { x, y: 76, width: 15, height: BAR_HEIGHT, rx: 2, class: `bar${index}` }),
    })),
    { text: chart.barLabel, sign: (x: number) => line(x + 8, 74, x + 8, 89, 'mark') },
  ]);
  for (let tick = 0; tick <= end + step / 2; tick += step) {
    body.push(line(at(tick), BARS_TOP - 6, at(tick), bottom, 'grid'));
    body.push(label(at(tick), bottom + 16, 'tick', `${Math.round(tick * 100) / 100}×`, { 'text-anchor': 'middle' }));
  }
  const figures: string[] = [];
  groups.forEach(({ label: name, values, bars }, place) => {
    const top = BARS_TOP + place * groupHeight + GROUP_GAP / 2;
    const middle = top + (series.length * BAR_HEIGHT) / 2;
    body.push(label(BARS_LEFT - 12, middle + 4, 'name', name, { 'text-anchor': 'end' }));
    values.forEach((value, index) => {
      if (value === null) return;
      const y = top + index * BAR_HEIGHT;
      const bar = bars[index] ?? null;
      const { median, min, max } = value;
      const promise = bar === null ? '' : `, ${chart.barLabel} ${bar}`;
      const text = `${name}, ${series[index]}: ${shortNumber(median)} (${shortNumber(min)}-${shortNumber(max)})${promise}`;
      const shape = {
        x: BARS_LEFT,
        y,
        width: at(median) - BARS_LEFT,
        height: BAR_HEIGHT - 1.5,
        rx: 1.5,
        class: `bar${index}`,
      };
      body.push(element('rect', shape, tooltip(text)));
      body.push(line(at(min), y + BAR_HEIGHT / 2 - 0.75, at(max), y + BAR_HEIGHT / 2 - 0.75, 'whisker'));
      if (bar !== null) body.push(line(at(bar), y - 2, at(bar), y + BAR_HEIGHT + 0.5, 'mark'));
      const clear = Math.max(at(max), at(bar ?? 0));
      figures.push(label(clear + 5, y + BAR_HEIGHT - 2, 'value', shortNumber(median)));
    });
  });
  body.push(line(at(reference.value), BARS_TOP - 6, at(reference.value), bottom, 'reference'));
  body.push(
    label(at(reference.value), BARS_TOP - 11, 'tick', reference.label, { 'text-anchor': 'middle' }),
    ...figures,
  );
  return page(bottom + 24, chart, body);
}

const COLUMNS = 3;
const PANEL_HEIGHT = 132;
const PANEL_LEFT = 40;
const PANEL_ROW = PANEL_HEIGHT + 62;
const PANELS_TOP = 106;

const thousands = (value: number): string => (value >= 1000 ? `${value / 1000}k` : String(value));

/** Powers of ten from the one at or below the least to the one at or above the greatest. */
function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** A panel of lines per workload, all over the same logarithmic axes. Throws RangeError where nothing is to be drawn. */
export function lineChart(chart: LineChart): string {
  const { series, panels } = chart;
  const points = panels.flatMap(({ lines }) => lines.flat());
  if (points.length === 0) throw new RangeError('a chart without a point');
  if (points.some(({ x, y }) => !(x > 0 && y > 0))) throw new RangeError('a logarithmic axis starts above zero');
  const xs = decades(points.map(({ x }) => x));
  const ys = decades(points.map(({ y }) => y));
  const place = (value: number, ticks: readonly number[]): number =>
    Math.log(value / (ticks[0] as number)) / Math.log((ticks.at(-1) as number) / (ticks[0] as number));
  const cell = (WIDTH - 2 * MARGIN) / COLUMNS;
  const width = cell - PANEL_LEFT - 34;
  const body = legend(
    86,
    series.map((text, index) => ({
      text,
      sign: (x: number) =>
        line(x, 82, x + 16, 82, `line${index}`) + element('circle', { cx: x + 8, cy: 82, r: 3, class: `dot${index}` }),
    })),
  );
  panels.forEach(({ label: name, lines }, index) => {
    const left = MARGIN + (index % COLUMNS) * cell + PANEL_LEFT;
    const top = PANELS_TOP + Math.floor(index / COLUMNS) * PANEL_ROW + 26;
    const atX = (x: number): number => left + place(x, xs) * width;
    const atY = (y: number): number => top + (1 - place(y, ys)) * PANEL_HEIGHT;
    body.push(label(left, top - 10, 'name', name));
    for (const y of ys) {
      body.push(line(left, atY(y), left + width, atY(y), 'grid'));
      body.push(label(left - 7, atY(y) + 4, 'tick', thousands(y), { 'text-anchor': 'end' }));
    }
    for (const x of xs)
      body.push(label(atX(x), top + PANEL_HEIGHT + 16, 'tick', thousands(x), { 'text-anchor': 'middle' }));
    const ends = lines.map((own) => own.at(-1)?.y ?? 0);
    lines.forEach((own, which) => {
      const path = own.map(({ x, y }) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(' ');
      if (own.length > 1) body.push(element('polyline', { points: path, class: `line${which}` }));
      for (const { x, y } of own) {
        const text = `${name}, ${series[which]}, ${x} transactions: ${shortNumber(y)} us`;
        body.push(element('circle', { cx: atX(x), cy: atY(y), r: 3, class: `dot${which}` }, tooltip(text)));
      }
      const last = own.at(-1);
      if (last === undefined) return;
      // The higher line's last value stands above it, the lower one's below.
      const below = ends.some(
        (other, another) => another !== which && (other > last.y || (other === last.y && another < which)),
      );
      const y = atY(last.y) + (below ? 15 : -8);
      body.push(label(atX(last.x), y, 'value', shortNumber(last.y), { 'text-anchor': 'middle' }));
    });
  });
  return page(PANELS_TOP + Math.ceil(panels.length / COLUMNS) * PANEL_ROW, chart, body);
}
