/**
 * The operations of `graphql.ts` by who has a key, who has none, and who has something like one, and wrong links: whoever
 * shows nothing valid is told that and nothing else, whatever they send.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { newApiKey } from "../../access/api_key.ts";
import { serveFake } from "../../server/testing/serve_fake.ts";
import { type Operation, operations, sendOperation } from "./graphql.ts";
import { assertTellsNothing } from "./leaks.ts";

const UNAUTHENTICATED = 401;
const UNAUTHORIZED = 4401;
/** A message that is longer than a socket may begin with. */
const TOO_BIG = 1009;

const token = fc.oneof(
  fc.constant("").map(newApiKey),
  fc.stringMatching(/^gram_[0-9A-Za-z]{49}$/),
  fc.stringMatching(/^gramshare_[0-9a-f-]{36}\.[\w-]{43}$/),
  fc.stringMatching(/^[\w-]{1,40}\.[\w-]{1,200}\.[\w-]{0,90}$/),
  fc.constantFrom("eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.", "A".repeat(9000), "null", "undefined"),
  fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?")),
);
const wrong = fc.oneof(
  token.map((token) => `Bearer ${token}`),
  token,
  fc.constantFrom("Basic cm9vdDpyb290", "bearer", "Bearer", "Bearer  ", 'Digest username="root"'),
);
const link = fc.record({
  path: fc.constantFrom("/images/sample-style", "/graphql?query={__typename}", "/transfers/1/result.png", "/metrics"),
  access: fc.oneof(
    fc.stringMatching(/^[\w-]{0,80}\.[\w-]{43}$/),
    fc.string({ maxLength: 60 }),
    fc.constantFrom(".", "..", "A".repeat(4000), "W10.", "bnVsbA.AAAA"),
  ),
});

type Stranger =
  | { readonly operation: Operation; readonly authorization: string | null }
  | { readonly path: string; readonly access: string };

const strangers: fc.Arbitrary<Stranger> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ operation: operations, authorization: fc.option(wrong) }) },
  { weight: 1, arbitrary: link },
);

/** Sends `count` requests made from `seed`, and as many operations with a key. @throws For the first wrong answer. */
export async function fuzzStrangers(seed: number, count: number): Promise<void> {
  await using server = await serveFake({}, { auth: ["keys"] });
  const { access, transfers } = server.services;
  const key = `Bearer ${await access.keys.create({ name: "ann", role: "USER", expiresAt: null })}`;
  await fc.assert(
    fc.asyncProperty(strangers, operations, async (stranger, operation) => {
      assert.ok([UNAUTHENTICATED, UNAUTHORIZED, TOO_BIG].includes(await sendAs(server.url, stranger)));
      const status = await sendOperation(server.url, operation, key);
      assert.ok(status !== UNAUTHENTICATED && status !== UNAUTHORIZED);
    }),
    { seed, numRuns: count },
  );
  assert.deepEqual(server.log, []);
  const admin = transfers.as({ name: "", owner: "", role: "ADMIN", follows: null });
  const { edges } = await admin.list({ allOwners: true, first: 100 });
  assert.deepEqual(edges.filter(({ node }) => node.owner !== "ann"), []);
}

async function sendAs(url: string, stranger: Stranger): Promise<number> {
  if ("operation" in stranger) return await sendOperation(url, stranger.operation, stranger.authorization);
  const { path, access } = stranger;
  const mark = path.includes("?") ? "&" : "?";
  const response = await fetch(`${url}${path}${mark}access=${encodeURIComponent(access.toWellFormed())}`);
  assertTellsNothing(await response.text());
  return response.status;
}
