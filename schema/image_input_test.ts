import assert from "node:assert/strict";
import type { ImageIntake } from "../transfers/api.ts";
import type { Context } from "./context.ts";
import { type ImageInputValue, resolveImage } from "./image_input.ts";
import { FakeServices } from "./testing/fake_services.ts";
import { TINY_PNG } from "./testing/fake_images.ts";
import { fail, run } from "./testing/execute.ts";

const UPLOAD = `mutation ($image: ImageInput!) {
  uploadImage(image: $image) { image { id width height mimeType byteLength url base64 } }
}`;

async function upload(services: FakeServices, image: unknown) {
  return (await run(services, UPLOAD, { image })).uploadImage.image;
}

Deno.test("ImageInput takes an uploaded file, base64, a data URL, an address, a sample and an image", async () => {
  const services = new FakeServices();
  const base64 = TINY_PNG.toBase64();
  const ways = [
    { upload: new File([TINY_PNG], "a.png") },
    { base64 },
    { base64: `data:image/png;base64,${base64}` },
    { url: "https://example.org/a.png" },
  ];
  for (const [i, image] of ways.entries()) {
    const kept = await upload(services, image);
    assert.deepEqual(kept, {
      id: `im_kept${i + 1}`,
      width: 64,
      height: 48,
      mimeType: "image/png",
      byteLength: TINY_PNG.byteLength,
      url: `/images/im_kept${i + 1}`,
      base64,
    });
    assert.deepEqual(services.transfers.images.kept[i], TINY_PNG);
  }
  assert.deepEqual(services.fetched, [{ url: "https://example.org/a.png", maxBytes: 4096, timeoutMs: 15_000 }]);
  assert.deepEqual(services.transfers.images.uploaded, ["im_kept1", "im_kept2", "im_kept3", "im_kept4"]);
  assert.equal((await upload(services, { sample: "style" })).id, "im_style");
  assert.equal((await upload(services, { image: "im_kept1" })).id, "im_kept1");
});

const WRONG: [name: string, image: unknown, code: string, message: RegExp][] = [
  ["bytes that are no picture", { upload: new Blob(["text"]) }, "IMAGE_UNREADABLE", /^Cannot read image: found text/],
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
    const error = await fail(new FakeServices(), UPLOAD, { image });
    assert.deepEqual([error.code, error.field], [code, "image"]);
    assert.match(error.message, message);
  });
}

Deno.test("ImageInput takes exactly one way, and a File only from a multipart request", async () => {
  const services = new FakeServices();
  for (const image of [{}, { sample: "style", base64: "AAAA" }, { sample: null }, { upload: "text" }]) {
    await assert.rejects(run(services, UPLOAD, { image }), { name: "GraphQLError", message: /\$image/ });
  }
  assert.equal(services.transfers.images.kept.length, 0);
});

Deno.test("files on their way in wait where those before them hold as much memory as they may", async () => {
  const entered: number[] = [];
  const gate = Promise.withResolvers<void>();
  const services = new FakeServices();
  const context = { ...services, config: { ...services.config, maxImageBytes: 2 ** 30 } } as unknown as Context;
  // Large ones, said to be so.
  const uploads = [0, 1, 2].map((i) => ({
    size: 100 * 2 ** 20,
    arrayBuffer: async () => {
      entered.push(i);
      await gate.promise;
      return TINY_PNG.slice().buffer;
    },
  }));
  const intake = {
    keep: () => Promise.resolve(services.transfers.images.record("im_style")),
  } as unknown as ImageIntake;
  const taken = uploads.map((upload) =>
    resolveImage(context, intake, { upload } as unknown as ImageInputValue, "image")
  );
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(entered, [0]);
  gate.resolve();
  await Promise.all(taken);
  assert.deepEqual(entered, [0, 1, 2]);
});
