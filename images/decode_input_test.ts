import assert from "node:assert/strict";
import { resolveOptions } from "../engine/options/resolve.ts";
import { decodeInput } from "./decode_input.ts";
import { encodePicture } from "./encode.ts";
import { NO_LIMITS } from "./decode.ts";

Deno.test("pictures are read no larger than they are looked at: styles and their regions by their own scales", async () => {
  const side = 96;
  const file = await encodePicture({ width: side, height: side, rgb: new Uint8Array(3 * side ** 2).fill(9) }, {
    format: "PNG",
  });
  const style = (scale: number) => ({ picture: file, weight: 1, scale, mask: file, region: file });
  const pictures = { content: file, styles: [style(1), style(2), style(0.25)], contentMask: file, initPicture: file };
  const options = resolveOptions({ size: 32, styleScale: 1.25 }, { width: side, height: side }, 0);
  const { styles, content, contentMask, initPicture } = await decodeInput(options, pictures, NO_LIMITS);
  assert.deepEqual([content, contentMask, initPicture].map((picture) => picture?.width), [32, 32, 32]);
  const widths = styles.map(({ picture, mask, region, scale }) => [scale, picture.width, mask?.width, region?.width]);
  assert.deepEqual(widths, [[1, 40, 32, 40], [2, 80, 32, 80], [0.25, 10, 32, 10]]);
  const before = { content: file, result: file };
  const frame = await decodeInput(options, { ...pictures, before }, NO_LIMITS);
  assert.deepEqual([frame.before?.content.width, frame.before?.result.width], [32, 32]);
});
