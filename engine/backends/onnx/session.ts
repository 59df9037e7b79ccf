import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Packed } from "./layout.ts";
import type { ModelBuilder } from "./model.ts";

/** How sessions are made. */
export interface SessionOptions {
  /** Device and threads, for ONNX Runtime. */
  readonly runtime: InferenceSession.SessionOptions;
  /**
   * Whether constant inputs become part of the model: on a GPU, where inputs are copied to the device at every run and
   * constants once. On the CPU they stay inputs, for the sizes of a coarse-to-fine schedule to share one copy of the
   * parameters, and for sessions to be made in milliseconds.
   */
  readonly embed: boolean;
  /** Whether results can stay on the device and be fed from there: ONNX Runtime's binding for Node has it for WebGPU. */
  readonly binds: boolean;
}

/** A result that may be on the device; `toArray()` reads it, and `dispose()` frees it. */
export type DeviceTensor = Tensor;

/** What a graph is fed with. */
export type Feed = DeviceTensor | { readonly data: Float32Array; readonly shape: readonly number[] };

/** A compiled graph with its constant inputs bound: parameters, targets, masks. */
export class Session {
  readonly #session: InferenceSession;
  readonly #constants: Record<string, Tensor>;

  private constructor(session: InferenceSession, constants: Record<string, Tensor>) {
    this.#session = session;
    this.#constants = constants;
  }

  /**
   * Compiles a model.
   *
   * @param constants Further inputs that stay the same, by name.
   * @param kept Outputs that stay on the device.
   */
  static async create(
    graph: ModelBuilder,
    parameters: { get(input: string): Packed | undefined },
    constants: ReadonlyMap<string, Float32Array>,
    options: SessionOptions,
    kept: readonly string[] = [],
  ): Promise<Session> {
    const constant = (input: string) => constants.get(input) ?? parameters.get(input)?.data;
    const model = graph.toBytes(options.embed ? constant : undefined);
    const session = await InferenceSession.create(model, {
      ...options.runtime,
      ...(options.binds && kept.length > 0
        ? { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer"])) }
        : {}),
    });
    const bound: Record<string, Tensor> = {};
    for (const metadata of session.inputMetadata) {
      if (!metadata.isTensor) continue;
      const data = constant(metadata.name);
      if (data) bound[metadata.name] = new Tensor("float32", data, metadata.shape as number[]);
    }
    return new Session(session, bound);
  }

  /** Runs the graph. `inputs` are those that change, in their declared shapes. */
  async run(inputs: Record<string, Feed>): Promise<Map<string, Float32Array>> {
    const results = await this.runKept(inputs);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  /** Runs the graph, and leaves what it gives where it is. The caller disposes it. */
  async runKept(inputs: Record<string, Feed>): Promise<Record<string, DeviceTensor>> {
    const feeds = { ...this.#constants };
    for (const [name, feed] of Object.entries(inputs)) {
      feeds[name] = "shape" in feed ? new Tensor("float32", feed.data, [...feed.shape]) : feed;
    }
    return await this.#session.run(feeds) as Record<string, DeviceTensor>;
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}
