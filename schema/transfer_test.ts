import type { Caller } from "../transfers/caller.ts";
import assert from "node:assert/strict";
import { decodePicture, NO_LIMITS } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { cursorOf } from "../transfers/storage/paging.ts";
import { FakeFilms } from "../transfers/testing/fake_films.ts";
import { movingContent } from "../transfers/testing/moving_content.ts";
import { ApiStage } from "./testing/api_stage.ts";
import { fail, run, start } from "./testing/execute.ts";

const OPTIONS = {
  styles: [{ image: { sample: "style" }, weight: 2 }],
  preset: "CLASSIC",
  size: 64,
  steps: 4,
  seed: 3,
  keepFrames: true,
};

async function started(): Promise<{ stage: ApiStage; id: string }> {
  const stage = await ApiStage.open();
  return { stage, id: await start(stage, OPTIONS) };
}

Deno.test("a queued transfer says what it is and where it stands", async () => {
  const { stage } = await started();
  await using _ = stage;
  const id = await start(stage, OPTIONS);
  const { transfer } = await run(
    stage,
    `{ transfer(id: "${id}") {
      id status createdAt startedAt finishedAt step steps progress queuePosition secondsPerStep etaSeconds
      content { id url } styles { weight image { id } mask { id } }
      losses { total } lossHistory { step } frame { step } frames { edges { cursor } } result { id } error { code }
      engine { device } weights { name }
      options { preset width height steps contentWeight optimizer { kind learningRate } scales { size steps } }
    } }`,
  );
  assert.deepEqual(transfer, {
    id,
    status: "QUEUED",
    createdAt: new Date(stage.clock.now()).toISOString(),
    startedAt: null,
    finishedAt: null,
    step: 0,
    steps: 4,
    progress: 0,
    queuePosition: 0,
    secondsPerStep: null,
    etaSeconds: null,
    content: { id: "sample-content", url: "/images/sample-content" },
    styles: [{ weight: 2, image: { id: "sample-style" }, mask: null }],
    losses: null,
    lossHistory: [],
    frame: null,
    frames: { edges: [] },
    result: null,
    error: null,
    engine: null,
    weights: null,
    options: {
      preset: "CLASSIC",
      width: 64,
      height: 48,
      steps: 4,
      contentWeight: 0.1,
      optimizer: { kind: "ADAM", learningRate: 10 },
      scales: [{ size: 64, steps: 4 }],
    },
  });
});

Deno.test("a transfer that has ended has losses, frames, a result, an engine and weights", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  stage.clock.advance(2000);
  const { losses, finishedAt, resultId } = await stage.finish(id);
  const { transfer } = await run(
    stage,
    `{ transfer(id: "${id}") {
      status step finishedAt queuePosition result { id width } engine { backend } weights { name origin layers { weightShape } }
      losses { total content style tv layers { layer kind value } } lossHistory(points: 2) { step content }
      frame { step width height url } frames(first: 2, after: "${
      cursorOf(1)
    }") { edges { cursor node { step } } pageInfo { endCursor hasNextPage hasPreviousPage startCursor } }
    } }`,
  );
  const [first, ...others] = await stage.transfers.lossHistory(id, 10);
  assert.equal(others.length, 3);
  assert.deepEqual(transfer, {
    status: "SUCCEEDED",
    step: 4,
    finishedAt: new Date(finishedAt!).toISOString(),
    queuePosition: null,
    result: { id: resultId, width: 64 },
    engine: { backend: "fake" },
    weights: { name: "test filters", origin: "SHIPPED", layers: [{ weightShape: [3, 3, 3, 64] }] },
    losses,
    lossHistory: [{ step: 1, content: first!.content }, { step: 4, content: losses!.content }],
    frame: { step: 4, width: 64, height: 48, url: `/transfers/${id}/frames/4.jpg` },
    frames: {
      edges: [2, 3].map((step) => ({ cursor: cursorOf(step), node: { step } })),
      pageInfo: { startCursor: cursorOf(2), endCursor: cursorOf(3), hasNextPage: true, hasPreviousPage: true },
    },
  });
});

Deno.test("Frame.base64 and dataUrl encode only where they are selected, as they are asked to", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  await stage.step();
  const ask = (fields: string) => run(stage, `{ transfer(id: "${id}") { frame { ${fields} } } }`);
  await ask("step url width");
  assert.deepEqual(stage.encodings, []);
  const { transfer: { frame } } = await ask("a: base64 b: dataUrl(format: PNG, maxSize: 16, quality: 1) c: dataUrl");
  const picture = await (await stage.transfers.frame(id, 1))!.picture();
  const jpeg = (await encodePicture(picture, { format: "JPEG", quality: 85 })).toBase64();
  assert.equal(frame.a, jpeg);
  assert.equal(frame.c, `data:image/jpeg;base64,${jpeg}`);
  const png = await encodePicture(picture, { format: "PNG", maxSize: 16 });
  assert.equal(frame.b, `data:image/png;base64,${png.toBase64()}`);
  assert.equal((await decodePicture(png, NO_LIMITS)).width, 16);
  assert.deepEqual(stage.encodings, [
    { format: "JPEG", maxSize: null, quality: 85, step: 1 },
    { format: "PNG", maxSize: 16, quality: 1, step: 1 },
    { format: "JPEG", maxSize: null, quality: 85, step: 1 },
  ]);
});

