import assert from "node:assert/strict";
import { complexityFromQuery } from "@pothos/plugin-complexity";
import { OPERATION_LIMITS } from "../server/limits.ts";
import { png } from "../transfers/testing/service_stage.ts";
import { schema } from "./index.ts";
import { ApiStage } from "./testing/api_stage.ts";
import { fail, follow, PICTURES, run } from "./testing/execute.ts";

const START = `mutation ($input: StartBatchInput!) { startBatch(input: $input) { batch { id status done count } } }`;
const BASE = { size: 32, steps: 2, frameEvery: 1 };

/** Two contents, two groups of styles and no variation, with what a test wants otherwise. */
function input(changes: object = {}) {
  return {
    contents: [{ sample: "content" }, { sample: "style" }],
    styles: [[{ image: { sample: "style" } }], [{ image: { sample: "content" }, weight: 2 }]],
    base: BASE,
    ...changes,
  };
}

async function start(stage: ApiStage, changes: object = {}): Promise<string> {
  return (await run(stage, START, { input: input(changes) })).startBatch.batch.id;
}

Deno.test("a batch is a grid that can be laid out, whatever has been deleted of it", async () => {
  await using stage = await ApiStage.open();
  const id = await start(stage, { variations: [{ name: "soft", tvWeight: 3 }, { preset: "FAST", size: null }] });
  const grid = `{ batch(id: "${id}") {
    owner status done count variations
    contents { id } styles { image { id } weight }
    transfers(first: 3) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node { place { contentIndex styleIndex variationIndex } content { id } options { preset width tvWeight } batch { id } } }
    }
  } }`;
  const { batch } = await run(stage, grid);
  const { edges, ...page } = batch.transfers;
  assert.deepEqual({ ...batch, transfers: null }, {
    owner: "local",
    status: batch.status,
    done: 0,
    count: 8,
    variations: ["soft", null],
    contents: [{ id: "sample-content" }, { id: "sample-style" }],
    styles: [[{ image: { id: "sample-style" }, weight: 1 }], [{ image: { id: "sample-content" }, weight: 2 }]],
    transfers: null,
  });
  assert.deepEqual([page.totalCount, page.pageInfo.hasNextPage], [8, true]);
  assert.deepEqual(
    edges.map(({ node }: { node: object }) => node),
    [
      { contentIndex: 0, styleIndex: 0, variationIndex: 0 },
      { contentIndex: 0, styleIndex: 0, variationIndex: 1 },
      { contentIndex: 0, styleIndex: 1, variationIndex: 0 },
    ].map((place) => ({
      place,
      content: { id: "sample-content" },
      // A variation that says null takes what its preset says.
      options: place.variationIndex === 0
        ? { preset: "BALANCED", width: 32, tvWeight: 3 }
        : { preset: "FAST", width: 256, tvWeight: edges[1].node.options.tvWeight },
      batch: { id },
    })),
  );
  await run(stage, `mutation { cancelBatch(id: "${id}") { batch { status done } } }`);
  const { batches } = stage.own;
  for (const { id: transfer, batch: place } of await batches.transfers(id)) {
    if (place!.content === 0 || place!.style === 0) await stage.own.remove(transfer);
  }
  const left = (await run(stage, grid)).batch;
  assert.deepEqual([left.count, left.status, left.contents, left.styles], [
    2,
    "CANCELLED",
    [null, { id: "sample-style" }],
    [null, [{ image: { id: "sample-content" }, weight: 2 }]],
  ]);
});

Deno.test("startBatch takes each picture in once, and answers the same batch for a key", async () => {
  await using stage = await ApiStage.open();
  const base64 = (await png(9)).toBase64();
  const url = "https://pictures.example/a.png";
  const asked = {
    contents: [{ url }, { base64 }],
    variations: [{ name: "a" }, { name: "b" }],
    base: { ...BASE, contentMask: { url: `${url}?mask` } },
    idempotencyKey: "once",
  };
  const id = await start(stage, asked);
  assert.deepEqual(stage.fetched.map(({ url }) => url), [url, `${url}?mask`]);
  assert.equal(await start(stage, asked), id);
  assert.equal(await stage.started(), 8);
});

