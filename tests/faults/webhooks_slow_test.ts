/** A short run of what `deno task faults webhooks` does at length. */
import assert from "node:assert/strict";
import { webhooksSurviveKills } from "./webhooks.ts";

Deno.test("kills of the server lose nothing that webhooks are told, nor its order, nor a signature", async () => {
  const { events, requests } = await webhooksSurviveKills({ kills: 6, concurrent: 2, steps: 12, seed: 5 });
  assert.ok(events >= 4 && requests >= events);
});
