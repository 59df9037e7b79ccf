import assert from "node:assert/strict";
import { testWhere } from "../tests/testing/test_where.ts";
import { encodePicture } from "./encode.ts";
import { type Footage, writeFilm } from "./film.ts";
import { factsOf, FFMPEG, NO_FFMPEG, pixelsOf, plain } from "./testing/films.ts";

const COLOURS = [[200, 30, 30], [30, 190, 40], [40, 50, 210]] as const;
/** How far a colour may come back from 4:2:0 and back. */
const TOLERANCE = 4;

async function filmOf(footage: Footage): Promise<Uint8Array<ArrayBuffer>> {
  const path = await Deno.makeTempFile();
  try {
    await writeFilm(FFMPEG, footage, path, new AbortController().signal);
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(path);
  }
}

function assertNear(found: ArrayLike<number>, wanted: readonly number[], what: string): void {
  const off = wanted.map((value, i) => Math.abs(value - found[i]!));
  assert.ok(Math.max(...off) <= TOLERANCE, `${what}: ${[...Array.from(found)].slice(0, 3)}, wanted ${wanted}`);
}

testWhere(
  NO_FFMPEG,
  "a film of odd sides gets a pixel more, has its frames' colours, and plays while it loads",
  async () => {
    const [width, height] = [33, 31];
    const frames = await Promise.all(COLOURS.map((colour) => plain(colour, width, height)));
    const film = await filmOf({ frames, size: { width, height }, delays: [120, 40, 300] });
    const { shown, ...facts } = await factsOf(film);
    assert.deepEqual(facts, { codec: "h264", pixels: "yuv420p", width: 34, height: 32, duration: 0.46 });
    assert.deepEqual(shown, [[0, 120], [120, 40], [160, 300]]);
    const pixels = await pixelsOf(film);
    assert.equal(pixels.byteLength, 3 * 3 * 34 * 32);
    for (const [i, colour] of COLOURS.entries()) {
      const frame = pixels.subarray(3 * 34 * 32 * i);
      assertNear(frame.subarray(0, 3), colour, `frame ${i}`);
      assertNear(frame.subarray(3 * 34 * 32 - 3), colour, `the last pixel of frame ${i}`);
    }
    const text = new TextDecoder("latin1").decode(film);
    assert.ok(text.indexOf("moov") < text.indexOf("mdat"));
  },
);

testWhere(
  NO_FFMPEG,
  "300 frames, each shown for a time of its own, are shown for that to the millisecond",
  async () => {
    const delays = Array.from({ length: 300 }, (_, i) => 11 + (i * 37) % 90);
    const colours = await Promise.all(COLOURS.map((colour) => plain(colour, 16, 16)));
    const frames = delays.map((_, i) => colours[i % 3]!);
    const { shown } = await factsOf(await filmOf({ frames, size: { width: 16, height: 16 }, delays }));
    let at = 0;
    assert.deepEqual(shown, delays.map((delay) => [(at += delay) - delay, delay]));
  },
);

testWhere(NO_FFMPEG, "the same frames give the same film, what is transparent in them lies over white", async () => {
  const [width, height] = [16, 16];
  const rgb = new Uint8Array(3 * width * height).fill(10);
  const clear = await encodePicture({ width, height, rgb, alpha: new Uint8Array(width * height) }, { format: "PNG" });
  const footage = {
    frames: [clear, await plain(COLOURS[0], width, height)],
    size: { width, height },
    delays: [50, 50],
  };
  const film = await filmOf(footage);
  assertNear((await pixelsOf(film)).subarray(0, 3), [255, 255, 255], "white");
  assert.equal((await filmOf(footage)).toBase64(), film.toBase64());
});