Deno.test("startBatch names what is wrong where it was given, and keeps nothing", async () => {
  await using stage = await ApiStage.open();
  const wrong: [object, code: string, field: string | undefined][] = [
    [{ variations: [{}, {}, { steps: 0 }] }, "BAD_USER_INPUT", "variations.2.steps"],
    [{ variations: [{}, {}], base: { ...BASE, steps: 0 } }, "BAD_USER_INPUT", "base.steps"],
    [{ base: { ...BASE, steps: 0 } }, "BAD_USER_INPUT", "base.steps"],
    [{ variations: [{}, { scales: [{ size: 8, steps: 1 }] }] }, "BAD_USER_INPUT", "variations.1.scales.0.size"],
    [{ variations: [] }, "BAD_USER_INPUT", "variations"],
    [{ variations: [{ name: "x".repeat(101) }] }, "BAD_USER_INPUT", "variations.0.name"],
    [{ styles: [[{ image: { sample: "style" } }], []] }, "BAD_USER_INPUT", "styles.1"],
    [{ styles: [[{ image: { sample: "style" }, weight: -1 }]] }, "BAD_USER_INPUT", "styles.0.0.weight"],
    [{ styles: [[{ image: { sample: "none" } }]] }, "NOT_FOUND", "styles.0.0.image"],
    [{ contents: [{ sample: "content" }, { sample: "none" }] }, "NOT_FOUND", "contents.1"],
    [{ variations: [{ contentMask: { sample: "none" } }] }, "NOT_FOUND", "variations.0.contentMask"],
    [{ base: { ...BASE, contentMask: { sample: "none" } }, variations: [{}] }, "NOT_FOUND", "base.contentMask"],
    [{ contents: Array(26).fill({ sample: "content" }), variations: [{}, {}] }, "BAD_USER_INPUT", "contents"],
    [{ priority: 1000 }, "BAD_USER_INPUT", "priority"],
  ];
  for (const [changes, code, field] of wrong) {
    const failure = await fail(stage, START, { input: input(changes) });
    assert.deepEqual([failure.code, failure.field], [code, field], failure.message);
  }
  assert.equal(await stage.started(), 0);
});

Deno.test("a batch of as many as there may be fits into an operation, with pictures for its axes", () => {
  const complexityOf = (contents: object[], count: number) =>
    complexityFromQuery(START, {
      ctx: {} as never,
      schema,
      variables: {
        input: { contents, styles: Array(4).fill([PICTURES.styles[0]]), variations: Array(count).fill({}) },
      },
    }).complexity;
  const uploads = Array(5).fill({ base64: "" });
  assert.ok(complexityOf(uploads, 5) < OPERATION_LIMITS.maxComplexity);
  assert.equal(complexityOf(uploads, 5) - complexityOf(uploads, 4), 20 * 20);
});

Deno.test("batches are listed newest first, by pages", async () => {
  await using stage = await ApiStage.open();
  const ids = [];
  for (let i = 0; i < 3; i++) ids.unshift(await start(stage));
  const list = async (args: string) =>
    (await run(stage, `{ batches${args} { totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }`))
      .batches;
  const first = await list("(first: 2)");
  assert.deepEqual(first.edges.map(({ node }: { node: { id: string } }) => node.id), ids.slice(0, 2));
  assert.deepEqual([first.totalCount, first.pageInfo.hasNextPage], [3, true]);
  const rest = await list(`(after: "${first.pageInfo.endCursor}")`);
  assert.deepEqual(rest.edges.map(({ node }: { node: { id: string } }) => node.id), ids.slice(2));
});

Deno.test("batchProgress tells of a contact sheet as it fills, and ends with it", async () => {
  await using stage = await ApiStage.open();
  const id = await start(stage);
  const events = await follow(
    stage,
    `subscription { batchProgress(id: "${id}") {
      cursor sequence status done count batch { id }
      transfer { id place { contentIndex styleIndex } } progress { sequence status step frame { step } }
    } }`,
  );
  stage.engine.allow(Infinity);
  const seen = [];
  for await (const { data, errors } of events) {
    assert.equal(errors, undefined);
    seen.push(JSON.parse(JSON.stringify(data)).batchProgress);
  }
  const last = seen.at(-1);
  assert.deepEqual([last.status, last.done, last.count, last.sequence], ["SUCCEEDED", 4, 4, 4 * 5]);
  assert.ok(seen.slice(0, -1).every(({ status }) => status !== "SUCCEEDED"));
  const ends = seen.filter(({ progress }) => progress.status === "SUCCEEDED");
  assert.deepEqual(ends.map(({ done }) => done), [1, 2, 3, 4]);
  assert.deepEqual(
    ends.map(({ transfer: { place } }) => [place.contentIndex, place.styleIndex]),
    [[0, 0], [0, 1], [1, 0], [1, 1]],
  );
  assert.equal(stage.watchers, 0);
  const again = await follow(
    stage,
    `subscription ($after: String) { batchProgress(id: "${id}", after: $after) { cursor } }`,
    { after: seen.at(-3).cursor },
  );
  assert.equal((await Array.fromAsync(again)).length, 2);
});

