import type { Pixels, Size } from "../../picture.ts";
import { ModelBuilder } from "./model.ts";
import { type DeviceTensor, Session, type SessionOptions } from "./session.ts";

/**
 * Reads pictures that are on the device. ONNX Runtime's binding for Node cannot: a graph that does nothing, and gives its
 * result here, can.
 */
export class PictureReader {
  readonly #shape: readonly number[];
  readonly #options: SessionOptions;
  #session: Promise<Session> | null = null;

  constructor({ width, height }: Size, options: SessionOptions) {
    this.#shape = [1, height, width, 3];
    this.#options = options;
  }

  /** The values of a tensor (1, height, width, 3), which stays as it is. */
  async read(tensor: DeviceTensor): Promise<Pixels> {
    if (tensor.location !== "gpu-buffer") return tensor.data as Pixels;
    const session = await (this.#session ??= this.#open());
    return (await session.run({ from: tensor })).get("to")!;
  }

  async dispose(): Promise<void> {
    await (await this.#session)?.dispose();
    this.#session = null;
  }

  #open(): Promise<Session> {
    const graph = new ModelBuilder();
    graph.output("to", graph.input("from", this.#shape), this.#shape);
    return Session.create(graph, new Map(), new Map(), this.#options);
  }
}
