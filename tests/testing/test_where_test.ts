import assert from "node:assert/strict";
import { missingProgram } from "./test_where.ts";

Deno.test("a program that is not there is told by its name, and one that is is not missing", async () => {
  assert.equal(await missingProgram(Deno.execPath(), "no-such-program"), "no no-such-program here");
  assert.equal(await missingProgram(Deno.execPath()), null);
});
