import assert from "node:assert/strict";
import { type Caller, type Role, ROLES } from "../caller.ts";
import type { Transfers } from "../api.ts";
import { isError } from "../testing/errors.ts";
import { ServiceStage } from "../testing/service_stage.ts";

/** What can be asked about one transfer, and what it answers for one that is not there. */
const SEE: Readonly<Record<string, (transfers: Transfers, id: string) => Promise<unknown>>> = {
  get: (transfers, id) => transfers.get(id),
  frame: (transfers, id) => transfers.frame(id, null),
  queuePosition: (transfers, id) => transfers.queuePosition(id),
  progress: async (transfers, id) => await (await transfers.progress(id, {})).return?.(),
  lossHistory: (transfers, id) => transfers.lossHistory(id, 10),
  frames: (transfers, id) => transfers.frames(id, {}),
};

const CHANGE: Readonly<Record<string, (transfers: Transfers, id: string) => Promise<unknown>>> = {
  cancel: (transfers, id) => transfers.cancel(id),
  resume: (transfers, id) => transfers.resume(id, 1),
  retune: (transfers, id) => transfers.retune(id, { contentWeight: 1 }),
  remove: (transfers, id) => transfers.remove(id),
};

/** The answer, or the code and message of the refusal, with nothing in it that tells ids apart. */
async function answer(call: Promise<unknown>, id: string): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message: message.replaceAll(id, "ID") };
  }
}

function caller(owner: string, role: Role, follows: string | null = null): Caller {
  return { name: owner, owner, role, follows };
}

Deno.test("what another owner has is answered as what is not there", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.start();
  await stage.ended(id);
  const none = crypto.randomUUID();
  const others: Caller[] = [caller("ann", "USER"), caller("ann", "VIEWER"), caller("local", "VIEWER", none)];
  for (const who of others) {
    const transfers = stage.service.as(who);
    for (const [name, ask] of Object.entries({ ...SEE, ...CHANGE })) {
      const [theirs, nothing] = [await answer(ask(transfers, id), id), await answer(ask(transfers, none), none)];
      assert.deepEqual(theirs, nothing, `${name} as ${JSON.stringify(who)}`);
    }
    assert.equal((await transfers.list({})).totalCount, 0);
    assert.equal(await transfers.images.get(stage.contentId), null);
  }
  const ann = stage.service.as(others[0]!);
  await using intake = ann.images.intake();
  assert.equal(await intake.get(stage.contentId), null);
  await assert.rejects(ann.start(stage.request()), isError("NOT_FOUND"));
  await assert.rejects(ann.estimate(stage.request()), isError("NOT_FOUND"));
  await assert.rejects(ann.classify(stage.contentId), isError("NOT_FOUND"));
});

Deno.test("a viewer sees what is its owner's and changes nothing", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.start();
  await stage.ended(id);
  const viewer = stage.service.as(caller("local", "VIEWER"));
  assert.equal((await viewer.get(id))?.id, id);
  assert.equal((await viewer.list({})).totalCount, 1);
  assert.equal((await viewer.images.get(stage.contentId))?.id, stage.contentId);
  for (const change of Object.values(CHANGE)) await assert.rejects(change(viewer, id), isError("FORBIDDEN", "USER"));
  await assert.rejects(viewer.start(stage.request()), isError("FORBIDDEN"));
  await assert.rejects(viewer.estimate(stage.request()), isError("FORBIDDEN"));
  await assert.rejects(viewer.classify(stage.contentId), isError("FORBIDDEN"));
  assert.throws(() => viewer.images.intake(), isError("FORBIDDEN"));
});

Deno.test("who was given one transfer to follow sees that one with its images, and no other", async () => {
  await using stage = await ServiceStage.open();
  const [{ id }, other] = [await stage.start(), await stage.start({ seed: 8 })];
  const ended = await stage.ended(id);
  await stage.ended(other.id);
  const unused = await stage.upload(
    new Uint8Array(await stage.transfers.images.read((await stage.transfers.images.get(ended.resultId!))!)),
  );
  const follower = stage.service.as(caller("local", "VIEWER", id));
  assert.equal((await follower.get(id))?.id, id);
  assert.equal(await follower.get(other.id), null);
  assert.deepEqual((await follower.list({})).edges.map(({ node }) => node.id), [id]);
  assert.equal((await follower.list({ status: ["FAILED"] })).totalCount, 0);
  for (const image of [stage.contentId, stage.styleId, ended.resultId!]) {
    assert.equal((await follower.images.get(image))?.id, image);
  }
  const otherResult = (await stage.transfers.get(other.id))!.resultId!;
  for (const image of [otherResult, unused].filter((image) => image !== ended.resultId)) {
    assert.equal(await follower.images.get(image), null);
  }
});

Deno.test("only an admin sees and changes what all owners have", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.start();
  await stage.ended(id);
  const admin = stage.service.as(caller("root", "ADMIN"));
  assert.equal((await admin.get(id))?.owner, "local");
  assert.equal((await admin.list({})).totalCount, 0);
  assert.deepEqual((await admin.list({ allOwners: true })).edges.map(({ node }) => node.id), [id]);
  await admin.remove(id);
  for (const role of Object.keys(ROLES) as Role[]) {
    if (role === "ADMIN") continue;
    await assert.rejects(stage.service.as(caller("local", role)).list({ allOwners: true }), isError("FORBIDDEN"));
  }
});

Deno.test("an id of any length is told of in short", async () => {
  await using stage = await ServiceStage.open();
  for (const change of Object.values(CHANGE)) {
    const { message } = await change(stage.transfers, "x".repeat(10_000)).then(
      () => assert.fail(),
      (error: Error) => error,
    );
    assert.ok(message.length < 200, message);
  }
});
