import assert from "node:assert/strict";
import { encodePicture } from "../../images/encode.ts";
import { checkRegions } from "./regions.ts";

/** A black picture of so many pixels on each side, with a square in its middle that is so bright, from 0 to 255. */
function spot(side: number, square: number, brightness: number): Promise<Uint8Array> {
  const rgb = new Uint8Array(3 * side * side);
  const from = (side - square) / 2;
  for (let y = from; y < from + square; y++) {
    rgb.fill(brightness, 3 * (y * side + from), 3 * (y * side + from + square));
  }
  return encodePicture({ width: side, height: side, rgb }, { format: "PNG" });
}

/** Checks regions of styles, each with a picture; answers how often each image was read. */
async function check(images: Record<string, Uint8Array>, styles: [picture: string, region: string][], size: number) {
  const reads: Record<string, number> = {};
  const request = {
    styles: styles.map(([imageId, regionId]) => ({ imageId, regionId, weight: 1, maskId: null })),
  };
  await checkRegions(request, { scales: [{ size, steps: 1, width: size, height: size }], styleScale: 1 }, (id) => {
    reads[id] = (reads[id] ?? 0) + 1;
    return Promise.resolve(images[id]!);
  });
  return reads;
}

const SIDE = 2000;
const IMAGES = {
  picture: await spot(64, 32, 255),
  region: await spot(64, 2, 255),
  speck: await spot(SIDE, 2, 1),
  black: await spot(SIDE, 0, 0),
};

Deno.test("each picture is decoded once, however many styles use it", async () => {
  const styles = Array.from({ length: 18 }, (): [string, string] => ["picture", "region"]);
  assert.deepEqual(await check(IMAGES, styles, 64), { picture: 1, region: 1 });
});

Deno.test("a few pixels of a large region that are not black count where the transfer is large enough to see them", async () => {
  const refused = { code: "BAD_USER_INPUT", field: "styles.1.region" };
  const styles = (region: string): [string, string][] => [["picture", "region"], ["picture", region]];
  assert.deepEqual(await check(IMAGES, styles("speck"), 2048), { picture: 1, region: 1, speck: 2 });
  await assert.rejects(check(IMAGES, styles("black"), 2048), refused);
});