const OUT_OF_RANGE: [field: string, selection: string][] = [
  ["quality", "transfer(id: $id) { frame { base64(quality: 0) } }"],
  ["quality", "transfer(id: $id) { frame { dataUrl(quality: 101) } }"],
  ["maxSize", "transfer(id: $id) { frame { base64(maxSize: 15) } }"],
  ["maxSize", "transfer(id: $id) { frame { base64(maxSize: 4097) } }"],
  ["points", "transfer(id: $id) { lossHistory(points: 1) { step } }"],
  ["points", "transfer(id: $id) { lossHistory(points: 10001) { step } }"],
  ["first", "transfer(id: $id) { frames(first: 101) { edges { cursor } } }"],
  ["after", `transfers(after: "${"x".repeat(257)}") { totalCount }`],
  ["first", "transfers(first: -1) { totalCount }"],
  ["last", "transfers(last: 101) { totalCount }"],
  ["last", "transfers(first: 1, last: 1) { totalCount }"],
  ["top", 'classify(image: { sample: "style" }, top: 1001) { index }'],
  ["top", 'classify(image: { sample: "style" }, top: 0) { index }'],
];
for (const [field, selection] of OUT_OF_RANGE) {
  Deno.test(`${selection.slice(0, 60)} is out of range at ${field}`, async () => {
    const { stage, id } = await started();
    await using _ = stage;
    await stage.step();
    const error = await fail(stage, `{ ${selection.replace("$id", JSON.stringify(id))} }`);
    assert.deepEqual([error.code, error.field], ["BAD_USER_INPUT", field]);
    assert.match(error.message, /^Cannot use \w+/);
  });
}

Deno.test("transfers pages through the caller's transfers, newest first", async () => {
  await using stage = await ApiStage.open();
  const started = [];
  for (let i = 0; i < 25; i++) started.unshift(await start(stage, OPTIONS));
  const ids = async (args: string) =>
    (await run(stage, `{ transfers${args} { edges { node { id } } } }`)).transfers.edges.map(
      ({ node }: { node: { id: string } }) => node.id,
    );
  assert.deepEqual(await ids(""), started.slice(0, 20));
  assert.deepEqual(await ids("(first: 2)"), started.slice(0, 2));
  const { pageInfo } = (await run(stage, "{ transfers(first: 2) { pageInfo { endCursor } } }")).transfers;
  assert.deepEqual(await ids(`(first: 2, after: "${pageInfo.endCursor}")`), started.slice(2, 4));
  assert.deepEqual(await ids("(last: 1)"), started.slice(-1));
  assert.deepEqual(await ids("(status: [SUCCEEDED, FAILED])"), []);
  assert.deepEqual(await ids("(first: 0)"), []);
});

const SOMEBODY_ELSE: Caller = { name: "else", owner: "somebody else", role: "USER", follows: null };

Deno.test("node and transfer find by id, and answer null for what is not there or not the caller's", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  const { contentId: own } = await stage.record(id);
  const { transfer: others } = await stage.transfers.as(SOMEBODY_ELSE).start({
    contentId: own,
    styles: [{ imageId: "sample-style", weight: 1, maskId: null }],
    contentMaskId: null,
    initImageId: null,
    priority: 0,
    idempotencyKey: null,
  });
  const data = await run(
    stage,
    `{ a: node(id: "${id}") { id __typename ... on Transfer { steps } }
       b: node(id: "sample-style") { id ... on Image { width } }
       c: node(id: "${crypto.randomUUID()}") { id } d: node(id: "sample-other") { id } e: node(id: "other") { id }
       f: transfer(id: "${crypto.randomUUID()}") { id }
       g: node(id: "${others.id}") { id } h: transfer(id: "${others.id}") { id } }`,
  );
  assert.deepEqual(data, {
    a: { id, __typename: "Transfer", steps: 4 },
    b: { id: "sample-style", width: 32 },
    c: null,
    d: null,
    e: null,
    f: null,
    g: null,
    h: null,
  });
  assert.ok(await stage.transfers.as(SOMEBODY_ELSE).get(others.id));
});

