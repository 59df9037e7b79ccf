import assert from "node:assert/strict";
import { OPERATION_LIMITS } from "./limits.ts";
import { PICTURES } from "../schema/testing/execute.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { answerOf, serveFake } from "./testing/serve_fake.ts";

const START = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }`;

Deno.test("an operation is answered over POST and GET", async () => {
  await using fake = await serveFake();
  const { id } = (await fake.post(START, { input: PICTURES })).data.startTransfer.transfer;
  assert.equal((await fake.services.record(id)).status, "RUNNING");
  const response = await fetch(`${fake.url}/graphql?query=${encodeURIComponent("{ engine { device } }")}`);
  assert.deepEqual((await answerOf(response)).data, { engine: { device: "cpu" } });
});

const WRONG: [name: string, query: string, variables: unknown, code: string, field: string | undefined][] = [
  ["a syntax error", "{", {}, "GRAPHQL_PARSE_FAILED", undefined],
  ["an unknown field", "{ nope }", {}, "GRAPHQL_VALIDATION_FAILED", undefined],
  ["an unknown enum value", START, { input: { ...PICTURES, preset: "X" } }, "BAD_USER_INPUT", "preset"],
  ["a value of another type", START, { input: { ...PICTURES, size: "big" } }, "BAD_USER_INPUT", "size"],
  ["a value out of range", START, { input: { ...PICTURES, size: 1 } }, "BAD_USER_INPUT", "size"],
  ["a missing variable", START, {}, "BAD_USER_INPUT", "input"],
  [
    "two ways at once",
    START,
    { input: { ...PICTURES, content: { sample: "a", url: "b" } } },
    "BAD_USER_INPUT",
    "content",
  ],
  [
    "a deep wrong value",
    START,
    {
      input: { ...PICTURES, styles: [{ image: { sample: "style" }, weight: {} }] },
    },
    "BAD_USER_INPUT",
    "styles.0.weight",
  ],
  [
    "a file that is none",
    START,
    {
      input: { ...PICTURES, content: { upload: "text" } },
    },
    "BAD_USER_INPUT",
    "content.upload",
  ],
  ["an unknown sample", START, { input: { ...PICTURES, content: { sample: "x" } } }, "NOT_FOUND", "content"],
  ["a null id", "query ($id: ID! = 1) { transfer(id: $id) { id } }", { id: null }, "BAD_USER_INPUT", "id"],
];
for (const [name, query, variables, code, field] of WRONG) {
  Deno.test(`${name} is answered with ${code} and nothing of the server's inside`, async () => {
    await using fake = await serveFake();
    const { errors } = await fake.post(query, variables);
    assert.deepEqual([errors[0]?.extensions.code, errors[0]?.extensions.field], [code, field]);
    assert.doesNotMatch(JSON.stringify(errors), /\bat .*\.ts|file:|node_modules|stack|originalError|unexpected/);
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("a bug is masked as INTERNAL and leaves one line in the log", async () => {
  await using fake = await serveFake();
  fake.services.engine.failure = new TypeError("secret\nof /home/somebody");
  const { data, errors } = await fake.post("{ engine { device } }");
  assert.equal(data, null);
  assert.deepEqual(errors, [{
    message: "Cannot answer: found an internal error, which has been logged",
    locations: [{ line: 1, column: 3 }],
    path: ["engine"],
    extensions: { code: "INTERNAL" },
  }]);
  assert.equal(fake.log.length, 1);
  assert.match(fake.log[0]!, /^Internal error: TypeError: secret of \/home\/somebody, at [^\n]+$/);
});

