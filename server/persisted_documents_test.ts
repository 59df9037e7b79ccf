import assert from "node:assert/strict";
import { answerOf, type FakeServer, serveFake } from "./testing/serve_fake.ts";

const QUERY = "query Device { engine { device } }";
const DATA = { engine: { device: "cpu" } };

async function hash(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

async function send(fake: FakeServer, body: unknown) {
  return await answerOf(
    await fetch(`${fake.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

async function persisted(text: string) {
  return { persistedQuery: { version: 1, sha256Hash: await hash(text) } };
}

Deno.test("a query is asked for by its hash after a client has sent it once, over POST and GET", async () => {
  await using fake = await serveFake();
  const extensions = await persisted(QUERY);
  const unknown = await send(fake, { operationName: "Device", variables: {}, extensions });
  assert.equal(unknown.status, 200);
  assert.equal(unknown.errors[0]!.message, "PersistedQueryNotFound");
  assert.equal(unknown.errors[0]!.extensions.code, "PERSISTED_QUERY_NOT_FOUND");
  assert.deepEqual((await send(fake, { query: QUERY, extensions })).data, DATA);
  assert.deepEqual((await send(fake, { operationName: "Device", variables: {}, extensions })).data, DATA);
  const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  assert.deepEqual((await answerOf(await fetch(`${fake.url}/graphql?${search}`))).data, DATA);
  const documentId = `sha256:${extensions.persistedQuery.sha256Hash}`;
  assert.deepEqual((await send(fake, { documentId })).data, DATA);
});

Deno.test("a mutation that is persisted is refused over GET", async () => {
  await using fake = await serveFake();
  const text = 'mutation { deleteTransfer(id: "other") { id } }';
  const extensions = await persisted(text);
  await send(fake, { query: text, extensions });
  const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  assert.equal((await answerOf(await fetch(`${fake.url}/graphql?${search}`))).status, 405);
});

Deno.test("what persists is checked", async () => {
  await using fake = await serveFake();
  const wrong = [
    { query: QUERY, extensions: await persisted("{ other }") },
    { query: QUERY, extensions: { persistedQuery: { version: 2, sha256Hash: await hash(QUERY) } } },
    { query: QUERY, extensions: { persistedQuery: { version: 1, sha256Hash: "x" } } },
    { query: QUERY, extensions: { persistedQuery: 1 } },
    { query: QUERY, documentId: "devices" },
  ];
  for (const body of wrong) {
    const { errors } = await send(fake, body);
    assert.equal(errors[0]!.extensions.code, "BAD_REQUEST", JSON.stringify(body));
  }
  assert.equal(
    (await send(fake, { extensions: await persisted("{ other }") })).errors[0]!.extensions.code,
    "PERSISTED_QUERY_NOT_FOUND",
  );
});

Deno.test("trusted documents are executed by their ids, unknown ones are not found", async () => {
  await using fake = await serveFake({ trustedDocuments: new Map([["devices", QUERY]]) });
  assert.deepEqual((await send(fake, { documentId: "devices" })).data, DATA);
  const found = await answerOf(await fetch(`${fake.url}/graphql?documentId=devices`));
  assert.deepEqual(found.data, DATA);
  for (const documentId of ["other", "__proto__", `sha256:${await hash(QUERY)}`]) {
    const { errors } = await send(fake, { documentId });
    assert.equal(errors[0]!.extensions.code, "PERSISTED_QUERY_NOT_FOUND");
  }
});

Deno.test("documents that strangers teach do not grow without end", async () => {
  await using fake = await serveFake();
  const texts = Array.from({ length: 40 }, (_, i) => `{ engine { device } } # ${i} ${"x".repeat(120_000)}`);
  for (const text of texts) {
    assert.deepEqual((await send(fake, { query: text, extensions: await persisted(text) })).errors, []);
  }
  const first = await send(fake, { extensions: await persisted(texts[0]!) });
  assert.equal(first.errors[0]?.extensions.code, "PERSISTED_QUERY_NOT_FOUND");
  const last = await send(fake, { extensions: await persisted(texts.at(-1)!) });
  assert.deepEqual(last.data, DATA);
});
