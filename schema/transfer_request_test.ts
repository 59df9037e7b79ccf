import assert from "node:assert/strict";
import fc from "fast-check";
import type { TransferRequest } from "../engine/options/options.ts";
import { anyRequest } from "../engine/testing/requests.ts";
import { run } from "./testing/execute.ts";
import { TINY_PNG } from "./testing/fake_images.ts";
import { FakeServices } from "./testing/fake_services.ts";

const START = `mutation ($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id request complete: request(complete: true) } }
}`;

/** A sample, an image by its id, or an upload: each time another. */
const picture = fc.oneof(
  fc.constantFrom({ sample: "content" }, { sample: "style" }, { image: "im_style" }),
  fc.nat(200).map((n) => ({ base64: new Uint8Array([...TINY_PNG, n]).toBase64() })),
);

const anyInput = fc.record({
  // The sizes of the pictures below.
  options: anyRequest({ width: 64, height: 48 }, { width: 32, height: 32 }),
  content: picture,
  styles: fc.array(
    fc.record({
      image: picture,
      weight: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
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
      const services = new FakeServices();
      const first = (await run(services, START, { input })).startTransfer.transfer;
      const started = async (id: string) => {
        const record = (await services.transfers.get("local", id))!;
        const { options, contentId, styles, contentMaskId, initImageId } = record;
        return { options, contentId, styles, contentMaskId, initImageId };
      };
      for (const request of [first.request, first.complete]) {
        const again = (await run(services, START, { input: request })).startTransfer.transfer;
        assert.deepEqual(await started(again.id), await started(first.id));
        assert.deepEqual(again.request, first.request);
      }
    }),
    { seed: 3, numRuns: 100 },
  );
});

Deno.test("the shortest request names samples, and nothing that the preset has", async () => {
  const input = { content: { sample: "content" }, styles: [{ image: { sample: "style" } }], preset: "FAST" };
  const { transfer } = (await run(new FakeServices(), START, { input })).startTransfer;
  assert.deepEqual(transfer.request, { ...input, seed: 1 });
});
