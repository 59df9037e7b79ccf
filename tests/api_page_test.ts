import assert from "node:assert/strict";
import { apiPage } from "../docs/api.ts";

Deno.test("docs/api.md says of errors and limits what the code says; `deno task docs:api` writes it anew", async () => {
  const page = await Deno.readTextFile(new URL("../docs/api.md", import.meta.url));
  assert.equal(apiPage(page), page);
});
