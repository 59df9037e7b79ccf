/**
 * What an option's value may look like, as data: the single values of `values.ts`, and groups and lists of them. Types,
 * checks, GraphQL types, flags and forms are all made from these.
 *
 * @module
 */
import {
  checkChoice,
  checkCount,
  checkFlag,
  checkNumber,
  type ChoiceShape,
  type FlagShape,
  invalid,
  type NumberShape,
  refused,
  whole,
} from "../../values.ts";

/** The kinds of option, as `Query.options` names them. */
export const OPTION_KINDS = [
  "INTEGER",
  "NUMBER",
  "FLAG",
  "CHOICE",
  "LAYERS",
  "SCALES",
  "OPTIMIZER",
  "INIT",
  "SIZE",
] as const;
export type OptionKind = (typeof OPTION_KINDS)[number];

/** A choice whose names are explained; with an `enum` it is a GraphQL enum of that name, without one a String. */
export interface NamedChoiceShape<Choice extends string = string> extends ChoiceShape<Choice> {
  readonly enum: { readonly name: string; readonly help: string } | null;
  /** By choice: a short name for a form, and what it means. */
  readonly meanings: Readonly<Record<Choice, Meaning>>;
}

export interface Meaning {
  readonly label: string;
  readonly help: string;
}

/** A value that is no group and no list. */
type SingleShape = NumberShape | FlagShape | NamedChoiceShape;

/** One member of a group. */
export interface Part<Shape extends SingleShape = SingleShape> extends Meaning {
  readonly value: Shape;
  readonly unit?: string;
  /** Whether a group has no sense without it. */
  readonly required?: true;
  /** What it is when it is left out. */
  readonly default?: Single<Shape>;
  /** The same, by the rest that was given and the preset's group; without either it is as the preset has it. */
  // deno-lint-ignore no-explicit-any -- the members' own types are inferred where the group is declared
  readonly otherwise?: (given: any, preset: any) => unknown;
  /** The choice of the group's `kind` that alone has a use for it. */
  readonly onlyWith?: string;
  /** Whether it may change while a transfer runs. */
  readonly retunable?: true;
  /** The terminal's flag, where it is not the member's own name. */
  readonly flag?: string;
}

export type Parts = Readonly<Record<string, Part>>;

/** Values that belong together. */
export interface GroupShape<Members extends Parts = Parts> {
  readonly shape: "group";
  /** Names of its GraphQL types; no output where it is not shown as it was given. */
  readonly types: { readonly input: string; readonly output?: string; readonly help: string };
  readonly parts: Members;
  /** Whether exactly one member is given. */
  readonly oneOf: boolean;
}

/** Groups in a row. */
export interface ListShape<Members extends Parts = Parts> {
  readonly shape: "list";
  readonly of: GroupShape<Members>;
  readonly count: NumberShape;
  /** A member that no two entries share. */
  readonly distinct?: keyof Members & string;
  /** A member that grows from entry to entry. */
  readonly rising?: keyof Members & string;
}

export type Shape = SingleShape | GroupShape | ListShape;

/** A single value as a caller gives it, and as it is. */
type Single<S extends SingleShape> = S extends NumberShape ? number
  : S extends FlagShape ? boolean
  : S extends ChoiceShape<infer Choice> ? Choice
  : never;

type RequiredPart<Members extends Parts> = {
  [Name in keyof Members]: Members[Name] extends { readonly required: true } ? Name : never;
}[keyof Members];

/** A group as a caller gives it; members that are not required are optional. */
type GivenGroup<Members extends Parts> =
  & { readonly [Name in RequiredPart<Members>]: Single<Members[Name]["value"]> }
  & { readonly [Name in Exclude<keyof Members, RequiredPart<Members>>]?: Single<Members[Name]["value"]> | null };

/** A group with all its members. */
export type Group<Members extends Parts> = { readonly [Name in keyof Members]: Single<Members[Name]["value"]> };

/** A value of a shape as a caller gives it. */
export type Given<S extends Shape> = S extends SingleShape ? Single<S>
  : S extends ListShape<infer Members> ? readonly GivenGroup<Members>[]
  : S extends GroupShape<infer Members> ? GivenGroup<Members>
  : never;

/** A value of a shape, complete. */
export type Value<S extends Shape> = S extends SingleShape ? Single<S>
  : S extends ListShape<infer Members> ? readonly Group<Members>[]
  : S extends GroupShape<infer Members> ? Group<Members>
  : never;

/** On or off. */
export const flag: FlagShape = { shape: "flag" };

/** A choice that is a GraphQL enum. */
export function choice<Choice extends string>(
  name: string,
  help: string,
  meanings: Readonly<Record<Choice, Meaning>>,
): NamedChoiceShape<Choice> {
  return { shape: "choice", choices: Object.keys(meanings) as Choice[], enum: { name, help }, meanings };
}

