import type { PixelGoal } from "../../objective/pixel_term.ts";
import type { Device, Reading } from "./device.ts";
import type { FeatureMap } from "./feature_map.ts";
import { PICTURE } from "./network_plan.ts";
import { PIXEL_FACTORS, PIXEL_SUMS, planPixelTerms } from "./pixel_terms_plan.ts";
import type { PlannedBuffer } from "./plan.ts";
import { Program } from "./program.ts";
import { FACTORS, SUMS } from "./term_plan.ts";

/** The network's part of a loss and its gradient. */
export interface NetworkPart {
  readonly program: Program;
  /** Of the program's plan. */
  readonly gradient: FeatureMap;
  /** By term: what a sum is divided by, and what a weight is multiplied with. */
  readonly counts: readonly number[];
  readonly factors: readonly number[];
}

/**
 * The evaluation that a picture moves along, on the device from end to end: the network's terms, then those of the pixels,
 * whose gradients are added to the network's.
 */
export class MovedAlong {
  readonly gradient: FeatureMap;
  readonly #network: NetworkPart;
  /** Null where there are none. */
  readonly #pixels: Program | null;
  readonly #counts: readonly number[];
  readonly #factors: readonly number[];

  private constructor(
    network: NetworkPart,
    pixels: Program | null,
    pixelScales: Pick<NetworkPart, "counts" | "factors">,
  ) {
    this.gradient = network.gradient;
    this.#network = network;
    this.#pixels = pixels;
    this.#counts = [...network.counts, ...pixelScales.counts];
    this.#factors = [...network.factors, ...pixelScales.factors];
  }

  static async create(device: Device, network: NetworkPart, goals: readonly PixelGoal[]): Promise<MovedAlong> {
    if (goals.length === 0) return new MovedAlong(network, null, { counts: [], factors: [] });
    const { plan, inputs, ...scales } = planPixelTerms(network.gradient, goals);
    const pixels = await Program.create(device, plan, ({ name }) => network.program.get(name));
    for (const [name, values] of inputs) pixels.write(name, values);
    return new MovedAlong(network, pixels, scales);
  }

  /** Where the picture is put that is evaluated, three values a pixel. */
  get picture(): GPUBuffer {
    return this.#network.program.get(PICTURE);
  }

  /** How many terms are of the network, and how many of the pixels. */
  get terms(): { readonly network: number; readonly pixels: number } {
    const network = this.#network.counts.length;
    return { network, pixels: this.#counts.length - network };
  }

  /** The sums of all terms, in two parts where there are terms of the pixels. */
  get sums(): Reading[] {
    const { network, pixels } = this.terms;
    const first = this.#network.program.reading(SUMS, network);
    return this.#pixels ? [first, this.#pixels.reading(PIXEL_SUMS, pixels)] : [first];
  }

  /** The buffer that a plan shares with it: the gradient, or sums of terms. Undefined for what it does not have. */
  find({ name }: PlannedBuffer): GPUBuffer | undefined {
    if (name === PIXEL_SUMS) return this.#pixels?.get(name);
    return name === SUMS || name === this.gradient.buffer.name ? this.#network.program.get(name) : undefined;
  }

  /** @param weights Of all terms, for the evaluations from here on. */
  weigh(weights: ArrayLike<number>): void {
    const factors = Float32Array.from(this.#factors, (factor, i) => factor * weights[i]!);
    const terms = this.#network.counts.length;
    this.#network.program.write(FACTORS, factors.subarray(0, terms));
    this.#pixels?.write(PIXEL_FACTORS, factors.subarray(terms));
  }

  /** The commands of one evaluation. */
  commands(): GPUCommandBuffer[] {
    return [...this.#network.program.commands(), ...this.#pixels?.commands() ?? []];
  }

  /** @param sums Of all terms. @returns Their means. */
  means(sums: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.#counts, (count, i) => sums[i]! / count);
  }

  /** Frees what terms of the pixels hold. */
  dispose(): void {
    this.#pixels?.dispose();
  }
}
