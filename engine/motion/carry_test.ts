import assert from "node:assert/strict";
import { carry } from "./carry.ts";
import { followed, stillness } from "./flow.ts";
import { visibility } from "./visibility.ts";
import { colourAt, drawn, type Place } from "./testing/scene.ts";

const SIZE = { width: 64, height: 48 };

/** A flow that is the same everywhere. */
function uniform(x: number, y: number) {
  const { x: across, y: down, ...size } = stillness(SIZE);
  return { ...size, x: across.fill(x), y: down.fill(y) };
}

Deno.test("a flow is followed between pixels linearly, and to the border where it leads out", () => {
  const ramp = Float32Array.from({ length: 64 * 48 }, (_, i) => 3 * (i % 64) + 5 * Math.floor(i / 64));
  const moved = followed(ramp, 1, uniform(2.5, -0.25));
  assert.equal(moved[10 * 64 + 20], 3 * 22.5 + 5 * 9.75);
  assert.equal(moved[10 * 64 + 63], 3 * 63 + 5 * 9.75);
  assert.equal(moved[0], 3 * 2.5);
  const still = followed(ramp, 1, stillness(SIZE));
  assert.equal(still.findIndex((value, i) => value !== ramp[i]), -1);
  const colours = Float32Array.from({ length: 3 * 64 * 48 }, (_, i) => i % 3);
  assert.equal(followed(colours, 3, uniform(1.3, 4.6)).findIndex((value, i) => value !== i % 3), -1);
});

Deno.test("what can be seen in both frames is where the ways there and back meet, and stay in the picture", () => {
  const shareOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.equal(shareOf(visibility(stillness(SIZE), stillness(SIZE)).values), 1);
  // Eight of 64 columns lead out of the picture.
  assert.equal(shareOf(visibility(uniform(8, 0), uniform(-8, 0)).values), 56 / 64);
  assert.equal(shareOf(visibility(uniform(8, 0), stillness(SIZE)).values), 0);
  // 0.5 pixels² apart is near enough, 0.6 is not, unless the ways are long.
  assert.equal(shareOf(visibility(stillness(SIZE), uniform(Math.sqrt(0.49), 0)).values), 1);
  assert.equal(shareOf(visibility(stillness(SIZE), uniform(Math.sqrt(0.6), 0)).values), 0);
  assert.ok(shareOf(visibility(uniform(6, 0), uniform(-6.9, 0)).values) > 0.9);
});

Deno.test("flow is not trusted where motions meet", () => {
  const halves = stillness(SIZE);
  for (let at = 0; at < halves.x.length; at++) halves.y[at] = at % 64 < 32 ? 0 : 0.3;
  const back = { ...halves, y: halves.y.map((value) => -value) };
  const { values } = visibility(halves, back);
  assert.deepEqual([30, 31, 32, 33].map((column) => values[24 * 64 + column]), [1, 0, 0, 1]);
});

Deno.test("a frame gets what was painted before, moved as the content moved; what is new has the colours around it", () => {
  const radius = 9;
  const frame = (shift: number) =>
    drawn(
      SIZE,
      ([x, y]) => Math.hypot(x - 20 - 3 * shift, y - 24) < radius ? [200, 190, 10] : colourAt([x + shift, y]),
    );
  // Painted: the content, lighter.
  const painted = (picture: ReturnType<typeof frame>) => ({ ...picture, rgb: picture.rgb.map((value) => value + 40) });
  const [before, now] = [frame(0), frame(2)];
  const { picture, visible } = carry(now, { content: before, result: painted(before) });
  const wanted = painted(now);
  let [error, seen, newError] = [0, 0, 0];
  visible.values.forEach((value, i) => {
    seen += value;
    for (let c = 3 * i; c < 3 * i + 3; c++) {
      const off = Math.abs(picture.rgb[c]! - wanted.rgb[c]!);
      if (value === 1) error += off;
      else newError += off;
    }
  });
  const unseen = visible.values.length - seen;
  assert.ok(seen > 0.7 * visible.values.length && unseen > 0, `${seen} places are seen`);
  assert.ok(error / (3 * seen) < 6, `the mean error is ${error / (3 * seen)}`);
  assert.ok(newError / (3 * unseen) < 12, `the mean error of what is new is ${newError / (3 * unseen)}`);
  // The disc has uncovered what was behind its left side; the last two columns came into the picture.
  const at = ([x, y]: Place) => visible.values[y * SIZE.width + x];
  assert.equal(at([12, 24]), 0);
  assert.equal(at([63, 10]), 0);
  assert.equal(at([26, 24]), 1);
});
