/**
 * The adapters in memory are the model: whatever is done to both, another answers the same. `open` gives an empty one and
 * `close` lets it go.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../../../errors.ts";
import { MemoryImageStore } from "../memory/memory_image_store.ts";
import { MemoryQueue } from "../memory/memory_queue.ts";
import { MemoryTransferStore } from "../memory/memory_transfer_store.ts";
import { MemoryWebhookStore } from "../memory/memory_webhook_store.ts";
import type { ImageStore, ListQuery, Outcome, TransferQueue, TransferStore, WebhookStore } from "../ports.ts";
import { NO_NEEDS, statusOnly, stepEvent, transferRecord, webhookRecord } from "../../testing/records.ts";
import { type ImageRecord, NOTICE_EVENTS, TRANSFER_STATUSES } from "../../types.ts";

/** How often each is tried, with other operations each time. */
const RUNS = 12;

/** Something that is done to an adapter, with what it answers. `text` tells of it when a test fails. */
interface Operation<Port> {
  readonly text: string;
  readonly run: (port: Port) => Promise<unknown>;
}

function operation<Port>(text: string, run: (port: Port) => Promise<unknown>): Operation<Port> {
  return { text, run };
}

const id = fc.constantFrom("a", "b", "c");
const owner = fc.constantFrom("ann", "bob");
const step = fc.integer({ min: 1, max: 5 });
const byte = fc.integer({ min: 0, max: 255 });
const status = fc.constantFrom(...TRANSFER_STATUSES);
const statuses = fc.option(fc.uniqueArray(status), { nil: null });

async function answer<Port>(port: Port, { run }: Operation<Port>): Promise<unknown> {
  try {
    return plain(await run(port));
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    return [error.code, error.code === "QUEUE_FULL" ? error.message : null];
  }
}

/** Bytes as an array of a single kind, whichever the adapter answers. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}

/** Runs operations on both, and compares each answer and what there is to see after it. */
async function compare<Port>(
  operations: readonly Operation<Port>[],
  model: Port,
  real: Port,
  look: (port: Port) => Promise<unknown>,
): Promise<void> {
  for (const { text, run } of operations) {
    assert.deepEqual(await answer(real, { text, run }), await answer(model, { text, run }), text);
    assert.deepEqual(await look(real), await look(model), `what there is to see after ${text}`);
  }
}

type Open<Opened> = () => Promise<Opened & { close(): Promise<void> }>;

function check<Opened, Port>(
  open: Open<Opened>,
  runs: number,
  operations: fc.Arbitrary<Operation<Port>>,
  ports: (opened: Opened) => readonly [Port, Port],
  look: (port: Port) => Promise<unknown>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(operations, { minLength: 20, maxLength: 40 }), async (given) => {
      const opened = await open();
      try {
        await compare(given, ...ports(opened), look);
      } finally {
        await opened.close();
      }
    }),
    { numRuns: runs, seed: 1 },
  );
}

