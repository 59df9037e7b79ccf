import assert from "node:assert/strict";
import { initialPixels } from "./initial_pixels.ts";
import type { OptimisationInput } from "./input.ts";
import type { InitOptions } from "../options/options.ts";
import { toPixels } from "../picture.ts";
import { formulaPicture } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { transferOptions } from "../testing/options.ts";

const SIZE = { width: 60, height: 45 };
const CONTENT = formulaPicture(30, 22, 1);
const STYLES = [formulaPicture(20, 20, 2), formulaPicture(10, 10, 3)];
const OWN = formulaPicture(11, 13, 4);

function start(init: InitOptions, given: Partial<OptimisationInput> = { initPicture: OWN }, seed = 1) {
  const options = transferOptions(CONTENT, { init, seed, scales: [{ size: 60, steps: 1 }] });
  const styles = STYLES.map((picture) => ({ picture, weight: 1 }));
  return initialPixels({ options, content: CONTENT, styles, ...given }, SIZE, nearestResize);
}

Deno.test("noise is the article's: mean 127.5, deviation 20, cut off at two deviations", async () => {
  const pixels = await start({ kind: "NOISE", noise: 1 });
  assert.equal(pixels.length, 3 * 60 * 45);
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
  assert.ok(Math.abs(mean - 127.5) < 1, `mean ${mean}`);
  // Cutting off leaves 0.88 of the deviation.
  assert.ok(Math.abs(Math.sqrt(variance) - 20 * 0.8796) < 0.5, `deviation ${Math.sqrt(variance)}`);
  assert.ok(pixels.every((value) => value >= 87.5 && value <= 167.5));
});

Deno.test("noise depends on the seed alone", async () => {
  assert.deepEqual(await start({ kind: "NOISE", noise: 1 }, {}, 3), await start({ kind: "NOISE", noise: 1 }, {}, 3));
  assert.notDeepEqual(await start({ kind: "NOISE", noise: 1 }, {}, 3), await start({ kind: "NOISE", noise: 1 }, {}, 4));
});

Deno.test("a start picture is scaled to the first scale", async () => {
  for (const [kind, picture] of [["CONTENT", CONTENT], ["STYLE", STYLES[0]!], ["IMAGE", OWN]] as const) {
    assert.deepEqual(await start({ kind, noise: 0 }), toPixels(await nearestResize(picture, SIZE)), kind);
  }
});

Deno.test("noise is mixed in by its share", async () => {
  const noise = await start({ kind: "NOISE", noise: 1 });
  const picture = await start({ kind: "CONTENT", noise: 0 });
  const mixed = await start({ kind: "CONTENT", noise: 0.25 });
  mixed.forEach((value, i) => assert.ok(Math.abs(value - (0.75 * picture[i]! + 0.25 * noise[i]!)) < 1e-3));
});

Deno.test("a start from an own picture needs one", async () => {
  await assert.rejects(start({ kind: "IMAGE", noise: 0 }, {}), { code: "BAD_USER_INPUT", field: "init.image" });
});