Deno.test('batchProgress follows the newest batch by the id "newest"', async () => {
  await using stage = await ApiStage.open();
  const source = `subscription { batchProgress(id: "newest") { batch { id } } }`;
  await assert.rejects(follow(stage, source), /Cannot follow the newest batch: found none, wanted one from startBatch/);
  await start(stage);
  const newest = await start(stage);
  const events = await follow(stage, source);
  const { value } = await events.next();
  await events.return();
  assert.equal(JSON.parse(JSON.stringify(value)).data.batchProgress.batch.id, newest);
});

Deno.test("batchProgress refuses a cursor that is none of this batch, and numbers out of range", async () => {
  await using stage = await ApiStage.open();
  const id = await start(stage);
  const subscribe = (args: string) =>
    follow(stage, `subscription { batchProgress(id: "${id}", ${args}) { cursor } }`).then(
      () => null,
      (error) => error.originalError.field,
    );
  for (const after of ["", "1", "AAAAAAA", "_____w", "!", "CQkJCQ", "gA"]) {
    assert.equal(await subscribe(`after: ${JSON.stringify(after)}`), "after", after);
  }
  assert.equal(await subscribe("minInterval: 60001"), "minInterval");
  assert.equal(stage.watchers, 0);
});

Deno.test("cancelBatch and deleteBatch act on all of a batch, and say so in the audit", async () => {
  await using stage = await ApiStage.open();
  const id = await start(stage);
  const cancelled = await run(stage, `mutation { cancelBatch(id: "${id}") { batch { status done count } } }`);
  assert.deepEqual(cancelled.cancelBatch.batch, { status: "CANCELLED", done: 4, count: 4 });
  const [first] = await stage.own.batches.transfers(id);
  await stage.access.shares.share(first!, null);
  assert.deepEqual(await run(stage, `mutation { deleteBatch(id: "${id}") { id } }`), { deleteBatch: { id } });
  assert.equal(await stage.access.shares.of(first!.id), null);
  assert.deepEqual(await run(stage, `{ batch(id: "${id}") { id } }`), { batch: null });
  assert.equal((await fail(stage, `mutation { deleteBatch(id: "${id}") { id } }`)).code, "NOT_FOUND");
  const entries = await stage.access.audit.newest(10);
  assert.deepEqual(entries.map(({ action, subject }) => [action, subject]).toSorted(), [
    ["cancel batch", id],
    ["delete batch", id],
    ["start batch", id],
  ]);
});

const ESTIMATE = `query ($input: StartBatchInput!) {
  estimateBatch(input: $input) { count seconds memoryBytes steps fits transfers { steps seconds memoryBytes } }
}`;

Deno.test("a batch is estimated as all of its transfers are, in their order, and nothing of it is started or kept", async () => {
  await using stage = await ApiStage.open();
  const asked = input({ variations: [{ steps: 3 }, { steps: 5, size: 48 }] });
  const { estimateBatch } = await run(stage, ESTIMATE, { input: asked });
  const { count, memoryBytes, steps, fits, transfers } = estimateBatch;
  assert.deepEqual([count, steps, fits], [8, 4 * (3 + 5), true]);
  assert.deepEqual(transfers.map((each: { steps: number }) => each.steps), [3, 5, 3, 5, 3, 5, 3, 5]);
  assert.equal(memoryBytes, Math.max(...transfers.map((each: { memoryBytes: number }) => each.memoryBytes)));
  assert.equal(estimateBatch.seconds, null);
  assert.equal(await stage.started(), 0);
  const id = await start(stage, { variations: [{ steps: 3 }, { steps: 5, size: 48 }] });
  for (const transfer of await stage.own.batches.transfers(id)) await stage.finish(transfer.id);
  const later = (await run(stage, ESTIMATE, { input: asked })).estimateBatch;
  const sum = later.transfers.reduce((sum: number, { seconds }: { seconds: number }) => sum + seconds, 0);
  assert.equal(later.seconds, sum);
});

Deno.test("an estimate says what is wrong as a start does, and whether one of them does not fit", async () => {
  await using stage = await ApiStage.open({ settings: { engineMemoryBytes: 2 ** 20 } });
  const wrong = input({ variations: [{ steps: 3 }, { steps: 0 }] });
  const [asked, started] = [await fail(stage, ESTIMATE, { input: wrong }), await fail(stage, START, { input: wrong })];
  assert.deepEqual(asked, started);
  assert.equal(asked.field, "variations.1.steps");
  const large = input({ variations: [{ size: 32 }, { size: 2048 }] });
  assert.equal((await run(stage, ESTIMATE, { input: large })).estimateBatch.fits, false);
});
