import assert from "node:assert/strict";
import { isInterfaceType } from "graphql";
import { schema } from "./index.ts";
import { ApiStage, TINY_PNG } from "./testing/api_stage.ts";
import { PICTURES, run, start } from "./testing/execute.ts";

Deno.test("node gives every object that has an id, and no two have the same", async () => {
  await using stage = await ApiStage.open();
  const upload = { __typename: "Image", id: await stage.upload(TINY_PNG) };
  const webhook = { url: "https://receiver.example/hook", events: ["SUCCEEDED"] };
  const ended = await stage.finish(await start(stage, { size: 64, steps: 3, webhook }));
  const result = { __typename: "Image", id: ended.resultId! };
  await start(stage, { size: 64, steps: 3 });
  const data = await run(
    stage,
    `{ transfers { edges { node { __typename id } } } presets { __typename id } samples { __typename id image { __typename id } } }`,
  );
  const { startBatch: { batch } } = await run(
    stage,
    `mutation ($contents: [ImageInput!]!, $styles: [[StyleInput!]!]!) {
      startBatch(input: { contents: $contents, styles: $styles }) { batch { __typename id } }
    }`,
    { contents: [PICTURES.content], styles: [PICTURES.styles] },
  );
  const { transfer: { webhook: { deliveries, ...told } } } = await run(
    stage,
    `query ($id: ID!) { transfer(id: $id) { webhook { __typename id deliveries { edges { node { __typename id } } } } } }`,
    { id: ended.id },
  );
  const transfers = data.transfers.edges.map(({ node }: { node: unknown }) => node);
  const images = data.samples.map(({ image }: { image: unknown }) => image);
  const samples = data.samples.map(({ __typename, id }: Record<string, string>) => ({ __typename, id }));
  const all = [
    ...transfers,
    ...data.presets,
    ...samples,
    ...images,
    upload,
    result,
    batch,
    told,
    deliveries.edges[0].node,
  ];
  const node = schema.getType("Node");
  assert.ok(isInterfaceType(node));
  assert.deepEqual(
    schema.getPossibleTypes(node).map(({ name }) => name).sort(),
    [...new Set(all.map(({ __typename }) => __typename))].sort(),
    "a type of objects with ids that this test does not know",
  );
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const wanted of all) {
    const found = await run(stage, `{ node(id: ${JSON.stringify(wanted.id)}) { __typename id } }`);
    assert.deepEqual(found.node, wanted);
  }
});

Deno.test("node gives null for an id that is nobody's", async () => {
  await using stage = await ApiStage.open();
  for (const id of ["", "tr_9", crypto.randomUUID(), "sample-other", "Preset:OTHER", "Sample:", "__proto__"]) {
    assert.deepEqual(await run(stage, `{ node(id: ${JSON.stringify(id)}) { id } }`), { node: null });
  }
});