Deno.test("cancel, resume, retune and delete reach the transfers", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  const change = (operation: string) => run(stage, `mutation { ${operation} }`);
  const retuned = await change(
    `retuneTransfer(id: "${id}", input: { styleWeight: 9 }) { transfer { options { styleWeight } } }`,
  );
  assert.equal(retuned.retuneTransfer.transfer.options.styleWeight, 9);
  const cancel = `cancelTransfer(id: "${id}") { transfer { status } }`;
  assert.equal((await change(cancel)).cancelTransfer.transfer.status, "CANCELLED");
  const resumed = await change(`resumeTransfer(id: "${id}", steps: 5) { transfer { status steps } }`);
  assert.deepEqual(resumed.resumeTransfer.transfer, { status: "QUEUED", steps: 5 });
  assert.equal((await fail(stage, `mutation { deleteTransfer(id: "${id}") { id } }`)).code, "CONFLICT");
  await change(cancel);
  assert.deepEqual(await change(`deleteTransfer(id: "${id}") { id }`), { deleteTransfer: { id } });
  assert.equal(await stage.started(), 0);
});

const WRONG_CHANGES: [field: string | undefined, code: string, operation: string][] = [
  ["id", "NOT_FOUND", 'cancelTransfer(id: "other") { transfer { id } }'],
  ["id", "NOT_FOUND", 'deleteTransfer(id: "other") { id }'],
  [undefined, "CONFLICT", "resumeTransfer(id: $id) { transfer { id } }"],
  ["steps", "BAD_USER_INPUT", "resumeTransfer(id: $id, steps: 0) { transfer { id } }"],
  ["input", "BAD_USER_INPUT", "retuneTransfer(id: $id, input: {}) { transfer { id } }"],
  ["input", "BAD_USER_INPUT", "retuneTransfer(id: $id, input: { tvWeight: null }) { transfer { id } }"],
  ["tvWeight", "BAD_USER_INPUT", "retuneTransfer(id: $id, input: { tvWeight: -1 }) { transfer { id } }"],
  [
    "learningRate",
    "BAD_USER_INPUT",
    "retuneTransfer(id: $id, input: { learningRate: 0 }) { transfer { id } }",
  ],
];
for (const [field, code, operation] of WRONG_CHANGES) {
  Deno.test(`${operation.slice(0, 64)} fails with ${code}`, async () => {
    const { stage, id } = await started();
    await using _ = stage;
    const error = await fail(stage, `mutation { ${operation.replace("$id", JSON.stringify(id))} }`);
    assert.deepEqual([error.code, error.field], [code, field]);
  });
}

Deno.test("a transfer of a moving content says which frame of how many it paints", async () => {
  await using stage = await ApiStage.open();
  const content = { base64: movingContent().toBase64() };
  const options = { ...OPTIONS, content, moving: true };
  const { estimate } = await run(
    stage,
    `query ($input: StartTransferInput!) { estimate(input: $input) { steps contentFrames scales { steps } } }`,
    { input: options },
  );
  assert.deepEqual(estimate, { steps: 8, contentFrames: 3, scales: [{ steps: 4 }] });
  const id = await start(stage, options);
  const formats = async (id: string) =>
    (await run(stage, `{ transfer(id: "${id}") { resultFormats } }`))["transfer"].resultFormats;
  assert.deepEqual(await formats(id), []);
  const looked = `contentFrame contentFrames step steps progress`;
  const seen = async () =>
    (await run(
      stage,
      `{ transfer(id: "${id}") { ${looked} content { frames } options { moving steps } } }`,
    ))["transfer"];
  const whole = { contentFrames: 3, steps: 8, content: { frames: 3 }, options: { moving: true, steps: 4 } };
  assert.deepEqual(await seen(), { ...whole, contentFrame: 1, step: 0, progress: 0 });
  for (const [step, contentFrame] of [[4, 1], [5, 2], [6, 2], [7, 3]] as const) {
    await stage.step(step === 4 ? 4 : 1);
    assert.deepEqual(await seen(), { ...whole, contentFrame, step, progress: step / 8 });
  }
  const { value } = await (await stage.own.progress(id, {})).next();
  assert.equal(value!.event.steps, 8);
  await stage.finish(id);
  const { transfer } = await run(
    stage,
    `{ transfer(id: "${id}") { contentFrame result { mimeType frames width } request } }`,
  );
  assert.deepEqual([transfer.contentFrame, transfer.result, transfer.request.moving], [
    3,
    { mimeType: "image/webp", frames: 3, width: 64 },
    true,
  ]);
  assert.deepEqual(await formats(id), ["webp", "gif"]);
  const still = await start(stage, OPTIONS);
  await stage.finish(still);
  assert.deepEqual(await formats(still), ["png", "jpg", "webp", "avif", "tiff", "gif"]);
  await using filming = await ApiStage.open({ ports: { films: new FakeFilms() } });
  const filmed = await start(filming, options);
  await filming.finish(filmed);
  const { transfer: { resultFormats } } = await run(filming, `{ transfer(id: "${filmed}") { resultFormats } }`);
  assert.deepEqual(resultFormats, ["webp", "gif", "mp4"]);
});
