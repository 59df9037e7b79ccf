import assert from "node:assert/strict";
import { resolveOptions } from "../engine/options/resolve.ts";
import { png } from "../transfers/testing/service_stage.ts";
import { ApiStage, TINY_PNG } from "./testing/api_stage.ts";
import { fail, PICTURES, run } from "./testing/execute.ts";

const START = `mutation ($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id status steps options { preset width height seed } } }
}`;
const ESTIMATE = `query ($input: StartTransferInput!) {
  estimate(input: $input) {
    seconds memoryBytes flopsPerStep steps fits scales { size steps seconds memoryBytes flopsPerStep }
  }
}`;

Deno.test("startTransfer starts what was asked for and nothing else", async () => {
  await using stage = await ApiStage.open();
  const [mask, region, contentMask] = await Promise.all([1, 2, 3].map((shade) => png(shade)));
  const data = await run(stage, START, {
    input: {
      content: { sample: "content" },
      styles: [{
        image: { sample: "style" },
        weight: 2,
        scale: 0.5,
        mask: { base64: mask!.toBase64() },
        region: { base64: region!.toBase64() },
      }, {
        image: { sample: "content" },
      }],
      contentMask: { base64: contentMask!.toBase64() },
      init: { kind: "IMAGE", image: { image: "sample-style" }, noise: 0.1 },
      preset: "FAST",
      size: 64,
      steps: 10,
      seed: 7,
      priority: 3,
      idempotencyKey: "once",
    },
  });
  const { id, ...transfer } = data.startTransfer.transfer;
  assert.deepEqual(transfer, {
    status: "QUEUED",
    steps: 10,
    options: { preset: "FAST", width: 64, height: 48, seed: 7 },
  });
  const { options, contentId, styles, contentMaskId, initImageId, priority, idempotencyKey } = await stage.record(id);
  const { maskId, regionId, ...first } = styles[0]!;
  assert.deepEqual(first, { imageId: "sample-style", weight: 2, scale: 0.5 });
  assert.deepEqual(styles.slice(1), [{ imageId: "sample-content", weight: 1, maskId: null, regionId: null }]);
  const { images } = stage.ports;
  for (const [id, bytes] of [[maskId, mask], [regionId, region], [contentMaskId, contentMask]] as const) {
    assert.deepEqual(await images.read((await images.get(id!))!), bytes);
  }
  assert.deepEqual([contentId, initImageId, priority, idempotencyKey], ["sample-content", "sample-style", 3, "once"]);
  const request = { preset: "FAST", size: 64, steps: 10, init: { kind: "IMAGE", noise: 0.1 } } as const;
  assert.deepEqual(options, resolveOptions(request, { width: 64, height: 48 }, 7));
});

Deno.test("a style has the scale 1 where none is given, and the same idempotencyKey stands for both", async () => {
  await using stage = await ApiStage.open();
  const start =
    `mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id styles { scale } request } } }`;
  const ids = new Set<string>();
  for (const scale of [{}, { scale: null }, { scale: 1 }]) {
    const styles = [{ image: { sample: "style" }, ...scale }, { image: { sample: "content" }, scale: 2 }];
    const input = { ...PICTURES, styles, idempotencyKey: "once" };
    const { transfer } = (await run(stage, start, { input })).startTransfer;
    ids.add(transfer.id);
    assert.deepEqual(transfer.styles, [{ scale: 1 }, { scale: 2 }]);
    assert.deepEqual(
      transfer.request.styles,
      [styles[0]!, styles[1]!].map(({ image }, i) => ({ image, ...(i ? { scale: 2 } : {}) })),
    );
  }
  assert.equal(ids.size, 1);
});

Deno.test("startTransfer takes BALANCED where no preset is named", async () => {
  await using stage = await ApiStage.open();
  const data = await run(stage, START, { input: PICTURES });
  assert.equal(data.startTransfer.transfer.options.preset, "BALANCED");
});

Deno.test("estimate answers without starting anything", async () => {
  await using stage = await ApiStage.open();
  const scales = [{ size: 32, steps: 2 }, { size: 64, steps: 3 }];
  const { estimate } = await run(stage, ESTIMATE, { input: { ...PICTURES, scales } });
  // The stage's cost model: an operation and 16 bytes for each pixel. Nothing has run yet that would tell seconds.
  const cost = (width: number, height: number) => ({
    seconds: null,
    memoryBytes: 16 * width * height,
    flopsPerStep: width * height,
  });
  assert.deepEqual(estimate, {
    ...cost(64, 48),
    steps: 5,
    fits: true,
    scales: [{ ...scales[0], ...cost(32, 24) }, { ...scales[1], ...cost(64, 48) }],
  });
  assert.equal(await stage.started(), 0);
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
  ["styles.0.scale", { styles: [{ image: { sample: "style" }, scale: 0.2 }] }],
  ["styles.1.scale", { styles: [PICTURES.styles[0], { image: { sample: "style" }, scale: 5 }] }],
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
    await using stage = await ApiStage.open();
    for (const operation of [START, ESTIMATE]) {
      const error = await fail(stage, operation, { input: { ...PICTURES, ...input } });
      assert.deepEqual([error.code, error.field], [code, field]);
      assert.match(error.message, /^Cannot [^\n]+[^.\n]$/);
    }
    assert.equal(await stage.started(), 0);
  });
}

Deno.test("startTransfer takes in no picture of a request whose options are wrong", async () => {
  await using stage = await ApiStage.open();
  stage.ports.images.put = () => Promise.reject(new Error("must not be kept"));
  for (const content of [{ base64: TINY_PNG.toBase64() }, { url: "https://example.org/a.png" }]) {
    assert.equal((await fail(stage, START, { input: { ...PICTURES, content, size: 1 } })).field, "size");
  }
  assert.deepEqual(stage.fetched, []);
});
