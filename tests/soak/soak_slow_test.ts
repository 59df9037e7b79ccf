import assert from "node:assert/strict";
import { GUESTS } from "./guests.ts";
import { soak } from "./soak.ts";

/** Of the three threads that start when they are first needed: for two write-ahead logs, and for long JSON. */
const THREAD_DESCRIPTORS = 18;

Deno.test("guests who come, go, stall and lie leave nothing behind but pictures that they gave", async () => {
  const { visits, start, end, crashes, complaints } = await soak({ seconds: 20, seed: 1, guests: 16, auth: false });
  assert.deepEqual([crashes, complaints], [[], []]);
  assert.deepEqual([...visits.keys()].sort(), Object.keys(GUESTS).sort());
  const counts = ({ connections, watchers, heldBytes }: typeof end) => [connections, watchers, heldBytes];
  assert.deepEqual(counts(end), counts(start));
  const mostDescriptors = start.descriptors + THREAD_DESCRIPTORS;
  assert.ok(end.descriptors <= mostDescriptors, `${start.descriptors} descriptors, then ${end.descriptors}`);
  assert.ok(end.memory < start.memory + 100e6, `${start.memory} bytes, then ${end.memory}`);
  assert.ok(end.files <= start.files + visits.get("uploads")!, `${start.files} files, then ${end.files}`);
});
