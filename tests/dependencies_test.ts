/** DEPENDENCIES.md says why each package is here: it must not fall behind. */
import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };
import { strongInLists, tableRows } from "./testing/markdown.ts";

const PAGE = await Deno.readTextFile(new URL("../DEPENDENCIES.md", import.meta.url));

Deno.test("DEPENDENCIES.md has a row for every import at its version, and for no other", () => {
  const rows = tableRows(PAGE, "Package").map(([name, version]) => `npm:${name}@${version}`);
  assert.deepEqual(rows.sort(), Object.values(project.imports).sort());
});

Deno.test("DEPENDENCIES.md says why each import is here", () => {
  const explained = strongInLists(PAGE);
  const unexplained = Object.keys(project.imports).filter((name) =>
    !explained.includes(name) && !explained.includes(name.split("/").at(-1)!)
  );
  assert.deepEqual(unexplained, []);
});
