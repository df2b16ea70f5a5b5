/** Charts as SVG: bars side by side, and counts by class. */
import { figure, h, svg } from './dom.js';

const WIDTH = 560;
const LABEL = 190;
const BAR = 12;
const GAP = 8;

export interface BarChart {
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[]; readonly title: string }[];
  /** A value with a line through it: where two things are equal. */
  readonly mark: number | null;
  readonly unit: string;
}

export function bars({ series, groups, mark, unit }: BarChart): HTMLElement {
  const most = Math.max(mark ?? 0, ...groups.flatMap(({ values }) => values)) * 1.02;
  const room = WIDTH - LABEL - 56;
  const each = series.length * BAR + GAP;
  const height = groups.length * each + GAP;
  const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, class: 'chart', role: 'img' });
  groups.forEach(({ label, values, title }, at) => {
    const top = GAP + at * each;
    const middle = top + (series.length * BAR) / 2;
    chart.append(svg('text', { x: LABEL - 8, y: middle, class: 'label' }, svg('title', {}, label), short(label)));
    values.forEach((value, index) => {
      const width = Math.max(1, (value / most) * room);
      const y = top + index * BAR;
      const name = series.length > 1 ? `${title}, ${series[index]}: ` : `${title}: `;
      chart.append(
        svg(
          'rect',
          { x: LABEL, y, width, height: BAR - 2, rx: 2, class: `series s${index % 6}` },
          svg('title', {}, `${name}${value.toFixed(2)}${unit}`),
        ),
        svg('text', { x: LABEL + width + 5, y: y + (BAR - 2) / 2, class: 'value' }, `${value.toFixed(2)}${unit}`),
      );
    });
  });
  if (mark !== null) {
    const x = LABEL + (mark / most) * room;
    chart.append(svg('line', { x1: x, x2: x, y1: 0, y2: height, class: 'mark' }));
  }
  const legend = series.map((name, index) => h('span', { class: `key s${index % 6}` }, name));
  return h('figure', {}, series.length > 1 ? h('figcaption', { class: 'legend' }, ...legend) : null, chart);
}

export interface Class {
  readonly label: string;
  readonly value: number;
  readonly title: string;
}

/** Columns whose heights are logarithms, since most cases are short and the few long ones matter. */
export function histogram(classes: readonly Class[]): HTMLElement {
  const height = 190;
  const base = height - 30;
  const most = Math.log10(1 + Math.max(1, ...classes.map(({ value }) => value)));
  const step = WIDTH / Math.max(1, classes.length);
  const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, class: 'chart', role: 'img' });
  classes.forEach(({ label, value, title }, at) => {
    const tall = (Math.log10(1 + value) / most) * (base - 20);
    const x = at * step;
    chart.append(
      svg(
        'rect',
        {
          x: x + 2,
          y: base - tall,
          width: step - 4,
          height: Math.max(value > 0 ? 1 : 0, tall),
          rx: 2,
          class: 'series s0',
        },
        svg('title', {}, title),
      ),
      svg('text', { x: x + step / 2, y: base - tall - 8, class: 'value middle' }, value === 0 ? '' : figure(value)),
      svg('text', { x: x + step / 2, y: base + 12, class: 'value middle' }, label),
    );
  });
  return h('figure', {}, chart);
}

function short(text: string): string {
  return text.length <= 28 ? text : `${text.slice(0, 10)}…${text.slice(-17)}`;
}
