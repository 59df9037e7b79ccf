import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Packed } from "./layout.ts";
import type { ModelBuilder } from "./model.ts";

/** Threads and the like, for ONNX Runtime. */
export type SessionOptions = InferenceSession.SessionOptions;

/** What a graph is fed with. */
interface Feed {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * A compiled graph with its constant inputs bound: parameters, targets, masks. They are no part of the model, for the sizes
 * of a coarse-to-fine schedule to share one copy of the parameters, and for sessions to be made in milliseconds.
 */
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
    parameters: { get(input: string): Packed | undefined },
    constants: ReadonlyMap<string, Float32Array>,
    options: SessionOptions,
  ): Promise<Session> {
    const session = await InferenceSession.create(graph.toBytes(), options);
    const bound: Record<string, Tensor> = {};
    for (const metadata of session.inputMetadata) {
      if (!metadata.isTensor) continue;
      const data = constants.get(metadata.name) ?? parameters.get(metadata.name)?.data;
      if (data) bound[metadata.name] = new Tensor("float32", data, metadata.shape as number[]);
    }
    return new Session(session, bound);
  }

  /** Runs the graph. `inputs` are those that change, in their declared shapes. */
  async run(inputs: Readonly<Record<string, Feed>>): Promise<Map<string, Float32Array>> {
    const feeds = { ...this.#constants };
    for (const [name, { data, shape }] of Object.entries(inputs)) feeds[name] = new Tensor("float32", data, [...shape]);
    const results = await this.#session.run(feeds);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}
