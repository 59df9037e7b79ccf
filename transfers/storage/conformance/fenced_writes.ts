import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import { type Claim, ClaimLost, type TransferQueue, type TransferStore } from "../ports.ts";
import { NO_NEEDS, statusOnly, stepEvent, transferRecord, WORKER } from "../../testing/records.ts";
import { TRANSFER_STATUSES } from "../../types.ts";

/** What gives and takes claims. */
export type Claims = Pick<TransferQueue, "reserve" | "confirm" | "claim" | "release" | "settle">;

interface Opened {
  readonly store: TransferStore;
  readonly queue: Claims;
  close(): Promise<void>;
}

/** What every store must do of which several servers have claims. `open` gives an empty one with the queue of its storage. */
export function testFencedWrites(name: string, open: () => Promise<Opened>): void {
  const test = suite(name, open);

  test("lets the holder of a claim write", async ({ store, queue }) => {
    const held = store.under(await claimed(store, queue, "a"));
    assert.deepEqual(await outcomes(held, "a"), ["done", "done", "done", "done"]);
    assert.deepEqual(await lookAt(store, "a"), {
      status: "RUNNING",
      sequence: 3,
      events: 3,
      checkpoints: [1],
      frames: [2],
    });
    assert.equal((await held.get("a"))?.step, 1);
  });

  for (
    const [title, lose] of [
      ["another has claimed it", (queue: Claims, claim: Claim) => takeOver(queue, claim)],
      ["it was released", (queue: Claims, claim: Claim) => queue.release(claim)],
      ["it was settled", (queue: Claims, { id }: Claim) => queue.settle(id)],
    ] as const
  ) {
    test(`refuses every write under a claim when ${title}`, async ({ store, queue }) => {
      const claim = await claimed(store, queue, "a");
      const held = store.under(claim);
      await outcomes(held, "a");
      const before = [await lookAt(store, "a"), await store.bytesOf("local")];
      await lose(queue, claim);
      assert.deepEqual(await outcomes(held, "a"), ["ClaimLost", "ClaimLost", "ClaimLost", "ClaimLost"]);
      assert.deepEqual([await lookAt(store, "a"), await store.bytesOf("local")], before);
    });
  }

  test("lets the next holder of a claim write, and whoever has none", async ({ store, queue }) => {
    const first = await claimed(store, queue, "a");
    const held = store.under(await takeOver(queue, first));
    assert.deepEqual(await outcomes(held, "a"), ["done", "done", "done", "done"]);
    assert.equal((await store.append("a", { from: ["RUNNING"], changes: { step: 9 }, events: [] }))?.step, 9);
  });

  test("says that a status is another than was asked, and not that a claim is lost, while it is in force", async (opened) => {
    const { store, queue } = opened;
    const held = store.under(await claimed(store, queue, "a"));
    assert.equal(await held.append("a", { from: ["FAILED"], changes: {}, events: [] }), null);
  });

  test("compares a claim with what is written of its own transfer only", async ({ store, queue }) => {
    const claim = await claimed(store, queue, "a");
    await store.create(transferRecord({ id: "b" }), statusOnly("QUEUED"));
    await queue.release(claim);
    assert.deepEqual(await outcomes(store.under(claim), "b"), ["done", "done", "done", "done"]);
  });

  test("adds nothing to a log once the next claim is given, whatever is on its way", async ({ store, queue }) => {
    const claim = await claimed(store, queue, "a");
    const held = store.under(claim);
    const writes = Array.from(
      { length: 20 },
      (_, i) =>
        held.append("a", { from: ["QUEUED"], changes: { step: i }, events: [stepEvent(i + 1)] }).catch((error) => {
          if (!(error instanceof ClaimLost)) throw error;
          return null;
        }),
    );
    const taken = await takeOver(queue, claim);
    const { sequence } = (await store.under(taken).append("a", { from: ["QUEUED"], changes: {}, events: [] }))!;
    const written = (await Promise.all(writes)).filter((record) => record !== null);
    assert.equal((await store.get("a"))?.sequence, sequence);
    assert.equal((await store.events("a", 0, 99)).length, sequence);
    assert.equal(written.length, sequence - 1);
  });
}

async function claimed(store: TransferStore, queue: Claims, id: string): Promise<Claim> {
  await queue.reserve({ id, owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
  await store.create(transferRecord({ id }), statusOnly("QUEUED"));
  await queue.confirm(id);
  return (await queue.claim(WORKER))!;
}

async function takeOver(queue: Claims, claim: Claim): Promise<Claim> {
  await queue.release(claim);
  const next = (await queue.claim({ ...WORKER, name: "next" }))!;
  assert.ok(next.id === claim.id && next.epoch > claim.epoch);
  return next;
}

/** What comes of each kind of write. */
async function outcomes(store: TransferStore, id: string): Promise<string[]> {
  const frame = { width: 1, height: 1 };
  const writes = [
    () =>
      store.append(id, {
        from: TRANSFER_STATUSES,
        changes: { status: "RUNNING", step: 1, startedAt: 1 },
        events: [statusOnly("RUNNING"), stepEvent(1)],
      }),
    () => store.saveCheckpoint(id, 1, new Uint8Array(10)),
    async () => {
      await store.saveFrame(id, { ...frame, step: 2 }, new Uint8Array(5), true);
      await store.saveFrame(id, { ...frame, step: 3 }, new Uint8Array(5), true);
    },
    () => store.removeFrames(id, [3]),
  ];
  const found: string[] = [];
  for (const write of writes) {
    found.push(
      await write().then(() => "done", (error) => {
        if (!(error instanceof ClaimLost)) throw error;
        return "ClaimLost";
      }),
    );
  }
  return found;
}

async function lookAt(store: TransferStore, id: string) {
  const { status, sequence } = (await store.get(id))!;
  return {
    status,
    sequence,
    events: (await store.events(id, 0, 99)).length,
    checkpoints: await store.checkpoints(id),
    frames: (await store.frames(id)).map(({ step }) => step),
  };
}
