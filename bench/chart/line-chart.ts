/** Small multiples of lines over logarithmic axes. */
import { type Caption, element, label, legend, line, MARGIN, page, shortNumber, tooltip, WIDTH } from './svg.js';

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
