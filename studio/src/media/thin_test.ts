import assert from "node:assert/strict";
import { thin } from "./thin.ts";

Deno.test("thin() keeps the first and the last, and leaves the others out evenly", () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  const kept = thin(items, 120);
  assert.equal(kept.length, 120);
  assert.equal(kept[0], 0);
  assert.equal(kept.at(-1), 999);
  assert.ok(kept.every((item, i) => i === 0 || item - kept[i - 1]! >= 8 && item - kept[i - 1]! <= 9));
});

Deno.test("thin() keeps all of a few", () => {
  assert.deepEqual(thin([1, 2, 3], 3), [1, 2, 3]);
  assert.deepEqual(thin([], 3), []);
});
