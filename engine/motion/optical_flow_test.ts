import assert from "node:assert/strict";
import fc from "fast-check";
import type { Picture, Size } from "../picture.ts";
import { type Flow, leadsInside } from "./flow.ts";
import { opticalFlow } from "./optical_flow.ts";
import { colourAt, drawn, type Place } from "./testing/scene.ts";

const SIZE = { width: 72, height: 60 };
const CENTRE: Place = [36, 30];

/** The scene, and the scene in which each place of the first has gone where `move` says. */
function pairOf(size: Size, move: (place: Place) => Place): { from: Picture; to: Picture } {
  return { from: drawn(size, (place) => colourAt(move(place))), to: drawn(size, colourAt) };
}

/** Mean distance of a flow's ends from where they should be, where those are in the picture. */
function endPointError(flow: Flow, move: (place: Place) => Place): number {
  const truth = { ...flow, x: new Float32Array(flow.x.length), y: new Float32Array(flow.x.length) };
  let [sum, count] = [0, 0];
  for (let j = 0; j < flow.height; j++) {
    for (let i = 0; i < flow.width; i++) {
      const at = j * flow.width + i;
      const [x, y] = move([i, j]);
      [truth.x[at], truth.y[at]] = [x - i, y - j];
      if (!leadsInside(truth, i, j)) continue;
      sum += Math.hypot(flow.x[at]! - truth.x[at]!, flow.y[at]! - truth.y[at]!);
      count++;
    }
  }
  return sum / count;
}

function turned(degrees: number, [x, y]: Place): Place {
  const [sine, cosine] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
  const [across, down] = [x - CENTRE[0], y - CENTRE[1]];
  return [CENTRE[0] + cosine * across - sine * down, CENTRE[1] + sine * across + cosine * down];
}

const MOTIONS: Readonly<Record<string, (place: Place) => Place>> = {
  "a tenth of a pixel": ([x, y]) => [x + 0.1, y],
  "parts of pixels": ([x, y]) => [x + 1.3, y - 0.6],
  "a tenth of the picture": ([x, y]) => [x + 7.4, y - 3.2],
  "a zoom by 5 %": ([x, y]) => [CENTRE[0] + 1.05 * (x - CENTRE[0]), CENTRE[1] + 1.05 * (y - CENTRE[1])],
  "a turn by 4 degrees": (place) => turned(4, place),
};

for (const [name, move] of Object.entries(MOTIONS)) {
  Deno.test(`flow of ${name} is found to a seventh of a pixel`, () => {
    const { from, to } = pairOf(SIZE, move);
    const error = endPointError(opticalFlow(from, to), move);
    assert.ok(error < 0.15, `the mean end-point error is ${error.toFixed(3)}`);
  });
}

Deno.test("flow of any short move is found, there and back, whatever the size", () => {
  const short = fc.double({ min: -4, max: 4, noNaN: true });
  const side = fc.integer({ min: 32, max: 56 });
  fc.assert(
    fc.property(short, short, side, side, (byX, byY, width, height) => {
      const move = ([x, y]: Place): Place => [x + byX, y + byY];
      const { from, to } = pairOf({ width, height }, move);
      assert.ok(endPointError(opticalFlow(from, to), move) < 0.3);
      assert.ok(endPointError(opticalFlow(to, from), ([x, y]) => [x - byX, y - byY]) < 0.3);
    }),
    { seed: 1, numRuns: 12 },
  );
});

Deno.test("what stands still has no flow at all, and neither has what has nothing to see", () => {
  const scene = drawn(SIZE, colourAt);
  const flat = drawn(SIZE, () => [9, 9, 9]);
  for (const [from, to] of [[scene, scene], [flat, flat]] as const) {
    const { x, y } = opticalFlow(from, to);
    assert.ok([...x, ...y].every((value) => value === 0));
  }
});

Deno.test("far from a thing that moves nothing does", () => {
  const withDisc = (centre: number) =>
    drawn(
      { width: 96, height: 48 },
      ([x, y]) => Math.hypot(x - centre, y - 24) < 10 ? [250, 240, 10] : colourAt([x, y]),
    );
  const { x, y, width } = opticalFlow(withDisc(20), withDisc(24));
  const still = (at: number) => x[at] === 0 && y[at] === 0;
  const far = Array.from(x.keys()).filter((at) => at % width > 56);
  assert.ok(far.filter(still).length > 0.98 * far.length);
  assert.ok(Math.abs(x[24 * width + 11]! - 4) < 0.7, `the disc moves by ${x[24 * width + 11]}`);
});

Deno.test("pictures of one pixel, of one row and of one column have a flow", () => {
  for (const size of [{ width: 1, height: 1 }, { width: 40, height: 1 }, { width: 1, height: 40 }]) {
    const { x, y } = opticalFlow(drawn(size, colourAt), drawn(size, ([i, j]) => colourAt([i + 1, j])));
    assert.ok([...x, ...y].every(Number.isFinite));
  }
});

Deno.test("the same pictures have the same flow to the bit", () => {
  const { from, to } = pairOf(SIZE, MOTIONS["a turn by 4 degrees"]!);
  assert.deepEqual(opticalFlow(from, to), opticalFlow(from, to));
});
