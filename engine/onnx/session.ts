import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelBuilder } from "./model.ts";
import type { PackedParameters } from "./parameters.ts";

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
}

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
   */
  static async create(
    graph: ModelBuilder,
    parameters: PackedParameters,
    constants: ReadonlyMap<string, Float32Array>,
    options: SessionOptions,
  ): Promise<Session> {
    const constant = (input: string) => constants.get(input) ?? parameters.get(input)?.data;
    const session = await InferenceSession.create(graph.toBytes(options.embed ? constant : undefined), options.runtime);
    const bound: Record<string, Tensor> = {};
    for (const metadata of session.inputMetadata) {
      if (!metadata.isTensor) continue;
      const data = constant(metadata.name);
      if (data) bound[metadata.name] = new Tensor("float32", data, metadata.shape as number[]);
    }
    return new Session(session, bound);
  }

  /** Runs the graph. `inputs` are those that change, in their declared shapes. */
  async run(
    inputs: Record<string, { data: Float32Array; shape: readonly number[] }>,
  ): Promise<Map<string, Float32Array>> {
    const feeds = { ...this.#constants };
    for (const [name, { data, shape }] of Object.entries(inputs)) feeds[name] = new Tensor("float32", data, [...shape]);
    const results = await this.#session.run(feeds);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}
