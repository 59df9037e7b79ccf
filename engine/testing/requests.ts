/**
 * Requests at random, by the option table: an option that is added to it is tested by what draws from here.
 *
 * @module
 */
import fc from "fast-check";
import { PRESET_NAMES, type TransferRequest } from "../options/options.ts";
import { resolveOptions } from "../options/resolve.ts";
import type { GroupShape, ListShape, Shape } from "../options/shapes.ts";
import { entryOf, OPTION_NAMES, type OptionName } from "../options/table.ts";
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
function anyValue(shape: Shape): fc.Arbitrary<unknown> {
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

/** An option, and a request in which its value alone is refused. */
export interface Refused {
  readonly name: OptionName;
  readonly request: TransferRequest;
}

/** Requests that are refused for a value, each as an API and a command line can carry it. */
export function anyRefused(): fc.Arbitrary<Refused> {
  const canBeWrong = OPTION_NAMES.filter((name) => entryOf(name).value.shape !== "flag");
  return fc.constantFrom(...canBeWrong).chain((name) =>
    anyWrong(entryOf(name).value).map((value) => ({ name, request: { [name]: value } }))
  );
}

/** A value that a shape refuses. @param shape Not a flag: what it refuses cannot be written down everywhere. */
function anyWrong(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.shape) {
    case "flag":
      throw new Error("Cannot write a flag wrongly");
    case "number":
      return anyWrongNumber(shape);
    case "choice":
      return fc.constantFrom("nonsense", "x".repeat(100));
    case "group":
      return anyWrongGroup(shape);
    case "list":
      return anyWrongList(shape);
  }
}

export function anyWrongNumber({ whole, minimum, maximum }: NumberShape): fc.Arbitrary<number> {
  const beyond = fc.integer({ min: 1, max: 1000 });
  const outside = [beyond.map((n) => minimum - n), beyond.map((n) => maximum + n + maximum)];
  return fc.oneof(...outside, ...whole ? [fc.constant(minimum + 0.5)] : []);
}

function anyWrongGroup(shape: GroupShape): fc.Arbitrary<unknown> {
  const canBeWrong = Object.entries(shape.parts).filter(([, { value }]) => value.shape !== "flag");
  return fc.constantFrom(...canBeWrong).chain(([name, { value }]) => {
    const wrong = anyWrong(value).map((one) => ({ [name]: one }));
    if (shape.oneOf) return wrong;
    return fc.tuple(anyGroup(shape), wrong).map(([right, wrong]) => ({ ...right as object, ...wrong }));
  });
}

function anyWrongList(shape: ListShape): fc.Arbitrary<unknown> {
  const { of, count, distinct, rising } = shape;
  const again = distinct ?? rising;
  const tooLong = fc.array(anyGroup(of), { minLength: count.maximum + 1, maxLength: count.maximum + 2 });
  const twice = anyGroup(of).map((entry) => [entry, entry]);
  const one = anyWrongGroup(of).map((entry) => [entry]);
  return fc.oneof(tooLong, one, ...again ? [twice] : []);
}
