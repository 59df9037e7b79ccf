import assert from "node:assert/strict";
import { turnMask, turnPicture } from "./turn.ts";

Deno.test("a mask turns to the left, quarter by quarter", () => {
  const mask = { width: 3, height: 2, values: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const wanted = [[1, 2, 3, 4, 5, 6], [3, 6, 2, 5, 1, 4], [6, 5, 4, 3, 2, 1], [4, 1, 5, 2, 6, 3]];
  wanted.forEach((values, quarters) => {
    const turned = turnMask(mask, quarters);
    assert.deepEqual([turned.width, turned.height], quarters % 2 === 0 ? [3, 2] : [2, 3]);
    assert.deepEqual([...turned.values], values);
  });
});

Deno.test("a picture turns with its colours whole, and is itself again after four quarters", () => {
  const picture = { width: 2, height: 3, rgb: Uint8Array.from({ length: 18 }, (_, i) => i) };
  assert.deepEqual([...turnPicture(picture, 1).rgb.subarray(0, 6)], [3, 4, 5, 9, 10, 11]);
  assert.deepEqual(turnPicture(picture, 4), picture);
});
