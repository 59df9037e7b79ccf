import assert from "node:assert/strict";
import { graphql } from "graphql";
import { LOCAL_CALLER } from "../transfers/caller.ts";
import { contextOf } from "./context.ts";
import { schema } from "./index.ts";
import { ApiStage } from "./testing/api_stage.ts";
import { fail, PICTURES, run, start } from "./testing/execute.ts";

const ENLARGE = `mutation ($id: ID!, $fit: SizeInput! = { scale: 2 }, $steps: Int, $key: String) {
  enlargeTransfer(id: $id, input: $fit, steps: $steps, idempotencyKey: $key) {
    webhookSecret
    transfer { id status steps options { width height seed } enlargedFrom { id status result { id } } request }
  }
}`;

/** A finished painting of 64×48, in four steps. */
async function painted(stage: ApiStage): Promise<string> {
  return (await stage.finish(await start(stage, { size: 64, steps: 4, seed: 7 }))).id;
}

Deno.test("enlargeTransfer starts a transfer at twice the size that tells what it came from, as long as that is there", async () => {
  await using stage = await ApiStage.open();
  const id = await painted(stage);
  const { enlargedFrom, request, id: larger, ...transfer } = (await run(
    stage,
    `mutation ($id: ID!) { enlargeTransfer(id: $id) { transfer {
      id status steps options { width height seed } enlargedFrom { id status result { id } } request
    } } }`,
    { id },
  )).enlargeTransfer.transfer;
  assert.deepEqual(transfer, { status: "QUEUED", steps: 4, options: { width: 128, height: 96, seed: 7 } });
  assert.deepEqual([enlargedFrom.id, enlargedFrom.status], [id, "SUCCEEDED"]);
  // What it is asked for again without the one that it came from.
  assert.deepEqual(request.init, { kind: "IMAGE", image: { image: enlargedFrom.result.id } });
  assert.deepEqual(request.content, PICTURES.content);
  await stage.own.remove(id);
  const left = await run(stage, `query ($id: ID!) { transfer(id: $id) { enlargedFrom { id } } }`, { id: larger });
  assert.deepEqual(left, { transfer: { enlargedFrom: null } });
});

Deno.test("enlargeTransfer takes a size, steps and a key", async () => {
  await using stage = await ApiStage.open();
  const id = await painted(stage);
  const ask = async () =>
    (await run(stage, ENLARGE, { id, fit: { shortest: 192 }, steps: 3, key: "once" })).enlargeTransfer.transfer;
  const first = await ask();
  assert.deepEqual([first.options.width, first.options.height, first.steps], [256, 192, 6]);
  assert.equal((await ask()).id, first.id);
});

const WRONG: [field: string, variables: object, code?: string][] = [
  ["id", { id: "none" }, "NOT_FOUND"],
  ["input.scale", { fit: { scale: 1 } }],
  ["input.longest", { fit: { longest: 8192 } }],
  ["input.original", { fit: { original: true } }],
  ["steps", { steps: 0 }],
  ["idempotencyKey", { key: "" }],
];
for (const [field, variables, code = "BAD_USER_INPUT"] of WRONG) {
  Deno.test(`enlargeTransfer of ${JSON.stringify(variables)} is refused at ${field}`, async () => {
    await using stage = await ApiStage.open();
    const id = await painted(stage);
    const error = await fail(stage, ENLARGE, { id, ...variables });
    assert.deepEqual([error.code, error.field], [code, field]);
    assert.equal(await stage.started(), 1);
  });
}

Deno.test("who follows a larger painting by its link is not told what it came from", async () => {
  await using stage = await ApiStage.open();
  const { transfer } = (await run(stage, ENLARGE, { id: await painted(stage) })).enlargeTransfer;
  const caller = { ...LOCAL_CALLER, role: "VIEWER", follows: transfer.id } as const;
  const session = { caller, identity: { caller, expiresAt: null, origin: null }, ended: new AbortController().signal };
  const contextValue = contextOf(stage, session);
  const source = "query ($id: ID!) { transfer(id: $id) { steps enlargedFrom { id } } }";
  const { data } = await graphql({ schema, source, variableValues: { id: transfer.id }, contextValue });
  assert.deepEqual({ ...data!["transfer"] as object }, { steps: 4, enlargedFrom: null });
});
