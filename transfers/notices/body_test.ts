import assert from "node:assert/strict";
import type { Notice } from "../types.ts";
import { bodyOf } from "./body.ts";

const NOTICE: Notice = {
  event: "PROGRESS",
  at: Date.parse("2026-11-23T14:05:00.000Z"),
  status: "RUNNING",
  step: 3,
  steps: 20,
  losses: { total: 6, content: 1, style: 2, tv: 3 },
  resultId: null,
  failure: null,
};

Deno.test("bodyOf() says what happened to which transfer and when", () => {
  assert.deepEqual(JSON.parse(bodyOf({ transferId: "t", notice: NOTICE }, null)), {
    type: "transfer.progress",
    timestamp: "2026-11-23T14:05:00.000Z",
    data: {
      id: "t",
      status: "RUNNING",
      step: 3,
      steps: 20,
      losses: { total: 6, content: 1, style: 2, tv: 3 },
    },
  });
});

Deno.test("bodyOf() says of which batch a transfer is", () => {
  assert.equal(JSON.parse(bodyOf({ transferId: "t", notice: { ...NOTICE, batchId: "b" } }, null)).data.batchId, "b");
});

Deno.test("bodyOf() says where the result is, by PUBLIC_URL where there is one", () => {
  const notice: Notice = { ...NOTICE, event: "SUCCEEDED", status: "SUCCEEDED", resultId: "r" };
  const urlOf = (publicUrl: URL | null) => JSON.parse(bodyOf({ transferId: "t", notice }, publicUrl)).data.resultUrl;
  assert.deepEqual(
    [null, "https://example.org", "https://example.org/gramcast/"].map((url) =>
      urlOf(url === null ? null : new URL(url))
    ),
    ["/images/r", "https://example.org/images/r", "https://example.org/gramcast/images/r"],
  );
});

Deno.test("bodyOf() says why a transfer failed, and stays small whatever that is", () => {
  const failure = { code: "INTERNAL", message: "\u0000".repeat(100_000) } as const;
  const body = bodyOf({ transferId: "t", notice: { ...NOTICE, event: "FAILED", status: "FAILED", failure } }, null);
  assert.equal(JSON.parse(body).data.error.code, "INTERNAL");
  assert.ok(new TextEncoder().encode(body).length < 20_000);
});
