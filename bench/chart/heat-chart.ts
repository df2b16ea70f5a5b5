/** Tables of figures whose cells are coloured by how far they are from 1: better one way, worse the other. */
import { type Caption, element, escapeXml, label, MARGIN, page, shortNumber, tooltip, WIDTH } from './svg.js';

export interface HeatPanel {
  readonly label: string;
  /** By row and column; null where it was not measured. Above nought. */
  readonly cells: readonly (readonly (number | null)[])[];
}

export interface HeatChart extends Caption {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What rows and columns are, as titles of the axes. */
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly panels: readonly HeatPanel[];
  readonly unit: string;
}

const ACROSS = 2;
const LEFT = 86;
const TOP = 92;
const CELL_HEIGHT = 38;
const GAP = 84;

/** Depth of a cell's colour: none at 1, full where the value is `greatest` or its reciprocal. */
function heatDepth(value: number, greatest: number): number {
  return greatest <= 1 ? 0 : Math.min(1, Math.abs(Math.log2(value)) / Math.log2(greatest));
}

/** Throws RangeError where nothing is to be drawn. */
export function heatChart(chart: HeatChart): string {
  const { rows, columns, panels, unit } = chart;
  const values = panels.flatMap(({ cells }) => cells.flat()).filter((value) => value !== null);
  if (values.length === 0) throw new RangeError('a chart without a point');
  const greatest = Math.max(1.5, ...values.map((value) => Math.max(value, 1 / value)));
  const across = (WIDTH - 2 * MARGIN) / ACROSS;
  const width = (across - LEFT - 24) / columns.length;
  const height = rows.length * CELL_HEIGHT + GAP;
  const body: string[] = [];
  panels.forEach(({ label: name, cells }, place) => {
    const left = MARGIN + (place % ACROSS) * across + LEFT;
    const top = TOP + Math.floor(place / ACROSS) * height + 50;
    body.push(label(left, top - 28, 'name', name));
    body.push(label(left - 12, top - 8, 'tick', chart.rowTitle, { 'text-anchor': 'end' }));
    columns.forEach((column, at) => {
      const text = at === 0 ? `${chart.columnTitle} ${column}` : column;
      body.push(label(left + (at + 0.5) * width, top - 8, 'tick', text, { 'text-anchor': 'middle' }));
    });
    rows.forEach((row, down) => {
      const middle = top + (down + 0.5) * CELL_HEIGHT;
      body.push(label(left - 12, middle + 4, 'tick', row, { 'text-anchor': 'end' }));
      columns.forEach((column, at) => {
        const value = cells[down]?.[at] ?? null;
        if (value === null) return;
        const shape = {
          x: left + at * width,
          y: top + down * CELL_HEIGHT,
          width,
          height: CELL_HEIGHT,
          rx: 4,
        };
        const text = `${shortNumber(value)}${unit}`;
        const kind = value >= 1 ? 'better' : 'worse';
        const depth = 0.08 + 0.57 * heatDepth(value, greatest);
        body.push(element('rect', { ...shape, class: 'cell' }));
        body.push(
          element(
            'rect',
            {
              ...shape,
              x: shape.x + 1,
              y: shape.y + 1,
              width: width - 2,
              height: CELL_HEIGHT - 2,
              class: kind,
              'fill-opacity': depth,
            },
            tooltip(`${name}, ${row}, ${chart.columnTitle} ${column}: ${text}`),
          ),
        );
        body.push(
          element(
            'text',
            {
              x: left + (at + 0.5) * width,
              y: middle + 4.5,
              class: 'figure',
              'text-anchor': 'middle',
              'pointer-events': 'none',
            },
            escapeXml(text),
          ),
        );
      });
    });
  });
  return page(TOP + Math.ceil(panels.length / ACROSS) * height, chart, body);
}
