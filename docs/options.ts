/**
 * Writes docs/options.md from the option table: `deno task docs:options`.
 *
 * @module
 */
import { rangeOf } from "../engine/options/describe.ts";
import { PRESET_NAMES } from "../engine/options/options.ts";
import { defaultOf } from "../engine/options/resolve.ts";
import type { Part, Shape } from "../engine/options/shapes.ts";
import { entryOf, OPTION_NAMES } from "../engine/options/table.ts";
import { LIMITS } from "../limits.ts";

const PAGE = new URL("./options.md", import.meta.url);

/** The page as it should be. */
export function optionsPage(): string {
  return `# Options of a transfer

Every field of \`StartTransferInput\` that a preset sets; each can be overridden on its own. \`deno task transfer\` has them as flags:
\`--style-weight\` for \`styleWeight\`, \`--no-keep-frames\` for \`keepFrames: false\`; \`--help\` lists them. \`Query.options\` returns the same
to programs that build a form. Options marked ↻ can change while a transfer runs, by \`retuneTransfer\`.

| option | value | what it does |
| ------ | ----- | ------------ |
${OPTION_NAMES.flatMap(rowsOf).join("\n")}

A value outside its range is refused with \`BAD_USER_INPUT\`, and \`extensions.field\` names it. \`Transfer.request\` returns the input
that repeats a transfer.

## By preset

The value of an option that a request leaves out; empty if it is random.

| option | ${PRESET_NAMES.join(" | ")} |
| ------ | ${PRESET_NAMES.map(() => "---").join(" | ")} |
${OPTION_NAMES.map((name) => `| \`${name}\` | ${PRESET_NAMES.map((preset) => told(defaultOf(preset, name))).join(" | ")} |`).join("\n")}

## Beside the options

A transfer has ${LIMITS.styles.minimum} to ${LIMITS.styles.maximum} styles with a weight of ${LIMITS.styleWeight.minimum} to ${LIMITS.styleWeight.maximum} each, a \`priority\` of ${LIMITS.priority.minimum} to ${LIMITS.priority.maximum}, and an
\`idempotencyKey\` of ${LIMITS.idempotencyKey.shortest} to ${LIMITS.idempotencyKey.longest} characters.
`;
}

function rowsOf(name: (typeof OPTION_NAMES)[number]): string[] {
  const { value, help, unit, retunable } = entryOf(name);
  const group = value.shape === "list" ? value.of : value.shape === "group" ? value : null;
  const members = Object.entries(group?.parts ?? {}) as [string, Part][];
  return [
    `| \`${name}\`${retunable ? " ↻" : ""} | ${valueOf(value, unit)} | ${help} |`,
    ...members.map(([member, part]) =>
      `| \`${name}.${member}\`${part.retunable ? " ↻" : ""} | ${valueOf(part.value, part.unit)} | ${
        part.onlyWith ? `${part.onlyWith}: ` : ""
      }${part.help} |`
    ),
  ];
}

function valueOf(value: Shape, unit?: string): string {
  if (value.shape === "flag") return "true or false";
  if (value.shape === "choice" && value.enum) return value.choices.map((choice) => `\`${choice}\``).join(", ");
  if (value.shape === "group") return value.oneOf ? "one of" : "a group";
  return rangeOf(value, unit);
}

/** A default in a cell: lists as the terminal writes them, groups by their kind. */
function told(value: unknown): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map((entry) => Object.values(entry).join(":")).join(", ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value).map(([name, member]) => name === "kind" ? member : `${name} ${member}`).join(", ");
}

if (import.meta.main) await Deno.writeTextFile(PAGE, optionsPage());
