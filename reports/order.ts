/** Orders that do not depend on timing. */

export function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Cases by id, those of one id by the source that they are from. */
export function byId(a: { id: string; source: string }, b: { id: string; source: string }): number {
  return order(a.id, b.id) || order(a.source, b.source);
}
