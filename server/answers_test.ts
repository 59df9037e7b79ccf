import assert from "node:assert/strict";
import { GramcastError } from "../errors.ts";
import { type FakeServer, serveFake } from "./testing/serve_fake.ts";

const JSON_TYPE = "application/json";
const GRAPHQL_TYPE = "application/graphql-response+json";
const EVENT_STREAM = "text/event-stream";

const ENGINE = "{ engine { device } }";
const START = `mutation { startTransfer(input: {
  content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 64, steps: 3
}) { transfer { id } } }`;
const FOLLOW = 'subscription { transferProgress(id: "newest") { step } }';

async function post(fake: FakeServer, accept: string, body: unknown, type = JSON_TYPE) {
  const response = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { accept, "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { response, text: await response.text() };
}

Deno.test("an operation that cannot be answered in an accepted type is refused with 406 and has not run", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const { bus } = services.ports;
  const watched: string[] = [];
  const watch = bus.watch.bind(bus);
  bus.watch = (id) => {
    watched.push(id);
    return watch(id);
  };
  const refused: [accept: string, query: string][] = [
    ["application/xml", START],
    ["application/xml", FOLLOW],
    ["multipart/mixed", ENGINE],
    [`${JSON_TYPE};q=0`, ENGINE],
    [JSON_TYPE, FOLLOW],
    [GRAPHQL_TYPE, FOLLOW],
    ['multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json', FOLLOW],
  ];
  await fake.post(START);
  for (const [accept, query] of refused) {
    const { response, text } = await post(fake, accept, { query });
    assert.equal(response.status, 406, accept);
    assert.match(response.headers.get("content-type")!, /^application\/(graphql-response\+)?json; charset=utf-8$/);
    assert.match(JSON.parse(text).errors[0].message, /^Cannot answer in an accepted media type: wanted [^\n]+$/);
  }
  assert.equal(await services.started(), 1);
  assert.deepEqual(watched, []);
});

Deno.test("a thousand subscriptions that are refused leave room for honest ones", async () => {
  await using fake = await serveFake();
  const id = await fake.start({ size: 64, steps: 3 });
  for (let i = 0; i < 1000; i++) {
    const { response } = await post(fake, JSON_TYPE, { query: FOLLOW });
    assert.equal(response.status, 406);
  }
  assert.equal(fake.services.watchers, 0);
  await fake.services.finish(id);
  const { text } = await post(fake, EVENT_STREAM, { query: FOLLOW });
  assert.match(text, /event: next\ndata: \{"data":\{"transferProgress":\{"step":3\}\}\}/);
});

const COERCE = "query ($id: ID!) { transfer(id: $id) { id } }";
const STATUSES: [what: string, body: unknown, json: number, graphql: number][] = [
  ["data", { query: ENGINE }, 200, 200],
  ["data and errors", { query: '{ engine { device } classify(image: { sample: "no" }) { index } }' }, 200, 294],
  ["a document that does not parse", { query: "{" }, 200, 400],
  ["a document that does not validate", { query: "{ nope }" }, 200, 422],
  ["an operation that is not there", { query: ENGINE, operationName: "Other" }, 200, 400],
  ["a variable that is missing", { query: COERCE, variables: {} }, 200, 400],
  [
    "a variable of another type",
    { query: "query ($n: Int) { transfers(first: $n) { totalCount } }", variables: { n: "x" } },
    200,
    400,
  ],
  [
    "too large an operation",
    { query: `{ ${Array.from({ length: 400 }, (_, i) => `a${i}: __typename`).join(" ")} }` },
    200,
    400,
  ],
  ["a body that is no JSON", "{", 400, 400],
  ["a body that is a list", [], 400, 400],
  ["a body without a query", { qeury: ENGINE }, 400, 400],
  ["variables that are a list", { query: ENGINE, variables: [] }, 400, 400],
  ["an operationName that is an object", { query: ENGINE, operationName: {} }, 400, 400],
];
for (const [what, body, json, graphql] of STATUSES) {
  Deno.test(`${what} is answered as JSON with ${json}, as a GraphQL response with ${graphql}`, async () => {
    await using fake = await serveFake();
    for (const [type, status] of [[JSON_TYPE, json], [GRAPHQL_TYPE, graphql]] as const) {
      const { response, text } = await post(fake, type, body);
      assert.equal(response.status, status, text);
      assert.equal(response.headers.get("content-type"), `${type}; charset=utf-8`);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("vary"), "accept");
      const { data, errors } = JSON.parse(text);
      assert.equal(data !== undefined, status === 200 && what.startsWith("data") || status === 294);
      assert.equal(errors === undefined, what === "data");
      for (const { extensions } of errors ?? []) {
        assert.equal(typeof extensions.code, "string");
        assert.equal(extensions.http, undefined);
      }
    }
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("an operation whose data is null for an error has data, and 294", async () => {
  await using fake = await serveFake();
  fake.services.engine.failure = new Error("a bug");
  const { response, text } = await post(fake, GRAPHQL_TYPE, { query: ENGINE });
  assert.deepEqual([response.status, JSON.parse(text).data], [294, null]);
});

Deno.test("an operation that is refused over server-sent events says so in the stream", async () => {
  await using fake = await serveFake();
  for (const query of ["subscription { nope }", "{", 'subscription { transferProgress(id: "other") { step } }']) {
    const { response, text } = await post(fake, EVENT_STREAM, { query });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), EVENT_STREAM);
    assert.match(text, /^:\n\nevent: next\ndata: \{"errors":\[\{.+\}\]\}\n\nevent: complete\ndata:\n\n$/);
  }
  const { response, text } = await post(fake, EVENT_STREAM, "{");
  assert.deepEqual([response.status, response.headers.get("content-type")], [400, "application/json; charset=utf-8"]);
  assert.equal(JSON.parse(text).errors[0].extensions.code, "BAD_REQUEST");
});

