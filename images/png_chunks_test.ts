import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { encodePicture } from "./encode.ts";

Deno.test("a PNG file says that it is sRGB before its pixels, every checksum right, with a recipe or without", async () => {
  const picture = { width: 5, height: 3, rgb: new Uint8Array(45).fill(7) };
  for (const recipe of [null, "{}"]) {
    const file = await encodePicture(picture, { format: "PNG", recipe });
    const view = new DataView(file.buffer);
    const names: string[] = [];
    for (let at = 8; at < file.length;) {
      const length = view.getUint32(at);
      const chunk = file.subarray(at + 4, at + 8 + length);
      assert.equal(crc32(chunk), view.getUint32(at + 8 + length));
      names.push(new TextDecoder().decode(chunk.subarray(0, 4)));
      at += 12 + length;
    }
    assert.deepEqual(names.slice(0, 2), ["IHDR", "sRGB"]);
    assert.equal(names.at(-1), "IEND");
  }
});