const HOSTILE: [name: string, query: string, variables: unknown, code: string, message: RegExp][] = [
  [
    "thousands of unknown fields",
    START,
    { input: { ...PICTURES, ...Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, 1])) } },
    "BAD_USER_INPUT",
    /^Cannot use variable \$input: found a field "k0", wanted fields of StartTransferInput only$/,
  ],
  [
    "more fields than an operation may have",
    START,
    { input: { ...PICTURES, ...Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`k${i}`, 1])) } },
    "QUERY_TOO_COMPLEX",
    /found more than 500 fields of input objects, wanted at most that$/,
  ],
  [
    "thousands of names in one object",
    START,
    { input: { ...PICTURES, ...Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`k${i}`, 1])) } },
    "QUERY_TOO_COMPLEX",
    /found more than 1000 names in an object, wanted less$/,
  ],
  [
    "a list without end",
    "query ($s: [TransferStatus!]) { transfers(status: $s) { totalCount } }",
    { s: Array(15_000).fill("NOPE") },
    "QUERY_TOO_COMPLEX",
    /found 15000 entries, wanted at most 1000$/,
  ],
  [
    "wrong values in a list",
    "query ($s: [TransferStatus!]) { transfers(status: $s) { totalCount } }",
    { s: Array(1000).fill("NOPE") },
    "BAD_USER_INPUT",
    /^Cannot use variable \$s at 0: found text of 4 characters, wanted one of CANCELLED, FAILED, /,
  ],
  [
    "a long text for a number",
    START,
    { input: { ...PICTURES, size: "secret".repeat(20_000) } },
    "BAD_USER_INPUT",
    /^Cannot use variable \$input at size: found text of 120000 characters, wanted Int$/,
  ],
  [
    "a long text for an object",
    START,
    { input: { ...PICTURES, content: "secret".repeat(20_000) } },
    "BAD_USER_INPUT",
    /at content: found text of 120000 characters, wanted ImageInput, an object$/,
  ],
  ["too many values", "{ engine { device } }", { a: Array(20_001).fill(0) }, "QUERY_TOO_COMPLEX", /20000 values/],
  [
    "brackets in brackets",
    "{ engine { device } }",
    JSON.parse('{"a":' + "[".repeat(70) + "]".repeat(70) + "}"),
    "QUERY_TOO_COMPLEX",
    /64 levels/,
  ],
];
for (const [name, query, variables, code, message] of HOSTILE) {
  Deno.test(`${name} in the variables: one message that does not tell the value, over HTTP and WebSocket`, async () => {
    await using fake = await serveFake();
    const { errors } = await fake.post(query, variables);
    assert.equal(errors.length, 1);
    assert.equal(errors[0]!.extensions.code, code, errors[0]!.message);
    assert.match(errors[0]!.message, message);
    assert.doesNotMatch(JSON.stringify(errors), /NOPE|secret/);
    const socket = await RawSocket.connect(fake.url);
    await socket.init();
    socket.send({ id: "a", type: "subscribe", payload: { query, variables } });
    const answer = await Promise.race([socket.receive(), socket.closed]);
    // What is not even read closes the socket.
    if ("code" in answer) assert.equal(answer.code, 4400);
    else assert.equal((answer.payload.errors ?? answer.payload)[0].extensions.code, code);
    await socket.close();
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("a long literal is not sent back", async () => {
  await using fake = await serveFake();
  const long = "secret".repeat(5000);
  const { errors } = await fake.post(`{ transfers(first: "${long}", status: [${long}]) { totalCount } }`);
  assert.deepEqual(errors.map(({ message }) => message.length > 200), errors.map(() => false));
});

Deno.test("a mutation over GET is refused", async () => {
  await using fake = await serveFake();
  const query = 'mutation { deleteTransfer(id: "other") { id } }';
  const response = await fetch(`${fake.url}/graphql?query=${encodeURIComponent(query)}`);
  assert.equal(response.status, 405);
  assert.match((await response.json()).errors[0].message, /POST/);
});

Deno.test("a request that is no operation is refused with its own status, a code and one line", async () => {
  await using fake = await serveFake();
  const send = async (body: BodyInit, type: string, accept = "*/*") => {
    const headers = { "content-type": type, accept };
    const { status, errors } = await answerOf(await fetch(`${fake.url}/graphql`, { method: "POST", headers, body }));
    const [{ message, extensions }] = errors as [typeof errors[number]];
    assert.match(message, /^[^\n]{10,}$/);
    assert.deepEqual(extensions, { code: "BAD_REQUEST" });
    return status;
  };
  assert.equal(await send("{", "application/json"), 400);
  assert.equal(await send("[]", "application/json"), 400);
  assert.equal(await send('{"query":5}', "application/json"), 400);
  assert.equal(await send('{"query":"{ engine { device } }","variables":[]}', "application/json"), 400);
  assert.equal(await send("null", "application/json"), 400);
  assert.equal(await send("<a/>", "application/xml"), 415);
  assert.equal(await send('{"query":"{ engine { device } }"}', "application/json", "application/xml"), 406);
});

Deno.test("a body that is too large is refused by its announced length and while it arrives", async () => {
  await using fake = await serveFake();
  const piece = new Uint8Array(2 ** 20).fill(0x20);
  const announced = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Blob(Array(13).fill(piece)),
  }).then(answerOf);
  assert.deepEqual([announced.status, announced.errors[0]!.extensions.code], [413, "REQUEST_ENTITY_TOO_LARGE"]);
  let sent = 0;
  const streamed = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new ReadableStream({
      pull(controller) {
        if (++sent > 13) controller.close();
        else controller.enqueue(piece);
      },
    }),
  }).then(answerOf);
  assert.deepEqual([streamed.status, streamed.errors[0]!.extensions.code], [413, "REQUEST_ENTITY_TOO_LARGE"]);
});

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(" ");
const nested = (levels: number) => "... on Query { ".repeat(levels) + "engine { device }" + " }".repeat(levels);
const TOO_COMPLEX: [name: string, query: string, variables?: object][] = [
  [
    "too many aliases",
    `{ ${
      aliases(30, 'transfer(id: "a") { lossHistory(points: 10000) { step } frame { base64 } content { base64 } }')
    } }`,
  ],
  ["more aliases than there may be", `{ ${aliases(251, "__typename")} }`],
  ["more directives than there may be", `{ engine { ${"device @skip(if: false) ".repeat(51)} } }`],
  ["too many tokens", `{ ${aliases(400, "engine { device }")} }`],
  ["too many characters", `{ engine { device } } # ${"x".repeat(140_000)}`],
  [
    "too many fields by fragments",
    `{ ...A } fragment A on Query { ${aliases(25, "samples { ...B }")} }
    fragment B on Sample { ${aliases(25, "image { id }")} }`,
  ],
  [
    "too many pictures",
    "{ transfers(first: 100) { edges { node { frame { base64 } content { base64 } result { base64 } } } } }",
  ],
  [
    "too many pictures by a variable",
    "query ($n: Int) { transfers(first: $n) { edges { node { frame { a: base64 b: base64(quality: 1) c: base64 } } } } }",
    { n: 100 },
  ],
  ["too many classifications", `{ ${aliases(6, 'classify(image: { sample: "style" }) { index }')} }`],
  [
    "too many pictures to take in",
    `mutation ($input: StartTransferInput!) {
    ${aliases(60, "startTransfer(input: $input) { transfer { id } }")}
  }`,
    { input: PICTURES },
  ],
];
for (const [name, query, variables] of TOO_COMPLEX) {
  Deno.test(`${name} are refused before anything is computed`, async () => {
    await using fake = await serveFake();
    const { store } = fake.services.ports;
    store.get = () => Promise.reject(new Error("must not be reached"));
    const { data, errors } = await fake.post(query, variables);
    assert.deepEqual([data ?? null, errors.length], [null, 1], JSON.stringify(errors));
    assert.equal(errors[0]!.extensions.code, "QUERY_TOO_COMPLEX", errors[0]!.message);
    assert.equal(await fake.services.started(), 0);
  });
}