const storeOperations = fc.oneof(
  fc.tuple(id, owner, fc.constantFrom(null, "k", "l")).map(([id, owner, idempotencyKey]) =>
    operation<TransferStore>(`create ${id} ${owner} ${idempotencyKey}`, async (store) => {
      if (await store.get(id) !== null) return "there";
      return await store.create(transferRecord({ id, owner, idempotencyKey, contentId: owner }), statusOnly("QUEUED"));
    })
  ),
  fc.tuple(id, fc.uniqueArray(status), status, fc.array(fc.boolean(), { maxLength: 4 }), step).map(
    ([id, from, status, kinds, step]) =>
      operation<TransferStore>(`append ${id} ${from} ${status} ${kinds} ${step}`, (store) => {
        const events = kinds.map((losses, i) => losses ? stepEvent(step + i) : statusOnly(status));
        const changes = { status, step, finishedAt: step, resultId: step > 2 ? `r${step}` : null };
        return store.append(id, { from, changes, events });
      }),
  ),
  fc.tuple(id, step, byte).map(([id, step, byte]) =>
    operation<TransferStore>(
      `saveCheckpoint ${id} ${step}`,
      (store) => store.saveCheckpoint(id, step, new Uint8Array([byte, step])),
    )
  ),
  fc.tuple(id, step, byte, fc.boolean()).map(([id, step, byte, keep]) =>
    operation<TransferStore>(
      `saveFrame ${id} ${step} ${keep}`,
      (store) => store.saveFrame(id, { step, width: byte, height: 1 }, new Uint8Array([byte]), keep),
    )
  ),
  fc.tuple(id, fc.array(step)).map(([id, steps]) =>
    operation<TransferStore>(`removeFrames ${id} ${steps}`, (store) => store.removeFrames(id, steps))
  ),
  fc.tuple(owner, fc.nat({ max: 4 }), fc.integer({ min: -9, max: 9 })).map(([owner, day, work]) =>
    operation<TransferStore>(`addWork ${owner} ${day} ${work}`, (store) => store.addWork(owner, day, work))
  ),
  id.map((id) => operation<TransferStore>(`remove ${id}`, (store) => store.remove(id))),
  fc.record<ListQuery>({
    owner,
    statuses,
    olderThan: fc.option(fc.nat({ max: 6 }), { nil: null }),
    newerThan: fc.option(fc.nat({ max: 6 }), { nil: null }),
    limit: fc.nat({ max: 4 }),
    take: fc.constantFrom("newest", "oldest"),
  }).map((query) => operation<TransferStore>(`list ${JSON.stringify(query)}`, (store) => store.list(query))),
);

async function lookAtStore(store: TransferStore): Promise<unknown> {
  const seen: unknown[] = [await store.withStatus(TRANSFER_STATUSES)];
  for (const { id, finishedAt } of await store.ended()) seen.push([id, finishedAt]);
  for (const owner of ["ann", "bob"]) seen.push(await store.count(owner, null), await store.findByKey(owner, "k"));
  for (const owner of ["ann", "bob"]) {
    seen.push(await store.bytesOf(owner));
    for (let day = 0; day < 5; day++) seen.push(await store.workOf(owner, day));
  }
  for (const image of ["ann", "style", "r3"]) seen.push(await store.imageUses(image));
  for (const id of ["a", "b", "c"]) {
    seen.push(await store.events(id, 1, 5), await store.lossHistory(id, 3));
    for (const step of await store.checkpoints(id)) seen.push(step, plain(await store.readCheckpoint(id, step)));
    for (const frame of await store.frames(id)) seen.push(frame, plain(await store.readFrame(id, frame.step)));
  }
  return seen;
}

export function testTransferStoreModel(name: string, open: Open<{ readonly store: TransferStore }>, runs = RUNS): void {
  Deno.test(`${name} answers as MemoryTransferStore does`, () =>
    check(open, runs, storeOperations, ({ store }) => [new MemoryTransferStore(), store], lookAtStore));
}

const queueId = fc.tuple(id, fc.nat({ max: 3 })).map(([id, number]) => `${id}${number}`);

const queueOperations = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(queueId, owner, fc.nat({ max: 1 }), fc.boolean(), fc.boolean()).map(
      ([id, owner, priority, limited, confirmed]) =>
        operation<TransferQueue>(`reserve ${id} ${owner} ${priority} ${limited} ${confirmed}`, async (queue) => {
          await queue.reserve(
            { id, owner, priority, role: "USER", needs: NO_NEEDS },
            limited ? { total: 6, perOwner: 4 } : null,
          );
          if (confirmed) await queue.confirm(id);
        }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("v", "w").map((worker) =>
      operation<TransferQueue>(`claim ${worker}`, async (queue) => {
        const claimant = { name: worker, memoryBytes: null, layers: null };
        return (await queue.claim(claimant, { VIEWER: 0, USER: 2, ADMIN: null }))?.id;
      })
    ),
  },
  queueId.map((id) => operation<TransferQueue>(`confirm ${id}`, (queue) => queue.confirm(id))),
  queueId.map((id) => operation<TransferQueue>(`settle ${id}`, (queue) => queue.settle(id))),
  fc.constantFrom("v", "w").map((worker) =>
    operation<TransferQueue>(`release the first of ${worker}`, async (queue) => {
      const [first] = await queue.claimed(worker);
      if (first !== undefined) await queue.release(first);
    })
  ),
  fc.constant(operation<TransferQueue>("dropUnconfirmed", (queue) => queue.dropUnconfirmed())),
);

