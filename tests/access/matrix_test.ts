/**
 * Every field, mutation, subscription and plain path, asked by every kind of caller: nothing of another owner's is told,
 * neither by an answer nor by how it differs from the answer for what is not there. A field that the schema gains has to
 * be added here before this passes.
 */
import assert from "node:assert/strict";
import {
  getNamedType,
  type GraphQLField,
  type GraphQLOutputType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from "graphql";
import { schema } from "../../schema/index.ts";
import { PICTURES } from "../../schema/testing/execute.ts";
import { TINY_PNG, WHOLE_NETWORK } from "../../schema/testing/api_stage.ts";
import { RawSocket } from "../../server/testing/raw_socket.ts";
import { type FakeServer, serveFake } from "../../server/testing/serve_fake.ts";
import type { Role } from "../../transfers/caller.ts";
import type { TransferRecord } from "../../transfers/types.ts";

/** Whose things are asked for; none of these words may reach who may not see them. */
const OWNER = "ann-the-owner";

/** What a caller may do with what Ann has. */
type Right = "nobody" | "stranger" | "sees" | "owns";

const CALLERS = {
  "no key": "nobody",
  "a wrong key": "nobody",
  "an expired key": "nobody",
  "another's key": "stranger",
  "another's viewer's key": "stranger",
  "the link of another transfer": "stranger",
  "the link": "sees",
  "the owner's viewer's key": "sees",
  "the owner's key": "owns",
  "an admin's key": "owns",
} as const satisfies Readonly<Record<string, Right>>;
type CallerName = keyof typeof CALLERS;

/** The same for everybody who is admitted; about a transfer or an image of Ann's; or starting something of one's own. */
type Kind = "common" | "sees" | "changes" | "makes";

interface Operation {
  readonly kind: Kind;
  /** Whether it is about Ann's batch, which the link of a transfer does not lead to. */
  readonly ofBatch?: true;
  /** Leaves out what it can have only with the ids of Ann's transfer, its result, its webhook and what that was told. */
  readonly document: (ids: Ids) => string;
}

interface Ids {
  readonly transfer: string;
  readonly image: string;
  readonly webhook: string;
  readonly delivery: string;
  /** Only for those operations that are about it. */
  readonly batch: string;
}

const HOOK = "https://receiver.example/hook";

function styled(image: string): string {
  return `{ content: { image: "${image}" }, styles: [{ image: { sample: "style" } }], size: 32, steps: 2 }`;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "Query.presets": { kind: "common", document: () => `{ presets { name } }` },
  "Query.options": { kind: "common", document: () => `{ options { name } }` },
  "Query.samples": { kind: "common", document: () => `{ samples { name image { sha: byteLength } } }` },
  "Query.engine": { kind: "common", document: () => `{ engine { backend } }` },
  "Query.weights": { kind: "common", document: () => `{ weights { sha256 } }` },
  "Query.viewer": { kind: "common", document: () => `{ viewer { __typename } }` },
  "Query.signedUrl": {
    kind: "common",
    document: ({ image }) => `{ signedUrl(url: "/images/${image}") { __typename } }`,
  },
  "Query.transfer": {
    kind: "sees",
    document: ({ transfer }) => `{ transfer(id: "${transfer}") ${everything("Transfer")} }`,
  },
  "Query.transfers": { kind: "common", document: () => `{ transfers(first: 0) { __typename } }` },
  "Query.batch": {
    kind: "sees",
    ofBatch: true,
    document: ({ batch }) => `{ batch(id: "${batch}") ${everything("Batch", 3)} node(id: "${batch}") { id } }`,
  },
  "Query.batches": { kind: "common", document: () => `{ batches(first: 0) { __typename } }` },
  "Query.node": {
    kind: "sees",
    document: ({ transfer, image, webhook, delivery }) =>
      `{ node(id: "${transfer}") { id ... on Transfer ${everything("Transfer")} } image: node(id: "${image}") { id
        ... on Image ${everything("Image")} } webhook: node(id: "${webhook}") { id
        ... on Webhook ${everything("Webhook", 3)} } delivery: node(id: "${delivery}") { id } }`,
  },
  "Query.webhooks": { kind: "makes", document: () => `{ webhooks { totalCount } }` },
  "Query.estimate": { kind: "makes", document: ({ image }) => `{ estimate(input: ${styled(image)}) { steps } }` },
  "Query.estimateBatch": {
    kind: "makes",
    document: ({ image }) =>
      `{ estimateBatch(input: { contents: [{ image: "${image}" }], styles: [[{ image: { sample: "style" } }]],
        base: { size: 32, steps: 2 } }) { steps } }`,
  },
  "Query.recipe": {
    kind: "makes",
    document: ({ image }) => `{ recipe(image: { image: "${image}" }) }`,
  },
  "Query.classify": {
    kind: "makes",
    document: ({ image }) => `{ classify(image: { image: "${image}" }, top: 1) { index } }`,
  },
  "Mutation.uploadImage": {
    kind: "makes",
    document: ({ image }) => `mutation { uploadImage(image: { image: "${image}" }) { image { width } } }`,
  },
  "Mutation.startTransfer": {
    kind: "makes",
    document: ({ image }) => `mutation { startTransfer(input: ${styled(image)}) { transfer { steps } } }`,
  },
  "Mutation.enlargeTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { enlargeTransfer(id: "${transfer}") { transfer { steps } } }`,
  },
  "Mutation.cancelTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { cancelTransfer(id: "${transfer}") { transfer { status } } }`,
  },
  "Mutation.resumeTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { resumeTransfer(id: "${transfer}", steps: 1) { transfer { steps } } }`,
  },
  "Mutation.retuneTransfer": {
    kind: "changes",
    document: ({ transfer }) =>
      `mutation { retuneTransfer(id: "${transfer}", input: { contentWeight: 1 }) { transfer { steps } } }`,
  },
  "Mutation.deleteTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { deleteTransfer(id: "${transfer}") { __typename } }`,
  },
  "Mutation.startBatch": {
    kind: "makes",
    document: ({ image }) =>
      `mutation { startBatch(input: { contents: [{ image: "${image}" }], styles: [[{ image: { sample: "style" } }]],
        base: { size: 32, steps: 2 } }) { batch { count } } }`,
  },
  "Mutation.cancelBatch": {
    kind: "changes",
    ofBatch: true,
    document: ({ batch }) => `mutation { cancelBatch(id: "${batch}") { batch { status } } }`,
  },
  "Mutation.deleteBatch": {
    kind: "changes",
    ofBatch: true,
    document: ({ batch }) => `mutation { deleteBatch(id: "${batch}") { __typename } }`,
  },
  "Mutation.shareTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { shareTransfer(id: "${transfer}") { __typename } }`,
  },
  "Mutation.unshareTransfer": {
    kind: "changes",
    document: ({ transfer }) => `mutation { unshareTransfer(id: "${transfer}") { transfer { status } } }`,
  },
  "Mutation.createWebhook": {
    kind: "makes",
    document: () => `mutation { createWebhook(input: { url: "${HOOK}", events: [FAILED] }) { webhook { url } } }`,
  },
  "Mutation.deleteWebhook": {
    kind: "changes",
    document: ({ webhook }) => `mutation { deleteWebhook(id: "${webhook}") { __typename } }`,
  },
  "Mutation.rotateWebhookSecret": {
    kind: "changes",
    document: ({ webhook }) => `mutation { rotateWebhookSecret(id: "${webhook}") { webhook { url } } }`,
  },
  "Mutation.replayDelivery": {
    kind: "changes",
    document: ({ delivery }) => `mutation { replayDelivery(id: "${delivery}") { delivery { event } } }`,
  },
  "Subscription.transferProgress": {
    kind: "sees",
    document: ({ transfer }) =>
      `subscription { transferProgress(id: "${transfer}", after: 0) ${everything("TransferProgress")} }`,
  },
  "Subscription.batchProgress": {
    kind: "sees",
    ofBatch: true,
    document: ({ batch }) =>
      `subscription { batchProgress(id: "${batch}", after: "0") ${everything("BatchProgress", 3)} }`,
  },
};

