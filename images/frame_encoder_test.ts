import assert from "node:assert/strict";
import fc from "fast-check";
import type { Picture } from "../engine/picture.ts";
import { type EncodeOptions, encodePicture } from "./encode.ts";
import { FrameEncoder } from "./frame_encoder.ts";

const PICTURE: Picture = { width: 8, height: 6, rgb: Uint8Array.from({ length: 144 }, (_, i) => i) };

/** Counts what is encoded and gives `length` bytes for everything. */
function countingEncode(length = 10) {
  const calls: EncodeOptions[] = [];
  const encode = (_: Picture, options: EncodeOptions) => {
    calls.push(options);
    return Promise.resolve(new Uint8Array(length).fill(calls.length));
  };
  return { calls, encode };
}

Deno.test("FrameEncoder.encode() gives what encodePicture() gives", async () => {
  const options = { format: "JPEG", quality: 70, maxSize: 5 } as const;
  assert.deepEqual(
    await new FrameEncoder().encode("t/1", options, () => PICTURE),
    await encodePicture(PICTURE, options),
  );
});

Deno.test("FrameEncoder.encode() works once for callers at the same time and for later ones", async () => {
  const { calls, encode } = countingEncode();
  const encoder = new FrameEncoder({ encode });
  const { promise, resolve } = Promise.withResolvers<Picture>();
  let sources = 0;
  const source = () => {
    sources++;
    return promise;
  };
  const early = [1, 2, 3].map(() => encoder.encode("t/1", { format: "JPEG" }, source));
  resolve(PICTURE);
  const results = [...await Promise.all(early), await encoder.encode("t/1", { format: "JPEG", quality: 85 }, source)];
  assert.equal(sources, 1);
  assert.equal(calls.length, 1);
  for (const bytes of results) assert.equal(bytes, results[0]);
});

Deno.test("FrameEncoder.encode() tells keys, formats, sizes and qualities apart, but no qualities of PNG", async () => {
  const { calls, encode } = countingEncode();
  const encoder = new FrameEncoder({ encode });
  const asked: [string, EncodeOptions][] = [
    ["t/1", { format: "JPEG", quality: 80 }],
    ["t/1", { format: "JPEG", quality: 81 }],
    ["t/1", { format: "JPEG", quality: 80, maxSize: 4 }],
    ["t/2", { format: "JPEG", quality: 80 }],
    ["t/1", { format: "PNG", quality: 80 }],
  ];
  for (const [key, options] of asked) await encoder.encode(key, options, () => PICTURE);
  assert.equal(calls.length, 5);
  await encoder.encode("t/1", { format: "PNG", quality: 3 }, () => PICTURE);
  assert.equal(calls.length, 5);
});

Deno.test("FrameEncoder.encode() forgets the longest unused first", async () => {
  const { calls, encode } = countingEncode(10);
  const encoder = new FrameEncoder({ encode, maxBytes: 30 });
  const ask = (key: string) => encoder.encode(key, { format: "PNG" }, () => PICTURE);
  for (const key of ["a", "b", "c", "a", "d"]) await ask(key);
  assert.equal(calls.length, 4);
  for (const key of ["a", "c", "d"]) await ask(key);
  assert.equal(calls.length, 4, "a, c and d are kept");
  await ask("b");
  assert.equal(calls.length, 5, "b was forgotten");
});

Deno.test("FrameEncoder.encode() never keeps more bytes than allowed", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ key: fc.nat(9), length: fc.nat(60) }), { maxLength: 40 }),
    async (asked) => {
      let length = 0;
      const encoder = new FrameEncoder({ maxBytes: 100, encode: () => Promise.resolve(new Uint8Array(length)) });
      for (const { key, length: next } of asked) {
        length = next * 2;
        await encoder.encode(String(key), { format: "PNG" }, () => PICTURE);
        assert.ok(encoder.bytes <= 100, String(encoder.bytes));
      }
    },
  ));
});

Deno.test("FrameEncoder.encode() does not keep failures", async () => {
  const encoder = new FrameEncoder();
  const fail = () => Promise.reject(new Error("the frame is gone"));
  await Promise.all([1, 2].map(() => assert.rejects(encoder.encode("t/1", { format: "PNG" }, fail), /frame is gone/)));
  assert.ok((await encoder.encode("t/1", { format: "PNG" }, () => PICTURE)).length > 0);
});
