import type { Backend, EngineInfo, Evaluator, Target, TileEvaluator, TileObjective } from "../backend.ts";
import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { type Places, placeSize } from "../../objective/neighbors.ts";
import { featureSize, type Mask, type Objective, type Term } from "../../objective/objective.ts";
import type { Pooling } from "../../options/options.ts";
import type { Pixels, Size } from "../../picture.ts";
import { DEFAULT_PRECISION, type Precision } from "../precision.ts";
import type { Vgg16Parameters } from "../../vgg16.ts";
import { classify } from "./classifier.ts";
import { Device } from "./device.ts";
import { WebgpuEvaluator } from "./evaluator.ts";
import { mapLength } from "./feature_map.ts";
import { measuredTiles, type Measurements } from "./measured_tiles.ts";
import { searchNearest } from "./neighbor_search.ts";
import { PICTURE } from "./network_plan.ts";
import { DeviceParameters } from "./parameters.ts";
import { placeRows } from "./places_plan.ts";
import type { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { planFeatures, planGrams, planPlaces, readFigures } from "./statistics_plan.ts";
import { maskBuffer } from "./term_plan.ts";
import { WebgpuTileEvaluator } from "./tile_evaluator.ts";
import { type TileTrials, tryTiles } from "./tile_trials.ts";

/** How it is opened. */
export interface WebgpuOptions {
  readonly precision?: Precision;
  readonly measurements?: Measurements;
}

/** The project's own kernels on Deno's WebGPU. */
export class WebgpuBackend implements Backend {
  readonly info: EngineInfo;
  readonly largestMap: number;
  readonly #device: Device;
  readonly #parameters: Vgg16Parameters;
  readonly #onDevice: DeviceParameters;

  private constructor(device: Device, parameters: Vgg16Parameters, half: boolean) {
    const precision = half ? "float16" : "float32";
    this.info = { backend: "webgpu", device: device.name, precision, version: Deno.version.deno };
    this.largestMap = device.largestBuffer;
    this.#device = device;
    this.#parameters = parameters;
    this.#onDevice = new DeviceParameters(device, parameters, half);
  }

  /**
   * @param options.precision The coarsest that is allowed.
   * @param options.measurements What was measured of the device; where it is left out, nothing is measured.
   * @throws {Error} where there is no GPU.
   */
  static async open(
    parameters: Vgg16Parameters,
    { precision = DEFAULT_PRECISION, measurements }: WebgpuOptions = {},
  ): Promise<WebgpuBackend> {
    const device = await Device.open();
    const half = precision === "float16";
    if (measurements && device.hasTimestamps) {
      const measured = { device: device.identity, precision: half ? "float16" : "float32" } as const;
      device.tileCosts = await measuredTiles(measured, measurements, (before) => tryOnOtherDevice(before, half));
    }
    return new WebgpuBackend(device, parameters, half);
  }

  async features(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
  ): Promise<Map<string, Target>> {
    if (layers.length === 0) return new Map();
    const names = [...new Set(layers)];
    const plan = planFeatures(this.#network(size, pooling), names);
    const values = await this.#runOnce(
      plan,
      new Map([[PICTURE, pixels]]),
      (program) => program.run(names.map((layer) => program.reading(layer, mapLength(featureSize(size, layer))))),
    );
    return new Map(names.map((layer, i) => [layer, values[i]!]));
  }

  async grams(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    mask: Mask | null = null,
    moments = false,
  ): Promise<Map<string, Target>> {
    if (layers.length === 0) return new Map();
    const terms = [...new Set(layers)].map((layer): Term => ({ kind: "style", layer, mask: mask && 0 }));
    const inputs = new Map([[PICTURE, pixels]]);
    const areas = terms.map(({ layer }) => {
      const { width, height } = featureSize(size, layer);
      if (mask === null) return width * height;
      const values = downscaleMask(mask, { width, height });
      inputs.set(maskBuffer(0, layer), values);
      return areaOf(values);
    });
    const plan = planGrams(this.#network(size, pooling), terms, areas, moments);
    const indexed = terms.map(({ layer }, index) => ({ layer, index }));
    const figures = await this.#runOnce(plan, inputs, (program) => readFigures(program, indexed, moments));
    return new Map(terms.map(({ layer }, i) => [layer, figures[i]!]));
  }

  async places(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Places> {
    const { plan, maps } = planPlaces(this.#network(size, pooling), layers);
    const entries = [...maps];
    const values = await this.#runOnce(
      plan,
      new Map([[PICTURE, pixels]]),
      (program) => program.run(entries.map(([, map]) => program.reading(map.buffer.name, mapLength(map)))),
    );
    const rows = ([layer, map]: typeof entries[number], i: number) =>
      [layer, placeRows(values[i]!, map, layer, placeSize(size))] as const;
    return new Map(entries.map(rows));
  }

  nearest(queries: Float32Array, candidates: Float32Array, length: number): Promise<Int32Array> {
    return searchNearest(this.#device, queries, candidates, length);
  }

  compile(objective: Objective, targets: readonly Target[]): Promise<Evaluator> {
    return WebgpuEvaluator.create(this.#device, this.#onDevice, objective, targets);
  }

  compileTiles(objective: TileObjective, areas: readonly number[]): Promise<TileEvaluator> {
    return Promise.resolve(new WebgpuTileEvaluator(this.#device, this.#onDevice, objective, areas));
  }

  classify(pixels: Pixels): Promise<Float32Array> {
    return classify(this.#device, this.#parameters, this.#onDevice, pixels);
  }

  async close(): Promise<void> {
    this.#onDevice.dispose();
    await this.#device.close();
  }

  #network(size: Size, pooling: Pooling) {
    return { size, pooling, ...this.#onDevice.network };
  }

  async #runOnce(
    plan: Plan,
    inputs: ReadonlyMap<string, Float32Array>,
    run: (program: Program) => Promise<Float32Array[]>,
  ): Promise<Float32Array[]> {
    const program = await Program.create(this.#device, plan, (buffer) => this.#onDevice.get(buffer));
    try {
      for (const [name, values] of inputs) program.write(name, values);
      return await run(program);
    } finally {
      program.dispose();
    }
  }
}

/** A device that is lost by a trial is not the one that computes. */
async function* tryOnOtherDevice(before: TileTrials, half: boolean): AsyncGenerator<TileTrials> {
  const device = await Device.open();
  try {
    yield* tryTiles(device, before, { half });
  } finally {
    await device.close();
  }
}
