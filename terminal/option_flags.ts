/**
 * The flags of `deno task transfer` for the options of a transfer, made from the option table: `--style-weight 5` for
 * `styleWeight`, `--no-keep-frames` for `keepFrames: false`, `--style-layers conv1_1,conv2_1:0.5` for a list of groups, and
 * for a group a flag for its kind and one for each other member.
 *
 * @module
 */
import { rangeOf } from "../engine/options/describe.ts";
import type { TransferRequest } from "../engine/options/options.ts";
import type { GroupShape, Shape } from "../engine/options/shapes.ts";
import { entryOf, OPTION_NAMES } from "../engine/options/table.ts";
import { invalid } from "../values.ts";

/** One flag, without its dashes. */
interface Flag {
  readonly flag: string;
  readonly type: "string" | "boolean";
  /** How its value is written, as `W` in `--style-weight W`; empty for a boolean. */
  readonly value: string;
  readonly help: string;
}

/** A flag's text, or whether it was given, by its name. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** The member of a group that says which of them it is: its flag has the group's name. */
const KIND = "kind";

/** All flags, in the table's order. */
export const OPTION_FLAGS: readonly Flag[] = OPTION_NAMES.flatMap((name) => {
  const { value, help, unit } = entryOf(name);
  if (value.shape !== "group") return [flagOf(kebab(name), value, help, unit)];
  if (value.oneOf) return [{ flag: kebab(name), type: "string", value: choicesOf(value), help }];
  return Object.entries(value.parts).map(([member, part]) =>
    member === KIND
      ? flagOf(kebab(name), part.value, help)
      : flagOf(part.flag ?? kebab(member), part.value, part.help, part.unit)
  );
});

/**
 * What a command line asks of the options. Values are checked where all requests are.
 *
 * @throws {GramcastError} BAD_USER_INPUT for a flag that is not written as it should be, or that lacks its partner.
 */
export function requestOfFlags(values: FlagValues): TransferRequest {
  const request: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const { value } = entryOf(name);
    const given = values[kebab(name)];
    if (value.shape === "group" && !value.oneOf) {
      const group = groupOf(name, value, values);
      if (group !== null) request[name] = group;
    } else if (given !== undefined) request[name] = read(name, value, given);
  }
  return request as TransferRequest;
}

/** `styleWeight` as `style-weight`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A number from its text; what is none stays text, to be refused where values are checked. */
export function numberOf(given: string): unknown {
  return given.trim() === "" || Number.isNaN(Number(given)) ? given : Number(given);
}

function flagOf(flag: string, shape: Shape, help: string, unit?: string): Flag {
  if (shape.shape === "flag") return { flag, type: "boolean", value: "", help: help.replace(/\.$/, "") };
  const range = shape.shape === "number" ? ` (${rangeOf(shape, unit)})` : "";
  return { flag, type: "string", value: formOf(shape), help: help.replace(/\.$/, "") + range };
}

/** How a value is written. */
function formOf(shape: Shape): string {
  switch (shape.shape) {
    case "choice":
      return shape.choices.join("|");
    case "list":
      return `${
        Object.entries(shape.of.parts).map(([name, { required }], i) => {
          const member = `${i > 0 ? ":" : ""}${name.toUpperCase()}`;
          return required ? member : `[${member}]`;
        }).join("")
      },…`;
    default:
      return "N";
  }
}

function choicesOf({ parts }: GroupShape): string {
  return Object.entries(parts).map(([name, { value }]) => value.shape === "flag" ? name : `${name}:N`).join("|");
}

/** A value from its text; what cannot be read stays text, to be refused where values are checked. */
function read(name: string, shape: Shape, given: unknown): unknown {
  if (typeof given !== "string") return given;
  switch (shape.shape) {
    case "number":
      return numberOf(given);
    case "choice":
      return shape.choices.find((choice) => choice.toUpperCase() === given.toUpperCase()) ?? given;
    case "list":
      return given === "" ? [] : given.split(",").map((entry) => entryOfList(name, shape.of, entry.trim()));
    case "group": {
      const [member, ...rest] = given.split(":");
      const part = Object.hasOwn(shape.parts, member!) ? shape.parts[member!] : undefined;
      if (!part || rest.length > 1) throw malformed(name, given, choicesOf(shape));
      return {
        [member!]: rest.length === 0 && part.value.shape === "flag" ? true : read(name, part.value, rest[0] ?? ""),
      };
    }
    default:
      return given;
  }
}

function entryOfList(name: string, { parts }: GroupShape, text: string): unknown {
  const members = Object.entries(parts);
  const texts = text.split(":");
  if (texts.length > members.length) throw malformed(name, text, members.map(([member]) => member).join(":"));
  return Object.fromEntries(
    members.flatMap(([member, { value }], i) => texts[i] === undefined ? [] : [[member, read(name, value, texts[i])]]),
  );
}

/** The members of a group that the command line gives; null where it gives none. */
function groupOf(name: string, { parts }: GroupShape, values: FlagValues): Record<string, unknown> | null {
  const given = Object.entries(parts).flatMap(([member, part]) => {
    const flag = member === KIND ? kebab(name) : part.flag ?? kebab(member);
    return values[flag] === undefined ? [] : [{ flag, member, value: read(name, part.value, values[flag]) }];
  });
  if (given.length === 0) return null;
  if (!given.some(({ member }) => member === KIND)) {
    throw invalid(name, `Cannot use --${given[0]!.flag} alone: wanted --${kebab(name)} with it`);
  }
  return Object.fromEntries(given.map(({ member, value }) => [member, value]));
}

function malformed(name: string, text: string, form: string) {
  return invalid(name, `Cannot use --${kebab(name)} "${text}": wanted ${form}`);
}