const PATHS: readonly ((ids: Ids) => string)[] = [
  ({ image }) => `/images/${image}`,
  ...["jpg", "png", "webp", "avif", "tiff", "gif"].flatMap((format) => [
    ({ transfer }: Ids) => `/transfers/${transfer}/frames/2.${format}`,
    ({ transfer }: Ids) => `/transfers/${transfer}/result.${format}`,
    ({ transfer }: Ids) => `/transfers/${transfer}/result?format=${format}`,
  ]),
];

/** Fields that are expected to fail for what is asked for: nothing is retuned after its end. */
const CONFLICTS = ["Mutation.retuneTransfer"];

/** A selection of every field that needs no argument, four levels deep. */
function everything(type: string, depth = 4): string {
  const named = schema.getType(type);
  assert.ok(isObjectType(named));
  const fields = Object.values(named.getFields()).filter((field) => !field.args.some(isRequiredArgument));
  return `{ ${fields.map((field) => selected(field, depth)).join(" ")} }`;
}

function selected(field: GraphQLField<unknown, unknown>, depth: number): string {
  const type = getNamedType(field.type as GraphQLOutputType);
  // The rest of a page is the same again.
  if (["transfer", "base64", "dataUrl", "frames"].includes(field.name)) return "";
  // A transfer in a transfer is one that is asked for like any other.
  if (field.name === "enlargedFrom") return "enlargedFrom { id }";
  // Nor are the transfers of a batch of another.
  if (field.name === "batch") return "batch { id owner status }";
  if (!isCompositeType(type)) return field.name;
  return depth === 0 ? "" : `${field.name} ${everything(type.name, depth - 1)}`;
}

