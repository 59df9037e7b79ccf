import assert from "node:assert/strict";
import { until } from "../../../tests/testing/in_time.ts";
import { SystemClock } from "../../clock.ts";
import type { BatchItem } from "../../api.ts";
import { TransferService } from "../../life/service.ts";
import { SILENT_LOG } from "../../log.ts";
import { MOVING_STEPS, movingRequest } from "../../testing/moving_content.ts";
import { ServiceStage, SETTINGS, upTo } from "../../testing/service_stage.ts";
import { openPostgresStorage } from "./open.ts";
import { postgresTest } from "./testing/postgres_suite.ts";
import type { TemporaryDatabase } from "./testing/temporary_database.ts";

const test = postgresTest("servers that share a database");

/** Servers with fake engines, each as in a process of its own. */
class Servers implements AsyncDisposable {
  readonly #url: string;
  readonly #blobs: string;
  readonly #open = new AsyncDisposableStack();

  static async of({ url }: TemporaryDatabase): Promise<Servers> {
    return new Servers(url, await Deno.makeTempDir());
  }

  private constructor(url: string, blobs: string) {
    this.#url = url;
    this.#blobs = blobs;
    this.#open.defer(() => Deno.remove(blobs, { recursive: true }));
  }

  async add({ works }: { readonly works: boolean }): Promise<ServiceStage> {
    const place = { databaseUrl: this.#url, blobs: { kind: "folder", path: this.#blobs } } as const;
    const storage = await openPostgresStorage(place, SILENT_LOG, { keepsHouse: !works });
    const stage = new ServiceStage({ ...storage, clock: new SystemClock() });
    const { ports, engine } = stage;
    stage.service = await TransferService.open(
      works ? ports : { ...ports, engines: [], classifier: engine },
      { ...SETTINGS, answersCallers: !works },
    );
    this.#open.defer(() => storage.close());
    this.#open.defer(() => stage.service.drain());
    return stage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

/** Bytes of the result of a transfer that has succeeded. */
async function resultOf(stage: ServiceStage, id: string): Promise<Uint8Array> {
  const { status, resultId } = await stage.ended(id);
  assert.equal(status, "SUCCEEDED");
  return new Uint8Array(await stage.transfers.images.read((await stage.transfers.images.get(resultId!))!));
}

test("run what another starts, show it frames, take its orders, and go on with each other's", async (temporary) => {
  await using servers = await Servers.of(temporary);
  const api = await servers.add({ works: false });
  await api.uploadPictures();
  const first = await servers.add({ works: true });
  first.engine.hold();
  const { id } = await api.start({ keepFrames: true });
  await first.engine.blocked();
  const watcher = await api.transfers.progress(id, { after: 0 });
  first.engine.allow(5);
  const seen = [];
  while (seen.at(-1)?.event.step !== 5) seen.push((await watcher.next()).value!);
  assert.deepEqual(seen.map(({ event }) => event.sequence), upTo(7));
  assert.deepEqual(await seen.at(-1)!.frame!.picture(), await (await first.transfers.frame(id, 5))!.picture());

  // Twice what it was, and what it was again, before the next step.
  const { contentWeight } = (await api.transfers.get(id))!.options;
  await api.transfers.retune(id, { contentWeight: 2 * contentWeight });
  await api.transfers.retune(id, { contentWeight });
  const { id: other } = await api.start({ seed: 8 });
  const second = await servers.add({ works: true });
  await resultOf(api, other);
  await first.service.drain();
  const result = await resultOf(api, id);
  assert.equal(second.engine.jobs.length, 2);
  for await (const { event } of watcher) seen.push({ event });
  assert.deepEqual(seen.map(({ event }) => event.sequence), upTo(23));
  assert.deepEqual((await api.transfers.frames(id, {})).edges.map(({ node }) => node.step), [5, 10, 15, 20]);
  await until(async () => (await api.ports.shared!.liveFrames.newest(id)) === null);

  second.engine.hold();
  const { id: long } = await api.start();
  await second.engine.blocked();
  assert.equal((await api.transfers.cancel(long)).status, "CANCELLED");
  assert.equal((await api.transfers.resume(long, null)).status, "QUEUED");
  second.engine.allow(Infinity);
  await resultOf(api, long);
  await api.transfers.remove(long);

  await using undisturbed = await ServiceStage.open();
  assert.deepEqual(await resultOf(undisturbed, (await undisturbed.start({ keepFrames: true })).id), result);
});

test("run a batch, and let it be followed at one after the other, and deleted while it runs", async (temporary) => {
  await using servers = await Servers.of(temporary);
  const [api, other] = [await servers.add({ works: false }), await servers.add({ works: false })];
  await api.uploadPictures();
  const { id } = await api.startBatch(4);
  const workers = [await servers.add({ works: true }), await servers.add({ works: true })];
  const seen: BatchItem[] = [];
  for (let turn = 0; seen.at(-1)?.status !== "SUCCEEDED"; turn++) {
    let taken = 0;
    const { batches } = [api, other][turn % 2]!.transfers;
    for await (const item of await batches.progress(id, { after: seen.at(-1)?.cursor ?? "0" })) {
      seen.push(item);
      if (++taken === 9) break;
    }
  }
  assert.deepEqual(seen.map(({ sequence }) => sequence), upTo(4 * 7));
  for (const { engine } of workers) engine.hold();
  const again = await api.startBatch(4);
  await Promise.all(workers.map(({ engine }) => engine.blocked()));
  await Promise.all([api, other].map(({ transfers }) => transfers.batches.remove(again.id)));
  assert.deepEqual((await other.transfers.batches.list({})).edges.map(({ node }) => node.id), [id]);
});

test("go on with each other's frames of a moving content", async (temporary) => {
  await using servers = await Servers.of(temporary);
  const api = await servers.add({ works: false });
  await api.uploadPictures();
  const first = await servers.add({ works: true });
  first.engine.hold();
  const { id } = await api.start(await movingRequest(api));
  first.engine.allow(5);
  await first.engine.blocked();
  const second = await servers.add({ works: true });
  await first.service.drain();
  const result = await resultOf(api, id);
  assert.deepEqual(second.engine.jobs.map(({ options }) => options.steps), MOVING_STEPS.slice(1));
  await api.transfers.remove(id);
  assert.deepEqual(await api.ports.store.frames(id), []);

  await using undisturbed = await ServiceStage.open();
  const { id: whole } = await undisturbed.start(await movingRequest(undisturbed));
  assert.deepEqual(await resultOf(undisturbed, whole), result);
});
