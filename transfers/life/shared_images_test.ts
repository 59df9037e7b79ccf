/** Pictures that several servers have: what one is at, no other removes. */
import assert from "node:assert/strict";
import { Cluster, tasks } from "../testing/cluster.ts";
import { png } from "../testing/service_stage.ts";
import { HOLD_MILLISECONDS } from "../storage/ports.ts";

Deno.test("a transfer that is removed at another server than ran it takes its result with it, and its bytes", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  await cluster.add();
  const { images } = cluster.storage;
  const before = await images.bytesOf("local");
  const { id, resultId } = await api.stage.ended((await api.stage.start()).id);
  assert.ok(await images.bytesOf("local") > before);
  await api.stage.transfers.remove(id);
  // The worker lets go of the result when it has told of the end.
  await tasks();
  await api.stage.service.sweep();
  assert.deepEqual([await images.get(resultId!), await images.bytesOf("local")], [null, before]);
});

Deno.test("what one server takes in no other removes, until that is done with it or has stopped for long", async () => {
  await using cluster = new Cluster();
  const [first, second] = [await cluster.add(), await cluster.add()];
  const { images } = cluster.storage;
  const intake = first.stage.transfers.images.intake();
  const { id } = await intake.keep(await png(3));
  await second.stage.service.sweep();
  assert.notEqual(await images.get(id), null);
  await intake[Symbol.asyncDispose]();
  assert.equal(await images.get(id), null);
  const { id: left } = await first.stage.transfers.images.intake().keep(await png(4));
  await cluster.kill(first);
  await second.stage.service.sweep();
  assert.notEqual(await images.get(left), null);
  cluster.clock.advance(HOLD_MILLISECONDS + 1);
  await second.stage.service.sweep();
  assert.equal(await images.get(left), null);
});