Deno.test("every operation is asked for", () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.keys(type!.getFields()).map((name) => `${type!.name}.${name}`));
  assert.deepEqual(Object.keys(OPERATIONS).toSorted(), fields.toSorted());
});

/** A server on which Ann has a transfer, with all kinds of callers. */
class Stage {
  readonly server: FakeServer;
  readonly #authorizations: Readonly<Record<CallerName, string | null>>;

  static async open(): Promise<Stage> {
    const server = await serveFake({}, { auth: ["keys"], settings: WHOLE_NETWORK });
    const { access, clock } = server.services;
    const key = async (owner: string, role: Role, expiresAt: number | null = null) =>
      `Bearer ${await access.keys.create({ name: crypto.randomUUID(), owner, role, expiresAt })}`;
    const authorizations = {
      "no key": null,
      "a wrong key": "Bearer gram_wrong",
      "an expired key": await key(OWNER, "USER", clock.now() + 1),
      "another's key": await key("bob", "USER"),
      "another's viewer's key": await key("bob", "VIEWER"),
      "the link of another transfer": null,
      "the link": null,
      "the owner's viewer's key": await key(OWNER, "VIEWER"),
      "the owner's key": await key(OWNER, "USER"),
      "an admin's key": await key("root", "ADMIN"),
    };
    clock.advance(1);
    return new Stage(server, authorizations);
  }

  private constructor(server: FakeServer, authorizations: Readonly<Record<CallerName, string | null>>) {
    this.server = server;
    this.#authorizations = authorizations;
  }

  /**
   * What Ann has: a finished transfer from an upload of hers, its result, and a webhook that was told of it.
   *
   * @param withBatch Whether she also has a finished batch.
   */
  async own(withBatch = false): Promise<Ids> {
    const { services } = this.server;
    const ann = services.as(OWNER);
    await using intake = ann.images.intake();
    const upload = await intake.upload(await intake.keep(TINY_PNG));
    const webhook = { url: HOOK, events: ["SUCCEEDED"] };
    const input = { ...PICTURES, content: { image: upload.id }, size: 32, steps: 2, keepFrames: true, webhook };
    const start = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
    const { data } = await this.server.post(start, { input }, this.headers("the owner's key"));
    const id: string = data.startTransfer.transfer.id;
    await services.finish(id);
    const told = (await ann.webhooks.ofTransfer(id))!;
    const { edges } = await ann.webhooks.deliveries(told.id, {});
    const batch = withBatch ? await this.#batch() : crypto.randomUUID();
    return {
      transfer: id,
      image: (await ann.get(id))!.resultId!,
      webhook: told.id,
      delivery: edges[0]!.node.id,
      batch,
    };
  }

