import assert from "node:assert/strict";
import fc from "fast-check";
import type { TransferRequest } from "../engine/options/options.ts";
import { anyRequest } from "../engine/testing/requests.ts";
import { png } from "../transfers/testing/service_stage.ts";
import { ApiStage } from "./testing/api_stage.ts";
import { run } from "./testing/execute.ts";

const START = `mutation ($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id request complete: request(complete: true) } }
}`;

const UPLOADS = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await png(255 - i, 64, 48)).toBase64()));

/** A sample, an image by its id, or an upload: each time another. */
const picture = fc.oneof(
  fc.constantFrom({ sample: "content" }, { sample: "style" }, { image: "sample-style" }),
  fc.constantFrom(...UPLOADS).map((base64) => ({ base64 })),
);

const anyInput = fc.record({
  // The sizes of the pictures below.
  options: anyRequest({ width: 64, height: 48 }, { width: 32, height: 32 }),
  content: picture,
  styles: fc.array(
    fc.record({
      image: picture,
      weight: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      scale: fc.double({ min: 0.25, max: 4, noNaN: true }),
      mask: picture,
      region: picture,
    }, {
      requiredKeys: ["image"],
    }),
    { minLength: 1, maxLength: 8 },
  ),
  contentMask: fc.option(picture),
  start: picture,
}).map(({ options, start, ...pictures }) => ({ ...pictures, ...options, ...init(options, start) }));

function init({ init }: TransferRequest, image: object): object {
  return init?.kind === "IMAGE" ? { init: { ...init, image } } : {};
}

Deno.test("what a transfer says was asked for starts the same transfer: options, schedule, pictures, masks, start picture", async () => {
  await fc.assert(
    fc.asyncProperty(anyInput, async (input) => {
      await using stage = await ApiStage.open();
      // Nothing has to begin, and pictures may be large.
      stage.engine.starting = new Promise(() => {});
      const first = (await run(stage, START, { input })).startTransfer.transfer;
      const started = async (id: string) => {
        const { options, contentId, styles, contentMaskId, initImageId } = await stage.record(id);
        return { options, contentId, styles, contentMaskId, initImageId };
      };
      for (const request of [first.request, first.complete]) {
        const again = (await run(stage, START, { input: request })).startTransfer.transfer;
        assert.deepEqual(await started(again.id), await started(first.id));
        assert.deepEqual(again.request, first.request);
      }
    }),
    { seed: 3, numRuns: 100 },
  );
});

Deno.test("the shortest request names samples, and nothing that the preset has", async () => {
  const input = { content: { sample: "content" }, styles: [{ image: { sample: "style" } }], preset: "FAST" };
  await using stage = await ApiStage.open();
  const { transfer } = (await run(stage, START, { input })).startTransfer;
  assert.deepEqual(transfer.request, { ...input, seed: (await stage.record(transfer.id)).options.seed });
});
