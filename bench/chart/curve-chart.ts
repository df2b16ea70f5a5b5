/** Small multiples of curves over linear axes from nought. */
import { MAXIMUM_SERIES } from './bar-chart.js';
import { type Caption, element, label, legend, line, MARGIN, page, shortNumber, tooltip, WIDTH } from './svg.js';

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface CurvePanel {
  readonly label: string;
  /** One curve per series, points by rising x; empty where it was not measured. */
  readonly curves: readonly (readonly CurvePoint[])[];
}

export interface CurveChart extends Caption {
  /** At most {@link MAXIMUM_SERIES}. */
  readonly series: readonly string[];
  readonly panels: readonly CurvePanel[];
  /** Names of the axes; of x as it follows a figure: `%`, ` threads`. */
  readonly xUnit: string;
  readonly yUnit: string;
  /** A thin line at this height, and one along which y is x where that is wanted. */
  readonly reference: number;
  readonly diagonal: boolean;
}

const HEIGHT = 140;
const LEFT = 34;
const ROW = HEIGHT + 66;
const TOP = 106;

/** Ticks from 0 to at least `greatest`, seven at most. */
function linearTicks(greatest: number): number[] {
  const step = [0.25, 0.5, 1, 2, 4, 5, 10, 20, 50, 100].find((size) => greatest / size <= 6) ?? greatest / 6;
  return Array.from({ length: Math.ceil(greatest / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** Throws RangeError where nothing is to be drawn, or on too many series. */
export function curveChart(chart: CurveChart): string {
  const { series, panels, reference, diagonal, xUnit, yUnit } = chart;
  if (series.length > MAXIMUM_SERIES) throw new RangeError(`at most ${MAXIMUM_SERIES} series, not ${series.length}`);
  const points = panels.flatMap(({ curves }) => curves.flat());
  if (points.length === 0) throw new RangeError('a chart without a point');
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const ys = linearTicks(Math.max(reference, ...points.map(({ y }) => y)));
  const [left, right] = [xs[0] as number, xs.at(-1) as number];
  const top = ys.at(-1) as number;
  // Four panels make a square rather than a row and a rest.
  const columns = panels.length <= 2 || panels.length === 4 ? 2 : 3;
  const cell = (WIDTH - 2 * MARGIN) / columns;
  const width = cell - LEFT - 30;
  // A lone curve is drawn in the stronger of the first two colours.
  const colour = (which: number): number => (series.length === 1 ? 1 : which);
  const body = legend(
    series.map((text, index) => ({
      text,
      sign: (x: number) =>
        line(x, 82, x + 16, 82, `curve${colour(index)}`) +
        element('circle', { cx: x + 8, cy: 82, r: 3, class: `bar${colour(index)}` }),
    })),
  );
  panels.forEach(({ label: name, curves }, place) => {
    const originX = MARGIN + (place % columns) * cell + LEFT;
    const originY = TOP + Math.floor(place / columns) * ROW + 28;
    const atX = (x: number): number => originX + (right === left ? 0.5 : (x - left) / (right - left)) * width;
    const atY = (y: number): number => originY + (1 - y / top) * HEIGHT;
    body.push(label(originX, originY - 11, 'name', name));
    for (const y of ys) {
      body.push(line(originX, atY(y), originX + width, atY(y), 'grid'));
      body.push(label(originX - 7, atY(y) + 4, 'tick', `${y}${yUnit}`, { 'text-anchor': 'end' }));
    }
    for (const x of xs) {
      body.push(label(atX(x), originY + HEIGHT + 16, 'tick', `${x}${xUnit}`, { 'text-anchor': 'middle' }));
    }
    body.push(line(originX, atY(reference), originX + width, atY(reference), 'reference'));
    if (diagonal && left < top) {
      const end = Math.min(right, top);
      body.push(line(atX(left), atY(left), atX(end), atY(end), 'reference dashed'));
    }
    curves.forEach((own, which) => {
      const path = own.map(({ x, y }) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(' ');
      if (own.length > 1) body.push(element('polyline', { points: path, class: `curve${colour(which)}` }));
      for (const { x, y } of own) {
        const text = `${name}, ${series[which]}, ${x}${xUnit}: ${shortNumber(y)}${yUnit}`;
        body.push(element('circle', { cx: atX(x), cy: atY(y), r: 3, class: `bar${colour(which)}` }, tooltip(text)));
      }
    });
    // The last curve's end stands for the panel.
    const last = curves.at(-1)?.at(-1);
    if (last !== undefined) {
      const y = atY(last.y) + (last.y >= reference ? -8 : 15);
      body.push(label(atX(last.x), y, 'value', `${shortNumber(last.y)}${yUnit}`, { 'text-anchor': 'middle' }));
    }
  });
  return page(TOP + Math.ceil(panels.length / columns) * ROW, chart, body);
}
