import assert from "node:assert/strict";
import fc from "fast-check";
import { thin } from "./thin.ts";

Deno.test("thin() keeps the first and the last, and leaves the others out evenly", () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  const kept = thin(items, 120, () => 1);
  assert.equal(kept.length, 120);
  assert.equal(kept[0], 0);
  assert.equal(kept.at(-1), 999);
  assert.ok(kept.every((item, i) => i === 0 || item - kept[i - 1]! >= 8 && item - kept[i - 1]! <= 9));
});

Deno.test("thin() keeps all of a few", () => {
  for (const length of [0, 1, 2, 3, 119, 120]) {
    const items = Array.from({ length }, (_, i) => i);
    assert.deepEqual(thin(items, 120, () => 1), items);
  }
});

Deno.test("thin() keeps little of what took little work", () => {
  const sides = [...Array<number>(25).fill(32), ...Array<number>(50).fill(64), ...Array<number>(15).fill(256)];
  const kept = thin(sides, 60, (side) => side ** 2);
  const count = (side: number) => kept.filter((each) => each === side).length;
  assert.equal(count(256), 15);
  assert.ok(count(32) <= 3 && count(64) >= 8 && count(64) <= 12, `${count(32)} and ${count(64)}`);
});

Deno.test("thin() never keeps more than it may, and both ends, whatever the work", () => {
  const works = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 300 });
  fc.assert(fc.property(works, fc.integer({ min: 2, max: 50 }), (works, most) => {
    const items = works.map((work, index) => ({ work, index }));
    const kept = thin(items, most, ({ work }) => work);
    assert.ok(kept.length <= most);
    assert.equal(kept[0], items[0]);
    assert.equal(kept.at(-1), items.at(-1));
  }));
});
