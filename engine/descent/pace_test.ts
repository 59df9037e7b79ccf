import assert from "node:assert/strict";
import { stepsTogether } from "./pace.ts";

Deno.test("as many steps are taken together as pass within a tenth of a second, and always one", () => {
  const seconds = [null, 60, 0.2, 0.06, 0.05, 0.02, 0.012, 0.001, 0];
  assert.deepEqual(seconds.map(stepsTogether), [1, 1, 1, 1, 2, 5, 8, 64, 64]);
});
