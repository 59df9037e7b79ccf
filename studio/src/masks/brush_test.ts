import assert from "node:assert/strict";
import fc from "fast-check";
import { type Brush, coverage, drawLine } from "./brush.ts";
import { MaskRaster } from "./raster.ts";

const SIZE = { width: 64, height: 48 };

const points = fc.record({ x: fc.double({ min: -20, max: 84 }), y: fc.double({ min: -20, max: 68 }) }, {
  noNullPrototype: true,
}).filter(({ x, y }) => Number.isFinite(x + y));
const brushes = fc.record({
  radius: fc.double({ min: 0.5, max: 30, noNaN: true }),
  softness: fc.double({ min: 0, max: 1, noNaN: true }),
  erases: fc.boolean(),
});
const masks = fc.uint8Array({ minLength: 64 * 48, maxLength: 64 * 48, size: "max" });

function raster(values?: Uint8Array): MaskRaster {
  const mask = new MaskRaster(SIZE);
  if (values) mask.values.set(values);
  return mask;
}

Deno.test("a hard brush paints a disc, wholly; a soft one fades from its middle to its edge", () => {
  const middle = { x: 32, y: 24 };
  const brush: Brush = { radius: 15, softness: 0, erases: false };
  const hard = raster();
  drawLine(hard, middle, middle, brush);
  assert.ok(Math.abs(hard.share * 64 * 48 / (Math.PI * 15 ** 2) - 1) < 0.01);
  assert.deepEqual([16, 18, 32, 46, 48].map((x) => hard.at({ x, y: 24 })), [0, 255, 255, 255, 0]);
  const soft = raster();
  drawLine(soft, middle, middle, { ...brush, softness: 1 });
  const outwards = Array.from({ length: 17 }, (_, i) => soft.at({ x: 32 + i, y: 24 }));
  assert.equal(outwards[0], 255);
  assert.equal(outwards[16], 0);
  assert.ok(outwards.every((value, i) => i === 0 || value <= outwards[i - 1]!));
  assert.ok(outwards.filter((value) => value > 10 && value < 245).length > 8);
});

Deno.test("coverage() is half at half of where it fades, and softness does not make a brush larger", () => {
  for (const softness of [0, 0.3, 1]) {
    const brush = { radius: 20, softness, erases: false };
    const fade = Math.max(1, 20 * softness);
    assert.ok(Math.abs(coverage(20.5 - fade / 2, brush) - 0.5) < 1e-9);
    assert.deepEqual([coverage(20.5 - fade, brush), coverage(20.5, brush)], [1, 0]);
  }
});

Deno.test("what a brush has painted, the same brush paints no denser, in however many lines", () => {
  fc.assert(
    fc.property(points, points, brushes, fc.integer({ min: 1, max: 9 }), (from, to, brush, parts) => {
      const whole = raster();
      const once = { ...brush, erases: false };
      drawLine(whole, from, to, once);
      const first = whole.values.slice();
      drawLine(whole, to, from, once);
      assert.ok(whole.values.every((value, i) => Math.abs(value - first[i]!) <= 1));
      const inParts = raster();
      const at = (i: number) => ({ x: from.x + (to.x - from.x) * i / parts, y: from.y + (to.y - from.y) * i / parts });
      for (let i = 0; i < parts; i++) drawLine(inParts, at(i), at(i + 1), once);
      assert.ok(inParts.values.every((value, i) => Math.abs(value - first[i]!) <= 1));
    }),
    { numRuns: 40 },
  );
});

Deno.test("an eraser takes away what the brush would paint: on the inverse it does the inverse", () => {
  fc.assert(
    fc.property(masks, points, points, brushes, (values, from, to, brush) => {
      const mask = raster(values);
      const inverse = raster(values.map((value) => 255 - value));
      drawLine(mask, from, to, brush);
      drawLine(inverse, from, to, { ...brush, erases: !brush.erases });
      assert.ok(inverse.values.every((value, i) => value === 255 - mask.values[i]!));
    }),
    { numRuns: 40 },
  );
});

Deno.test("nothing changes outside of the part that is told, and nothing at all when none is", () => {
  fc.assert(
    fc.property(masks, points, points, brushes, (values, from, to, brush) => {
      const mask = raster(values);
      const rect = drawLine(mask, from, to, brush);
      mask.values.forEach((value, i) => {
        const [x, y] = [i % 64, Math.floor(i / 64)];
        const inside = rect && x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom;
        if (!inside && value !== values[i]) assert.fail(`${x}, ${y} has changed`);
      });
    }),
    { numRuns: 40 },
  );
  const mask = raster();
  assert.equal(drawLine(mask, { x: -50, y: 5 }, { x: -40, y: 40 }, { radius: 9, softness: 0, erases: false }), null);
  assert.ok(mask.isEmpty);
});
