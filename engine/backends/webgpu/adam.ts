import type { DeviceOptimizer, DeviceStep } from "../device_optimizer.ts";
import { adamRates } from "../../optimizers/adam.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { Pixels } from "../../picture.ts";
import type { Device } from "./device.ts";
import type { FeatureMap } from "./feature_map.ts";
import { adam, adamGroups, RATES } from "./kernels/adam.ts";
import { groupCount } from "./kernels/elementwise.ts";
import { pictureLength } from "./kernels/enter.ts";
import { reduce } from "./kernels/reduce.ts";
import { PICTURE } from "./network_plan.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { FACTORS, SUMS } from "./term_plan.ts";

/** The evaluation that a picture moves along. */
export interface MovedAlong {
  readonly program: Program;
  /** Of the program's plan. */
  readonly gradient: FeatureMap;
  readonly terms: number;
  /** Factors of weights. */
  weigh(weights: ArrayLike<number>): Float32Array;
  /** Losses of the terms' sums. */
  means(sums: Float32Array): Float64Array;
}

/** Buffer: the sum of squared differences between neighbours, and the gradient's L1 norm. */
const REPORT = "report";

/** Two states that take turns: a step that gave no numbers leaves the one before it. */
const STATES = ["even", "odd"] as const;
type State = typeof STATES[number];

/** Adam as a kernel behind the evaluation's. */
export class WebgpuAdam implements DeviceOptimizer {
  readonly #device: Device;
  readonly #evaluation: MovedAlong;
  /** By the state that they start from. */
  readonly #programs: Readonly<Record<State, Program>>;
  /** Pictures and moments, which both programs share. */
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #options: OptimizerOptions;
  readonly #count: number;
  #state: State = "even";
  #step: number;

  private constructor(
    device: Device,
    evaluation: MovedAlong,
    programs: Readonly<Record<State, Program>>,
    buffers: ReadonlyMap<string, GPUBuffer>,
    options: OptimizerOptions,
    { numbers, arrays }: OptimizerState,
  ) {
    this.#device = device;
    this.#evaluation = evaluation;
    this.#programs = programs;
    this.#buffers = buffers;
    this.#options = options;
    this.#count = pictureLength(evaluation.gradient);
    this.#step = numbers["step"] ?? 0;
    const { pixels, first, second } = arrays;
    device.write(this.#buffer("picture"), pixels!);
    if (first && second) device.write(this.#buffer("moments"), interleave(first, second));
  }

  static async create(
    device: Device,
    evaluation: MovedAlong,
    options: OptimizerOptions,
    state: OptimizerState,
  ): Promise<WebgpuAdam> {
    const plans = {
      even: planAdam(evaluation.gradient, "even", "odd"),
      odd: planAdam(evaluation.gradient, "odd", "even"),
    };
    const { gradient: { buffer: gradient } } = evaluation;
    const buffers = await device.allocate(() =>
      new Map(
        plans.even.buffers.filter(({ name, shared }) => shared && name !== gradient.name)
          .map(({ name, length }) => [name, device.buffer(length)]),
      )
    );
    const shared = ({ name }: { name: string }) =>
      name === gradient.name ? evaluation.program.get(name) : buffers.get(name)!;
    const [even, odd] = await Promise.all(STATES.map((each) => Program.create(device, plans[each], shared)));
    return new WebgpuAdam(device, evaluation, { even: even!, odd: odd! }, buffers, options, state);
  }

  async step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const { program, terms, weigh, means } = this.#evaluation;
    const moving = this.#programs[this.#state];
    program.write(FACTORS, weigh(weights));
    this.#device.write(this.#buffers.get("rates")!, this.#rates(tvWeight, learningRate));
    const [sums, report] = await this.#device.submit(
      [this.#enter(), ...program.commands(), ...moving.commands()],
      [program.reading(SUMS, terms), moving.reading(REPORT, 2)],
    );
    const losses = means(sums!);
    const [tv, norm] = report!;
    const finite = Number.isFinite(tv! + norm!) && losses.every(Number.isFinite);
    if (finite) {
      this.#state = other(this.#state);
      this.#step++;
    }
    return { losses, tv: tv! / this.#count, finite };
  }

  async pixels(): Promise<Pixels> {
    const [pixels] = await this.#device.submit([], [{ buffer: this.#buffer("picture"), length: this.#count }]);
    return pixels!;
  }

  async state(): Promise<OptimizerState> {
    const [pixels, moments] = await this.#device.submit([], [
      { buffer: this.#buffer("picture"), length: this.#count },
      { buffer: this.#buffer("moments"), length: 2 * this.#count },
    ]);
    const first = Float32Array.from({ length: this.#count }, (_, i) => moments![2 * i]!);
    const second = Float32Array.from({ length: this.#count }, (_, i) => moments![2 * i + 1]!);
    return { numbers: { step: this.#step }, arrays: { pixels: pixels!, first, second } };
  }

  dispose(): void {
    for (const each of STATES) this.#programs[each].dispose();
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }

  /** Hands the picture to the evaluation. */
  #enter(): GPUCommandBuffer {
    const encoder = this.#device.gpu.createCommandEncoder();
    const { program } = this.#evaluation;
    encoder.copyBufferToBuffer(this.#buffer("picture"), 0, program.get(PICTURE), 0, 4 * this.#count);
    return encoder.finish();
  }

  #rates(tvWeight: number, learningRate: number): Float32Array {
    const { beta1, beta2, epsilon } = this.#options;
    const { rate, correction } = adamRates(this.#options, this.#step + 1, learningRate);
    return Float32Array.of(beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, (2 * tvWeight) / this.#count);
  }

  #buffer(part: "picture" | "moments"): GPUBuffer {
    return this.#buffers.get(`${part}.${this.#state}`)!;
  }
}

/** One step from one state to the other. */
function planAdam(gradient: FeatureMap, from: State, to: State): Plan {
  const plan = new Plan();
  const length = pictureLength(gradient);
  const moving = (state: State) => ({
    picture: plan.shared(`picture.${state}`, length),
    moments: plan.shared(`moments.${state}`, 2 * length),
  });
  const along = { ...gradient, buffer: plan.shared(gradient.buffer.name, gradient.buffer.length) };
  const count = groupCount(adamGroups(gradient));
  const parts = plan.buffer("parts", 2 * count);
  const report = plan.buffer(REPORT, 2);
  plan.add(
    adam(along, plan.shared("rates", RATES), moving(from), moving(to), parts),
    reduce(parts, count, report, { to: 0 }),
    reduce(parts, count, report, { from: count, to: 1 }),
  );
  return plan;
}

function other(state: State): State {
  return state === "even" ? "odd" : "even";
}

/** The values of both in turn. */
function interleave(first: Float32Array, second: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * first.length }, (_, i) => (i % 2 === 0 ? first : second)[i >> 1]!);
}
