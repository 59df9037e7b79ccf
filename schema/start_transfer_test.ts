import assert from "node:assert/strict";
import { FakeServices } from "./testing/fake_services.ts";
import { TINY_PNG } from "./testing/fake_images.ts";
import { fail, run } from "./testing/execute.ts";

const START = `mutation ($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id status steps options { preset width height seed } } }
}`;
const ESTIMATE = `query ($input: StartTransferInput!) {
  estimate(input: $input) {
    seconds memoryBytes flopsPerStep steps fits scales { size steps seconds memoryBytes flopsPerStep }
  }
}`;
const PICTURES = { content: { sample: "content" }, styles: [{ image: { sample: "style" } }] };

Deno.test("startTransfer hands on what was given and nothing else", async () => {
  const services = new FakeServices();
  const base64 = TINY_PNG.toBase64();
  const data = await run(services, START, {
    input: {
      content: { sample: "content" },
      styles: [{ image: { sample: "style" }, weight: 2, mask: { base64 }, region: { base64 } }, {
        image: { sample: "content" },
      }],
      contentMask: { base64 },
      init: { kind: "IMAGE", image: { image: "im_style" }, noise: 0.1 },
      preset: "FAST",
      size: 64,
      steps: 10,
      seed: 7,
      priority: 3,
      idempotencyKey: "once",
    },
  });
  assert.deepEqual(data.startTransfer.transfer, {
    id: "tr_1",
    status: "QUEUED",
    steps: 10,
    options: { preset: "FAST", width: 64, height: 48, seed: 7 },
  });
  assert.deepEqual(services.transfers.requests, [{
    contentId: "im_content",
    styles: [{ imageId: "im_style", weight: 2, maskId: "im_kept1", regionId: "im_kept2" }, {
      imageId: "im_content",
      weight: 1,
      maskId: null,
      regionId: null,
    }],
    contentMaskId: "im_kept3",
    initImageId: "im_style",
    init: { kind: "IMAGE", noise: 0.1 },
    preset: "FAST",
    size: 64,
    steps: 10,
    seed: 7,
    priority: 3,
    idempotencyKey: "once",
  }]);
});

Deno.test("startTransfer takes BALANCED where no preset is named", async () => {
  const data = await run(new FakeServices(), START, { input: PICTURES });
  assert.equal(data.startTransfer.transfer.options.preset, "BALANCED");
});

Deno.test("estimate answers without starting anything", async () => {
  const services = new FakeServices();
  const { estimate } = await run(services, ESTIMATE, { input: PICTURES });
  const cost = { seconds: null, memoryBytes: 3e9, flopsPerStep: 1e12, steps: 100 };
  assert.deepEqual(estimate, { ...cost, fits: true, scales: [{ size: 668, ...cost }] });
  assert.equal((await run(services, "{ transfers { totalCount } }")).transfers.totalCount, 0);
});

const BASE64_MASK = { base64: "?" };
const WRONG: [field: string, input: object, code?: string][] = [
  ["content", { content: { sample: "x" } }, "NOT_FOUND"],
  ["styles", { styles: [] }],
  ["styles", { styles: Array(9).fill(PICTURES.styles[0]) }],
  ["styles", { styles: [{ image: { sample: "style" }, weight: 0 }] }],
  ["styles.1.image", { styles: [PICTURES.styles[0], { image: { sample: "x" } }] }, "NOT_FOUND"],
  ["styles.0.mask", { styles: [{ image: { sample: "style" }, mask: BASE64_MASK }] }],
  ["styles.0.region", { styles: [{ image: { sample: "style" }, region: BASE64_MASK }] }],
  ["styles.0.weight", { styles: [{ image: { sample: "style" }, weight: -1 }] }],
  ["contentMask", { contentMask: BASE64_MASK }],
  ["init.image", { init: { kind: "IMAGE" } }],
  ["init.image", { init: { kind: "IMAGE", image: BASE64_MASK } }],
  ["init.kind", { init: { kind: "NOISE", image: { sample: "style" } } }],
  ["init.noise", { init: { kind: "CONTENT", noise: 2 } }],
  ["size", { size: 31 }],
  ["size", { size: 4097 }],
  ["steps", { steps: 0 }],
  ["steps", { steps: 5, scales: [{ size: 64, steps: 5 }] }],
  ["scales.1.size", { scales: [{ size: 64, steps: 5 }, { size: 64, steps: 5 }] }],
  ["styleLayers.0.layer", { styleLayers: [{ layer: "conv9_9" }] }],
  ["optimizer.learningRate", { optimizer: { kind: "ADAM", learningRate: 0 } }],
  ["whitening", { whitening: 1 }],
  ["averaging", { averaging: 1 }],
  ["frameEvery", { frameEvery: 0 }],
  ["priority", { priority: 101 }],
  ["idempotencyKey", { idempotencyKey: "" }],
  ["idempotencyKey", { idempotencyKey: "k".repeat(256) }],
];
for (const [field, input, code = "BAD_USER_INPUT"] of WRONG) {
  Deno.test(`startTransfer refuses ${JSON.stringify(input).slice(0, 60)} at ${field}`, async () => {
    const services = new FakeServices();
    for (const operation of [START, ESTIMATE]) {
      const error = await fail(services, operation, { input: { ...PICTURES, ...input } });
      assert.deepEqual([error.code, error.field], [code, field]);
      assert.match(error.message, /^Cannot [^\n]+[^.\n]$/);
    }
    assert.deepEqual(services.transfers.requests, []);
  });
}

Deno.test("startTransfer keeps no picture of a request whose options are wrong", async () => {
  const services = new FakeServices();
  await fail(services, START, { input: { ...PICTURES, content: { base64: TINY_PNG.toBase64() }, size: 1 } });
  assert.equal(services.transfers.images.kept.length, 0);
});
