/** `1 worker`, `3 workers`; for whoever stands below the reports, which have figures of their own. */
export function amount(count: number, singular: string): string {
  return `${count} ${singular}${count === 1 ? '' : 's'}`;
}
