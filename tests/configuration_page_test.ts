import assert from "node:assert/strict";
import { configurationPage } from "../docs/configuration.ts";

Deno.test("docs/configuration.md is what config.ts says; `deno task docs:configuration` writes it anew", async () => {
  const page = await Deno.readTextFile(new URL("../docs/configuration.md", import.meta.url));
  assert.equal(page, configurationPage());
});
