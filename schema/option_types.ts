/**
 * GraphQL's types and fields for the options of a transfer, made from the option table.
 *
 * @module
 */
import type { FieldRef, InputFieldRef, InputObjectRef, ObjectRef } from "@pothos/core";
import type { SettingName, TransferOptions } from "../engine/options/options.ts";
import { describe, type Described } from "../engine/options/describe.ts";
import { settingOf } from "../engine/options/resolve.ts";
import type { Given, GroupShape, NamedChoiceShape, Part, Parts } from "../engine/options/shapes.ts";
import { entryOf, type OptionName, type OPTIONS } from "../engine/options/table.ts";
import { builder } from "./builder.ts";
import { ImageInput, type ImageInputValue } from "./image_input.ts";

type Types = typeof builder.$inferSchemaTypes;
/** What makes the fields of an input type. */
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, "InputObject">;
type OutputFields<Parent> = PothosSchemaTypes.ObjectFieldBuilder<Types, Parent>;
/** Input fields whose values make up a shape. */
export type InputFieldsOf<Values> = {
  [Name in keyof Values]-?: InputFieldRef<Types, Values[Name] | null | undefined>;
};
type OptionInputFields<Name extends OptionName> = {
  [Option in Name]: InputFieldRef<
    Types,
    (Given<(typeof OPTIONS)[Option]["value"]> & Pictures<Option>) | null | undefined
  >;
};
/** The one picture among the options: in the engine it travels beside them. */
type Pictures<Option> = Option extends "init" ? { readonly image?: ImageInputValue | null } : unknown;

type Members = Readonly<Record<string, unknown>>;

/** Entries of a list count this much in an operation's complexity. */
const LIST_COMPLEXITY = { field: 1, multiplier: 4 } as const;

/** A type for each name, made when it is first used: several options may share one. */
class Made<Shape, Type> {
  readonly #types = new Map<string, Type>();
  readonly #make: (shape: Shape) => Type;

  constructor(make: (shape: Shape) => Type) {
    this.#make = make;
  }

  get(name: string, shape: Shape): Type {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const type = this.#make(shape);
    this.#types.set(name, type);
    return type;
  }
}

const enums = new Made(makeEnum);
const inputs: Made<GroupShape, InputObjectRef<Types, object>> = new Made(makeInput);
const outputs: Made<GroupShape, ObjectRef<Types, Members>> = new Made(makeOutput);

/** The input type of a group, as of an argument. */
export function inputTypeOf<Members extends Parts>(shape: GroupShape<Members>) {
  return inputs.get(shape.types.input, shape) as InputObjectRef<Types, Given<GroupShape<Members>>>;
}

/** The input fields of options, with their descriptions. */
export function inputFields<Name extends OptionName>(t: InputFields, names: readonly Name[]): OptionInputFields<Name> {
  const fields = names.map((name) => [name, inputField(t, entryOf(name))]);
  // The table's types are lost in its entries, and known by their names.
  return Object.fromEntries(fields) as OptionInputFields<Name>;
}

/** The input field of a single value, as of `RetuneInput`. */
export function inputField(
  t: InputFields,
  entry: Described,
  required = false,
  defaultValue?: number,
): InputFieldRef<Types, unknown> {
  const { value: shape } = entry;
  const facts = { description: describe(entry), required };
  switch (shape.shape) {
    case "number": {
      const options = defaultValue === undefined ? facts : { ...facts, defaultValue };
      return shape.whole ? t.int(options) : t.float(options);
    }
    case "flag":
      return t.boolean(facts);
    case "choice":
      return shape.enum ? t.field({ ...facts, type: enums.get(shape.enum.name, shape) }) : t.string(facts);
    case "group":
      return t.field({ ...facts, type: inputs.get(shape.types.input, shape) });
    case "list":
      return t.field({ ...facts, type: [inputs.get(shape.of.types.input, shape.of)] });
  }
}

/** The output fields of settings, with their descriptions. */
export function outputFields(t: OutputFields<TransferOptions>, names: readonly SettingName[]) {
  return Object.fromEntries(names.map((name) => {
    const entry = entryOf(name);
    return [name, outputField(t, entry, (options) => settingOf(options, name))];
  }));
}

function outputField<Parent>(
  t: OutputFields<Parent>,
  entry: Described,
  read: (parent: Parent) => unknown,
): FieldRef<Types, unknown, "Object"> {
  const { value: shape } = entry;
  const description = describe(entry);
  // What is read is of the shape that the field's type is made from.
  const resolve = read as (parent: Parent) => never;
  switch (shape.shape) {
    case "number":
      return shape.whole ? t.int({ description, resolve }) : t.float({ description, resolve });
    case "flag":
      return t.boolean({ description, resolve });
    case "choice":
      return shape.enum
        ? t.field({ type: enums.get(shape.enum.name, shape), description, resolve })
        : t.string({ description, resolve });
    case "group":
      return t.field({ type: outputs.get(shape.types.input, shape), description, resolve });
    case "list": {
      const type = outputs.get(shape.of.types.input, shape.of);
      return t.field({ type: [type], complexity: LIST_COMPLEXITY, description, resolve });
    }
  }
}

function makeEnum({ choices, enum: names, meanings }: NamedChoiceShape) {
  const values = Object.fromEntries(choices.map((choice) => [choice, { description: meanings[choice]!.help }]));
  return builder.enumType(names!.name, { description: names!.help, values });
}

function makeInput({ types, parts, oneOf }: GroupShape): InputObjectRef<Types, object> {
  return builder.inputType(types.input, {
    description: types.help,
    isOneOf: oneOf,
    fields: (t) => ({
      ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, partField(t, part)])),
      ...(types.input === "InitInput"
        ? { image: t.field({ type: ImageInput, description: "The picture to start from; with kind IMAGE only." }) }
        : {}),
    }),
  });
}

function partField(t: InputFields, part: Part) {
  return inputField(t, part, part.required, typeof part.default === "number" ? part.default : undefined);
}

function makeOutput({ types, parts }: GroupShape): ObjectRef<Types, Members> {
  return builder.objectRef<Members>(types.output!).implement({
    description: types.help,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(parts).map(([name, part]) => [name, outputField<Members>(t, part, (members) => members[name])]),
      ),
  });
}
