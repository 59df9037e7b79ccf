import assert from "node:assert/strict";
import { connectionsThatFit } from "./descriptors.ts";

Deno.test("connections leave room for the descriptors of everything else", () => {
  assert.deepEqual([1, 128, 1024, Infinity].map(connectionsThatFit), [1, 32, 480, Infinity]);
  assert.ok(connectionsThatFit() > 0);
});