async function lookAtQueue(queue: TransferQueue): Promise<unknown> {
  const waiting = await queue.waiting(99);
  const positions = await Promise.all(["a0", ...waiting].map((id) => queue.position(id)));
  const counts = [await queue.counts("ann"), await queue.counts("bob")];
  const claims = [...await queue.claimed("v"), ...await queue.claimed("w")].map(({ id }) => id);
  return [waiting, await queue.length(), positions, counts, claims, await queue.missing(["a0", "a1"])];
}

/** @param model Of a queue that is shared as this one is. */
export function testTransferQueueModel(
  name: string,
  open: Open<{ readonly queue: TransferQueue }>,
  runs = RUNS,
  model: () => TransferQueue = () => new MemoryQueue(),
): void {
  Deno.test(`${name} answers as MemoryQueue does`, () =>
    check(open, runs, queueOperations, ({ queue }) => [model(), queue], lookAtQueue));
}

const image = fc.tuple(id, owner, fc.constantFrom("1", "2")).map(([id, owner, digit]): ImageRecord => ({
  id: `${id}${owner}${digit}`,
  owner,
  sha256: digit.repeat(64),
  width: 1,
  height: 2,
  mimeType: "image/png",
  byteLength: digit.charCodeAt(0),
  createdAt: id.charCodeAt(0),
  uploadedAt: null,
}));

const imageOperations = fc.oneof(
  image.map((record) =>
    operation<ImageStore>(
      `put ${record.id}`,
      (images) => images.put(record, new Uint8Array([Number(record.sha256[0])])),
    )
  ),
  fc.tuple(image, step).map(([{ id }, at]) => operation<ImageStore>(`upload ${id}`, (images) => images.upload(id, at))),
  image.map(({ id }) => operation<ImageStore>(`remove ${id}`, (images) => images.remove(id))),
  image.map((record) => operation<ImageStore>(`read ${record.id}`, (images) => images.read(record))),
);

export function testImageStoreModel(name: string, open: Open<{ readonly images: ImageStore }>, runs = RUNS): void {
  Deno.test(`${name} answers as MemoryImageStore does`, () =>
    check(open, runs, imageOperations, ({ images }) => [new MemoryImageStore(), images], async (images) => [
      await images.all(),
      await images.bytesOf("ann"),
      await images.bytesOf("bob"),
    ]));
}

interface WebhookStores {
  readonly store: TransferStore;
  readonly webhooks: WebhookStore;
}

const WEBHOOK_IDS = ["v", "w", "of-a", "of-b", "of-c"];
const IDLE = { lanes: [], hosts: [] };
const time = fc.integer({ min: 1, max: 20 });
const outcome: fc.Arbitrary<Outcome> = fc.tuple(
  fc.constantFrom("DELIVERED", "DELIVERED", "RETRY", "RETRY", "GIVEN_UP", "GONE"),
  time,
  fc.option(time, { nil: null }),
).map(([kind, dueAt, heldUntil]) => kind === "RETRY" ? { kind, dueAt, heldUntil } : { kind });

/** Without what is drawn at random. */
function alike<T extends object>(delivery: T): object {
  return { ...delivery, id: null };
}

