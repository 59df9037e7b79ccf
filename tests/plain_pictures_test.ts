/** What FAST makes of pictures with next to nothing in them, by the network that ships. */
import assert from "node:assert/strict";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import type { Picture } from "../engine/picture.ts";
import { decodePicture } from "../images/decode.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";

const SIDE = 64;

function plain(red: number, green: number, blue: number): Picture {
  const rgb = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => [red, green, blue][i % 3]!);
  return { width: SIDE, height: SIDE, rgb };
}

const sample = async (name: string) => await decodePicture(await readSample(name), { maxBytes: 1e7, maxPixels: 1e7 });

async function paint(content: Picture, style: Picture): Promise<Picture> {
  const backend = await OnnxBackend.open((await loadWeights(SHIPPED_WEIGHTS)).parameters);
  try {
    const options = resolveOptions({ preset: "FAST", scales: [{ size: SIDE, steps: 25 }] }, content, 1);
    const input = { options, content, styles: [{ picture: style, weight: 1 }] };
    const optimisation = await Optimisation.start(backend, resizePicture, input);
    while (!optimisation.finished) await optimisation.advance();
    const picture = await optimisation.picture();
    await optimisation.dispose();
    return picture;
  } finally {
    await backend.close();
  }
}

/** Mean of a channel over the pixels that count. */
function mean(
  { width, rgb }: Picture,
  channel: number,
  counts: (x: number, y: number) => boolean = () => true,
): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < rgb.length / 3; i++) {
    if (!counts(i % width, Math.floor(i / width))) continue;
    sum += rgb[3 * i + channel]!;
    count++;
  }
  return sum / count;
}

Deno.test("a flat grey takes on the style's colours, without a paler frame", async () => {
  const style = await sample("starry-swirls");
  const picture = await paint(plain(128, 128, 128), style);
  const toBorder = (x: number, y: number) => Math.min(x, y, SIDE - 1 - x, SIDE - 1 - y);
  for (const channel of [0, 1, 2]) {
    const wanted = mean(style, channel);
    const [border, inside] = [true, false].map((near) => mean(picture, channel, (x, y) => toBorder(x, y) < 3 === near));
    assert.ok(Math.abs(inside! - wanted) < 40, `channel ${channel} inside: ${inside}, the style has ${wanted}`);
    assert.ok(border! - inside! < 15, `channel ${channel} at the border: ${border}, inside ${inside}`);
  }
});

Deno.test("a style of one colour moves the picture to that colour", async () => {
  const content = await sample("mountain-lake");
  const picture = await paint(content, plain(200, 30, 30));
  const before = await resizePicture(content, picture);
  const distance = (of: Picture) => Math.hypot(mean(of, 0) - 200, mean(of, 1) - 30, mean(of, 2) - 30);
  assert.ok(distance(picture) < 0.72 * distance(before), `${distance(picture)} of ${distance(before)}`);
  assert.ok(mean(picture, 0) > mean(picture, 1) && mean(picture, 0) > mean(picture, 2));
});
