import { LIMITS } from "../../../limits.ts";

/** How many there are along each axis of a batch, and what its variations are called. */
export interface BatchAxes {
  readonly contents: number;
  readonly styles: number;
  /** At least one; null for one without a name. */
  readonly variations: readonly (string | null)[];
}

/** Where a painting stands along each axis, counted from 0. */
export interface Place {
  readonly content: number;
  readonly style: number;
  readonly variation: number;
}

/** What all paintings of a row have in common. */
export interface Row {
  readonly content: number;
  /** What of the variation's name is said here; null for nothing. */
  readonly text: string | null;
}

/** What all paintings of a column have in common. */
export interface Column {
  readonly style: number;
  /** As of a row. */
  readonly text: string | null;
}

/** A contact sheet: what its rows and columns are, and what stands where they meet. */
export interface Layout {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly placeAt: (row: number, column: number) => Place;
}

/** Between the parts of a variation's name, one for each axis. */
const BETWEEN = " · ";

/** The name of a variation that is one value along each of several axes, as long as one may be. */
export function variationName(parts: readonly string[]): string {
  const room = Math.floor((LIMITS.variationName.longest - BETWEEN.length) / parts.length);
  return parts.map((part) => part.slice(0, room)).join(BETWEEN);
}

/** Contents are rows and styles are columns; where there is one of either only, the first axis of the variations is. */
export function layOut({ contents, styles, variations }: BatchAxes): Layout {
  const named = variations.map((name, i) => name ?? (variations.length > 1 ? `Variation ${i + 1}` : null));
  const [first, second] = axesOf(named);
  const alongColumns = contents > 1 || styles === 1;
  const [down, across] = alongColumns ? [second, first] : [first, second];
  const rows = cross(contents, down.length).map(([content, part]) => ({ content, part, text: down[part]! }));
  const columns = cross(styles, across.length).map(([style, part]) => ({ style, part, text: across[part]! }));
  return {
    rows,
    columns,
    placeAt: (row, column) => {
      const { content, part: below } = rows[row]!;
      const { style, part: beside } = columns[column]!;
      const variation = alongColumns ? beside * second.length + below : below * second.length + beside;
      return { content, style, variation };
    },
  };
}

/** The values of one axis and of another, where the names tell of two with all combinations; else all names as one. */
function axesOf(names: readonly (string | null)[]): readonly [readonly (string | null)[], readonly (string | null)[]] {
  const parts = names.map((name) => name?.split(BETWEEN) ?? []);
  const unique = (at: 0 | 1) => [...new Set(parts.map((each) => each[at] ?? ""))];
  const [first, second] = [unique(0), unique(1)];
  const whole = first.flatMap((one) => second.map((other) => variationName([one, other])));
  const isGrid = second.length > 1 && whole.length === names.length && whole.every((name, i) => name === names[i]);
  return isGrid ? [first, second] : [names, [null]];
}

/** Every number below `count` with every one below `inner`. */
function cross(count: number, inner: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count * inner }, (_, i) => [Math.floor(i / inner), i % inner]);
}
