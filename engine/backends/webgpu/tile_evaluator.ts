import type { Target, TileEvaluator, TileInput, TileObjective } from "../backend.ts";
import { gramOf } from "../../objective/moments.ts";
import { channelsAt } from "../../objective/neighbors.ts";
import { gridLayer, type Term } from "../../objective/objective.ts";
import type { Device } from "./device.ts";
import { pictureLength } from "./kernels/enter.ts";
import { leave } from "./kernels/leave.ts";
import { PICTURE } from "./network_plan.ts";
import type { DeviceParameters } from "./parameters.ts";
import { rowsToMap } from "./places_plan.ts";
import type { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { planGrams, planNorms, readFigures } from "./statistics_plan.ts";
import { planStep } from "./step_plan.ts";
import { FACTORS, maskBuffer, NORMS, offsetsBuffer, SUMS, targetBuffer } from "./term_plan.ts";

/** Buffer: the gradient, three values a pixel. */
const LEFT = "left";

/** The passes over a tile, each a program that is made when it is first asked for. */
export class WebgpuTileEvaluator implements TileEvaluator {
  readonly #device: Device;
  readonly #parameters: DeviceParameters;
  readonly #objective: TileObjective;
  readonly #areas: readonly number[];
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(
    device: Device,
    parameters: DeviceParameters,
    objective: TileObjective,
    areas: readonly number[],
  ) {
    this.#device = device;
    this.#parameters = parameters;
    this.#objective = objective;
    this.#areas = areas;
  }

  async grams(tile: TileInput): Promise<Float32Array[]> {
    const { terms, moments = false } = this.#objective;
    const program = await this.#program("grams", () => planGrams(this.#network, terms, this.#areas, moments));
    const styles = terms.flatMap((term, index) => term.kind === "style" ? [{ term, index }] : []);
    this.#feed(program, tile, styles.map(({ term }) => term));
    return await readFigures(program, styles.map(({ term, index }) => ({ ...term, index })), moments);
  }

  async norms(tile: TileInput, targets: readonly Target[]): Promise<Float64Array> {
    const { terms, moments } = this.#objective;
    const program = await this.#program("norms", () => planNorms(this.#network, terms, moments));
    this.#feed(program, tile, terms, targets);
    const [norms] = await program.run([program.reading(NORMS, terms.length)]);
    return Float64Array.from(norms!);
  }

  async gradient(tile: TileInput, targets: readonly Target[], factors: ArrayLike<number>) {
    const { size, terms } = this.#objective;
    const program = await this.#program("gradient", () => this.#planGradient());
    this.#feed(program, tile, terms, targets);
    program.write(FACTORS, Float32Array.from(factors));
    const [sums, gradient] = await program.run([
      program.reading(SUMS, terms.length),
      program.reading(LEFT, pictureLength(size)),
    ]);
    return { sums: Float64Array.from(sums!), gradient: gradient! };
  }

  async dispose(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    for (const program of programs) (await program).dispose();
  }

  get #network() {
    const { size, pooling } = this.#objective;
    return { size, pooling, ...this.#parameters.network };
  }

  /** Masks come with every tile; normalisation lies in the factors. */
  #planGradient(): Plan {
    const { size, terms, moments = false } = this.#objective;
    const step = planStep(this.#network, { terms, areas: null, normalize: false, whitened: () => false, moments });
    step.plan.add(leave(step.gradient, step.plan.buffer(LEFT, pictureLength(size))));
    return step.plan;
  }

  #program(pass: string, plan: () => Plan): Promise<Program> {
    let program = this.#programs.get(pass);
    if (!program) {
      program = Program.create(this.#device, plan(), (buffer) => this.#parameters.get(buffer));
      this.#programs.set(pass, program);
    }
    return program;
  }

  /** The picture, and what terms compare with and are masked with. */
  #feed(program: Program, tile: TileInput, terms: readonly Term[], targets: readonly Target[] = []): void {
    program.write(PICTURE, tile.pixels);
    const fed = new Set<string>();
    for (const term of terms) {
      const [mask, layer] = [term.mask, gridLayer(term)];
      if (mask === null || fed.has(maskBuffer(mask, layer))) continue;
      program.write(maskBuffer(mask, layer), tile.mask(mask, layer));
      fed.add(maskBuffer(mask, layer));
    }
    targets.forEach((target, i) => {
      const { kind, layer } = terms[i]!;
      const figures = this.#objective.moments && kind === "style";
      if (kind === "neighbors") program.write(targetBuffer(i), rowsToMap(target, channelsAt(layer)));
      else program.write(targetBuffer(i), figures ? gramOf(target) : target);
      if (figures) program.write(offsetsBuffer(i), target.subarray(gramOf(target).length));
    });
  }
}
