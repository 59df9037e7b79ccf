import assert from "node:assert/strict";
import { ApiStage } from "./testing/api_stage.ts";
import { fail, PICTURES, run, start } from "./testing/execute.ts";

const URL = "https://receiver.example/hook";
const CREATE = `mutation ($input: WebhookInput!) {
  createWebhook(input: $input) { secret webhook { id url events disabled createdAt } }
}`;
const DELIVERIES = `fragment Deliveries on Webhook {
  id
  deliveries(first: 2) {
    edges { cursor node { id event createdAt transfer { id } attempts deliveredAt lastStatus lastError nextAttemptAt } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;

async function create(stage: ApiStage, input: object = { url: URL, events: ["CANCELLED"] }) {
  return (await run(stage, CREATE, { input })).createWebhook;
}

/** Starts and cancels a transfer. */
async function cancelled(stage: ApiStage): Promise<string> {
  const id = await start(stage);
  await run(stage, "mutation ($id: ID!) { cancelTransfer(id: $id) { transfer { id } } }", { id });
  return id;
}

Deno.test("createWebhook tells its secret once; webhooks and node show the rest", async () => {
  await using stage = await ApiStage.open();
  const { secret, webhook } = await create(stage, { url: URL, events: ["SUCCEEDED", "FAILED", "FAILED"] });
  assert.match(secret, /^whsec_/);
  assert.deepEqual({ ...webhook, createdAt: null }, {
    id: webhook.id,
    url: URL,
    events: ["SUCCEEDED", "FAILED"],
    disabled: false,
    createdAt: null,
  });
  const listed = await run(
    stage,
    `query ($id: ID!) { webhooks { totalCount edges { node { id } } } node(id: $id) { __typename ... on Webhook { url } } }`,
    { id: webhook.id },
  );
  assert.deepEqual(listed, {
    webhooks: { totalCount: 1, edges: [{ node: { id: webhook.id } }] },
    node: { __typename: "Webhook", url: URL },
  });
  const rotated = await run(stage, "mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret webhook { id } } }", {
    id: webhook.id,
  });
  assert.notEqual(rotated.rotateWebhookSecret.secret, secret);
  await run(stage, "mutation ($id: ID!) { deleteWebhook(id: $id) { id } }", { id: webhook.id });
  assert.deepEqual(await run(stage, "{ webhooks { totalCount edges { cursor } } }"), {
    webhooks: { totalCount: 0, edges: [] },
  });
});

Deno.test("a webhook shows its deliveries page by page, newest first, and those that failed", async () => {
  await using stage = await ApiStage.open();
  const { receivers } = stage.ports;
  const { webhook: { id } } = await create(stage);
  receivers.answer = () => ({ status: 503 });
  const ids = [await cancelled(stage), await cancelled(stage), await cancelled(stage)];
  await receivers.arrived(3);
  while ((await stage.own.webhooks.deliveries(id, { failed: true })).edges.length < 3) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  const show = `query ($id: ID!) { node(id: $id) { ...Deliveries } } ${DELIVERIES}`;
  const { node: { deliveries } } = await run(stage, show, { id });
  assert.deepEqual(
    deliveries.edges.map(({ node }: { node: { transfer: { id: string } } }) => node.transfer.id),
    ids.toReversed().slice(0, 2),
  );
  assert.deepEqual([deliveries.pageInfo.hasNextPage, deliveries.pageInfo.hasPreviousPage], [true, false]);
  const rest = await run(
    stage,
    `query ($id: ID!, $after: String!) { node(id: $id) { ... on Webhook {
      deliveries(after: $after) { edges { node { transfer { id } } } pageInfo { hasNextPage hasPreviousPage } }
      failed: deliveries(failed: true) { edges { node { event attempts lastStatus lastError deliveredAt } } }
    } } }`,
    { id, after: deliveries.pageInfo.endCursor },
  );
  assert.deepEqual(rest.node.deliveries, {
    edges: [{ node: { transfer: { id: ids[0] } } }],
    pageInfo: { hasNextPage: false, hasPreviousPage: true },
  });
  assert.deepEqual(
    rest.node.failed.edges,
    Array(3).fill({
      node: {
        event: "CANCELLED",
        attempts: 1,
        lastStatus: 503,
        lastError: "status 503, wanted 2xx",
        deliveredAt: null,
      },
    }),
  );
});

Deno.test("replayDelivery sends a delivery again, and node finds it", async () => {
  await using stage = await ApiStage.open();
  const { receivers } = stage.ports;
  const { webhook: { id } } = await create(stage);
  await cancelled(stage);
  await receivers.arrived(1);
  const show = `query ($id: ID!) { node(id: $id) { ...Deliveries } } ${DELIVERIES}`;
  const { node: { deliveries } } = await run(stage, show, { id });
  const delivery: string = deliveries.edges[0].node.id;
  const replay = "mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id deliveredAt } } }";
  assert.deepEqual((await run(stage, replay, { id: delivery })).replayDelivery.delivery, {
    id: delivery,
    deliveredAt: null,
  });
  await receivers.arrived(2);
  assert.ok(receivers.received.every(({ headers }) => headers["webhook-id"] === delivery));
  const { node } = await run(stage, "query ($id: ID!) { node(id: $id) { __typename id } }", { id: delivery });
  assert.deepEqual(node, { __typename: "WebhookDelivery", id: delivery });
});

Deno.test("startTransfer tells the secret of its webhook, and takes no picture in for one that cannot be", async () => {
  await using stage = await ApiStage.open();
  const source = `mutation ($input: StartTransferInput!) {
    startTransfer(input: $input) { webhookSecret transfer { webhook { url events } request } }
  }`;
  const webhook = { url: URL, events: ["FAILED"] };
  const { startTransfer } = await run(stage, source, { input: { ...PICTURES, webhook } });
  assert.match(startTransfer.webhookSecret, /^whsec_/);
  assert.deepEqual(startTransfer.transfer.webhook, webhook);
  assert.equal(startTransfer.transfer.request.webhook, undefined);
  const without = await run(stage, source, { input: PICTURES });
  assert.deepEqual([without.startTransfer.webhookSecret, without.startTransfer.transfer.webhook], [null, null]);
  const input = {
    ...PICTURES,
    content: { url: "https://pictures.example/a.png" },
    webhook: { url: "http://10.0.0.1/", events: ["FAILED"] },
  };
  assert.deepEqual(await fail(stage, source, { input }), {
    code: "BAD_USER_INPUT",
    field: "webhook.url",
    message: "Cannot use webhook.url: found an address that is not on the public network, wanted a public one",
  });
  assert.deepEqual(stage.fetched, []);
});

Deno.test("what is no webhook of the caller's is not found", async () => {
  await using stage = await ApiStage.open();
  const { webhook: { id } } = await stage.as("ann").webhooks.create({ url: URL, events: ["FAILED"] });
  for (const field of ["deleteWebhook(id: $id) { id }", "rotateWebhookSecret(id: $id) { secret }"]) {
    const { code, field: at } = await fail(stage, `mutation ($id: ID!) { ${field} }`, { id });
    assert.deepEqual([code, at], ["NOT_FOUND", "id"]);
  }
  assert.deepEqual(await run(stage, "query ($id: ID!) { node(id: $id) { id } webhooks { totalCount } }", { id }), {
    node: null,
    webhooks: { totalCount: 0 },
  });
});
