/**
 * Writes docs/configuration.md from the settings of config.ts: `deno task docs:configuration`.
 *
 * @module
 */
import { CONFIG_SETTINGS } from "../config.ts";

const PAGE = new URL("./configuration.md", import.meta.url);

/** The page as it should be. */
export function configurationPage(): string {
  return `# Configuration

Environment variables configure the server. They are read and checked once: a bad value stops the start with one line that names the
variable, the value, and what is wanted. An empty variable counts as not set.

| variable | default | what it sets | values |
| -------- | ------- | ------------ | ------ |
${
    CONFIG_SETTINGS.map(({ variable, fallback, help, wanted }) =>
      `| \`${variable}\` | ${defaultOf(variable, fallback)} | ${help} | ${wanted} |`
    ).join("\n")
  }
`;
}

/** A default as it is read best: bytes in binary units, large numbers with separators. */
function defaultOf(variable: string, fallback: string): string {
  if (fallback === "") return "";
  if (!variable.endsWith("_BYTES")) return `\`${fallback}\``;
  const mebibytes = Number(fallback) / 2 ** 20;
  return mebibytes < 1024 ? `${mebibytes} MiB` : `${mebibytes / 1024} GiB`;
}

if (import.meta.main) await Deno.writeTextFile(PAGE, configurationPage());
