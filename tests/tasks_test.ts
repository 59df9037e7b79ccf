/** What `deno.json` has to agree with. */
import assert from "node:assert/strict";
import { CONFIG_VARIABLES } from "../config.ts";
import project from "../deno.json" with { type: "json" };

const tasks: Readonly<Record<string, { readonly command: string }>> = project.tasks;

Deno.test("tasks that read the configuration may read all of it", () => {
  for (const name of ["start", "dev", "transfer"]) {
    const granted = /--allow-env=(\S+)/.exec(tasks[name]!.command)![1]!.split(",");
    assert.deepEqual(CONFIG_VARIABLES.filter((variable) => !granted.includes(variable)), [], name);
  }
});

/** They drive a browser and look into /proc, which Deno gives to nobody who may not do everything. */
const TOOLS = /^(test(:.*)?|faults|fuzz|soak|bench(:.*)?)$/;

Deno.test("tasks name their permissions, but those that test and measure", () => {
  for (const [name, { command }] of Object.entries(tasks)) {
    if (!TOOLS.test(name)) assert.doesNotMatch(command, / (-A|--allow-all)\b/, name);
  }
  for (const name of ["start", "dev", "keys"]) {
    const own = tasks[name]!.command.replaceAll(/"\$\(.*?\)"/g, "LIST");
    assert.doesNotMatch(own, /--allow-(run|read|write|env|sys|import)(?!=)/, name);
    assert.match(own, / --no-remote /, name);
    if (/--allow-net(?!=)/.test(own)) assert.match(own, / --deny-net=LIST /, name);
  }
});

Deno.test("every package is pinned to one version", () => {
  for (const [name, specifier] of Object.entries(project.imports)) {
    assert.match(specifier, /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/|$)/, name);
  }
});
