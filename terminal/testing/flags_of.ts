import type { TransferRequest } from "../../engine/options/options.ts";
import { entryOf, type OptionName } from "../../engine/options/table.ts";
import { kebab } from "../option_flags.ts";

/** The flags that ask for what a request asks for. */
export function flagsOf(request: TransferRequest): string[] {
  return Object.entries(request).flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    if (name === "preset") return [`--preset=${value}`];
    const shape = entryOf(name as OptionName).value;
    const flag = `--${kebab(name)}`;
    if (shape.shape === "flag") return [value ? flag : flag.replace("--", "--no-")];
    if (shape.shape === "list") return [`${flag}=${(value as object[]).map(joined).join(",")}`];
    if (shape.shape !== "group") return [`${flag}=${value}`];
    if (shape.oneOf) return Object.entries(value).map(([way, n]) => `${flag}=${n === true ? way : `${way}:${n}`}`);
    return Object.entries(value).filter(([, member]) => member !== null).map(([member, one]) =>
      `--${member === "kind" ? kebab(name) : shape.parts[member]!.flag ?? kebab(member)}=${one}`
    );
  });
}

function joined(entry: object): string {
  return Object.values(entry).filter((member) => member !== undefined && member !== null).join(":");
}
