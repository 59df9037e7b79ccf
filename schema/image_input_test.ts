import assert from "node:assert/strict";
import { png } from "../transfers/testing/service_stage.ts";
import type { Context } from "./context.ts";
import { type ImageInputValue, resolveImage } from "./image_input.ts";
import { ApiStage, TINY_PNG, WHOLE_NETWORK } from "./testing/api_stage.ts";
import { fail, PICTURES, run } from "./testing/execute.ts";

const UPLOAD = `mutation ($image: ImageInput!) {
  uploadImage(image: $image) { image { id width height mimeType byteLength url base64 } }
}`;

async function upload(stage: ApiStage, image: unknown) {
  return (await run(stage, UPLOAD, { image })).uploadImage.image;
}

Deno.test("ImageInput takes an uploaded file, base64, a data URL, an address, a sample and an image", async () => {
  await using stage = await ApiStage.open();
  const pictures = await Promise.all([1, 2, 3].map((shade) => png(shade, 64, 48)));
  const base64 = pictures.map((bytes) => bytes.toBase64());
  const ways: [image: object, bytes: Uint8Array, width: number, height: number][] = [
    [{ upload: new File([pictures[0]!], "a.png") }, pictures[0]!, 64, 48],
    [{ base64: base64[1] }, pictures[1]!, 64, 48],
    [{ base64: `data:image/png;base64,${base64[2]}` }, pictures[2]!, 64, 48],
    [{ url: "https://example.org/a.png" }, TINY_PNG, 1, 1],
  ];
  const ids = new Set<string>();
  for (const [image, bytes, width, height] of ways) {
    const { id, ...kept } = await upload(stage, image);
    assert.deepEqual(kept, {
      width,
      height,
      mimeType: "image/png",
      byteLength: bytes.byteLength,
      url: `/images/${id}`,
      base64: bytes.toBase64(),
    });
    assert.ok(await stage.own.images.get(id));
    ids.add(id);
  }
  assert.equal(ids.size, ways.length);
  assert.deepEqual(stage.fetched, [{ url: "https://example.org/a.png", maxBytes: 4096, timeoutMs: 15_000 }]);
  const kept = await stage.ports.images.all();
  assert.deepEqual(kept.map(({ id, uploadedAt }) => [id, uploadedAt !== null]), [...ids].map((id) => [id, true]));
  assert.equal((await upload(stage, { sample: "style" })).id, "sample-style");
  assert.equal((await upload(stage, { image: kept[0]!.id })).id, kept[0]!.id);
});

Deno.test("what an operation has taken in is held no longer than it runs, and goes when its time has come", async () => {
  await using stage = await ApiStage.open({ settings: WHOLE_NETWORK });
  const image = { base64: TINY_PNG.toBase64() };
  const input = { ...PICTURES, content: image, contentMask: image };
  await run(stage, UPLOAD, { image });
  await run(stage, "query ($image: ImageInput!) { classify(image: $image) { index } }", { image });
  await run(stage, "query ($input: StartTransferInput!) { estimate(input: $input) { steps } }", { input });
  await fail(stage, UPLOAD, { image: { base64: "iVBORw0KGgo=" } });
  assert.equal((await stage.ports.images.all()).length, 1);
  stage.clock.advance(31 * 24 * 3600 * 1000);
  await stage.transfers.sweep();
  assert.deepEqual(await stage.ports.images.all(), []);
});

const WRONG: [name: string, image: unknown, code: string, message: RegExp][] = [
  [
    "bytes that are no picture",
    { upload: new Blob(["text"]) },
    "IMAGE_UNREADABLE",
    /^Cannot read image: found an unknown format/,
  ],
  ["too large a file", { upload: new Blob([new Uint8Array(4097)]) }, "IMAGE_TOO_LARGE", /4097 bytes.* at most 4096$/],
  ["base64 that is none", { base64: "?" }, "BAD_USER_INPUT", /^Cannot decode base64/],
  ["too much base64", { base64: "A".repeat(6000) }, "IMAGE_TOO_LARGE", /4500 bytes.* at most 4096$/],
  [
    "an unknown sample",
    { sample: "x".repeat(200) },
    "NOT_FOUND",
    /^Cannot find sample "x{77}\.\.\.": .*content, style$/,
  ],
  ["an unknown image", { image: "im_x" }, "NOT_FOUND", /^Cannot find image "im_x": wanted the id of an image$/],
  [
    "an address without end",
    { url: `https://a/${"x".repeat(5000)}` },
    "BAD_USER_INPUT",
    /5010 characters.* 4096 characters$/,
  ],
];
for (const [name, image, code, message] of WRONG) {
  Deno.test(`ImageInput refuses ${name}, and says where it stood`, async () => {
    await using stage = await ApiStage.open();
    const error = await fail(stage, UPLOAD, { image });
    assert.deepEqual([error.code, error.field], [code, "image"]);
    assert.match(error.message, message);
  });
}

Deno.test("ImageInput takes exactly one way, and a File only from a multipart request", async () => {
  await using stage = await ApiStage.open();
  for (const image of [{}, { sample: "style", base64: "AAAA" }, { sample: null }, { upload: "text" }]) {
    await assert.rejects(run(stage, UPLOAD, { image }), { name: "GraphQLError", message: /\$image/ });
  }
  assert.deepEqual(await stage.ports.images.all(), []);
});

Deno.test("files on their way in wait where those before them hold as much memory as they may", async () => {
  const entered: number[] = [];
  const gate = Promise.withResolvers<void>();
  await using stage = await ApiStage.open({ config: { maxImageBytes: 2 ** 30 } });
  const context = stage as unknown as Context;
  // Large ones, said to be so.
  const uploads = [0, 1, 2].map((i) => ({
    size: 100 * 2 ** 20,
    bytes: async () => {
      entered.push(i);
      await gate.promise;
      return TINY_PNG.slice();
    },
  }));
  await using intake = stage.own.images.intake();
  const taken = uploads.map((upload) =>
    resolveImage(context, intake, { upload } as unknown as ImageInputValue, "image")
  );
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(entered, [0]);
  gate.resolve();
  await Promise.all(taken);
  assert.deepEqual(entered, [0, 1, 2]);
});
