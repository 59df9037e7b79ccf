import type { DeviceOptimizer, DeviceStep, MovingExtras } from "../device_optimizer.ts";
import { adamRates } from "../../optimizers/adam.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { Pixels } from "../../picture.ts";
import {
  momentsOf,
  MOST_STEPS,
  otherState,
  pictureOf,
  planAdam,
  rowLength,
  SHARED,
  type State,
  STATES,
} from "./adam_plan.ts";
import { ByteReader } from "./byte_reader.ts";
import type { Device } from "./device.ts";
import { pictureLength } from "./kernels/enter.ts";
import { PROGRESS, ROW_HEAD } from "./kernels/record.ts";
import type { MovedAlong } from "./moved_along.ts";
import { Program } from "./program.ts";

/** Adam as kernels behind the evaluation's. Steps follow each other there, and what they found is read together. */
export class WebgpuAdam implements DeviceOptimizer {
  readonly #device: Device;
  readonly #evaluation: MovedAlong;
  /** By the state that they start from. */
  readonly #programs: Readonly<Record<State, Program>>;
  /** Pictures, moments and what else both programs share. */
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #reader: ByteReader;
  readonly #options: OptimizerOptions;
  readonly #count: number;
  #state: State = "even";
  #step: number;

  private constructor(
    device: Device,
    evaluation: MovedAlong,
    programs: Readonly<Record<State, Program>>,
    buffers: ReadonlyMap<string, GPUBuffer>,
    reader: ByteReader,
    options: OptimizerOptions,
    { numbers, arrays }: OptimizerState,
  ) {
    this.#device = device;
    this.#evaluation = evaluation;
    this.#programs = programs;
    this.#buffers = buffers;
    this.#reader = reader;
    this.#options = options;
    this.#count = pictureLength(evaluation.gradient);
    this.#step = numbers["step"] ?? 0;
    const { pixels, first, second } = arrays;
    device.write(this.#buffer(pictureOf(this.#state)), pixels!);
    if (first && second) device.write(this.#buffer(momentsOf(this.#state)), interleave(first, second));
  }

  static async create(
    device: Device,
    evaluation: MovedAlong,
    options: OptimizerOptions,
    state: OptimizerState,
    { average }: MovingExtras,
  ): Promise<WebgpuAdam> {
    const shape = { along: evaluation.gradient, terms: evaluation.terms, decay: average?.decay ?? null };
    const plans = STATES.map((from) => planAdam(shape, from));
    const buffers = await device.allocate(() =>
      new Map(
        plans[0]!.buffers.filter((buffer) => buffer.shared && !evaluation.find(buffer))
          .map(({ name, length }) => [name, device.buffer(length)]),
      )
    );
    const [even, odd] = await Promise.all(
      plans.map((plan) => Program.create(device, plan, (each) => evaluation.find(each) ?? buffers.get(each.name)!)),
    );
    if (average) device.write(buffers.get(SHARED.average)!, average.sum);
    const reader = await ByteReader.create(device, pictureLength(evaluation.gradient));
    return new WebgpuAdam(device, evaluation, { even: even!, odd: odd! }, buffers, reader, options, state);
  }

  async step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const [step] = await this.steps(1, weights, tvWeight, learningRate);
    return step!;
  }

  async steps(
    most: number,
    weights: ArrayLike<number>,
    tvWeight: number,
    learningRate: number,
  ): Promise<DeviceStep[]> {
    const count = Math.min(most, MOST_STEPS);
    this.#evaluation.weigh(weights);
    const rates = Array.from({ length: count }, (_, i) => this.#rates(this.#step + 1 + i, tvWeight, learningRate));
    this.#device.write(this.#buffer(SHARED.rates), Float32Array.from(rates.flat()));
    this.#device.write(this.#buffer(SHARED.progress), new Float32Array(PROGRESS));
    for (let i = 0, state = this.#state; i < count; i++, state = otherState(state)) {
      // Each at once: the device begins while the next is encoded.
      await this.#device.submit([
        this.#enter(state),
        ...this.#evaluation.commands(),
        ...this.#programs[state].commands(),
      ]);
    }
    const length = rowLength(this.#evaluation.terms);
    const [rows] = await this.#device.submit([], [{ buffer: this.#buffer(SHARED.rows), length: count * length }]);
    const steps: DeviceStep[] = [];
    for (let first = 0; first < rows!.length; first += length) {
      const step = this.#readRow(rows!.subarray(first, first + length));
      steps.push(step);
      if (!step.finite) break;
      this.#state = otherState(this.#state);
      this.#step++;
    }
    return steps;
  }

  async pixels(): Promise<Pixels> {
    return await this.#read(pictureOf(this.#state), this.#count);
  }

  async bytes(correction: number | null): Promise<Uint8Array<ArrayBuffer>> {
    const name = correction === null ? pictureOf(this.#state) : SHARED.average;
    return await this.#reader.read(this.#buffer(name), correction ?? 1);
  }

  async average(): Promise<Float32Array> {
    return await this.#read(SHARED.average, this.#count);
  }

  async state(): Promise<OptimizerState> {
    const [pixels, moments] = await this.#device.submit([], [
      { buffer: this.#buffer(pictureOf(this.#state)), length: this.#count },
      { buffer: this.#buffer(momentsOf(this.#state)), length: 2 * this.#count },
    ]);
    const first = Float32Array.from({ length: this.#count }, (_, i) => moments![2 * i]!);
    const second = Float32Array.from({ length: this.#count }, (_, i) => moments![2 * i + 1]!);
    return { numbers: { step: this.#step }, arrays: { pixels: pixels!, first, second } };
  }

  dispose(): void {
    for (const each of STATES) this.#programs[each].dispose();
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#reader.dispose();
    this.#evaluation.dispose();
  }

  /** Hands the picture to the evaluation. */
  #enter(state: State): GPUCommandBuffer {
    const encoder = this.#device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#buffer(pictureOf(state)), 0, this.#evaluation.picture, 0, 4 * this.#count);
    return encoder.finish();
  }

  #rates(step: number, tvWeight: number, learningRate: number): number[] {
    const { beta1, beta2, epsilon } = this.#options;
    const { rate, correction } = adamRates(this.#options, step, learningRate);
    return [beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, (2 * tvWeight) / this.#count];
  }

  #readRow(row: Float32Array): DeviceStep {
    const [finite, tv] = row;
    return {
      losses: this.#evaluation.means(row.subarray(ROW_HEAD)),
      tv: tv! / this.#count,
      finite: finite !== 0,
    };
  }

  async #read(name: string, length: number): Promise<Float32Array> {
    const [values] = await this.#device.submit([], [{ buffer: this.#buffer(name), length }]);
    return values!;
  }

  #buffer(name: string): GPUBuffer {
    return this.#buffers.get(name)!;
  }
}

/** The values of both in turn. */
function interleave(first: Float32Array, second: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * first.length }, (_, i) => (i % 2 === 0 ? first : second)[i >> 1]!);
}
