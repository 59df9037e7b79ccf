/**
 * The server of `bench watchers`: the real one with storage on the disk and keys, and engines that take a step whenever it
 * is time. Prints where it listens, and a key for each watcher with the transfer to watch, as one line of JSON.
 */
import { Access } from "../access/access.ts";
import { SqliteAccessStore } from "../access/storage/sqlite_access_store.ts";
import { encodePicture } from "../images/encode.ts";
import { FrameEncoder } from "../images/frame_encoder.ts";
import { frameEncoder } from "../server/frames.ts";
import { processMemory, SpareMemory } from "../server/spare_memory.ts";
import { startServer } from "../server/server.ts";
import { SystemClock } from "../transfers/clock.ts";
import { TransferService } from "../transfers/life/service.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { openSqliteStorage } from "../transfers/storage/sqlite/open.ts";
import { sameForAll } from "../transfers/quotas.ts";
import { FakeEngine } from "../transfers/testing/fake_engine.ts";
import { FakeReceivers } from "../transfers/testing/fake_receivers.ts";
import { SETTINGS } from "../transfers/testing/service_stage.ts";
import { describeWeights } from "../weights/describe_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";

const [watchers = 0, transfers = 0, rate = 0, steps = 0] = Deno.args.map(Number);
using _memory = new SpareMemory(processMemory());
const folder = await Deno.makeTempDir();
const clock = new SystemClock();
const weights = await describeWeights(SHIPPED_WEIGHTS);
const engines = Array.from({ length: transfers }, () => new FakeEngine());
for (const engine of engines) engine.hold();
const [first, ...others] = engines as [FakeEngine, ...FakeEngine[]];
const picture = await encodePicture({ width: 64, height: 64, rgb: new Uint8Array(3 * 64 ** 2) }, { format: "PNG" });
const service = await TransferService.open(
  {
    ...await openSqliteStorage(folder, SILENT_LOG),
    receivers: new FakeReceivers(),
    engines: [first, ...others],
    clock,
    log: SILENT_LOG,
  },
  {
    ...SETTINGS,
    maxQueued: transfers,
    quotas: sameForAll({}),
    engineMemoryBytes: 2 ** 40,
    samples: [{ name: "grey", description: "Grey.", read: () => Promise.resolve(picture) }],
  },
);
const access = await Access.open({ ways: ["keys"], store: await SqliteAccessStore.open(folder, SILENT_LOG), clock });
const services = {
  config: { maxImageBytes: 2 ** 20, publicUrl: null },
  access,
  transfers: service,
  frames: frameEncoder(new FrameEncoder()),
  fetchImage: () => Promise.reject(new Error("nothing is fetched here")),
  classLabels: () => Promise.resolve([]),
  weights: () => Promise.resolve(weights),
};
const server = await startServer(
  services,
  { host: "127.0.0.1", port: 0, corsOrigins: [], dataDir: folder },
  SILENT_LOG,
);

const ids: string[] = [];
for (let i = 0; i < transfers; i++) {
  const { transfer: { id } } = await service.as({ name: "bench", owner: `owner ${i}`, role: "USER", follows: null })
    .start({
      preset: "CLASSIC",
      size: 64,
      steps,
      frameEvery: steps,
      contentId: "sample-grey",
      styles: [{ imageId: "sample-grey", weight: 1, maskId: null }],
      contentMaskId: null,
      initImageId: null,
      priority: 0,
      idempotencyKey: null,
    });
  ids.push(id);
}
const watched = [];
for (let i = 0; i < watchers; i++) {
  const owner = `owner ${i % transfers}`;
  const key = await access.keys.create({ name: `watcher ${i}`, owner, role: "VIEWER", expiresAt: null });
  watched.push({ key, transfer: ids[i % transfers] });
}
console.log(JSON.stringify({ url: server.url, watched }));

// Steps begin when the clients say so, spread over the period as those of engines that know nothing of each other.
await Deno.stdin.read(new Uint8Array(1));
engines.forEach((engine, i) =>
  setTimeout(() => setInterval(() => engine.allow(1), 1000 / rate), i * 1000 / rate / transfers)
);
