import assert from "node:assert/strict";
import fc from "fast-check";
import { chartLosses } from "./loss_chart.ts";

const WEIGHTS = { content: 0.1, style: 500, tv: 0 };

const FRAME = { left: 72, right: 628, top: 28, bottom: 356 };

Deno.test("each loss is drawn as it counts in the total, under its name and weight", () => {
  const points = [1, 2, 3].map((step) => ({ step, total: 100 / step, content: 500 / step, style: 0.1 / step, tv: 9 }));
  const { curves } = chartLosses(points, WEIGHTS, FRAME);
  assert.deepEqual(curves.map(({ name }) => name), ["total", "0.1 · content", "500 · style"]);
  // 0.1 · 500 = 500 · 0.1: the same curve.
  assert.deepEqual(curves[1]!.points, curves[2]!.points);
  const [first, second, third] = curves[0]!.points;
  assert.ok(first!.x < second!.x && second!.x < third!.x);
  assert.ok(first!.y < second!.y && second!.y < third!.y, "less loss is further down");
});

Deno.test("a decade has the same height everywhere", () => {
  const points = [1000, 100, 10, 1].map((total, i) => ({ step: i + 1, total, content: 0, style: 0, tv: 0 }));
  const { curves: [total] } = chartLosses(points, WEIGHTS, FRAME);
  const heights = total!.points.slice(1).map(({ y }, i) => y - total!.points[i]!.y);
  assert.ok(heights.every((height) => Math.abs(height - heights[0]!) < 1e-9), heights.join(" "));
});

Deno.test("values without a logarithm are left out, a curve without any too", () => {
  const points = [
    { step: 1, total: 5, content: 0, style: 2, tv: 0 },
    { step: 2, total: Infinity, content: 0, style: 1, tv: 0 },
    { step: 3, total: 1, content: 0, style: 1, tv: 0 },
  ];
  const { curves } = chartLosses(points, WEIGHTS, FRAME);
  assert.deepEqual(curves.map(({ name, points }) => [name, points.length]), [["total", 2], ["500 · style", 3]]);
});

Deno.test("steps are labelled at both ends and at round numbers between", () => {
  const labels = (last: number) => {
    const points = Array.from({ length: last }, (_, i) => ({ step: i + 1, total: 1, content: 0, style: 0, tv: 0 }));
    return chartLosses(points, WEIGHTS, FRAME).ticks.map(({ step }) => step);
  };
  assert.deepEqual(labels(100), [1, 20, 40, 60, 80, 100]);
  assert.deepEqual(labels(12), [1, 2, 4, 6, 8, 10, 12]);
  assert.deepEqual(labels(500), [1, 100, 200, 300, 400, 500]);
});

Deno.test("whatever the losses are, everything has a place within the frame", () => {
  const value = fc.oneof(fc.double({ min: 0, max: 1e30, noNaN: true }), fc.constantFrom(0, 1, NaN, Infinity, 1e-300));
  const point = fc.record({ total: value, content: value, style: value, tv: value });
  fc.assert(fc.property(fc.array(point, { maxLength: 30 }), (losses) => {
    const points = losses.map((each, i) => ({ step: i + 1, ...each }));
    const { curves, decades, ticks } = chartLosses(points, { content: 1, style: 1, tv: 1 }, FRAME);
    const places = [...curves.flatMap(({ points }) => points), ...decades.map(({ y }) => ({ x: 72, y }))];
    for (const { x, y } of [...places, ...ticks.map(({ x }) => ({ x, y: 28 }))]) {
      assert.ok(x >= 72 && x <= 628 && y >= 28 && y <= 356, `${x}, ${y}`);
    }
    assert.ok(decades.filter(({ labelled }) => labelled).length <= 11);
  }));
});
