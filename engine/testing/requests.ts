/**
 * Requests at random, by the option table: an option that is added to it is tested by what draws from here.
 *
 * @module
 */
import fc from "fast-check";
import { PRESET_NAMES, type TransferRequest } from "../options/options.ts";
import { resolveOptions } from "../options/resolve.ts";
import type { GroupShape, ListShape, Shape } from "../options/shapes.ts";
import { entryOf, OPTION_NAMES } from "../options/table.ts";
import type { Size } from "../picture.ts";
import type { NumberShape } from "../../values.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Requests with any of their options given, left out or null.
 *
 * @param contents Sizes of content pictures that they can be resolved for.
 */
export function anyRequest(...contents: readonly Size[]): fc.Arbitrary<TransferRequest> {
  const options = Object.fromEntries(
    OPTION_NAMES.map((name) => [name, fc.option(anyValue(entryOf(name).value), { freq: 2 })]),
  );
  const preset = fc.option(fc.constantFrom(...PRESET_NAMES));
  return fc.record({ preset, ...options }, { requiredKeys: [] }).map(withOneSchedule)
    .filter((request) => contents.every((content) => canBeResolved(request, content)));
}

/** Options that say a schedule contradict each other: one way of saying it stays, another one each time. */
function withOneSchedule(request: Values): TransferRequest {
  const schedule = OPTION_NAMES.filter((name) => entryOf(name).schedule && name !== "steps" && name in request);
  const [kept, ...others] = schedule.toSorted((a, b) => Number(request[a] === null) - Number(request[b] === null));
  const dropped = kept === "scales" && request.scales ? [...others, "steps"] : others;
  return Object.fromEntries(Object.entries(request).filter(([name]) => !dropped.includes(name as never)));
}

function canBeResolved(request: TransferRequest, content: Size): boolean {
  try {
    resolveOptions(request, content, 0);
    return true;
  } catch {
    return false;
  }
}

/** Any value of a shape. */
export function anyValue(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.shape) {
    case "number":
      return anyNumber(shape);
    case "flag":
      return fc.boolean();
    case "choice":
      return fc.constantFrom(...shape.choices);
    case "group":
      return anyGroup(shape);
    case "list":
      return anyList(shape);
  }
}

function anyNumber({ whole, minimum, maximum }: NumberShape): fc.Arbitrary<number> {
  const near = Math.min(maximum, minimum + 600);
  const far = whole
    ? fc.integer({ min: minimum, max: maximum })
    : fc.double({ min: minimum, max: maximum, noNaN: true });
  // JSON has no -0.
  return fc.oneof({ weight: 3, arbitrary: whole ? fc.integer({ min: minimum, max: near }) : far }, far).map((n) =>
    n + 0
  );
}

function anyGroup({ parts, oneOf }: GroupShape): fc.Arbitrary<unknown> {
  const members = Object.entries(parts);
  if (oneOf) return fc.oneof(...members.map(([name, { value }]) => anyValue(value).map((one) => ({ [name]: one }))));
  const requiredKeys = members.filter(([, { required }]) => required).map(([name]) => name);
  return fc.record(Object.fromEntries(members.map(([name, { value }]) => [name, anyValue(value)])), { requiredKeys });
}

function anyList({ of, count, distinct, rising }: ListShape): fc.Arbitrary<unknown> {
  const entries = { minLength: count.minimum, maxLength: count.maximum };
  const key = distinct ?? rising;
  const list = key
    ? fc.uniqueArray(anyGroup(of), { ...entries, selector: (entry) => (entry as Values)[key] })
    : fc.array(anyGroup(of), entries);
  return list.map((groups) =>
    rising ? groups.toSorted((a, b) => Number((a as Values)[rising]) - Number((b as Values)[rising])) : groups
  );
}