/** A choice among names that GraphQL has as String. */
export function nameOf(names: readonly string[], label: (name: string) => string): NamedChoiceShape {
  const meanings = Object.fromEntries(names.map((name) => [name, { label: label(name), help: name }]));
  return { shape: "choice", choices: names, enum: null, meanings };
}

/** Values that belong together. */
export function group<const Members extends Parts>(types: GroupShape["types"], parts: Members): GroupShape<Members> {
  return { shape: "group", types, parts, oneOf: false };
}

/** Exactly one of several values. */
export function oneOf<const Members extends Parts>(types: GroupShape["types"], parts: Members): GroupShape<Members> {
  return { shape: "group", types, parts, oneOf: true };
}

/** Between `least` and `most` groups. */
export function list<Members extends Parts>(
  of: GroupShape<Members>,
  least: number,
  most: number,
  rules: Pick<ListShape<Members>, "distinct" | "rising">,
): ListShape<Members> {
  return { shape: "list", of, count: whole(least, most), ...rules };
}

/**
 * Checks a value and completes it.
 *
 * @param field Path of the value, as `optimizer`; that of a member is `optimizer.beta1`.
 * @param given As a caller gave it; of a wrong type, too, where the way in does not check types.
 * @param preset The preset's value, for what a group leaves out.
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function checked<S extends Shape>(field: string, shape: S, given: unknown, preset?: unknown): Value<S> {
  return check(field, shape, given, preset) as Value<S>;
}

function check(field: string, shape: Shape, given: unknown, preset: unknown): unknown {
  switch (shape.shape) {
    case "number":
      return checkNumber(field, shape, given);
    case "flag":
      return checkFlag(field, given);
    case "choice":
      return checkChoice(field, shape, given);
    case "group":
      return checkGroup(field, shape, given, preset);
    case "list":
      return checkList(field, shape, given);
  }
}

type Members = Readonly<Record<string, unknown>>;

function checkGroup(field: string, shape: GroupShape, given: unknown, preset: unknown): Members {
  if (given === null || typeof given !== "object") throw refused(field, given, "a group of values");
  const members = given as Members;
  const names = Object.keys(shape.parts).filter((name) => members[name] !== null && members[name] !== undefined);
  if (shape.oneOf) {
    if (names.length !== 1) {
      throw invalid(
        field,
        `Cannot use ${field} of ${names.length} values: wanted one of ${Object.keys(shape.parts).join(", ")}`,
      );
    }
    return { [names[0]!]: check(`${field}.${names[0]}`, shape.parts[names[0]!]!.value, members[names[0]!], undefined) };
  }
  return Object.fromEntries(
    Object.entries(shape.parts).map(([name, part]) => [
      name,
      check(`${field}.${name}`, part.value, members[name] ?? otherwise(part, name, members, preset), undefined),
    ]),
  );
}

function otherwise(part: Part, name: string, given: Members, preset: unknown): unknown {
  if (part.required) return undefined;
  if (part.default !== undefined) return part.default;
  return part.otherwise ? part.otherwise(given, preset) : (preset as Members | undefined)?.[name];
}

function checkList(field: string, shape: ListShape, given: unknown): readonly Members[] {
  if (!Array.isArray(given)) throw refused(field, given, "a list");
  checkCount(field, shape.count, given);
  const entries = given.map((entry, i) => checkGroup(`${field}.${i}`, shape.of, entry, undefined));
  const { distinct, rising } = shape;
  for (const [i, entry] of entries.entries()) {
    const before = entries[i - 1];
    if (rising && before && (entry[rising] as number) <= (before[rising] as number)) {
      throw refused(`${field}.${i}.${rising}`, entry[rising], `more than the one before (${before[rising]})`);
    }
    if (distinct && entries.findIndex((other) => other[distinct] === entry[distinct]) < i) {
      throw invalid(
        `${field}.${i}.${distinct}`,
        `Cannot use ${field}.${i}.${distinct} "${entry[distinct]}" twice: wanted each ${distinct} once`,
      );
    }
  }
  return entries;
}

/** The least that has to be given of a complete value for {@linkcode checked} to give it again. */
export function shortest<S extends Shape>(shape: S, value: Value<S>, preset?: unknown): Given<S> {
  return shorten(shape, value, preset) as Given<S>;
}

function shorten(shape: Shape, value: unknown, preset: unknown): unknown {
  if (shape.shape === "list") return (value as unknown[]).map((entry) => shorten(shape.of, entry, undefined));
  if (shape.shape !== "group") return value;
  const members = value as Members;
  const required = Object.fromEntries(Object.entries(members).filter(([name]) => shape.parts[name]!.required));
  const others = Object.entries(members).filter(([name, member]) => {
    const part = shape.parts[name]!;
    return !part.required && member !== otherwise(part, name, required, preset);
  });
  return { ...required, ...Object.fromEntries(others) };
}
