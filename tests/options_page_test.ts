import assert from "node:assert/strict";
import { optionsPage } from "../docs/options.ts";

Deno.test("docs/options.md is what the option table says; `deno task docs:options` writes it anew", async () => {
  assert.equal(await Deno.readTextFile(new URL("../docs/options.md", import.meta.url)), optionsPage());
});
