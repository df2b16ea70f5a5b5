/** Grouped horizontal bars with whiskers. */
import type { Spread } from '../measure.js';
import { type Caption, element, label, legend, line, MARGIN, page, shortNumber, tooltip, WIDTH } from './svg.js';

export interface BarGroup {
  readonly label: string;
  /** One per series; null where it was not measured. */
  readonly values: readonly (Spread | null)[];
  /** What the value of the series is meant to reach; null where nothing is promised. */
  readonly bars: readonly (number | null)[];
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

export const MAXIMUM_SERIES = 4;

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
  const body: string[] = legend([
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