Deno.test("server-sent events must not be held back, changed or kept on their way", async () => {
  await using fake = await serveFake();
  const { response } = await post(fake, EVENT_STREAM, { query: ENGINE });
  const { headers } = response;
  assert.equal(headers.get("x-accel-buffering"), "no");
  assert.equal(headers.get("cache-control"), "no-store, no-transform");
  assert.equal(headers.get("content-encoding"), null);
});

Deno.test("broken parameters of a GET are the client's fault, and leave nothing in the log", async () => {
  await using fake = await serveFake();
  const broken = [
    { query: ENGINE, variables: "{i:1}" },
    { query: ENGINE, variables: "[1]" },
    { query: ENGINE, extensions: "nonsense" },
    { variables: "{}" },
    {},
  ];
  for (const parameters of broken) {
    for (const accept of [JSON_TYPE, GRAPHQL_TYPE, EVENT_STREAM]) {
      const search = new URLSearchParams(parameters as Record<string, string>);
      const response = await fetch(`${fake.url}/graphql?${search}`, { headers: { accept } });
      assert.equal(response.status, 400);
      const { errors: [{ message, extensions }] } = await response.json();
      assert.match(message, /^Cannot read [^\n]+, wanted [^\n]+$/);
      assert.deepEqual(extensions, { code: "BAD_REQUEST" });
    }
  }
  assert.deepEqual(fake.log, []);
});

Deno.test("a body of another type than JSON or multipart is refused with 415 and has not run", async () => {
  await using fake = await serveFake();
  const bodies: [type: string, body: string][] = [
    ["application/graphql", START],
    ["application/x-www-form-urlencoded", new URLSearchParams({ query: START }).toString()],
    ["text/plain", JSON.stringify({ query: START })],
    ["application/jsonx", JSON.stringify({ query: START })],
  ];
  for (const [type, body] of bodies) {
    const { response, text } = await post(fake, "*/*", body, type);
    assert.equal(response.status, 415, type);
    assert.match(JSON.parse(text).errors[0].message, /wanted application\/json or multipart\/form-data$/);
  }
  const { response } = await post(fake, "*/*", { query: ENGINE }, "Application/JSON ; charset=utf-8");
  assert.equal(response.status, 200);
  assert.equal(await fake.services.started(), 0);
});

Deno.test("a request of another method is refused with 405, and a mutation over GET", async () => {
  await using fake = await serveFake();
  const put = await fetch(`${fake.url}/graphql`, { method: "PUT", body: "x" });
  assert.deepEqual([put.status, put.headers.get("allow")], [405, "GET, POST"]);
  await put.body?.cancel();
  const get = await fetch(`${fake.url}/graphql?query=${encodeURIComponent(START)}`, { headers: { accept: JSON_TYPE } });
  assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
  await get.body?.cancel();
  assert.equal(await fake.services.started(), 0);
});

Deno.test("a body that breaks off is nobody's bug", async () => {
  await using fake = await serveFake();
  const { hostname, port } = new URL(fake.url);
  for (const type of [JSON_TYPE, "multipart/form-data; boundary=b", "application/graphql"]) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: ${type}\r\nContent-Length: 100\r\n\r\n`;
    await connection.write(new TextEncoder().encode(`${head}--b\r\n{`));
    connection.close();
  }
  // Whatever becomes of them has become of them when a later request is answered and the server has stopped.
  await fake.post(ENGINE);
  await fake.server.stop();
  assert.deepEqual(fake.log, []);
});

Deno.test("an answer that the storage could not be reached for says when to try again", async () => {
  await using fake = await serveFake();
  const { store } = fake.services.ports;
  store.list = () =>
    Promise.reject(new GramcastError("STORAGE_UNAVAILABLE", "Cannot use it", { details: { retryAfter: 5 } }));
  const { response, text } = await post(fake, GRAPHQL_TYPE, { query: "{ transfers { edges { node { id } } } }" });
  assert.deepEqual([response.status, response.headers.get("retry-after")], [294, "5"]);
  const [{ extensions }] = JSON.parse(text).errors;
  assert.deepEqual(extensions, { code: "STORAGE_UNAVAILABLE", retryAfter: 5 });
});
