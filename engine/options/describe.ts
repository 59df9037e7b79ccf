import type { Shape } from "./shapes.ts";

/** An option, or a member of a group. */
export interface Described {
  readonly help: string;
  readonly value: Shape;
  readonly unit?: string;
  readonly onlyWith?: string;
}

/** What an option or a member of a group is, in a sentence with its range and unit. */
export function describe({ help, value, unit, onlyWith }: Described): string {
  const range = rangeOf(value, unit);
  return `${onlyWith ? `${onlyWith}: ` : ""}${help}${
    range ? ` ${range.charAt(0).toUpperCase()}${range.slice(1)}.` : ""
  }`;
}

/** The range of a number with its unit, the names of a choice, the length of a list; empty where there is none. */
export function rangeOf(value: Shape, unit?: string): string {
  switch (value.shape) {
    case "number": {
      const range = `${short(value.minimum)} to ${short(value.maximum)}`;
      return unit ? `${range} ${unit}` : range;
    }
    case "choice":
      return value.enum ? "" : `${value.choices[0]} to ${value.choices.at(-1)}`;
    case "list":
      return `${value.count.minimum} to ${value.count.maximum} entries`;
    default:
      return "";
  }
}

/** A number without a row of zeros. */
function short(value: number): string {
  const exponential = value.toExponential().replace("+", "");
  return Math.abs(value) > 1e7 && exponential.length < 6 ? exponential : String(value);
}
