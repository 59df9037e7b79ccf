import assert from "node:assert/strict";
import { GramcastError } from "../errors.ts";
import { readApng } from "./apng.ts";
import { checkImage, decodePicture, inspectImage } from "./decode.ts";
import { apngChunks, apngOf, type PlainFrame, pngOfChunks } from "./testing/apng.ts";

const LIMITS = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
const RED = [255, 0, 0, 255] as const;
const GREEN = [0, 255, 0, 255] as const;
const BLUE = [0, 0, 255, 255] as const;
const NOTHING = [0, 0, 0, 0] as const;

/** The four pixels of a 2×2 frame, as letters; a dot where it is transparent. */
async function shown(bytes: Uint8Array, frame: number): Promise<string> {
  const { rgb, alpha } = await decodePicture(bytes, LIMITS, { frame, transparency: "KEEP" });
  return Array.from({ length: rgb.length / 3 }, (_, i) => {
    if (alpha?.[i] === 0) return ".";
    const [red, green, blue] = rgb.subarray(3 * i, 3 * i + 3);
    return red! > 200 ? "R" : green! > 200 ? "G" : blue! > 200 ? "B" : "?";
  }).join("");
}

async function sequenceOf(frames: readonly PlainFrame[]): Promise<string[]> {
  const bytes = apngOf(frames);
  return await Promise.all(frames.map((_, i) => shown(bytes, i)));
}

const whole = (colour: PlainFrame["colour"], more: Partial<PlainFrame> = {}): PlainFrame => ({
  width: 2,
  height: 2,
  colour,
  ...more,
});
/** The lower right pixel. */
const corner = (colour: PlainFrame["colour"], more: Partial<PlainFrame> = {}): PlainFrame => ({
  left: 1,
  top: 1,
  width: 1,
  height: 1,
  colour,
  ...more,
});

Deno.test("frames of an animated PNG are drawn onto those before, instead of them or over them", async () => {
  assert.deepEqual(await sequenceOf([whole(RED), corner(GREEN), corner(NOTHING), corner(BLUE)]), [
    "RRRR",
    "RRRG",
    "RRR.",
    "RRRB",
  ]);
  assert.deepEqual(await sequenceOf([whole(RED), corner(NOTHING, { blend: 1 }), whole(NOTHING, { blend: 1 })]), [
    "RRRR",
    "RRRR",
    "RRRR",
  ]);
});

Deno.test("what a frame of an animated PNG leaves is kept, cleared or put back", async () => {
  assert.deepEqual(await sequenceOf([whole(RED), corner(GREEN, { disposal: 1 }), whole(NOTHING, { blend: 1 })]), [
    "RRRR",
    "RRRG",
    "RRR.",
  ]);
  assert.deepEqual(await sequenceOf([whole(RED), corner(GREEN, { disposal: 2 }), whole(NOTHING, { blend: 1 })]), [
    "RRRR",
    "RRRG",
    "RRRR",
  ]);
  assert.deepEqual(await sequenceOf([whole(RED), whole(BLUE, { disposal: 2 }), corner(GREEN)]), [
    "RRRR",
    "BBBB",
    "RRRG",
  ]);
  assert.deepEqual(await sequenceOf([whole(RED), whole(BLUE, { disposal: 1 }), corner(GREEN)]), [
    "RRRR",
    "BBBB",
    "...G",
  ]);
  // There is nothing before the first to put back.
  assert.deepEqual(await sequenceOf([whole(RED, { disposal: 2 }), corner(GREEN)]), ["RRRR", "...G"]);
});

Deno.test("half of a colour is laid over another as browsers do", async () => {
  const bytes = apngOf([whole(RED), whole([0, 0, 255, 128], { blend: 1 })]);
  const { rgb, alpha } = await decodePicture(bytes, LIMITS, { frame: 1, transparency: "KEEP" });
  assert.equal(alpha, undefined);
  assert.ok(Math.abs(rgb[0]! - 127) <= 1 && Math.abs(rgb[2]! - 128) <= 1, rgb.subarray(0, 3).join());
});

Deno.test("every frame of an animated PNG is turned upright, whether anything of those before it shows or not", async () => {
  const chunks = apngChunks([whole(RED), corner(GREEN), whole(BLUE), corner(GREEN)]);
  // Orientation 3: upside down.
  const exif = Uint8Array.of(77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0);
  const bytes = pngOfChunks(chunks.toSpliced(1, 0, ["eXIf", exif]));
  assert.deepEqual(await Promise.all([0, 1, 2, 3].map((frame) => shown(bytes, frame))), [
    "RRRR",
    "GRRR",
    "BBBB",
    "GBBB",
  ]);
});

