/** Plain HTTP: what a browser's <img>, a proxy and a shell see of the real server. */
import assert from "node:assert/strict";
import { decodePicture } from "../../images/decode.ts";
import { ask, startTransfer } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { SMALL, STEPS } from "./operations.ts";

interface Pictures {
  readonly transfer: {
    readonly status: string;
    readonly content: { readonly url: string };
    readonly result: { readonly url: string; readonly width: number; readonly height: number } | null;
    readonly frames: { readonly edges: readonly { readonly node: { readonly step: number; readonly url: string } }[] };
  };
}

const PICTURES = /* GraphQL */ `
  query Pictures($id: ID!) {
    transfer(id: $id) {
      status
      content { url }
      result { url width height }
      frames(first: 100) { edges { node { step url } } }
    }
  }
`;

const DONE = /* GraphQL */ `subscription Done($id: ID!) { transferProgress(id: $id) { status } }`;

/** Waits for the end of a transfer as `curl -N` would: server-sent events, read as text. */
async function waitForEnd(url: string, id: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ query: DONE, variables: { id } }),
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.match(await response.text(), /"status":"SUCCEEDED"[\s\S]*event: complete/);
}

async function sizeAt(address: string): Promise<[number, number]> {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  const { width, height } = await decodePicture(await response.bytes(), { maxBytes: 1e6, maxPixels: 1e6 });
  return [width, height];
}

Deno.test("the server is reached by plain HTTP", async (t) => {
  await using server = await ServerProcess.start();
  const { url } = server;

  await t.step("/health and /ready say that it serves and computes", async () => {
    const health = await fetch(`${url}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { status: "ok" }]);
    assert.equal(health.headers.get("cache-control"), "no-store");
    await ask(url, "{ engine { backend } }");
    const ready = await fetch(`${url}/ready`);
    assert.deepEqual([ready.status, await ready.json()], [200, { status: "ready" }]);
  });

  const id = await startTransfer(url, SMALL);
  await waitForEnd(url, id);
  const { transfer } = await ask<Pictures>(url, PICTURES, { id });

  await t.step("pictures that were given, frames and the result have URLs that show them", async () => {
    assert.equal(transfer.status, "SUCCEEDED");
    assert.deepEqual(await sizeAt(`${url}${transfer.content.url}`), [768, 512]);
    assert.deepEqual(await sizeAt(`${url}${transfer.result!.url}`), [48, 32]);
    const frames = transfer.frames.edges.map(({ node }) => node);
    assert.deepEqual(frames.map(({ step }) => step), Array.from({ length: STEPS }, (_, i) => i + 1));
    assert.deepEqual(await sizeAt(`${url}${frames[0]!.url}`), [32, 21]);
    for (const path of ["frames/6.jpg", "frames/6.png", "result.png", "result.jpg"]) {
      assert.deepEqual(await sizeAt(`${url}/transfers/${id}/${path}`), [48, 32], path);
    }
  });

  await t.step("what never changes is cached for ever, and not sent twice", async () => {
    for (const path of [transfer.content.url, transfer.result!.url, transfer.frames.edges[2]!.node.url]) {
      const first = await fetch(`${url}${path}`);
      await first.body?.cancel();
      assert.equal(first.headers.get("cache-control"), "private, max-age=31536000, immutable", path);
      const again = await fetch(`${url}${path}`, { headers: { "if-none-match": first.headers.get("etag")! } });
      assert.deepEqual([again.status, await again.text()], [304, ""], path);
    }
  });

  await t.step("what is not there is not found", async () => {
    for (const path of ["/images/none", `/transfers/${id}/frames/99.jpg`, "/transfers/none/result.png", "/nothing"]) {
      const response = await fetch(`${url}${path}`);
      await response.body?.cancel();
      assert.equal(response.status, 404, path);
    }
  });
});