  /** Ann's, of one transfer. */
  async #batch(): Promise<string> {
    const { services } = this.server;
    const input = { contents: [PICTURES.content], styles: [PICTURES.styles], base: { size: 32, steps: 2 } };
    const start = "mutation ($input: StartBatchInput!) { startBatch(input: $input) { batch { id } } }";
    const { data } = await this.server.post(start, { input }, this.headers("the owner's key"));
    const { id } = data.startBatch.batch;
    for (const transfer of await services.as(OWNER).batches.transfers(id)) await services.finish(transfer.id);
    return id;
  }

  headers(caller: CallerName, ids?: Ids): Record<string, string> {
    const authorization = caller === "the link" ? this.#links.get(ids!.transfer)! : this.#authorizations[caller];
    const given = caller === "the link of another transfer" ? this.#links.get("other")! : authorization;
    return given === null ? {} : { authorization: given };
  }

  /** Links by the transfer that they are of. */
  readonly #links = new Map<string, string>();

  /** Shares a transfer; `other` for a second one of Ann's. */
  async share(ids: Ids, as = ids.transfer): Promise<void> {
    const record = (await this.server.services.as(OWNER).get(ids.transfer)) as TransferRecord;
    this.#links.set(as, `Bearer ${(await this.server.services.access.shares.share(record, null)).token}`);
  }

  /** All that an HTTP answer tells but the time, with ids made alike. */
  async answer(path: string, headers: Record<string, string>, init: RequestInit, ids: Ids): Promise<Answer> {
    const response = await fetch(this.server.url + path, { ...init, headers: { ...init.headers, ...headers } });
    const body = new Uint8Array(await response.arrayBuffer());
    const text = alike(new TextDecoder("latin1").decode(body), ids);
    const told = [...response.headers].filter(([name]) => !["date", "x-request-id", "ratelimit"].includes(name));
    return { status: response.status, headers: told.map(([name, value]) => `${name}: ${alike(value, ids)}`), text };
  }

  async post(document: string, caller: CallerName, ids: Ids, accept = "application/json"): Promise<Answer> {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query: document }),
    };
    return await this.answer("/graphql", this.headers(caller, ids), init, ids);
  }

  /** What a WebSocket is told: its close, or all that comes until the operation is complete. */
  async socket(document: string, caller: CallerName, ids: Ids): Promise<string> {
    const socket = await RawSocket.connect(this.server.url);
    socket.send({ type: "connection_init", payload: this.headers(caller, ids) });
    const first = await Promise.race([socket.receive(), socket.closed]);
    if ("code" in first) return JSON.stringify(first);
    socket.send({ id: "1", type: "subscribe", payload: { query: document } });
    const told = [];
    for (;;) {
      const message = await socket.receive();
      told.push(message);
      if (message.type === "error" || message.type === "complete") break;
    }
    await socket.close();
    return alike(JSON.stringify(told), ids);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly text: string;
}

function alike(text: string, ids: Ids): string {
  return Object.entries(ids).reduce((text, [what, id]) => text.replaceAll(id, what.toUpperCase()), text);
}

function nothing(): Ids {
  const [transfer, image, webhook, delivery, batch] = Array.from({ length: 5 }, () => crypto.randomUUID());
  return { transfer: transfer!, image: image!, webhook: webhook!, delivery: delivery!, batch: batch! };
}

/** A text with what its signed links say, which anybody can read. */
function readable(text: string): string {
  return text.replaceAll(/access=([\w-]+)\./g, (_, grant) => Buffer.from(grant, "base64url").toString());
}

let cells = 0;

