import type { LossPoint } from "../../engine/objective/losses.ts";
import type { Retuning } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import type { EngineInfo } from "../../engine/backends/backend.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import { checkRetuning, retuned, withTunables } from "../../engine/options/retune.ts";
import { GramcastError } from "../../errors.ts";
import type {
  CostEstimate,
  FrameHandle,
  Page,
  PageRequest,
  ProgressItem,
  ProgressRequest,
  StartRequest,
  Transfers,
  Vitals,
} from "../../transfers/api.ts";
import {
  hasEnded,
  NOT_STARTED,
  type Owner,
  type TransferEvent,
  type TransferRecord,
  type TransferStatus,
} from "../../transfers/types.ts";
import { pageOf } from "../../transfers/storage/paging.ts";
import { FakeImages } from "./fake_images.ts";
import { FakeStream } from "./fake_stream.ts";

const ENGINE: EngineInfo = { backend: "onnx", device: "cpu", precision: "float32", version: "1.30.0" };

/** Transfers that take a step when a test says so. Nothing runs by itself. */
export class FakeTransfers implements Transfers {
  readonly images = new FakeImages();
  /** Requests that `start` and `estimate` were given. */
  readonly requests: StartRequest[] = [];
  /** What `progress` was asked for. */
  readonly progressRequests: ProgressRequest[] = [];
  /** What the next call of any of these fails with, once. */
  readonly failures = new Map<string, unknown>();
  probabilities: Float32Array | null = null;
  storageWritable = true;
  readonly #records = new Map<string, TransferRecord>();
  readonly #events = new Map<string, TransferEvent[]>();
  readonly #streams = new Map<string, Set<FakeStream<ProgressItem>>>();