const webhookOperations = fc.oneof(
  fc.tuple(fc.constantFrom("v", "w"), owner, fc.uniqueArray(fc.constantFrom(...NOTICE_EVENTS), { minLength: 1 })).map(
    ([id, owner, events]) =>
      operation<WebhookStores>(`add ${id} ${owner} ${events}`, async ({ webhooks }) => {
        if (await webhooks.get(id) !== null) return "there";
        return await webhooks.add(webhookRecord({ id, owner, events, url: `https://${id}.example/` }), 1);
      }),
  ),
  fc.tuple(id, owner, fc.boolean()).map(([id, owner, own]) =>
    operation<WebhookStores>(`create ${id} ${owner} ${own}`, async ({ store }) => {
      if (await store.get(id) !== null) return;
      const webhook = own ? webhookRecord({ id: `of-${id}`, owner, transferId: id }) : null;
      await store.create(transferRecord({ id, owner }), statusOnly("QUEUED"), webhook);
    })
  ),
  {
    weight: 4,
    arbitrary: fc.tuple(id, fc.constantFrom(...NOTICE_EVENTS), time).map(([id, event, at]) =>
      operation<WebhookStores>(`tell ${id} ${event} ${at}`, async ({ store }) => {
        await store.append(id, { from: TRANSFER_STATUSES, changes: { step: at }, events: [], notice: { event, at } });
      })
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(outcome, time, fc.boolean()).map(([outcome, at, second]) =>
      operation<WebhookStores>(`record ${JSON.stringify(outcome)} ${at} ${second}`, async ({ webhooks }) => {
        const first = await webhooks.next(IDLE);
        const next = second && first !== null ? await webhooks.next({ ...IDLE, lanes: [first.lane] }) : first;
        if (next !== null) await webhooks.record(next.delivery.id, { at, status: at, error: null, outcome });
      })
    ),
  },
  fc.tuple(fc.constantFrom(...WEBHOOK_IDS), fc.nat({ max: 3 }), time).map(([id, i, now]) =>
    operation<WebhookStores>(`replay ${id} ${i} ${now}`, async ({ webhooks }) => {
      const found = (await deliveriesOf(webhooks, id))[i];
      return found === undefined ? null : alike((await webhooks.replay(found.delivery.id, now))!);
    })
  ),
  fc.tuple(fc.constantFrom(...WEBHOOK_IDS), time).map(([id, until]) =>
    operation<WebhookStores>(`rotate ${id} ${until}`, ({ webhooks }) => webhooks.rotate(id, `s${until}`, until))
  ),
  fc.constantFrom("v", "of-a").map((id) =>
    operation<WebhookStores>(`remove ${id}`, ({ webhooks }) => webhooks.remove(id))
  ),
  id.map((id) => operation<WebhookStores>(`remove transfer ${id}`, ({ store }) => store.remove(id))),
  time.map((before) => operation<WebhookStores>(`sweep ${before}`, ({ webhooks }) => webhooks.sweep(before))),
);

function deliveriesOf(webhooks: WebhookStore, webhookId: string, failed = false) {
  return webhooks.deliveries({ webhookId, failed, olderThan: null, newerThan: null, limit: 50 });
}

async function lookAtWebhooks({ webhooks }: WebhookStores): Promise<unknown> {
  const seen: unknown[] = [await webhooks.latest(), await webhooks.list("ann"), await webhooks.list("bob")];
  for (const id of WEBHOOK_IDS) {
    seen.push(await webhooks.get(id));
    for (const failed of [false, true]) {
      seen.push((await deliveriesOf(webhooks, id, failed)).map(({ ordinal, delivery }) => [ordinal, alike(delivery)]));
    }
  }
  const lanes: number[] = [];
  for (const hosts of [[], ["v.example"]]) {
    for (
      let next = await webhooks.next({ lanes, hosts });
      next !== null;
      next = await webhooks.next({ lanes, hosts })
    ) {
      lanes.push(next.lane);
      const { delivery, webhook, tries, dueAt } = next;
      seen.push([alike(delivery), webhook, tries, dueAt]);
    }
    lanes.length = 0;
  }
  return seen;
}

export function testWebhookStoreModel(name: string, open: Open<WebhookStores>, runs = RUNS): void {
  Deno.test(`${name} answers as MemoryWebhookStore does`, () =>
    check(open, runs, webhookOperations, ({ store, webhooks }): readonly [WebhookStores, WebhookStores] => {
      const memory = new MemoryWebhookStore();
      return [{ store: new MemoryTransferStore({ webhooks: memory }), webhooks: memory }, { store, webhooks }];
    }, lookAtWebhooks));
}