for (const [name, { kind, ofBatch = false, document }] of Object.entries(OPERATIONS)) {
  Deno.test(`${name} tells each caller what it may see`, async () => {
    await using stage = await Stage.open();
    await stage.share(await stage.own(), "other");
    for (const [caller, rightOfTransfer] of Object.entries(CALLERS) as [CallerName, Right][]) {
      cells++;
      const right = ofBatch && caller === "the link" ? "stranger" : rightOfTransfer;
      const ids = await stage.own(ofBatch);
      await stage.share(ids);
      const streams = name.startsWith("Subscription");
      const ask = (ids: Ids) => stage.post(document(ids), caller, ids, streams ? "text/event-stream" : undefined);
      const where = `${name} by ${caller}`;
      // Links are of what is there.
      const unknown = caller === "the link" ? { ...ids, batch: nothing().batch } : nothing();
      const missing = caller === "the link" && !ofBatch ? null : await ask(unknown);
      const told = await ask(ids);
      const refusedBy = (code: string) => assert.match(told.text, new RegExp(`"code":"${code}"`), where);
      if (right === "nobody") {
        assert.equal(told.status, 401, where);
        refusedBy("UNAUTHENTICATED");
      } else if (kind === "common") {
        assert.deepEqual([told.status, told.text.includes('"errors"')], [200, false], `${where}: ${told.text}`);
      } else if (kind === "makes" && (right === "sees" || caller.includes("viewer") || caller.includes("link"))) {
        refusedBy("FORBIDDEN");
      } else if (right === "stranger") {
        assert.doesNotMatch(told.text, /"id":|"status":"SUCC|"steps":|"index":|"width":/, where);
      } else if (kind === "changes" && right === "sees") {
        refusedBy("FORBIDDEN");
      } else if (CONFLICTS.includes(name)) {
        refusedBy("CONFLICT");
      } else {
        assert.ok([200].includes(told.status) && !told.text.includes('"errors"'), `${where}: ${told.text}`);
      }
      if (caller.includes("link")) assert.ok(!readable(told.text).includes(OWNER), where);
      if (right !== "sees" && right !== "owns") {
        assert.deepEqual(told, missing, where);
        assert.ok(!told.text.includes(OWNER), where);
      }
      if (streams) {
        const none = nothing();
        const said = await stage.socket(document(ids), caller, ids);
        if (right === "nobody") assert.match(said, /4401/);
        if (right === "stranger") assert.match(said, /NOT_FOUND/);
        if (right === "sees" || right === "owns") assert.match(said, /"status":"SUCCEEDED".*"complete"/);
        else if (caller !== "the link") assert.equal(said, await stage.socket(document(none), caller, none), where);
      }
    }
  });
}

Deno.test("plain paths tell each caller what it may see, whatever its cache knows", async () => {
  await using stage = await Stage.open();
  await stage.share(await stage.own(), "other");
  const ids = await stage.own();
  await stage.share(ids);
  for (const path of PATHS) {
    const { headers } = await stage.answer(path(ids), stage.headers("the owner's key"), {}, ids);
    const etag = headers.find((line) => line.startsWith("etag: "))!.slice(6).replace("TRANSFER", ids.transfer);
    for (const [caller, right] of Object.entries(CALLERS) as [CallerName, Right][]) {
      for (const init of [{}, { method: "HEAD" }, { headers: { "if-none-match": etag } }]) {
        cells++;
        const where = `${path(ids)} by ${caller} with ${JSON.stringify(init)}`;
        const told = await stage.answer(path(ids), stage.headers(caller, ids), init, ids);
        if (right === "sees" || right === "owns") {
          assert.equal(told.status, "headers" in init ? 304 : 200, where);
          continue;
        }
        assert.equal(told.status, right === "nobody" ? 401 : 404, where);
        const none = nothing();
        assert.deepEqual(told, await stage.answer(path(none), stage.headers(caller, ids), init, none), where);
      }
    }
  }
  console.log(`${cells} cells, of which none tells a caller more than it may see`);
});

Deno.test("lists hold what is the caller's, and an admin's all when it asks for all", async () => {
  await using stage = await Stage.open();
  await stage.share(await stage.own(), "other");
  const ids = await stage.own();
  await stage.share(ids);
  await stage.own(true);
  const listed = async (caller: CallerName, args: string, list = "transfers") => {
    const { data, errors } = await stage.server.post(
      `{ list: ${list}${args} { totalCount edges { node { id } } pageInfo { hasNextPage startCursor } } }`,
      {},
      stage.headers(caller, ids),
    );
    return errors[0]?.extensions.code ?? data.list.totalCount;
  };
  const counts: Record<string, unknown> = {};
  for (const [caller, right] of Object.entries(CALLERS) as [CallerName, Right][]) {
    if (right === "nobody") continue;
    counts[caller] = [await listed(caller, ""), await listed(caller, "(allOwners: true)")];
    // Of a batch a link leads to nothing.
    const batches = [await listed(caller, "", "batches"), await listed(caller, "(allOwners: true)", "batches")];
    const own = right === "owns" || caller === "the owner's viewer's key";
    assert.deepEqual(batches, caller === "an admin's key" ? [0, 1] : [own ? 1 : 0, "FORBIDDEN"], caller);
  }
  assert.deepEqual(counts, {
    "another's key": [0, "FORBIDDEN"],
    "another's viewer's key": [0, "FORBIDDEN"],
    "the link of another transfer": [1, "FORBIDDEN"],
    "the link": [1, "FORBIDDEN"],
    "the owner's viewer's key": [4, "FORBIDDEN"],
    "the owner's key": [4, "FORBIDDEN"],
    "an admin's key": [0, 4],
  });
});
