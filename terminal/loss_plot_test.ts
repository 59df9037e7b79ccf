import assert from "node:assert/strict";
import fc from "fast-check";
import { plotLosses } from "./loss_plot.ts";

const WEIGHTS = { content: 0.1, style: 500, tv: 0 };

interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

function curvesOf(svg: string): Curve[] {
  const found = svg.matchAll(/<polyline points="([^"]*)"[^>]*\/>\n<text[^>]*>([^<]*)<\/text>/g);
  return [...found].map(([, points, name]) => ({
    name: name!,
    points: points!.split(" ").map((point) => {
      const [x, y] = point.split(",").map(Number);
      return { x: x!, y: y! };
    }),
  }));
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

Deno.test("each loss is drawn as it counts in the total, under its name and weight", () => {
  const points = [1, 2, 3].map((step) => ({ step, total: 100 / step, content: 500 / step, style: 0.1 / step, tv: 9 }));
  const curves = curvesOf(plotLosses(points, WEIGHTS));
  assert.deepEqual(curves.map(({ name }) => name), ["total", "0.1 · content", "500 · style"]);
  // 0.1 · 500 = 500 · 0.1: the same curve.
  assert.deepEqual(curves[1]!.points, curves[2]!.points);
  const [first, second, third] = curves[0]!.points;
  assert.ok(first!.x < second!.x && second!.x < third!.x);
  assert.ok(first!.y < second!.y && second!.y < third!.y, "less loss is further down");
});

Deno.test("a decade has the same height everywhere", () => {
  const points = [1000, 100, 10, 1].map((total, i) => ({ step: i + 1, total, content: 0, style: 0, tv: 0 }));
  const [total] = curvesOf(plotLosses(points, WEIGHTS));
  const heights = total!.points.slice(1).map(({ y }, i) => y - total!.points[i]!.y);
  assert.ok(heights.every((height) => Math.abs(height - heights[0]!) < 0.11), heights.join(" "));
});

Deno.test("values without a logarithm are left out, a curve without any too", () => {
  const points = [
    { step: 1, total: 5, content: 0, style: 2, tv: 0 },
    { step: 2, total: Infinity, content: 0, style: 1, tv: 0 },
    { step: 3, total: 1, content: 0, style: 1, tv: 0 },
  ];
  const curves = curvesOf(plotLosses(points, WEIGHTS));
  assert.deepEqual(curves.map(({ name, points }) => [name, points.length]), [["total", 2], ["500 · style", 3]]);
});

Deno.test("steps are labelled at both ends and at round numbers between", () => {
  const labels = (last: number) => {
    const points = Array.from({ length: last }, (_, i) => ({ step: i + 1, total: 1, content: 0, style: 0, tv: 0 }));
    return textsOf(plotLosses(points, WEIGHTS)).filter((text) => /^\d+$/.test(text)).map(Number);
  };
  assert.deepEqual(labels(100), [1, 20, 40, 60, 80, 100]);
  assert.deepEqual(labels(12), [1, 2, 4, 6, 8, 10, 12]);
  assert.deepEqual(labels(500), [1, 100, 200, 300, 400, 500]);
});

Deno.test("whatever the losses are, the plot is well-formed and stays within its frame", () => {
  const value = fc.oneof(fc.double({ min: 0, max: 1e30, noNaN: true }), fc.constantFrom(0, 1, NaN, Infinity, 1e-300));
  const point = fc.record({ total: value, content: value, style: value, tv: value });
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (losses) => {
    const points = losses.map((each, i) => ({ step: i + 1, ...each }));
    const svg = plotLosses(points, { content: 1, style: 1, tv: 1 });
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    for (const { points } of curvesOf(svg)) {
      for (const { x, y } of points) assert.ok(x >= 72 && x <= 628 && y >= 28 && y <= 356, `${x}, ${y}`);
    }
  }));
});
