/**
 * Operations that a stranger might send, over every way in: wrong documents, wrong variables, wrong JSON, wrong frames.
 * Each has to get an answer that is no bug and tells nothing of the server's inside.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RawSocket } from "../../server/testing/raw_socket.ts";
import { serveFake } from "../../server/testing/serve_fake.ts";
import { assertTellsNothing } from "./leaks.ts";

const DOCUMENTS = [
  "{ samples { name image { id url } } }",
  "{ presets { name } transfers(first: 2) { edges { node { id status } } totalCount } }",
  "query ($i: StartTransferInput!) { estimate(input: $i) { steps } }",
  "mutation ($i: StartTransferInput!) { startTransfer(input: $i) { transfer { id } } }",
  "mutation ($s: ID!) { cancelTransfer(id: $s) { transfer { status } } }",
  "query ($m: ImageInput!, $n: Int) { classify(image: $m, top: $n) { label } }",
  "query ($s: ID!, $n: Int) { node(id: $s) { __typename } transfer(id: $s) { lossHistory(points: $n) { total } } }",
  "{ __schema { types { name fields { name args { name } } } } }",
];
const NAMES = ["__proto__", "constructor", "toString", "then", "toJSON", "id", "size", "steps", "styles", "content"];
const PICTURES = [
  { sample: "content" },
  { sample: "x" },
  { base64: "iVBORw0" },
  { url: "file:///etc/passwd" },
  {},
  null,
];

const scalar = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("A".repeat(70_000), "../../etc/passwd", "newest", "FAST", ...NAMES),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 4 }),
  ),
}));
const image = fc.oneof(fc.constantFrom(...PICTURES), value);
const input = fc.oneof(
  fc.record({ content: image, styles: fc.array(fc.record({ image, weight: scalar }), { maxLength: 3 }), size: scalar }),
  value,
);
const variables = fc.record({ i: input, m: image, s: scalar, n: scalar }, { requiredKeys: [] });
const damaged = fc.tuple(fc.constantFrom(...DOCUMENTS), fc.nat(200), fc.constantFrom(...'{}()"\\$@#\0')).map(
  ([text, at, mark]) => text.slice(0, at) + mark + text.slice(at + 1),
);
const document = fc.oneof(
  fc.constantFrom(...DOCUMENTS),
  damaged,
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.nat(300).map((depth) => "{a".repeat(depth) + "}".repeat(depth)),
  fc.nat(600).map((count) => `{${Array.from({ length: count }, (_, i) => `a${i}:__typename `).join("")}}`),
);
const WAYS = ["POST", "GET", "multipart", "raw", "WebSocket"] as const;

/** An operation, and the way in that it takes. */
export interface Operation {
  readonly way: typeof WAYS[number];
  readonly query: string;
  readonly variables: unknown;
  /** Characters after which the body ends where it is sent raw. */
  readonly cut: number;
}

/** Operations that may be wrong in every way. */
export const operations: fc.Arbitrary<Operation> = fc.record({
  way: fc.constantFrom(...WAYS),
  query: document,
  variables,
  cut: fc.nat(400),
});

/** Sends `count` operations made from `seed`. @throws For the first that is answered as it must not be. */
export async function fuzzGraphql(seed: number, count: number): Promise<void> {
  await using fake = await serveFake();
  await fc.assert(fc.asyncProperty(operations, async (operation) => void await sendOperation(fake.url, operation)), {
    seed,
    numRuns: count,
  });
  assert.deepEqual(fake.log, []);
}

/**
 * Sends an operation with these credentials, or with none, and answers the status, or the code that a socket was closed
 * with; 200 for a socket that answers.
 *
 * @throws When the answer is one that must not be.
 */
export async function sendOperation(
  url: string,
  { way, query, variables, cut }: Operation,
  authorization: string | null = null,
): Promise<number> {
  const body = JSON.stringify({ query, variables });
  const { status, text } = way === "WebSocket"
    ? await sendOverSocket(url, body, authorization)
    : await send(url, way, body, query, cut, authorization);
  assertTellsNothing(text);
  assert.notEqual(status, 500);
  return status;
}

async function sendOverSocket(url: string, body: string, authorization: string | null) {
  const socket = await RawSocket.connect(url);
  socket.send({ type: "connection_init", payload: { authorization } });
  const first = await Promise.race([socket.receive(), socket.closed]);
  if (first.type === "connection_ack") {
    socket.send(`{"id":"a","type":"subscribe","payload":${body}}`);
    const answer = await Promise.race([socket.receive(), socket.closed]);
    await socket.close();
    return { status: 200, text: JSON.stringify(answer) };
  }
  return { status: first.code as number, text: JSON.stringify(first) };
}

async function send(
  url: string,
  way: typeof WAYS[number],
  body: string,
  query: string,
  cut: number,
  authorization: string | null,
) {
  const credentials: Record<string, string> = authorization === null ? {} : { authorization };
  const json = { "content-type": "application/json" };
  const response = way === "GET"
    ? await fetch(`${url}/graphql?query=${encodeURIComponent(query.toWellFormed())}`, { headers: credentials })
    : await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        ...(way === "multipart" ? { "content-type": "multipart/form-data; boundary=b" } : json),
        ...credentials,
      },
      body: way === "multipart"
        ? `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${body}\r\n--b--\r\n`
        : way === "raw"
        ? body.slice(0, cut)
        : body,
    });
  return { status: response.status, text: await response.text() };
}
