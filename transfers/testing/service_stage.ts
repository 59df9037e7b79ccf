import { CONV_NAMES } from "../../engine/vgg16.ts";
import { encodePicture } from "../../images/encode.ts";
import type { BatchRequest, StartRequest, Transfers } from "../api.ts";
import { LOCAL_CALLER } from "../caller.ts";
import { SILENT_LOG } from "../log.ts";
import { sameForAll } from "../quotas.ts";
import { MemoryExclusion } from "../storage/memory/memory_exclusion.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { type TransferPorts, TransferService, type TransferSettings } from "../life/service.ts";
import type { BatchRecord, TransferRecord } from "../types.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeEngine } from "./fake_engine.ts";
import { FakeReceivers } from "./fake_receivers.ts";

export const OWNER = LOCAL_CALLER.owner;

export const SETTINGS: TransferSettings = {
  maxQueued: 5,
  quotas: sameForAll({ waiting: 4 }),
  retention: { days: 30, bytes: 2 ** 30 },
  imageLimits: { maxBytes: 2 ** 20, maxPixels: 2 ** 20 },
  engineMemoryBytes: 2 ** 20,
  maxFramesBytes: 2 ** 20,
  // An operation and 16 bytes for each pixel.
  cost: ({ scales }) => {
    const costs = scales.map((scale) => {
      const pixels = scale.width * scale.height;
      return { ...scale, flopsPerStep: pixels, memoryBytes: 16 * pixels };
    });
    return {
      scales: costs,
      flops: costs.reduce((sum, { steps, flopsPerStep }) => sum + steps * flopsPerStep, 0),
      memoryBytes: Math.max(...costs.map(({ memoryBytes }) => memoryBytes)),
    };
  },
  answersCallers: true,
  version: "0",
  samples: [],
  layers: () => new Set(CONV_NAMES),
  publicUrl: null,
};

export type StagePorts = TransferPorts & {
  readonly engines: readonly [FakeEngine, ...FakeEngine[]];
  readonly receivers: FakeReceivers;
};

/** A fake engine and fake receivers, storage in memory, and a clock that stands still. */
export function memoryPorts(): StagePorts {
  return {
    ...new MemoryStorage(),
    receivers: new FakeReceivers(),
    clock: new FakeClock(),
    log: SILENT_LOG,
    engines: [new FakeEngine()],
  };
}

/** A service on a fake engine, with adapters in memory that a second service can take over, as after a restart. */
export class ServiceStage {
  readonly ports: StagePorts;
  service!: TransferService;
  contentId = "";
  styleId = "";

  constructor(ports: Partial<TransferPorts>) {
    const memory = memoryPorts();
    this.ports = { ...memory, ...ports, engines: memory.engines, receivers: memory.receivers };
  }

  static async open(
    ports: Partial<TransferPorts> = {},
    settings: Partial<TransferSettings> = {},
  ): Promise<ServiceStage> {
    const stage = new ServiceStage(ports);
    stage.service = await TransferService.open(stage.ports, { ...SETTINGS, ...settings });
    await stage.uploadPictures();
    return stage;
  }

  /** What its transfers begin with. */
  async uploadPictures(): Promise<void> {
    this.contentId = await this.upload(await png(1));
    this.styleId = await this.upload(await png(2));
  }

  /** Another service on what this one kept, with an engine of its own. */
  reopen(settings: Partial<TransferSettings> = {}): Promise<ServiceStage> {
    return ServiceStage.open({ ...this.ports, exclusion: new MemoryExclusion() }, settings);
  }

  get engine(): FakeEngine {
    return this.ports.engines[0];
  }

  /** As the caller of a server on which there is one only. */
  get transfers(): Transfers {
    return this.as(OWNER);
  }

  /** As one of several callers. */
  as(owner: string): Transfers {
    return this.service.as({ name: owner, owner, role: "USER", follows: null });
  }

  request(changes: Partial<StartRequest> = {}): StartRequest {
    return {
      preset: "CLASSIC",
      size: 32,
      steps: 20,
      frameEvery: 5,
      seed: 7,
      contentId: this.contentId,
      styles: [{ imageId: this.styleId, weight: 1, maskId: null }],
      contentMaskId: null,
      initImageId: null,
      priority: 0,
      idempotencyKey: null,
      ...changes,
    };
  }

  /** A batch of one content, one style and so many variations of 4 steps, with what a test wants otherwise. */
  batchRequest(variations = 2, changes: Partial<BatchRequest> = {}): BatchRequest {
    return {
      contents: [this.contentId],
      styles: [[{ imageId: this.styleId, weight: 1, maskId: null }]],
      variations: upTo(variations).map((i) => ({
        name: `tv ${i}`,
        preset: "CLASSIC",
        size: 32,
        steps: 4,
        frameEvery: 2,
        tvWeight: i,
        contentMaskId: null,
        initImageId: null,
      })),
      priority: 0,
      idempotencyKey: null,
      ...changes,
    };
  }

  startBatch(variations?: number, changes?: Partial<BatchRequest>): Promise<BatchRecord> {
    return this.transfers.batches.start(this.batchRequest(variations, changes));
  }

  async start(changes: Partial<StartRequest> = {}): Promise<TransferRecord> {
    return (await this.transfers.start(this.request(changes))).transfer;
  }

  /** Uploads a picture and answers its id. */
  async upload(bytes: Uint8Array, owner = OWNER): Promise<string> {
    await using intake = this.as(owner).images.intake();
    return (await intake.upload(await intake.keep(bytes))).id;
  }

  /** The record once the transfer has ended. */
  async ended(id: string): Promise<TransferRecord> {
    for await (const _ of await this.transfers.progress(id, {}));
    return (await this.transfers.get(id))!;
  }

  /** Steps that have losses in the log, in order. */
  async loggedSteps(id: string): Promise<number[]> {
    return (await this.transfers.lossHistory(id, 10_000)).map(({ step }) => step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.drain();
  }
}

/** A small picture as a file: of one colour, or what a function says of each channel of each pixel. */
export function png(shade: number | ((i: number) => number), width = 8, height = 8): Promise<Uint8Array<ArrayBuffer>> {
  const valueOf = typeof shade === "number" ? () => shade : shade;
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => valueOf(i));
  return encodePicture({ width, height, rgb }, { format: "PNG" });
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
