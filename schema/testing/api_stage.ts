import { Access } from "../../access/access.ts";
import { OidcTokens } from "../../access/oidc_tokens.ts";
import { MemoryAccessStore } from "../../access/storage/memory_access_store.ts";
import type { AuthWay, OidcSettings } from "../../config.ts";
import { CONV_LAYERS, DENSE_LAYERS } from "../../engine/vgg16.ts";
import { type EncodeOptions, encodePicture } from "../../images/encode.ts";
import type { Transfers } from "../../transfers/api.ts";
import { LOCAL_CALLER } from "../../transfers/caller.ts";
import { SILENT_LOG } from "../../transfers/log.ts";
import { TransferService, type TransferSettings } from "../../transfers/life/service.ts";
import { sameForAll } from "../../transfers/quotas.ts";
import type { FakeClock } from "../../transfers/testing/fake_clock.ts";
import { FakeEngine } from "../../transfers/testing/fake_engine.ts";
import { memoryPorts, png, SETTINGS, type StagePorts } from "../../transfers/testing/service_stage.ts";
import type { TransferRecord } from "../../transfers/types.ts";
import type { WeightsDescription } from "../../weights/loaded_weights.ts";
import type { FetchImage, FrameEncoder, Services } from "../context.ts";

/** A PNG of one pixel. */
export const TINY_PNG: Uint8Array<ArrayBuffer> = await png(0, 1, 1);

const SAMPLES = [
  { name: "content", description: "A content picture.", bytes: await png(50, 64, 48) },
  { name: "style", description: "A style picture.", bytes: await png(200, 32, 32) },
].map(({ bytes, ...sample }) => ({ ...sample, read: () => Promise.resolve(bytes) }));

const WEIGHTS: WeightsDescription = {
  name: "test filters",
  origin: "SHIPPED",
  sha256: FakeEngine.WEIGHTS_SHA256,
  layers: [{ name: "conv1_1", weightShape: [3, 3, 3, 64], biasShape: [64] }],
  note: "Of this test.",
  path: "/nowhere/test filters",
};

/** Settings with weights that classify. */
export const WHOLE_NETWORK: Partial<TransferSettings> = {
  layers: () => new Set([...CONV_LAYERS, ...DENSE_LAYERS].map(({ name }) => name)),
};

export interface ApiStageOptions {
  readonly config?: Partial<Services["config"]>;
  readonly ports?: Partial<StagePorts>;
  readonly settings?: Partial<TransferSettings>;
  /** How callers show who they are; nobody has to when left out. */
  readonly auth?: readonly AuthWay[];
  /** Whose tokens are taken, where `oidc` is one of the ways. */
  readonly oidc?: OidcSettings;
}

/** All that resolvers need: the real service, with storage in memory and an engine that takes steps when a test says so. */
export class ApiStage implements Services {
  readonly config: Services["config"];
  readonly ports: StagePorts;
  readonly access: Access;
  readonly transfers: TransferService;
  /** What was asked to be encoded. */
  readonly encodings: (EncodeOptions & { step: number })[] = [];
  /** Addresses that were asked for. */
  readonly fetched: { url: string; maxBytes: number; timeoutMs: number }[] = [];

  frames: FrameEncoder = {
    encode: async (frame, encoding) => {
      this.encodings.push({ ...encoding, step: frame.step });
      return await encodePicture(await (encoding.bits === 16 ? frame.finest() : frame.picture()), encoding);
    },
  };

  readonly fetchImage: FetchImage = (url, limits) => {
    this.fetched.push({ url, ...limits });
    return Promise.resolve(TINY_PNG);
  };

  static async open({ config, ports, settings, auth = [], oidc }: ApiStageOptions = {}): Promise<ApiStage> {
    const all = { ...memoryPorts(), ...ports };
    for (const engine of all.engines) engine.hold();
    const transfers = await TransferService.open(all, {
      ...SETTINGS,
      maxQueued: 1000,
      quotas: sameForAll({}),
      imageLimits: { maxBytes: 4096, maxPixels: 2 ** 24 },
      engineMemoryBytes: 2 ** 40,
      samples: SAMPLES,
      ...settings,
    });
    const access = await Access.open({
      ways: auth,
      oidc: oidc ? new OidcTokens(oidc, all.clock, SILENT_LOG) : null,
      store: new MemoryAccessStore(),
      clock: all.clock,
    });
    return new ApiStage({ maxImageBytes: 4096, publicUrl: null, ...config }, all, access, transfers);
  }

  private constructor(
    config: Services["config"],
    ports: StagePorts,
    access: Access,
    transfers: TransferService,
  ) {
    this.config = config;
    this.ports = ports;
    this.access = access;
    this.transfers = transfers;
  }

  /** As the caller of a server on which there is one only. */
  get own(): Transfers {
    return this.transfers.as(LOCAL_CALLER);
  }

  /** As one of several callers. */
  as(owner: string): Transfers {
    return this.transfers.as({ name: owner, owner, role: "USER", follows: null });
  }

  get engine(): FakeEngine {
    return this.ports.engines[0];
  }

  get clock(): FakeClock {
    return this.ports.clock as FakeClock;
  }

  /** Subscriptions that have not ended. */
  get watchers(): number {
    return this.ports.bus.watchers;
  }

  /** Lets transfers take so many steps and no more, and resolves when they have; they must have more before them. */
  async step(count = 1): Promise<void> {
    this.engine.allow(count);
    await this.engine.blocked();
  }

  /** Lets a transfer take all its steps, and every other one too. */
  async finish(id: string): Promise<TransferRecord> {
    this.engine.allow(Infinity);
    for await (const _ of await this.own.progress(id, {}));
    return await this.record(id);
  }

  async record(id: string): Promise<TransferRecord> {
    return (await this.own.get(id))!;
  }

  /** All that was ever started and not deleted. */
  async started(): Promise<number> {
    return (await this.own.list({ first: 0 })).totalCount;
  }

  /** Keeps a picture for its own sake, and answers its id. */
  async upload(bytes: Uint8Array): Promise<string> {
    await using intake = this.own.images.intake();
    return (await intake.upload(await intake.keep(bytes))).id;
  }

  classLabels(): Promise<readonly string[]> {
    return Promise.resolve(Array.from({ length: 1000 }, (_, i) => `label ${i}`));
  }

  weights(): Promise<WeightsDescription> {
    return Promise.resolve(WEIGHTS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transfers.drain();
    await this.access[Symbol.asyncDispose]();
  }
}
