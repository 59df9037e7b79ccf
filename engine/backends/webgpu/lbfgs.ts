import type { DeviceOptimizer, DeviceStep, MovingExtras } from "../device_optimizer.ts";
import { InverseHessianProducts, type Products } from "../../optimizers/inverse_hessian_products.ts";
import { FIRST_CHANGE, LARGEST_CHANGE, MAX_REJECTIONS } from "../../optimizers/lbfgs.ts";
import { decreasesEnough, shortenedStride } from "../../optimizers/line_search.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { Pixels } from "../../picture.ts";
import { ByteReader } from "./byte_reader.ts";
import type { Device, Reading } from "./device.ts";
import { pictureLength } from "./kernels/enter.ts";
import { searchNumbers, type Stride } from "./kernels/trial.ts";
import {
  AVERAGE,
  factorsOf,
  NEW_PAIR,
  NUMBERS,
  planArrival,
  planAveraging,
  planProducts,
  planSearch,
  planTrial,
  productCount,
  readProducts,
  slotPair,
  VECTORS,
} from "./lbfgs_plans.ts";
import type { MovedAlong } from "./moved_along.ts";
import { Program } from "./program.ts";

/** Names the evaluation's picture where vectors are copied. */
const EVALUATED = "evaluated";

/** A line search that waits for the loss at its trial. */
interface Search {
  /** At the picture. */
  readonly loss: number;
  readonly slope: number;
  /** Null where the device has found it, and it has not been read. */
  readonly stride: number | null;
  readonly rejections: number;
}

/** Its programs, in the order in which a step runs them. */
interface Programs {
  readonly arrival: Program;
  readonly products: Program;
  readonly search: Program;
  readonly trial: Program;
  /** After each step; null where no average is taken. */
  readonly averaging: Program | null;
}

/**
 * L-BFGS as `Lbfgs` has it, with all vectors on the device. A step reads losses and dot products; the direction is made of
 * the latter here, and its sum is taken there.
 */
export class WebgpuLbfgs implements DeviceOptimizer {
  readonly #device: Device;
  readonly #evaluation: MovedAlong;
  readonly #programs: Programs;
  /** What the programs share. */
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #reader: ByteReader;
  readonly #history: number;
  readonly #memory: InverseHessianProducts;
  readonly #count: number;
  /** Null until the loss at the picture is known. */
  #search: Search | null = null;

  private constructor(
    device: Device,
    evaluation: MovedAlong,
    programs: Programs,
    buffers: ReadonlyMap<string, GPUBuffer>,
    reader: ByteReader,
    history: number,
  ) {
    this.#device = device;
    this.#evaluation = evaluation;
    this.#programs = programs;
    this.#buffers = buffers;
    this.#reader = reader;
    this.#history = history;
    this.#memory = new InverseHessianProducts(history);
    this.#count = pictureLength(evaluation.gradient);
  }

  static async create(
    device: Device,
    evaluation: MovedAlong,
    { history }: OptimizerOptions,
    state: OptimizerState,
    { average }: MovingExtras,
  ): Promise<WebgpuLbfgs> {
    const shape = { along: evaluation.gradient, history };
    const plans = [planArrival(shape), planProducts(shape), planSearch(shape), planTrial(shape)];
    if (average) plans.push(planAveraging(shape, average.decay));
    const shared = plans.flatMap(({ buffers }) => buffers.filter(({ shared }) => shared));
    const buffers = await device.allocate(() => {
      const made = new Map<string, GPUBuffer>();
      for (const buffer of shared) {
        if (!evaluation.find(buffer)) made.getOrInsertComputed(buffer.name, () => device.buffer(buffer.length));
      }
      return made;
    });
    const [arrival, products, search, trial, averaging = null] = await Promise.all(
      plans.map((plan) => Program.create(device, plan, (each) => evaluation.find(each) ?? buffers.get(each.name)!)),
    );
    const programs = { arrival: arrival!, products: products!, search: search!, trial: trial!, averaging };
    if (average) device.write(buffers.get(AVERAGE)!, average.sum);
    const reader = await ByteReader.create(device, pictureLength(evaluation.gradient));
    const lbfgs = new WebgpuLbfgs(device, evaluation, programs, buffers, reader, history);
    await lbfgs.#restore(state);
    return lbfgs;
  }

