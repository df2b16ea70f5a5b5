/** Delta debugging of a list (Zeller and Hildebrandt, "ddmin"): what can be left out, in as few tests as may be. */

/**
 * Leaves out as many `items` as it can, in chunks that grow smaller down to single ones, last ones first. `keeps` says
 * whether what is left still shows what is looked for; the whole list does. Answers what is left, in order. Ends
 * early where `over` says so.
 */
export async function shrinkList<T>(
  items: readonly T[],
  keeps: (rest: readonly T[]) => Promise<boolean>,
  over: () => boolean = () => false,
): Promise<readonly T[]> {
  let rest = items;
  if (rest.length === 0 || over()) return rest;
  if (await keeps([])) return [];
  for (
    let size = Math.ceil(rest.length / 2);
    size >= 1 && rest.length > 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let end = rest.length; end > 0 && !over(); ) {
      const start = Math.max(0, end - size);
      const shorter = [...rest.slice(0, start), ...rest.slice(end)];
      if (shorter.length > 0 && shorter.length < rest.length && (await keeps(shorter))) rest = shorter;
      end = start;
    }
  }
  return rest;
}
