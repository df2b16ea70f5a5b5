/** Figures and tables as people read them. */

/** `12345` → `12,345`. */
export function figure(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `3 cases`, `1 case`. */
export function plural(count: number, singular: string): string {
  return `${figure(count)} ${singular}${count === 1 ? '' : 's'}`;
}

/** `1, 2, 4 threads`, `1 thread`. */
export function threadCounts(counts: readonly number[]): string {
  return `${counts.join(', ')} ${counts.length === 1 && counts[0] === 1 ? 'thread' : 'threads'}`;
}

/** `340ms`, `4.2s`, `3m 07s`, `1h 02m`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** `640 KB`, `38 MB`, `1.21 GB`; powers of 1000. */
export function bytes(count: number): string {
  if (count < 999_500) return `${Math.round(count / 1e3)} KB`;
  return count < 999_500_000 ? `${Math.round(count / 1e6)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** At most `width` characters; the middle of a longer text gives way, since both ends of an id tell. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width <= 1) return text.slice(0, Math.max(0, width));
  const head = Math.floor((width - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

export type Paint = (text: string) => string;

export interface Cell {
  readonly text: string;
  /** Applied after padding, so that colour codes do not count as width. */
  readonly paint?: Paint;
}

/** Rows of a table, two spaces between columns; `right` says which columns are figures. */
export function table(rows: readonly (readonly Cell[])[], right: readonly boolean[]): string[] {
  const widths = right.map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        const padded = right[column] ? cell.text.padStart(width) : cell.text.padEnd(width);
        return cell.paint === undefined ? padded : cell.paint(padded);
      })
      .join('  ')
      .trimEnd(),
  );
}
