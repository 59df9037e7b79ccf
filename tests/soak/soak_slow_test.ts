import assert from "node:assert/strict";
import { GUESTS } from "./guests.ts";
import { soak } from "./soak.ts";

Deno.test("guests who come, go, stall and lie leave nothing behind but pictures that they gave", async () => {
  const { visits, start, end, crashes, complaints } = await soak({ seconds: 20, seed: 1, guests: 16 });
  assert.deepEqual([crashes, complaints], [[], []]);
  assert.deepEqual([...visits.keys()].sort(), Object.keys(GUESTS).sort());
  const counts = ({ connections, watchers, heldBytes }: typeof end) => [connections, watchers, heldBytes];
  assert.deepEqual(counts(end), counts(start));
  assert.ok(end.descriptors <= start.descriptors + 5, `${start.descriptors} descriptors, then ${end.descriptors}`);
  assert.ok(end.memory < start.memory + 100e6, `${start.memory} bytes, then ${end.memory}`);
  assert.ok(end.files <= start.files + visits.get("uploads")!, `${start.files} files, then ${end.files}`);
});
