import type { DeviceOptimizer, DeviceStep } from "../device_optimizer.ts";
import { adamRates } from "../../optimizers/adam.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { Pixels, Size } from "../../picture.ts";
import { buildAdamGraph, moved, MOVING, NUMBERS, REPORT } from "./adam_graph.ts";
import type { PictureReader } from "./picture_reader.ts";
import { type DeviceTensor, type Feed, Session, type SessionOptions } from "./session.ts";

/** Evaluates a picture; the caller disposes the gradient. */
type Evaluate = (
  image: Feed,
  weights: ArrayLike<number>,
) => Promise<{ readonly losses: Float64Array; readonly gradient: DeviceTensor }>;

/** Picture and moments. */
type Moving = Record<typeof MOVING[number], Feed>;

/** Adam as an ONNX graph of its own, whose inputs and outputs stay on the device. */
export class OnnxAdam implements DeviceOptimizer {
  readonly #evaluate: Evaluate;
  readonly #reader: PictureReader;
  readonly #session: Session;
  readonly #options: OptimizerOptions;
  readonly #count: number;
  #moving: Moving;
  #step: number;

  private constructor(
    evaluate: Evaluate,
    reader: PictureReader,
    session: Session,
    size: Size,
    options: OptimizerOptions,
    { numbers, arrays }: OptimizerState,
  ) {
    this.#evaluate = evaluate;
    this.#reader = reader;
    this.#session = session;
    this.#options = options;
    this.#count = 3 * size.width * size.height;
    const shape = [1, size.height, size.width, 3];
    const feed = (name: string) => ({ data: arrays[name] ?? new Float32Array(this.#count), shape });
    this.#moving = { pixels: feed("pixels"), first: feed("first"), second: feed("second") };
    this.#step = numbers["step"] ?? 0;
  }

  static async create(
    evaluate: Evaluate,
    reader: PictureReader,
    size: Size,
    session: SessionOptions,
    options: OptimizerOptions,
    state: OptimizerState,
  ): Promise<OnnxAdam> {
    const graph = buildAdamGraph(size);
    const opened = await Session.create(graph, new Map(), new Map(), session, MOVING.map(moved));
    return new OnnxAdam(evaluate, reader, opened, size, options, state);
  }

  async step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const { losses, gradient } = await this.#evaluate(this.#moving.pixels, weights);
    const numbers = this.#numbers(tvWeight, learningRate);
    const results = await this.#session.runKept({
      ...this.#moving,
      gradient,
      [NUMBERS]: { data: numbers, shape: [numbers.length] },
    });
    gradient.dispose();
    const [tv, norm] = results[REPORT]!.data as Float32Array;
    const finite = Number.isFinite(tv! + norm!) && losses.every(Number.isFinite);
    const next = Object.fromEntries(MOVING.map((name) => [name, results[moved(name)]!])) as Record<
      string,
      DeviceTensor
    >;
    if (finite) {
      this.#free();
      this.#moving = next as Moving;
      this.#step++;
    } else Object.values(next).forEach((tensor) => tensor.dispose());
    return { losses, tv: tv! / this.#count, finite };
  }

  pixels(): Promise<Pixels> {
    return this.#read("pixels");
  }

  async state(): Promise<OptimizerState> {
    const arrays: Record<string, Float32Array> = {};
    for (const name of MOVING) arrays[name] = await this.#read(name);
    return { numbers: { step: this.#step }, arrays };
  }

  dispose(): void {
    this.#free();
    void this.#session.dispose();
  }

  #numbers(tvWeight: number, learningRate: number): Float32Array {
    const { beta1, beta2, epsilon } = this.#options;
    const { rate, correction } = adamRates(this.#options, this.#step + 1, learningRate);
    return Float32Array.of(beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, (2 * tvWeight) / this.#count);
  }

  /** A copy, because feeding it to a session may transfer it. */
  async #read(name: keyof Moving): Promise<Float32Array> {
    const feed = this.#moving[name];
    return "dispose" in feed ? await this.#reader.read(feed) : feed.data.slice();
  }

  #free(): void {
    for (const feed of Object.values(this.#moving)) if ("dispose" in feed) feed.dispose();
  }
}
