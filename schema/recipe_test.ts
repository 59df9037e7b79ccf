import assert from "node:assert/strict";
import { encodePicture } from "../images/encode.ts";
import { ApiStage, TINY_PNG } from "./testing/api_stage.ts";
import { run, start } from "./testing/execute.ts";

const RECIPE = "query ($image: ImageInput!) { recipe(image: $image) }";

Deno.test("a painting says what it was made from, and painting that again gives the same file", async () => {
  await using stage = await ApiStage.open();
  const content = await stage.upload(TINY_PNG);
  const id = await start(stage, { content: { image: content }, size: 32, steps: 3, seed: 5, contentWeight: 0.3 });
  const { resultId } = await stage.finish(id);
  const { recipe } = await run(stage, RECIPE, { image: { image: resultId } });
  assert.deepEqual(recipe.missing, {});
  assert.match(recipe.weights, /^[0-9a-f]{64}$/);
  assert.deepEqual(recipe.request.content, { image: content });
  assert.deepEqual(recipe.request.styles, [{ image: { sample: "style" } }]);
  assert.deepEqual([recipe.request.seed, recipe.request.contentWeight], [5, 0.3]);
  const again = await run(
    stage,
    "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }",
    { input: recipe.request },
  );
  const second = await stage.finish(again.startTransfer.transfer.id);
  // The same bytes are kept once.
  assert.equal(second.resultId, resultId);
});

Deno.test("pictures that the reader of a recipe does not have are named by what is in them", async () => {
  await using stage = await ApiStage.open();
  const picture = { sha256: "0".repeat(64), width: 8, height: 6 };
  const recipe = JSON.stringify({
    weights: "w",
    request: { content: picture, styles: [{ image: picture, weight: 2 }] },
  });
  const file = await encodePicture({ width: 1, height: 1, rgb: new Uint8Array(3) }, { format: "PNG", recipe });
  assert.deepEqual((await run(stage, RECIPE, { image: { base64: file.toBase64() } })).recipe, {
    weights: "w",
    request: { content: null, styles: [{ image: null, weight: 2 }] },
    missing: { "content": picture, "styles.0.image": picture },
  });
});

Deno.test("a file without a recipe, or with something else in its place, has none", async () => {
  await using stage = await ApiStage.open();
  for (const recipe of [null, "1", "null", "{", "[]", '{"request":[]}', "{}"]) {
    const file = await encodePicture({ width: 1, height: 1, rgb: new Uint8Array(3) }, { format: "PNG", recipe });
    assert.equal((await run(stage, RECIPE, { image: { base64: file.toBase64() } })).recipe, null);
  }
});

Deno.test("a stranger's file has nothing fetched and nobody told", async () => {
  await using stage = await ApiStage.open();
  const url = "http://stranger.example/";
  const recipe = JSON.stringify({
    weights: "w",
    request: {
      content: { url },
      styles: [{ image: { sample: "style" }, mask: { base64: "AAAA" } }],
      preset: "FAST",
      seed: 5,
      webhook: { url, events: ["SUCCEEDED"] },
      idempotencyKey: "k",
      priority: 9,
    },
  });
  const file = await encodePicture({ width: 1, height: 1, rgb: new Uint8Array(3) }, { format: "PNG", recipe });
  assert.deepEqual((await run(stage, RECIPE, { image: { base64: file.toBase64() } })).recipe, {
    weights: "w",
    request: { content: null, styles: [{ image: { sample: "style" }, mask: null }], preset: "FAST", seed: 5 },
    missing: { "content": { url }, "styles.0.mask": { base64: "AAAA" } },
  });
});
