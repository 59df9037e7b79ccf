import assert from "node:assert/strict";
import fc from "fast-check";
import { decodePicture, NO_LIMITS } from "./decode.ts";
import { encodePicture } from "./encode.ts";
import { readRecipe } from "./xmp.ts";
import { sharp } from "./sharp.ts";

const PICTURE = { width: 9, height: 7, rgb: Uint8Array.from({ length: 3 * 63 }, (_, i) => i) };
const FORMATS = ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"] as const;

Deno.test("a recipe is read back from files of every format, whose pixels are what they are without", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 60 }), async (text) => {
      const recipe = JSON.stringify({ request: { text: `<${text}>&amp;&`.toWellFormed() } });
      for (const format of FORMATS) {
        const file = await encodePicture(PICTURE, { format, recipe });
        assert.equal(await readRecipe(file), recipe);
        const plain = await encodePicture(PICTURE, { format });
        assert.equal(await readRecipe(plain), null);
        const [with_, without] = [await decodePicture(file, NO_LIMITS), await decodePicture(plain, NO_LIMITS)];
        assert.deepEqual(with_.rgb, without.rgb);
        assert.deepEqual(await encodePicture(PICTURE, { format, recipe }), file);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("what is no recipe, or too long a one, or no picture, is none", async () => {
  const file = await encodePicture(PICTURE, { format: "PNG" });
  const withPacket = async (packet: string) => await sharp(file).png().withXmp(packet).toBuffer();
  for (const packet of ["", "<x/>", "<gramcast:recipe>", `<gramcast:recipe>${"a".repeat(40_000)}</gramcast:recipe>`]) {
    assert.equal(await readRecipe(packet === "" ? file : await withPacket(packet)), null);
  }
  assert.equal(await readRecipe(new TextEncoder().encode("no picture")), null);
});
