/** DEPENDENCIES.md says why each package is here: it must not fall behind. */
import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

const PAGE = Deno.readTextFileSync(new URL("../DEPENDENCIES.md", import.meta.url));

Deno.test("DEPENDENCIES.md has a row for every import at its version, and for no other", () => {
  const rows = [...PAGE.matchAll(/^\| (\S+) +\| (\d+\.\d+\.\d+) +\|/gm)];
  const imports = Object.entries(project.imports).map(([name, specifier]) =>
    `${name} ${/@(\d+\.\d+\.\d+)/.exec(specifier)![1]}`
  );
  assert.deepEqual(rows.map(([, name, version]) => `${name} ${version}`).sort(), imports.sort());
});

Deno.test("DEPENDENCIES.md says why each import is here", () => {
  const reasons = [...PAGE.matchAll(/^- (.*)/gm)].map((match) => match[1]!).join("\n");
  const unexplained = Object.keys(project.imports).filter((name) =>
    !reasons.includes(`**${name}**`) && !reasons.includes(`**${name.replace(/^@[\w-]+\//, "")}**`)
  );
  assert.deepEqual(unexplained, []);
});
