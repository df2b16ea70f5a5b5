/**
 * What each job did when: a lane per job process, a bar per case. On a canvas, since there are as many bars as cases.
 * Dragging over a stretch of time zooms into it, a double click shows everything again.
 */
import type { App } from './app.js';
import { h, milliseconds } from './dom.js';
import { isBad, OUTCOMES } from './page-data.js';

const LANE = 26;
const AXIS = 20;

interface Lane {
  readonly job: number;
  /** Rows in the order of their ends; cases of a lane do not overlap. */
  readonly rows: number[];
}

export function lanes(app: App): HTMLElement {
  const all = collect(app);
  const title = h('h3', {}, 'Job processes', h('small', {}, 'by the clock; drag to zoom, double-click to see all'));
  if (all.length === 0)
    return h('div', {}, title, h('p', { class: 'empty' }, 'This report does not say when cases ran.'));
  const canvas = h('canvas', { class: 'lanes', tabindex: '0', 'aria-label': 'what each job did when' });
  const hint = h('p', { class: 'hint' }, ' ');
  const chart = new Lanes(app, all, canvas, hint);
  new ResizeObserver(() => chart.draw()).observe(canvas);
  return h('div', {}, title, canvas, hint);
}

function collect(app: App): Lane[] {
  const { job, end } = app.cases.data.cases;
  const byJob = new Map<number, number[]>();
  for (let row = 0; row < app.cases.count; row++) {
    if ((end[row] as number) < 0) continue;
    const rows = byJob.get(job[row] as number);
    if (rows === undefined) byJob.set(job[row] as number, [row]);
    else rows.push(row);
  }
  return [...byJob]
    .sort(([a], [b]) => a - b)
    .map(([number, rows]) => ({ job: number, rows: rows.sort((a, b) => (end[a] as number) - (end[b] as number)) }));
}

class Lanes {
  #from = 0;
  #to: number;
  #drag: number | null = null;

  constructor(
    private readonly app: App,
    private readonly lanes: readonly Lane[],
    private readonly canvas: HTMLCanvasElement,
    private readonly hint: HTMLElement,
  ) {
    this.#to = this.#whole();
    canvas.style.height = `${lanes.length * LANE + AXIS}px`;
    canvas.addEventListener('pointerdown', (event) => {
      this.#drag = this.#time(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      const row = this.#at(event);
      const id = row < 0 ? '' : (app.cases.ids[row] as string);
      const took = row < 0 ? '' : milliseconds(app.cases.data.cases.milliseconds[row] as number);
      this.hint.textContent = row < 0 ? milliseconds(this.#time(event)) : `${took}  ${id}`;
    });
    canvas.addEventListener('pointerup', (event) => this.#release(event));
    canvas.addEventListener('dblclick', () => {
      [this.#from, this.#to] = [0, this.#whole()];
      this.draw();
    });
  }

  /** A run that was broken off and gone on with has a gap, which is no part of its time. */
  #whole(): number {
    const { cases, durationMs } = this.app.cases.data;
    return cases.end.reduce((most, end) => Math.max(most, end), Math.max(1, durationMs));
  }

  #release(event: PointerEvent): void {
    const from = this.#drag;
    this.#drag = null;
    if (from === null) return;
    const to = this.#time(event);
    const span = this.#to - this.#from;
    if (Math.abs(to - from) > span / 100) {
      [this.#from, this.#to] = [Math.min(from, to), Math.max(from, to)];
      this.draw();
      return;
    }
    const row = this.#at(event);
    if (row >= 0) this.app.show(this.app.cases.ids[row] as string);
  }

  #time(event: PointerEvent): number {
    const { left, width } = this.canvas.getBoundingClientRect();
    return this.#from + ((event.clientX - left) / width) * (this.#to - this.#from);
  }

  /** Row of the case under the pointer, or -1. */
  #at(event: PointerEvent): number {
    const { top } = this.canvas.getBoundingClientRect();
    const lane = this.lanes[Math.floor((event.clientY - top) / LANE)];
    if (lane === undefined) return -1;
    const { end, milliseconds: took } = this.app.cases.data.cases;
    const time = this.#time(event);
    const row = lane.rows[firstEnding(lane.rows, end, time)];
    return row !== undefined && (end[row] as number) - Math.max(1, took[row] as number) <= time ? row : -1;
  }

  draw(): void {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colours = OUTCOMES.map((outcome) =>
      style.getPropertyValue(isBad(outcome) ? '--bad' : outcome === 'pass' ? '--s0' : '--warn'),
    );
    const scale = width / (this.#to - this.#from);
    const { end, milliseconds: took, outcome } = this.app.cases.data.cases;
    this.lanes.forEach(({ job, rows }, at) => {
      const y = at * LANE + 3;
      context.fillStyle = style.getPropertyValue('--lane');
      context.fillRect(0, y, width, LANE - 6);
      let covered = -1;
      for (let i = firstEnding(rows, end, this.#from); i < rows.length; i++) {
        const row = rows[i] as number;
        const start = (end[row] as number) - (took[row] as number);
        if (start > this.#to) break;
        const left = (start - this.#from) * scale;
        const right = ((end[row] as number) - this.#from) * scale;
        const bad = isBad(OUTCOMES[outcome[row] as number] as (typeof OUTCOMES)[number]);
        // Many cases share a pixel: one of them is enough, unless it failed.
        if (right - covered < 0.5 && !bad) continue;
        context.fillStyle = colours[outcome[row] as number] as string;
        context.fillRect(left, y, Math.max(bad ? 2 : 0.5, right - left - 0.3), LANE - 6);
        covered = right;
      }
      context.fillStyle = style.color;
      context.fillText(`job ${job}`, 4, y + LANE / 2 + 1);
    });
    this.#axis(context, width, style);
  }

  #axis(context: CanvasRenderingContext2D, width: number, style: CSSStyleDeclaration): void {
    const steps = 6;
    context.fillStyle = style.getPropertyValue('--dim');
    for (let i = 0; i <= steps; i++) {
      const text = milliseconds(this.#from + ((this.#to - this.#from) * i) / steps);
      const x = (width * i) / steps;
      context.textAlign = i === 0 ? 'left' : i === steps ? 'right' : 'center';
      context.fillText(text, x, this.lanes.length * LANE + 14);
    }
    context.textAlign = 'left';
  }
}

/** Place of the first row that ends at `time` or later. */
function firstEnding(rows: readonly number[], end: readonly number[], time: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((end[rows[middle] as number] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