Deno.test("an animated PNG is what moves of it, not what stands in for that", async () => {
  const bytes = apngOf([whole(RED), whole(GREEN)], { still: whole(BLUE), loops: 3 });
  assert.equal((await inspectImage(bytes, LIMITS)).frames, 2);
  assert.deepEqual([await shown(bytes, 0), await shown(bytes, 1)], ["RRRR", "GGGG"]);
  assert.equal(readApng(bytes)?.loops, 3);
});

Deno.test("frames whose data is in pieces are put together", async () => {
  const chunks = apngChunks([whole(RED), whole(GREEN)]).flatMap(([name, data]) => {
    if (name !== "fdAT") return [[name, data] as const];
    const second = Uint8Array.of(0, 0, 0, data[3]! + 1, ...data.subarray(10));
    return [[name, data.slice(0, 10)], [name, second]] as const;
  });
  assert.equal(await shown(pngOfChunks(chunks), 1), "GGGG");
});

Deno.test("a PNG without a header of its animation before the pixels stands still", async () => {
  const chunks = apngChunks([whole(RED), whole(GREEN)]);
  const [animation] = chunks.splice(1, 1);
  for (const still of [chunks, chunks.toSpliced(-1, 0, animation!)]) {
    assert.equal((await inspectImage(pngOfChunks(still), LIMITS)).frames, 1);
  }
});

async function assertBroken(bytes: Uint8Array, what: string): Promise<void> {
  for (const read of [inspectImage, checkImage, decodePicture]) {
    await assert.rejects(read(bytes, LIMITS), (error) => {
      assert.ok(error instanceof GramcastError, String(error));
      assert.deepEqual([error.code, error.message], [
        "IMAGE_UNREADABLE",
        `Cannot read image: found an animated PNG with ${what}, wanted a whole file`,
      ]);
      return true;
    });
  }
}

Deno.test("an animated PNG that breaks the rules is refused with what is wrong", async () => {
  const two = [whole(RED), whole(GREEN)];
  const cases: [PlainFrame[], string][] = [
    [[whole(RED), corner(GREEN, { width: 0 })], "frame 2 of 0×1 pixels"],
    [[whole(RED), corner(GREEN, { width: 2 })], "frame 2 outside of its 2×2 pixels"],
    [[whole(RED), corner(GREEN, { left: 2 ** 32 - 1 })], "frame 2 outside of its 2×2 pixels"],
    [[whole(RED), corner(GREEN, { disposal: 3 })], "frame 2 that is drawn in an unknown way"],
    [[whole(RED), corner(GREEN, { blend: 2 })], "frame 2 that is drawn in an unknown way"],
  ];
  for (const [frames, what] of cases) await assertBroken(apngOf(frames), what);
  await assertBroken(apngOf(two, { count: 0 }), "0 frames");
  await assertBroken(apngOf(two, { count: 65_535 }), "2 of 65535 frames");
  const chunks = apngChunks(two);
  await assertBroken(pngOfChunks(chunks.toSpliced(4, 2)), "1 of 2 frames");
  await assertBroken(pngOfChunks(chunks.toSpliced(4, 1)), "frames out of order");
  await assertBroken(pngOfChunks(chunks.toSpliced(5, 1)), "no data of frame 2");
  await assertBroken(pngOfChunks(chunks.toSpliced(4, 2, chunks[5]!, chunks[4]!)), "frames out of order");
});

Deno.test("an animated PNG that is cut off or damaged is refused, wherever that is", async () => {
  const bytes = apngOf([whole(RED), whole(GREEN)]);
  // Its last chunk takes 12 bytes, the data of its second frame stands in front of that.
  await assertBroken(bytes.subarray(0, -1), "no end");
  await assertBroken(bytes.subarray(0, -30), "no end");
  await assertBroken(bytes.with(-20, bytes.at(-20)! ^ 1), "a wrong checksum of fdAT");
});

Deno.test("damage within the pixels of a frame is found when that frame is read", async () => {
  const chunks = apngChunks([whole(RED), whole(GREEN)]).map(([name, data]) =>
    name === "fdAT" ? [name, data.slice().fill(0xff, 6)] as const : [name, data] as const
  );
  await assert.rejects(shown(pngOfChunks(chunks), 1), /found a PNG of 2×2 with broken or missing data/);
});
