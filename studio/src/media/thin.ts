/**
 * At most `most` of the items (2 or more), so that about the same work was done between any two; the first and the last
 * are among them.
 *
 * @param work What it took to come from the item before to this one, above 0.
 */
export function thin<T>(items: readonly T[], most: number, work: (item: T) => number): readonly T[] {
  const total = items.slice(1).reduce((sum, item) => sum + work(item), 0);
  let done = 0;
  let shown = 0;
  return items.filter((item, i) => {
    if (i === 0) return true;
    done += work(item);
    const share = Math.floor(done * (most - 1) / total);
    if (share === shown && i < items.length - 1) return false;
    shown = share;
    return true;
  });
}