  /** Subscriptions that have not ended. */
  get openStreams(): number {
    return [...this.#streams.values()].reduce((sum, { size }) => sum + size, 0);
  }

  start(owner: Owner, request: StartRequest): Promise<TransferRecord> {
    this.#fail("start");
    this.requests.push(request);
    const id = `tr_${this.#records.size + 1}`;
    const content = this.images.record(request.contentId);
    const record: TransferRecord = {
      id,
      owner,
      status: "QUEUED",
      options: resolveOptions(request, content, 1),
      contentId: request.contentId,
      styles: request.styles,
      contentMaskId: request.contentMaskId,
      initImageId: request.initImageId,
      priority: request.priority,
      idempotencyKey: request.idempotencyKey,
      fingerprint: "",
      createdAt: Date.UTC(2026, 0, 1) + this.#records.size,
      ...NOT_STARTED,
    };
    this.#records.set(id, record);
    this.#events.set(id, []);
    return Promise.resolve(this.#append(id, {}, false));
  }

  /** Takes `count` steps with a frame each; ends after the last. */
  step(id: string, count = 1): TransferRecord {
    let record = this.#record(id);
    for (let i = 0; i < count; i++) {
      const step = record.step + 1;
      const content = 1 / step;
      const losses = {
        total: 0.1 * content + 5,
        content,
        style: 0.01,
        tv: 0,
        layers: [{ layer: "conv1_1", kind: "content" as const, value: content }],
      };
      const changes = { status: "RUNNING" as const, step, losses, frameStep: step, secondsPerStep: 0.5 };
      const started = { startedAt: record.startedAt ?? record.createdAt + 1, engine: ENGINE, weightsSha256: "5a" };
      record = this.#append(id, { ...changes, ...started }, true);
      if (step === record.options.steps) {
        record = this.#append(
          id,
          { status: "SUCCEEDED", finishedAt: record.createdAt + 2, resultId: "im_content" },
          false,
        );
      }
    }
    return record;
  }

  /** Ends a transfer as the engine does when it cannot go on. */
  fail(id: string, message: string): void {
    this.#append(id, { status: "FAILED", failure: { code: "ENGINE_CRASHED", message } }, false);
  }

  /** Lets the open subscriptions of a transfer fail in the middle. */
  breakStreams(id: string, error: unknown): void {
    for (const stream of this.#streams.get(id) ?? []) stream.fail(error);
  }

  cancel(_owner: Owner, id: string): Promise<TransferRecord> {
    const record = this.#record(id);
    return Promise.resolve(hasEnded(record.status) ? record : this.#append(id, { status: "CANCELLED" }, false));
  }

  resume(_owner: Owner, id: string, steps: number | null): Promise<TransferRecord> {
    const record = this.#record(id);
    if (!hasEnded(record.status)) throw new GramcastError("CONFLICT", `Cannot resume ${id}: it is ${record.status}`);
    const options = { ...record.options, steps: record.step + (steps ?? record.options.steps - record.step) };
    return Promise.resolve(this.#append(id, { status: "QUEUED", options }, false));
  }

  retune(_owner: Owner, id: string, retuning: Retuning): Promise<TransferRecord> {
    checkRetuning(retuning);
    const { options } = this.#record(id);
    return Promise.resolve(
      this.#append(id, { options: withTunables(options, retuned(options, retuning)) }, false),
    );
  }

  remove(_owner: Owner, id: string): Promise<void> {
    this.#record(id);
    this.#records.delete(id);
    return Promise.resolve();
  }

  get(owner: Owner, id: string): Promise<TransferRecord | null> {
    this.#fail("get");
    const record = this.#records.get(id);
    return Promise.resolve(record?.owner === owner ? record : null);
  }

  list(owner: Owner, page: PageRequest, statuses: readonly TransferStatus[] | null): Promise<Page<TransferRecord>> {
    const all = [...this.#records.values()].filter((record) => record.owner === owner)
      .filter((record) => statuses?.includes(record.status) ?? true).reverse();
    return Promise.resolve(pageOf(all, (record) => all.indexOf(record), page));
  }

  // deno-lint-ignore require-await -- what it throws has to come as a rejection
  async progress(_owner: Owner, id: string, request: ProgressRequest): Promise<AsyncIterableIterator<ProgressItem>> {
    const record = this.#record(id);
    this.progressRequests.push(request);
    const streams = this.#streams.get(id) ?? new Set();
    this.#streams.set(id, streams);
    const stream = new FakeStream<ProgressItem>(() => streams.delete(stream));
    streams.add(stream);
    const events = this.#events.get(id)!;
    const after = request.after ?? record.sequence - 1;
    for (const event of events.filter(({ sequence }) => sequence > after)) stream.push(this.#item(record, event));
    if (hasEnded(record.status)) stream.end();
    return stream;
  }

  lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    const losses = this.#events.get(id)!.flatMap(({ step, losses }) => losses ? [{ step, ...losses }] : []);
    return Promise.resolve(losses.slice(0, points));
  }

  frame(id: string, step: number | null): Promise<FrameHandle | null> {
    const record = this.#record(id);
    const wanted = step ?? record.frameStep;
    return Promise.resolve(
      wanted !== null && wanted >= 1 && wanted <= record.step ? this.#frame(record, wanted) : null,
    );
  }

  frames(id: string, page: PageRequest): Promise<Page<FrameHandle>> {
    const record = this.#record(id);
    const frames = Array.from({ length: record.step }, (_, i) => this.#frame(record, i + 1));
    return Promise.resolve(pageOf(frames, ({ step }) => step, page));
  }

  queuePosition(): Promise<number | null> {
    return Promise.resolve(0);
  }

  etaSeconds({ options, step, secondsPerStep }: TransferRecord): Promise<number | null> {
    return Promise.resolve(secondsPerStep === null ? null : secondsPerStep * (options.steps - step));
  }

  estimate(_owner: Owner, request: StartRequest): Promise<CostEstimate> {
    this.requests.push(request);
    const cost = { seconds: null, memoryBytes: 3e9, flopsPerStep: 1e12, steps: 100 };
    return Promise.resolve({ ...cost, fits: true, scales: [{ ...cost, size: 668, width: 668, height: 501 }] });
  }

  engine(): Promise<EngineInfo> {
    this.#fail("engine");
    return Promise.resolve(ENGINE);
  }

  async vitals(): Promise<Vitals> {
    const records = [...this.#records.values()];
    const having = (status: TransferStatus) => records.filter((record) => record.status === status).length;
    return await Promise.resolve({
      waiting: having("QUEUED"),
      running: having("RUNNING"),
      ended: { SUCCEEDED: having("SUCCEEDED"), FAILED: having("FAILED"), CANCELLED: having("CANCELLED") },
      steps: records.reduce((sum, { step }) => sum + step, 0),
      stepSeconds: 1.5,
      watchers: this.openStreams,
      storageWritable: this.storageWritable,
    });
  }

  classify(): Promise<Float32Array> {
    if (this.probabilities) return Promise.resolve(this.probabilities);
    throw new GramcastError("WEIGHTS_INCOMPLETE", "Cannot classify: found no fc6, wanted weights with fc layers");
  }

  #fail(method: string): void {
    if (!this.failures.has(method)) return;
    const error = this.failures.get(method);
    this.failures.delete(method);
    throw error;
  }

  #record(id: string): TransferRecord {
    const record = this.#records.get(id);
    if (!record) throw new GramcastError("NOT_FOUND", `Cannot find transfer "${id}"`, { field: "id" });
    return record;
  }

  #append(id: string, changes: Partial<TransferRecord>, frame: boolean): TransferRecord {
    const before = this.#record(id);
    const record = { ...before, ...changes, sequence: before.sequence + 1 };
    this.#records.set(id, record);
    const { sequence, status, step, options: { steps }, secondsPerStep, failure } = record;
    const losses = frame ? record.losses : null;
    const event = { sequence, at: 0, status, step, steps, losses, frame, secondsPerStep, failure };
    this.#events.get(id)!.push(event);
    for (const stream of [...this.#streams.get(id) ?? []]) {
      stream.push(this.#item(record, event));
      if (hasEnded(status)) stream.end();
    }
    return record;
  }

  #item(transfer: TransferRecord, event: TransferEvent): ProgressItem {
    return { event, transfer, frame: event.frame ? this.#frame(transfer, event.step) : null, skippedFrames: 0 };
  }

  #frame({ id, options: { width, height } }: TransferRecord, step: number): FrameHandle {
    const picture: Picture = { width, height, rgb: new Uint8Array(3 * width * height).fill(step) };
    return { transferId: id, step, width, height, picture: () => Promise.resolve(picture) };
  }
}
