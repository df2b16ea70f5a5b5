/** Rows of dots on one logarithmic axis, those of a row joined: how far apart contenders are. */
import { type Caption, element, label, legend, line, MARGIN, page, tooltip, WIDTH } from './svg.js';

export interface DotRow {
  readonly label: string;
  /** One per series, above nought; null where it was not measured. */
  readonly values: readonly (number | null)[];
  /** Stands at the end of the row. */
  readonly remark: string;
}

export interface DotGroup {
  readonly label: string;
  readonly rows: readonly DotRow[];
}

export interface DotChart extends Caption {
  /** Three at most: the first faint, the others coloured. */
  readonly series: readonly string[];
  readonly groups: readonly DotGroup[];
  /** A value as it is written. */
  readonly format: (value: number) => string;
  /** Above the remarks. */
  readonly remarks: string;
}

const MAXIMUM_DOTS = 3;
const CLASSES = ['other', 'dot0', 'dot1'] as const;
const LEFT = 218;
const RIGHT = WIDTH - MARGIN - 92;
const TOP = 118;
const ROW = 22;
const HEADING = 30;

/** Throws RangeError where nothing is to be drawn, or on too many series. */
export function dotChart(chart: DotChart): string {
  const { series, groups, format, remarks } = chart;
  if (series.length > MAXIMUM_DOTS) throw new RangeError(`at most ${MAXIMUM_DOTS} series, not ${series.length}`);
  const values = groups.flatMap(({ rows }) => rows.flatMap((row) => row.values)).filter((value) => value !== null);
  if (values.length === 0) throw new RangeError('a chart without a point');
  if (values.some((value) => !(value > 0))) throw new RangeError('a logarithmic axis starts above zero');
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const at = (value: number): number => LEFT + ((Math.log10(value) - first) / (last - first)) * (RIGHT - LEFT);
  const bottom = TOP + groups.reduce((sum, { rows }) => sum + HEADING + rows.length * ROW, 0);
  const body = legend(
    series.map((text, index) => ({
      text,
      sign: (x: number) => element('circle', { cx: x + 8, cy: 82, r: 5, class: CLASSES[index] as string }),
    })),
  );
  body.push(label(WIDTH - MARGIN, 86, 'note', remarks, { 'text-anchor': 'end' }));
  for (let power = first; power <= last; power++) {
    const x = at(10 ** power);
    body.push(line(x, TOP - 8, x, bottom, 'grid'));
    for (const y of [TOP - 13, bottom + 16]) {
      body.push(label(x, y, 'tick', format(10 ** power), { 'text-anchor': 'middle' }));
    }
  }
  let top = TOP;
  for (const group of groups) {
    body.push(label(MARGIN, top + 20, 'heading', group.label));
    top += HEADING;
    for (const row of group.rows) {
      const middle = top + ROW / 2;
      const shown = row.values.filter((value) => value !== null);
      body.push(label(LEFT - 14, middle + 4, 'name', row.label, { 'text-anchor': 'end' }));
      if (shown.length > 1) {
        body.push(line(at(Math.min(...shown)), middle, at(Math.max(...shown)), middle, 'span'));
      }
      row.values.forEach((value, index) => {
        if (value === null) return;
        const text = `${row.label}, ${series[index]}: ${format(value)}`;
        const shape = { cx: at(value), cy: middle, r: 5, class: CLASSES[index] as string };
        body.push(element('circle', shape, tooltip(text)));
      });
      body.push(label(WIDTH - MARGIN, middle + 4, 'figure', row.remark, { 'text-anchor': 'end' }));
      top += ROW;
    }
  }
  return page(bottom + 24, chart, body);
}
