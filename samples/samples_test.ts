import assert from "node:assert/strict";
import type { Picture } from "../engine/picture.ts";
import { decodePicture } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";
import { DRAWINGS, render } from "../lab/samples/drawings.ts";
import { QUALITY } from "../lab/samples/make.ts";
import { readSample, SAMPLES } from "./samples.ts";

const LIMITS = { maxBytes: 1_000_000, maxPixels: 1_000_000 };

function meanDifference(a: Picture, b: Picture): number {
  assert.deepEqual([a.width, a.height], [b.width, b.height]);
  return a.rgb.reduce((sum, value, i) => sum + Math.abs(value - b.rgb[i]!), 0) / a.rgb.length;
}

Deno.test("SAMPLES lists every drawing once, under a name in kebab-case", () => {
  assert.deepEqual(SAMPLES.map(({ name }) => name).toSorted(), DRAWINGS.map(({ name }) => name).toSorted());
  for (const { name, description } of SAMPLES) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.match(description, /^(Content|Style): .+\.$/);
  }
});

Deno.test("readSample() gives a JPEG of the drawing's size, and all of them are small", async () => {
  let bytes = 0;
  for (const { name, width, height } of DRAWINGS) {
    const jpeg = await readSample(name);
    bytes += jpeg.length;
    const picture = await decodePicture(jpeg, LIMITS);
    assert.deepEqual([picture.width, picture.height], [width, height]);
  }
  assert.ok(bytes < 1_500_000, `${bytes} bytes`);
});

Deno.test("readSample() names the samples that there are when it finds none", async () => {
  await assert.rejects(readSample("../errors"), {
    code: "NOT_FOUND",
    message: /^Cannot find sample "..\/errors": wanted one of city-at-night, /,
  });
});

Deno.test("render() draws woodcut-waves as it is kept", async () => {
  // Not compared byte by byte: another processor's floating point may round a value or two of the JPEG otherwise.
  const drawing = DRAWINGS.find(({ name }) => name === "woodcut-waves")!;
  const drawn = await decodePicture(await encodePicture(render(drawing), { format: "JPEG", quality: QUALITY }), LIMITS);
  const kept = await decodePicture(await readSample(drawing.name), LIMITS);
  assert.ok(meanDifference(drawn, kept) < 0.05, String(meanDifference(drawn, kept)));
});

for (const drawing of DRAWINGS) {
  // Carved lines alias beyond recognition at that size; the test above draws that one in full.
  if (drawing.name === "woodcut-waves") continue;
  Deno.test(`render() draws ${drawing.name} at a quarter of its size much as it is kept`, async () => {
    const small = render(drawing, 0.25);
    const kept = await resizePicture(await decodePicture(await readSample(drawing.name), LIMITS), small);
    // Without supersampling fine lines alias, which makes up to 13; two different samples differ by 40 or more.
    const difference = meanDifference(small, kept);
    assert.ok(difference < 16, String(difference));
  });
}

Deno.test("render() gives the same picture every time", () => {
  for (const drawing of DRAWINGS.slice(0, 2)) assert.deepEqual(render(drawing, 0.2), render(drawing, 0.2));
});
