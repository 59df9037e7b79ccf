/** What an option allows, as far as a list of its values has to keep to it. */
export interface AxisOption {
  readonly name: string;
  readonly label: string;
  readonly kind: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** One option and the values that it takes in turn. */
export interface Axis {
  readonly option: string;
  readonly values: readonly unknown[];
}

/** Options that take one of a few values or a number can be an axis; the others are too long for the head of a column. */
const KINDS: readonly string[] = ["INTEGER", "NUMBER", "CHOICE", "FLAG"];

export function canBeAxis({ kind }: { readonly kind: string }): boolean {
  return KINDS.includes(kind);
}

/** Numbers of a text, without those that are there already, and what is wrong with it; null when nothing is. */
export interface ReadNumbers {
  readonly values: readonly number[];
  readonly problem: string | null;
}

/** Reads `500, 1000, 2000`; what separates two numbers is a comma, a semicolon or a space. */
export function readNumbers({ label, kind, minimum, maximum }: AxisOption, text: string): ReadNumbers {
  const values: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter((part) => part !== "")) {
    const value = Number(part);
    const isWhole = kind !== "INTEGER" || Number.isInteger(value);
    if (!Number.isFinite(value) || !isWhole || value < (minimum ?? -Infinity) || value > (maximum ?? Infinity)) {
      const wanted = `${kind === "INTEGER" ? "whole numbers" : "numbers"} from ${minimum} to ${maximum}`;
      return { values: [], problem: `Cannot use ${part} for ${label.toLowerCase()}: wanted ${wanted}` };
    }
    if (!values.includes(value)) values.push(value);
  }
  return { values, problem: null };
}

/** Every combination of the axes' values, those of the last axis changing fastest; one empty one without axes. */
export function variationsOf(axes: readonly Axis[]): readonly Readonly<Record<string, unknown>>[] {
  return axes.reduce<readonly Readonly<Record<string, unknown>>[]>(
    (before, { option, values }) => before.flatMap((each) => values.map((value) => ({ ...each, [option]: value }))),
    [{}],
  );
}

/** How many numbers a text begins with. */
const SUGGESTED = 3;

/** A text to begin with: around what the option usually is, or 1, 2, 3 where it is drawn. */
export function suggestNumbers({ kind, minimum, maximum }: AxisOption, usual: unknown): string {
  const around = typeof usual === "number" && usual > 0
    ? [usual / 2, usual, usual * 2]
    : Array.from({ length: SUGGESTED }, (_, i) => i + 1);
  const whole = (value: number) => kind === "INTEGER" ? Math.round(value) : Number(value.toPrecision(3));
  const within = (value: number) => Math.min(Math.max(value, minimum ?? -Infinity), maximum ?? Infinity);
  return [...new Set(around.map((value) => within(whole(value))))].join(", ");
}
