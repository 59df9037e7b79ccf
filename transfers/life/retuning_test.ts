/** How a transfer is retuned while it runs, and that its log is computed again as it was, whatever stops in between. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import type { Append, TransferChanges, TransferStore } from "../storage/ports.ts";
import type { FakeEngine } from "../testing/fake_engine.ts";
import { mortalStore } from "../testing/mortal_store.ts";
import { ServiceStage, SETTINGS, type StagePorts, upTo } from "../testing/service_stage.ts";
import { ToyOptimisation } from "../testing/toy_optimisation.ts";
import type { TransferRecord } from "../types.ts";
import { TransferService } from "./service.ts";
import { tunedAt } from "./tuning.ts";

const GONE = { code: "ENGINE_CRASHED", message: "gone" } as const;

/** A step that has begun and does not end by itself. */
interface LongStep {
  /** Lets it end; resolves when the engine has nothing more to do. */
  end(): Promise<void>;
}

/** Begins the next step of an engine that holds. */
async function beginStep(engine: FakeEngine): Promise<LongStep> {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  engine.during = () => {
    engine.during = () => Promise.resolve();
    begun.resolve();
    return ended.promise;
  };
  engine.allow(1);
  await begun.promise;
  return {
    end: () => {
      ended.resolve();
      return engine.blocked();
    },
  };
}

/** A transfer that has taken so many steps and waits before the next. */
async function after(steps: number, stage: ServiceStage): Promise<string> {
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(steps);
  await stage.engine.blocked();
  return id;
}

async function finish(stage: ServiceStage, id: string): Promise<TransferRecord> {
  stage.engine.allow(Infinity);
  return await stage.ended(id);
}

/** Where the content weight changed, and to what. */
async function tuningsOf(stage: ServiceStage, id: string): Promise<[number, number][]> {
  const { tunings } = (await stage.transfers.get(id))!;
  return tunings.map(({ afterStep, contentWeight }) => [afterStep, contentWeight]);
}

/** Asserts that the log says what comes of the tunings in the record. */
async function assertComputedAsRecorded(stage: ServiceStage, id: string): Promise<void> {
  const record = (await stage.transfers.get(id))!;
  const { content } = stage.engine.jobs.at(-1)!;
  const { options, later: tunings } = tunedAt(record, 0);
  const again = new ToyOptimisation({ options, tunings, content, checkpoint: null });
  const totals = upTo(record.step).map(() => {
    again.applyTuning();
    return again.advance().total;
  });
  assert.deepEqual((await stage.transfers.lossHistory(id, 10_000)).map(({ total }) => total), totals);
}

