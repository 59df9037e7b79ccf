/**
 * Which of `count` values to show when at most `points` may be: evenly spread, the first and the last among them.
 *
 * @param points At least 2.
 * @returns Ascending 0-based indices without repeats.
 */
export function thinnedIndices(count: number, points: number): number[] {
  if (count <= points) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: points }, (_, i) => Math.round((i * (count - 1)) / (points - 1)));
}