Deno.test("the same document passes with small variables, before and after it was refused with large ones", async () => {
  await using fake = await serveFake();
  const query =
    "query ($n: Int) { transfers(first: $n) { edges { node { frame { a: base64 b: base64 c: base64 } } } } }";
  for (const [n, code] of [[2, undefined], [100, "QUERY_TOO_COMPLEX"], [2, undefined]] as const) {
    const { errors } = await fake.post(query, { n });
    assert.equal(errors[0]?.extensions.code, code);
  }
});

Deno.test("a cheap operation in front does not hide a dear one in the same document", async () => {
  await using fake = await serveFake();
  const dear = `{ ${aliases(6, 'classify(image: { sample: "style" }) { index }')} }`;
  const response = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: `query Cheap { engine { device } } query Dear ${dear}`, operationName: "Dear" }),
  });
  assert.equal((await answerOf(response)).errors[0]!.extensions.code, "QUERY_TOO_COMPLEX");
});

Deno.test("an argument that fails does not switch the limits off", async () => {
  await using fake = await serveFake();
  const query = `query ($id: ID = "a") { transfer(id: $id) { id } ${
    aliases(6, 'classify(image: { sample: "style" }) { index }')
  } }`;
  const { data, errors } = await fake.post(query, { id: null });
  assert.equal(data ?? null, null);
  assert.equal(errors.length, 1);
  assert.match(errors[0]!.extensions.code, /BAD_USER_INPUT|QUERY_TOO_COMPLEX/);
});

Deno.test("depth is bounded", async () => {
  await using fake = await serveFake({ operationLimits: { ...OPERATION_LIMITS, maxDepth: 5 } });
  const query = "{ transfers { edges { node { styles { image { id } } } } } }";
  assert.match((await fake.post(query)).errors[0]!.message, /found 6 levels, wanted at most 5$/);
  assert.deepEqual((await fake.post(`{ ${nested(50)} }`)).data, { engine: { device: "cpu" } });
});

Deno.test("a fragment that spreads itself is refused", async () => {
  await using fake = await serveFake();
  const { errors } = await fake.post("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }");
  assert.equal(errors[0]!.extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

Deno.test("deep introspection is refused, the usual one is answered", async () => {
  await using fake = await serveFake();
  const deep = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
  assert.equal((await fake.post(deep)).errors[0]!.extensions.code, "GRAPHQL_VALIDATION_FAILED");
  const { getIntrospectionQuery } = await import("graphql");
  const { data, errors } = await fake.post(
    getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, oneOf: true }),
  );
  assert.deepEqual(errors, []);
  assert.ok(data.__schema.types.length > 50);
});
