import assert from "node:assert/strict";
import { FakeServices } from "./testing/fake_services.ts";
import { cursorOf } from "../transfers/storage/paging.ts";
import { fail, run } from "./testing/execute.ts";

async function started(count = 1): Promise<FakeServices> {
  const services = new FakeServices();
  for (let i = 0; i < count; i++) {
    await run(
      services,
      `mutation { startTransfer(input: {
        content: { sample: "content" }, styles: [{ image: { sample: "style" }, weight: 2 }], preset: CLASSIC, size: 64, steps: 4, seed: 3
      }) { transfer { id } } }`,
    );
  }
  return services;
}

Deno.test("a queued transfer says what it is and where it stands", async () => {
  const services = await started();
  const { transfer } = await run(
    services,
    `{ transfer(id: "tr_1") {
      id status createdAt startedAt finishedAt step steps progress queuePosition secondsPerStep etaSeconds
      content { id url } styles { weight image { id } mask { id } }
      losses { total } lossHistory { step } frame { step } frames { edges { cursor } } result { id } error { code }
      engine { device } weights { name }
      options { preset width height steps contentWeight optimizer { kind learningRate } scales { size steps } }
    } }`,
  );
  assert.deepEqual(transfer, {
    id: "tr_1",
    status: "QUEUED",
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: null,
    finishedAt: null,
    step: 0,
    steps: 4,
    progress: 0,
    queuePosition: 0,
    secondsPerStep: null,
    etaSeconds: null,
    content: { id: "im_content", url: "/images/im_content" },
    styles: [{ weight: 2, image: { id: "im_style" }, mask: null }],
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
  const services = await started();
  services.transfers.step("tr_1", 4);
  const { transfer } = await run(
    services,
    `{ transfer(id: "tr_1") {
      status step finishedAt queuePosition result { id } engine { backend } weights { name origin layers { weightShape } }
      losses { total content style tv layers { layer kind value } } lossHistory(points: 2) { step content }
      frame { step width height url } frames(first: 2, after: "${
      cursorOf(1)
    }") { edges { cursor node { step } } pageInfo { endCursor hasNextPage hasPreviousPage startCursor } }
    } }`,
  );
  assert.deepEqual(transfer, {
    status: "SUCCEEDED",
    step: 4,
    finishedAt: "2026-01-01T00:00:00.002Z",
    queuePosition: null,
    result: { id: "im_content" },
    engine: { backend: "onnx" },
    weights: { name: "test filters", origin: "SHIPPED", layers: [{ weightShape: [3, 3, 3, 64] }] },
    losses: {
      total: 5.025,
      content: 0.25,
      style: 0.01,
      tv: 0,
      layers: [{ layer: "conv1_1", kind: "content", value: 0.25 }],
    },
    lossHistory: [{ step: 1, content: 1 }, { step: 2, content: 0.5 }],
    frame: { step: 4, width: 64, height: 48, url: "/transfers/tr_1/frames/4.jpg" },
    frames: {
      edges: [2, 3].map((step) => ({ cursor: cursorOf(step), node: { step } })),
      pageInfo: { startCursor: cursorOf(2), endCursor: cursorOf(3), hasNextPage: true, hasPreviousPage: true },
    },
  });
});

Deno.test("Frame.base64 and dataUrl encode only where they are selected, as they are asked to", async () => {
  const services = await started();
  services.transfers.step("tr_1");
  const ask = (fields: string) => run(services, `{ transfer(id: "tr_1") { frame { ${fields} } } }`);
  await ask("step url width");
  assert.deepEqual(services.encodings, []);
  const { transfer: { frame } } = await ask("a: base64 b: dataUrl(format: PNG, maxSize: 16, quality: 1) c: dataUrl");
  assert.equal(new TextDecoder().decode(Uint8Array.fromBase64(frame.a)), "JPEG of step 1");
  assert.equal(frame.b, `data:image/png;base64,${btoa("PNG of step 1")}`);
  assert.equal(frame.c, `data:image/jpeg;base64,${btoa("JPEG of step 1")}`);
  assert.deepEqual(services.encodings, [
    { format: "JPEG", maxSize: null, quality: 85, step: 1 },
    { format: "PNG", maxSize: 16, quality: 1, step: 1 },
    { format: "JPEG", maxSize: null, quality: 85, step: 1 },
  ]);
});

const OUT_OF_RANGE: [field: string, selection: string][] = [
  ["quality", 'transfer(id: "tr_1") { frame { base64(quality: 0) } }'],
  ["quality", 'transfer(id: "tr_1") { frame { dataUrl(quality: 101) } }'],
  ["maxSize", 'transfer(id: "tr_1") { frame { base64(maxSize: 15) } }'],
  ["maxSize", 'transfer(id: "tr_1") { frame { base64(maxSize: 4097) } }'],
  ["points", 'transfer(id: "tr_1") { lossHistory(points: 1) { step } }'],
  ["points", 'transfer(id: "tr_1") { lossHistory(points: 10001) { step } }'],
  ["first", 'transfer(id: "tr_1") { frames(first: 101) { edges { cursor } } }'],
  ["after", `transfers(after: "${"x".repeat(257)}") { totalCount }`],
  ["first", "transfers(first: -1) { totalCount }"],
  ["last", "transfers(last: 101) { totalCount }"],
  ["last", "transfers(first: 1, last: 1) { totalCount }"],
  ["top", 'classify(image: { sample: "style" }, top: 1001) { index }'],
  ["top", 'classify(image: { sample: "style" }, top: 0) { index }'],
];
for (const [field, selection] of OUT_OF_RANGE) {
  Deno.test(`${selection.slice(0, 60)} is out of range at ${field}`, async () => {
    const services = await started();
    services.transfers.step("tr_1");
    const error = await fail(services, `{ ${selection} }`);
    assert.deepEqual([error.code, error.field], ["BAD_USER_INPUT", field]);
    assert.match(error.message, /^Cannot use \w+/);
  });
}

Deno.test("transfers pages through the caller's transfers, newest first", async () => {
  const services = await started(25);
  const ids = async (args: string) =>
    (await run(services, `{ transfers${args} { edges { node { id } } } }`)).transfers.edges.map(
      ({ node }: { node: { id: string } }) => node.id,
    );
  assert.equal((await ids("")).length, 20);
  assert.deepEqual(await ids("(first: 2)"), ["tr_25", "tr_24"]);
  const { pageInfo } = (await run(services, "{ transfers(first: 2) { pageInfo { endCursor } } }")).transfers;
  assert.deepEqual(await ids(`(first: 2, after: "${pageInfo.endCursor}")`), ["tr_23", "tr_22"]);
  assert.deepEqual(await ids("(last: 1)"), ["tr_1"]);
  assert.deepEqual(await ids("(status: [SUCCEEDED, FAILED])"), []);
  assert.deepEqual(await ids("(first: 0)"), []);
});

Deno.test("node and transfer find by id, and answer null for what is not there or not the caller's", async () => {
  const services = await started();
  const data = await run(
    services,
    `{ a: node(id: "tr_1") { id __typename ... on Transfer { steps } } b: node(id: "im_style") { id ... on Image { width } }
       c: node(id: "tr_9") { id } d: node(id: "im_9") { id } e: node(id: "other") { id } f: transfer(id: "tr_9") { id } }`,
  );
  assert.deepEqual(data, {
    a: { id: "tr_1", __typename: "Transfer", steps: 4 },
    b: { id: "im_style", width: 32 },
    c: null,
    d: null,
    e: null,
    f: null,
  });
});

Deno.test("cancel, resume, retune and delete reach the transfers", async () => {
  const services = await started();
  const change = (operation: string) => run(services, `mutation { ${operation} }`);
  const retuned = await change(
    'retuneTransfer(id: "tr_1", input: { styleWeight: 9 }) { transfer { options { styleWeight } } }',
  );
  assert.equal(retuned.retuneTransfer.transfer.options.styleWeight, 9);
  const cancelled = await change('cancelTransfer(id: "tr_1") { transfer { status } }');
  assert.equal(cancelled.cancelTransfer.transfer.status, "CANCELLED");
  const resumed = await change('resumeTransfer(id: "tr_1", steps: 5) { transfer { status steps } }');
  assert.deepEqual(resumed.resumeTransfer.transfer, { status: "QUEUED", steps: 5 });
  assert.deepEqual(await change('deleteTransfer(id: "tr_1") { id }'), { deleteTransfer: { id: "tr_1" } });
});

const WRONG_CHANGES: [field: string | undefined, code: string, operation: string][] = [
  ["id", "NOT_FOUND", 'cancelTransfer(id: "tr_9") { transfer { id } }'],
  ["id", "NOT_FOUND", 'deleteTransfer(id: "tr_9") { id }'],
  [undefined, "CONFLICT", 'resumeTransfer(id: "tr_1") { transfer { id } }'],
  ["steps", "BAD_USER_INPUT", 'resumeTransfer(id: "tr_1", steps: 0) { transfer { id } }'],
  ["input", "BAD_USER_INPUT", 'retuneTransfer(id: "tr_1", input: {}) { transfer { id } }'],
  ["input", "BAD_USER_INPUT", 'retuneTransfer(id: "tr_1", input: { tvWeight: null }) { transfer { id } }'],
  ["tvWeight", "BAD_USER_INPUT", 'retuneTransfer(id: "tr_1", input: { tvWeight: -1 }) { transfer { id } }'],
  [
    "learningRate",
    "BAD_USER_INPUT",
    'retuneTransfer(id: "tr_1", input: { learningRate: 0 }) { transfer { id } }',
  ],
];
for (const [field, code, operation] of WRONG_CHANGES) {
  Deno.test(`${operation.slice(0, 64)} fails with ${code}`, async () => {
    const error = await fail(await started(), `mutation { ${operation} }`);
    assert.deepEqual([error.code, error.field], [code, field]);
  });
}