  async step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const step = await this.#move(weights, tvWeight, learningRate);
    const { averaging } = this.#programs;
    if (step.finite && averaging) await averaging.run();
    return step;
  }

  objectiveChanged(): void {
    this.#memory.forget();
    this.#search = null;
  }

  async pixels(): Promise<Pixels> {
    return await this.#read(this.#vector(VECTORS.picture));
  }

  async bytes(correction: number | null): Promise<Uint8Array<ArrayBuffer>> {
    const name = correction === null ? VECTORS.picture : AVERAGE;
    return await this.#reader.read(this.#buffers.get(name)!, correction ?? 1);
  }

  async average(): Promise<Float32Array> {
    return await this.#read(this.#vector(AVERAGE));
  }

  async state(): Promise<OptimizerState> {
    if (this.#search === null) return { numbers: {}, arrays: { pixels: await this.pixels() } };
    const { loss, slope, stride: known, rejections } = this.#search;
    const names = { pixels: VECTORS.picture, gradient: VECTORS.gradient, direction: VECTORS.direction };
    const pairs = this.#memory.slots.map((slot, i): [string, string][] => {
      const { step, change } = slotPair(slot);
      return [[`step${i}`, step], [`change${i}`, change]];
    });
    const vectors = [...Object.entries(names), ...pairs.flat()];
    const [found, ...values] = await this.#device.submit([], [
      this.#reading(NUMBERS.stride, 1),
      ...vectors.map(([, name]) => this.#vector(name)),
    ]);
    return {
      numbers: { slope, stride: known ?? found![0]!, rejections, loss },
      arrays: Object.fromEntries(vectors.map(([name], i) => [name, values[i]!])),
    };
  }

  dispose(): void {
    for (const program of Object.values(this.#programs)) program?.dispose();
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#reader.dispose();
    this.#evaluation.dispose();
  }

  /** A step but for the average. */
  async #move(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const evaluation = this.#evaluation;
    const { arrival, products } = this.#programs;
    const search = this.#search;
    evaluation.weigh(weights);
    this.#write(NUMBERS.variation, Float32Array.of((2 * tvWeight) / this.#count));
    const begin = search ? [] : [[VECTORS.picture, VECTORS.trial]] as const;
    const enter = this.#copying([...begin, [VECTORS.trial, EVALUATED]]);
    const [report, found, stride, ...sums] = await this.#device.submit(
      [enter, ...evaluation.commands(), ...arrival.commands(), ...products.commands()],
      [
        this.#reading(NUMBERS.report, 2),
        this.#products,
        this.#reading(NUMBERS.stride, 1),
        ...evaluation.sums,
      ],
    );
    const losses = evaluation.means(sums.flatMap((each) => [...each]));
    const tv = report![0]! / this.#count;
    const finite = losses.every(Number.isFinite) && report!.every(Number.isFinite) && found!.every(Number.isFinite);
    if (!finite && search === null) return { losses, tv, finite: false };
    const loss = finite ? losses.reduce((sum, each, i) => sum + weights[i]! * each, tvWeight * tv) : Infinity;
    if (search !== null) {
      const line = { loss: search.loss, slope: search.slope, stride: search.stride ?? stride![0]! };
      if (!decreasesEnough(line, loss)) {
        await this.#stepBack(search, shortenedStride(line, loss), learningRate);
        return { losses, tv, finite: true, accepted: false };
      }
    }
    const slot = this.#learn(readProducts(found!, this.#history), search !== null);
    await this.#device.submit([this.#copying([[VECTORS.trial, VECTORS.picture], ...keeping(slot)])]);
    await this.#searchFrom(loss, learningRate);
    return { losses, tv, finite: true };
  }

  /** Begins with a state of `Lbfgs`. Dot products come as they did when its vectors were new. */
  async #restore({ numbers, arrays }: OptimizerState): Promise<void> {
    const { pixels, gradient, direction } = arrays;
    this.#write(VECTORS.picture, pixels!);
    if (!gradient) return;
    this.#write(VECTORS.newGradient, gradient);
    this.#write(VECTORS.direction, direction!);
    let pairs = 0;
    do {
      const [step, change] = [arrays[`step${pairs}`], arrays[`change${pairs}`]];
      if (step && change) {
        this.#write(NEW_PAIR.step, step);
        this.#write(NEW_PAIR.change, change);
      }
      const [found] = await this.#device.submit(this.#programs.products.commands(), [this.#products]);
      const slot = this.#learn(readProducts(found!, this.#history), step !== undefined);
      await this.#device.submit([this.#copying(keeping(slot))]);
    } while (arrays[`step${++pairs}`]);
    const { loss, slope, stride, rejections } = numbers;
    this.#search = { loss: loss!, slope: slope!, stride: stride!, rejections: rejections! };
    await this.#go(stride!);
  }

  /** @returns The slot that the new pair belongs in, where it is worth one. */
  #learn(products: Products, paired: boolean): number | null {
    this.#memory.arrive(products);
    return paired ? this.#memory.remember(products) : null;
  }

  async #stepBack(search: Search, stride: number, learningRate: number): Promise<void> {
    const rejections = search.rejections + 1;
    if (rejections < MAX_REJECTIONS || this.#memory.slots.length === 0) {
      this.#search = { ...search, stride, rejections };
      await this.#go(stride);
      return;
    }
    this.#memory.forget();
    await this.#searchFrom(search.loss, learningRate);
  }

  /** A search as `Lbfgs` begins it. */
  async #searchFrom(loss: number, learningRate: number): Promise<void> {
    const knowsCurvature = this.#memory.slots.length > 0;
    const { direction, slope } = this.#memory.direction();
    if (knowsCurvature && !(slope < 0)) {
      this.#memory.forget();
      await this.#searchFrom(loss, learningRate);
      return;
    }
    this.#write(NUMBERS.factors, factorsOf(direction));
    this.#search = { loss, slope, stride: null, rejections: 0 };
    await this.#device.submit(this.#programs.search.commands());
    await this.#go({
      rate: knowsCurvature ? learningRate : learningRate * FIRST_CHANGE,
      byLargest: !knowsCurvature,
      largestChange: LARGEST_CHANGE,
    });
  }

  async #go(stride: Stride): Promise<void> {
    this.#write(NUMBERS.search, searchNumbers(stride));
    await this.#device.submit(this.#programs.trial.commands());
  }

  get #products(): Reading {
    return this.#reading(NUMBERS.products, productCount(this.#history));
  }

  async #read(reading: Reading): Promise<Float32Array> {
    const [values] = await this.#device.submit([], [reading]);
    return values!;
  }

  #vector(name: string): Reading {
    return this.#reading(name, this.#count);
  }

  #reading(name: string, length: number): Reading {
    return { buffer: this.#buffers.get(name)!, length };
  }

  #write(name: string, values: Float32Array): void {
    this.#device.write(this.#buffers.get(name)!, values);
  }

  /** Copies vectors, one after another. */
  #copying(copies: readonly (readonly [from: string, to: string])[]): GPUCommandBuffer {
    const encoder = this.#device.gpu.createCommandEncoder();
    const bufferOf = (name: string) => name === EVALUATED ? this.#evaluation.picture : this.#buffers.get(name)!;
    for (const [from, to] of copies) encoder.copyBufferToBuffer(bufferOf(from), 0, bufferOf(to), 0, 4 * this.#count);
    return encoder.finish();
  }
}

/** What is kept of an evaluation that was accepted: its gradient, and its pair where that has a slot. */
function keeping(slot: number | null): [from: string, to: string][] {
  const gradients: [string, string][] = [
    [VECTORS.newGradient, VECTORS.gradient],
    [VECTORS.newSmoothGradient, VECTORS.smoothGradient],
  ];
  if (slot === null) return gradients;
  const to = slotPair(slot);
  return [...gradients, [NEW_PAIR.step, to.step], [NEW_PAIR.change, to.change], [NEW_PAIR.smooth, to.smooth]];
}
