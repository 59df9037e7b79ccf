import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../engine/descent/random.ts";
import { trainingPicture } from "./pictures.ts";
import { twin } from "./twin.ts";

const SIDE = 24;

Deno.test("a twin has the size of its picture and other colours, the same ones for the same random numbers", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), (index, seed) => {
      const picture = trainingPicture(1, index, SIDE);
      const before = picture.rgb.slice();
      const first = twin(picture, new Random(seed));
      assert.deepEqual(picture.rgb, before, "the picture itself stays");
      assert.deepEqual([first.width, first.height, first.rgb.length], [SIDE, SIDE, 3 * SIDE * SIDE]);
      assert.notDeepEqual(first.rgb, picture.rgb);
      assert.deepEqual(twin(picture, new Random(seed)), first);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a twin of a grey step keeps the step, which way up it was, at most three pixels away", () => {
  const rgb = new Uint8Array(3 * SIDE * SIDE).map((_, i) => Math.floor(i / 3) % SIDE < SIDE / 2 ? 110 : 150);
  for (let seed = 0; seed < 40; seed++) {
    const { rgb: seen } = twin({ width: SIDE, height: SIDE, rgb }, new Random(seed));
    for (let channel = 0; channel < 3; channel++) {
      const line = Array.from({ length: SIDE }, (_, x) => seen[3 * (5 * SIDE + x) + channel]!);
      const steps = line.flatMap((value, x) => x > 0 && value !== line[x - 1] ? [x] : []);
      assert.equal(steps.length, 1, `one step: ${line}`);
      assert.ok(Math.abs(steps[0]! - SIDE / 2) <= 3);
      assert.ok(line[SIDE - 1]! > line[0]!);
    }
  }
});
