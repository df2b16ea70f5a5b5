/**
 * What all charts are drawn with: SVG without a dependency. Colours follow the reader's light or dark setting; every
 * shape carries its value as a tooltip.
 */

/** What stands around every chart: above it the title and a line on how to read it, below it where it comes from. */
export interface Caption {
  readonly title: string;
  readonly subtitle: string;
  readonly source: string;
}

export const WIDTH = 960;
export const MARGIN = 28;

export type Attributes = Readonly<Record<string, string | number>>;

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

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : escapeXml(value);
    return ` ${key}="${text}"`;
  });
  return children.length === 0
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${children.join('')}</${name}>`;
}

export function label(x: number, y: number, kind: string, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, class: kind, ...attributes }, escapeXml(text));
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return element('line', { x1, y1, x2, y2, class: kind });
}

export const tooltip = (text: string): string => element('title', {}, escapeXml(text));

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
    `.value{stroke:${background}}.title,.name,.value,.heading,.figure{fill:${ink}}.note,.tick{fill:${faded}}`,
    `.grid{stroke:${grid}}.reference,.whisker{stroke:${ink}}.mark{stroke:${mark}}`,
    ...bars.map((colour, index) => `.bar${index}{fill:${colour}}.curve${index}{stroke:${colour}}`),
    `.cell{fill:${background};stroke:${background}}.better{fill:${lines[1]}}.worse{fill:${lines[0]}}`,
    `.span{stroke:${grid}}.other{fill:${faded}}`,
    ...lines.map((colour, index) => `.line${index}{stroke:${colour}}.dot${index}{fill:${colour}}`),
  ].join('');
}

const SHAPES =
  'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}' +
  '.title{font-size:19px;font-weight:600}.note{font-size:12.5px}.name{font-size:13px}.tick{font-size:11px}' +
  // Figures are outlined in the background's colour, so that lines beneath them stay off their digits.
  '.value{font-size:10.5px;font-variant-numeric:tabular-nums;stroke-width:3px;paint-order:stroke;stroke-linejoin:round}' +
  '.grid{stroke-width:1}.reference{stroke-width:1.5}.whisker{stroke-width:1;opacity:.55}.mark{stroke-width:2.5}' +
  '.line0,.line1,.curve0,.curve1,.curve2,.curve3{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}' +
  '.dashed{stroke-dasharray:4 4}.span{stroke-width:5;stroke-linecap:round}.heading{font-size:12px;font-weight:600;letter-spacing:.02em}' +
  '.figure{font-size:13px;font-variant-numeric:tabular-nums}.cell{stroke-width:2}';

export function page(bottom: number, { title, subtitle, source }: Caption, body: readonly string[]): string {
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

/** Entries of a legend, each a piece of SVG at `x`, side by side under the subtitle. */
export function legend(entries: readonly { readonly text: string; readonly sign: (x: number) => string }[]): string[] {
  let x = MARGIN;
  return entries.map(({ text, sign }) => {
    const drawn = sign(x) + label(x + 22, 86, 'note', text);
    x += 22 + 7 * text.length + 20;
    return drawn;
  });
}