Deno.test("a retuning is answered while a step is computed, and the step after it is the first with it", async () => {
  await using stage = await ServiceStage.open();
  const id = await after(7, stage);
  const step = await beginStep(stage.engine);
  const { options } = await stage.transfers.retune(id, { contentWeight: 5 });
  assert.equal(options.contentWeight, 5);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [7, 5]]);
  await step.end();
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [8, 5]]);
  await finish(stage, id);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [8, 5]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("several retunings during a step are taken together, in their order", async () => {
  await using stage = await ServiceStage.open();
  const id = await after(7, stage);
  const step = await beginStep(stage.engine);
  const records = await Promise.all([
    stage.transfers.retune(id, { contentWeight: 5 }),
    stage.transfers.retune(id, { learningRate: 2 }),
    stage.transfers.retune(id, { contentWeight: 6 }),
  ]);
  assert.deepEqual(
    records.map(({ options }) => [options.contentWeight, options.optimizer.learningRate]),
    [[5, 10], [5, 2], [6, 2]],
  );
  await step.end();
  const { options, tunings } = await finish(stage, id);
  assert.deepEqual([options.contentWeight, options.optimizer.learningRate], [6, 2]);
  assert.deepEqual(tunings.map(({ afterStep, learningRate }) => [afterStep, learningRate]), [[0, 10], [8, 2]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("a retuning that comes while the one before it is in force for one step takes nothing from it", async () => {
  await using stage = await ServiceStage.open();
  const id = await after(7, stage);
  await stage.transfers.retune(id, { contentWeight: 5 });
  await stage.engine.blocked();
  const step = await beginStep(stage.engine);
  await stage.transfers.retune(id, { contentWeight: 6 });
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [7, 5], [7, 6]]);
  await step.end();
  await finish(stage, id);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [7, 5], [8, 6]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("retunings of a queued transfer hold from its first step, all of them", async () => {
  await using stage = await ServiceStage.open();
  const running = await after(1, stage);
  const { id } = await stage.start({ seed: 8 });
  await Promise.all([
    stage.transfers.retune(id, { contentWeight: 5 }),
    stage.transfers.retune(id, { learningRate: 2 }),
  ]);
  await finish(stage, running);
  const { options } = await stage.ended(id);
  assert.deepEqual([options.contentWeight, options.optimizer.learningRate], [5, 2]);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 5]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("a retuning of a transfer whose engine still starts holds from its first step", async () => {
  await using stage = await ServiceStage.open();
  const started = Promise.withResolvers<void>();
  stage.engine.starting = started.promise;
  const { id } = await stage.start();
  await stage.transfers.retune(id, { contentWeight: 5 });
  started.resolve();
  assert.equal((await stage.ended(id)).options.contentWeight, 5);
  assert.equal((await tuningsOf(stage, id)).at(-1)?.[0], 0);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("a retuning during the last step stands after it, and holds where more steps are added", async () => {
  await using stage = await ServiceStage.open();
  const undisturbed = await stage.ended((await stage.start()).id);
  const id = await after(19, stage);
  const step = await beginStep(stage.engine);
  await stage.transfers.retune(id, { contentWeight: 5 });
  stage.engine.allow(Infinity);
  void step.end();
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.options.contentWeight], ["SUCCEEDED", 5]);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [20, 5]]);
  assert.deepEqual(
    await stage.transfers.lossHistory(id, 99),
    await stage.transfers.lossHistory(undisturbed.id, 99),
  );
  await stage.transfers.resume(id, 4);
  assert.equal((await stage.ended(id)).step, 24);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [20, 5]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("a transfer that is cancelled after a retuning goes on with it when it is resumed", async () => {
  await using stage = await ServiceStage.open();
  const id = await after(7, stage);
  const step = await beginStep(stage.engine);
  await stage.transfers.retune(id, { contentWeight: 5 });
  const cancelled = stage.transfers.cancel(id);
  void step.end();
  assert.deepEqual([(await cancelled).status, (await cancelled).step], ["CANCELLED", 8]);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [8, 5]]);
  await stage.transfers.resume(id, null);
  assert.equal((await finish(stage, id)).step, 20);
  assert.deepEqual(await tuningsOf(stage, id), [[0, 0.1], [8, 5]]);
  await assertComputedAsRecorded(stage, id);
});

Deno.test("a retuning that is written while an attempt begins takes nothing from what that attempt begins with", async () => {
  const store = new HesitantStore();
  await using stage = await ServiceStage.open({ store });
  const started = Promise.withResolvers<void>();
  stage.engine.starting = started.promise;
  const { id } = await stage.start();
  await stage.transfers.retune(id, { contentWeight: 5 });
  const beginning = store.hold("engine");
  started.resolve();
  const begin = await beginning;
  const retuning = store.hold("tunings");
  const retuned = stage.transfers.retune(id, { contentWeight: 6 });
  begin();
  const write = await retuning;
  // What does not wait for the writing goes on.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
  write();
  assert.equal((await retuned).options.contentWeight, 6);
  await stage.ended(id);
  await assertComputedAsRecorded(stage, id);
});

/** Waits with a write until the test lets it go on. */
class HesitantStore extends MemoryTransferStore {
  readonly #held = new Map<keyof TransferChanges, (goOn: () => void) => void>();

  /** Holds the next change of a member; resolves, when it comes, with what lets it go on. */
  hold(member: keyof TransferChanges): Promise<() => void> {
    return new Promise((resolve) => this.#held.set(member, resolve));
  }

  override async append(id: string, append: Append): Promise<TransferRecord | null> {
    for (const [member, asked] of this.#held) {
      if (!(member in append.changes)) continue;
      this.#held.delete(member);
      await new Promise<void>(asked);
    }
    return await super.append(id, append);
  }
}

type Act =
  /** Steps, one of which is begun before each retuning comes. */
  | { readonly kind: "step"; readonly retunings: readonly number[] }
  /** A retuning between two steps. */
  | { readonly kind: "retune"; readonly contentWeight: number }
  /** What stops in the middle of a step, after these retunings; the server after so many more writes. */
  | { readonly kind: "engine" | "server"; readonly retunings: readonly number[]; readonly writes: number };

const weight = fc.integer({ min: 1, max: 3 });
const retunings = fc.array(weight, { maxLength: 3 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("step" as const), retunings }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("retune" as const), contentWeight: weight }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("engine" as const, "server" as const),
      retunings,
      writes: fc.nat(8),
    }),
  },
);

Deno.test("whenever a transfer is retuned and whatever stops, what is accepted stays and the log is computed again as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), (acts) => assertSound(acts)),
    { seed: 20_261_129, numRuns: 60 },
  );
});

async function assertSound(acts: readonly Act[]): Promise<void> {
  const steps = 150;
  const { ports, contentId, styleId } = await ServiceStage.open();
  let life = mortalStore(ports.store);
  let stage = await takeOver(ports, life.store);
  Object.assign(stage, { contentId, styleId });
  const { id } = await stage.start({ steps });
  stage.engine.allow(1);
  await stage.engine.blocked();
  let newest = 0.1;
  for (const each of acts) {
    if (each.kind === "retune") {
      newest = each.contentWeight;
      await stage.transfers.retune(id, { contentWeight: newest });
      await stage.engine.blocked();
      continue;
    }
    const step = await beginStep(stage.engine);
    for (const contentWeight of each.retunings) {
      newest = contentWeight;
      await stage.transfers.retune(id, { contentWeight });
    }
    if (each.kind === "engine") {
      stage.engine.mishaps = [{ beforeStep: 1, outcome: "lost", failure: GONE }];
      stage.engine.allow(6);
    }
    if (each.kind !== "server") {
      await step.end();
      continue;
    }
    life.dieAfter(each.writes);
    stage.engine.allow(3);
    await Promise.race([step.end(), life.dead]);
    life.dieAfter(0);
    life = mortalStore(ports.store);
    stage = await takeOver(ports, life.store);
    stage.engine.allow(2);
    await stage.engine.blocked();
  }
  const { status, options } = await finish(stage, id);
  assert.deepEqual([status, options.contentWeight], ["SUCCEEDED", newest]);
  assert.deepEqual(await stage.loggedSteps(id), upTo(steps));
  await assertComputedAsRecorded(stage, id);
}

/** Another service on what was kept, whose engine holds. */
async function takeOver(ports: StagePorts, store: TransferStore): Promise<ServiceStage> {
  const stage = new ServiceStage({ ...ports, store });
  stage.engine.hold();
  stage.engine.checkpointEvery = 3;
  stage.service = await TransferService.open(stage.ports, SETTINGS);
  return stage;
}
