import { env } from "onnxruntime-node";
import type { Backend, EngineInfo, Evaluator, Target, TileEvaluator, TileObjective } from "../backend.ts";
import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { gramOf, momentTarget } from "../../objective/moments.ts";
import { type Places, placeSize } from "../../objective/neighbors.ts";
import { deepestLayer, featureSize, gridLayer, type Mask, type Objective } from "../../objective/objective.ts";
import type { Pooling } from "../../options/options.ts";
import type { Pixels, Size } from "../../picture.ts";
import { DEFAULT_PRECISION, type Precision } from "../precision.ts";
import type { Vgg16Parameters } from "../../vgg16.ts";
import { findAdapter } from "../webgpu_adapter.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { classify } from "./classifier.ts";
import { detectBlock } from "./detect_block.ts";
import { HalfLayout } from "./half_layout.ts";
import type { Features, Layout } from "./layout.ts";
import { ModelBuilder } from "./model.ts";
import { buildNearestGraph, CANDIDATES, NEAREST, placeRows, QUERIES } from "./neighbor_graph.ts";
import { forward, IMAGE } from "./network.ts";
import { PackedParameters } from "./parameters.ts";
import { PlanarLayout } from "./planar_layout.ts";
import { OnnxEvaluator } from "./evaluator.ts";
import { Session, type SessionOptions } from "./session.ts";
import { buildStepGraph, GRADIENT } from "./step_graph.ts";
import { GraphStyleStatistic } from "./style_statistic.ts";
import { maskInput, momentsInput, targetInput, whitenerInput } from "./terms.ts";
import { OnnxTileEvaluator } from "./tile_evaluator.ts";

// What goes wrong is thrown; printed as well, with paths, it would alarm those who only have no GPU.
env.logLevel = "fatal";

/** Dot products that a search of neighbours holds at a time: 16 MiB. */
const PRODUCTS = 2 ** 22;

/** Where the `onnx` backend can compute. */
export type OnnxDevice = "cpu" | "webgpu";

/** ONNX Runtime as a backend: on the CPU, or on a GPU through WebGPU. */
export class OnnxBackend implements Backend {
  readonly info: EngineInfo;
  readonly #layout: Layout;
  readonly #parameters: Vgg16Parameters;
  readonly #packed: PackedParameters;
  readonly #options: SessionOptions;

  private constructor(info: EngineInfo, layout: Layout, parameters: Vgg16Parameters, options: SessionOptions) {
    this.info = info;
    this.#layout = layout;
    this.#parameters = parameters;
    this.#packed = new PackedParameters(parameters, layout);
    this.#options = options;
  }

  /**
   * @param options.threads CPU threads; by default as many as there are physical cores.
   * @param options.precision The coarsest that is allowed; the device may have none that is coarser than float32.
   * @param options.layout Forces a layout, for tests; by default blocked where the processor has it.
   * @param options.binds Forces pictures to move on the device, for tests; by default they do on WebGPU.
   */
  static async open(
    parameters: Vgg16Parameters,
    device: OnnxDevice = "cpu",
    options: { threads?: number; precision?: Precision; layout?: Layout; binds?: boolean } = {},
  ): Promise<OnnxBackend> {
    const { precision: allowed = DEFAULT_PRECISION } = options;
    const layout = options.layout ?? await chooseLayout(device, allowed);
    const precision = layout instanceof HalfLayout ? "float16" : "float32";
    const info = { backend: "onnx", device, precision, version: env.versions.node ?? env.versions.common };
    const runtime = {
      executionProviders: [device],
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      logSeverityLevel: 3 as const,
      // Laying out all buffers beforehand takes half as much memory again as handing them out one by one, and no less
      // time (`deno task bench memory`).
      enableMemPattern: device !== "cpu",
      // Vanishing gradients become denormal numbers, with which processors calculate a hundred times slower.
      extra: { session: { set_denormal_as_zero: "1" } },
    };
    const binds = options.binds ?? device === "webgpu";
    return new OnnxBackend(info, layout, parameters, { runtime, embed: device !== "cpu", binds });
  }

  async features(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
  ): Promise<Map<string, Target>> {
    return await this.#statistics("features", pixels, size, layers, pooling);
  }

  async grams(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    mask: Mask | null = null,
    moments = false,
  ): Promise<Map<string, Target>> {
    return await this.#statistics("grams", pixels, size, layers, pooling, mask, moments);
  }

  async places(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Places> {
    const graph = new ModelBuilder();
    const { exact } = this.#layout;
    const { width, height } = placeSize(size);
    for (const { layer, output } of forward(graph, this.#layout, size, deepestLayer(layers), pooling)) {
      if (!layers.includes(layer.name)) continue;
      const rows = placeRows(graph, exact, this.#layout.leave(graph, output), size);
      graph.output(layer.name, rows, [width * height, output.channels]);
    }
    const session = await Session.create(graph, this.#packed, new Map(), this.#options);
    try {
      return await session.run({ [IMAGE]: { data: pixels, shape: [1, size.height, size.width, 3] } });
    } finally {
      await session.dispose();
    }
  }

  async nearest(queries: Float32Array, candidates: Float32Array, length: number): Promise<Int32Array> {
    const [count, choices] = [queries.length / length, candidates.length / length];
    const rows = Math.min(count, Math.max(1, Math.floor(PRODUCTS / choices)));
    const graph = buildNearestGraph(rows, choices, length);
    const session = await Session.create(graph, this.#packed, new Map([[CANDIDATES, candidates]]), this.#options);
    const found = new Int32Array(count);
    try {
      for (let from = 0; from < count; from += rows) {
        // The last part is as long as the others, and begins so much earlier.
        const start = Math.min(from, count - rows);
        const part = queries.subarray(start * length, (start + rows) * length);
        found.set((await session.run({ [QUERIES]: { data: part, shape: [rows, length] } })).get(NEAREST)!, start);
      }
      return found;
    } finally {
      await session.dispose();
    }
  }

  async compile(objective: Objective, targets: readonly Target[]): Promise<Evaluator> {
    const constants = new Map<string, Float32Array>();
    targets.forEach((target, i) => {
      const { kind, layer } = objective.terms[i]!;
      if (kind === "neighbors") {
        const { channels } = featureSize(objective.size, layer);
        return constants.set(targetInput(i), this.#layout.exact.packRows(target, channels));
      }
      if (!objective.moments || kind === "content") return constants.set(targetInput(i), target);
      constants.set(targetInput(i), gramOf(target)).set(momentsInput(i), momentTarget(target));
    });
    for (const [term, factor] of objective.whiteners ?? []) constants.set(whitenerInput(term), factor);
    const areas = objective.terms.map((term) => {
      const { width, height } = featureSize(objective.size, gridLayer(term));
      if (term.mask === null) return width * height;
      const mask = downscaleMask(objective.masks[term.mask]!, { width, height });
      constants.set(maskInput(term.mask, gridLayer(term)), this.#layout.packMask(mask));
      return areaOf(mask);
    });
    const model = buildStepGraph(objective, this.#layout, { areas, tile: false });
    const session = await Session.create(model, this.#packed, constants, this.#options, [GRADIENT]);
    return new OnnxEvaluator(session, this.#options, objective, areas);
  }

  compileTiles(objective: TileObjective, areas: readonly number[]): Promise<TileEvaluator> {
    return Promise.resolve(new OnnxTileEvaluator(this.#layout, this.#packed, this.#options, objective, areas));
  }

  async classify(pixels: Pixels): Promise<Float32Array> {
    return await classify(pixels, this.#parameters, this.#packed, this.#layout, this.#options);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #statistics(
    kind: "features" | "grams",
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    mask: Mask | null = null,
    moments = false,
  ) {
    if (layers.length === 0) return new Map<string, Target>();
    const graph = new ModelBuilder();
    const constants = new Map<string, Float32Array>();
    const { exact } = this.#layout;
    for (const { layer, output } of forward(graph, this.#layout, size, deepestLayer(layers), pooling)) {
      if (!layers.includes(layer.name)) continue;
      const { channels, height, width } = output;
      const features = this.#layout.leave(graph, output);
      if (kind === "features") graph.output(layer.name, features.tensor, this.#layout.shape(channels, height, width));
      else {
        const values = mask && downscaleMask(mask, { width, height });
        const name = maskInput(0, layer.name);
        if (values) constants.set(name, this.#layout.packMask(values));
        const factor = values && graph.input(name, this.#layout.maskShape(height * width));
        const weigh = (x: Features) => factor ? exact.scalePixels(graph, x, factor) : x;
        const counted = weigh(features);
        const area = values ? areaOf(values) : height * width;
        const statistic = new GraphStyleStatistic(graph, this.#layout, channels);
        const gram = statistic.of(counted, area);
        if (moments) {
          const rows = graph.node("Concat", [gram, statistic.means(weigh(counted), area)], { axis: 0n });
          graph.output(layer.name, rows, [channels + 1, channels]);
        } else graph.output(layer.name, gram, [channels, channels]);
      }
    }
    const session = await Session.create(graph, this.#packed, constants, this.#options);
    try {
      return await session.run({ [IMAGE]: { data: pixels, shape: [1, size.height, size.width, 3] } });
    } finally {
      await session.dispose();
    }
  }
}

async function chooseLayout(device: OnnxDevice, precision: Precision): Promise<Layout> {
  if (device === "webgpu") return precision === "float16" && await hasHalf() ? new HalfLayout() : new PlanarLayout();
  const block = await detectBlock();
  return block ? new BlockedLayout(block) : new PlanarLayout();
}

/** Not every GPU computes in float16. */
async function hasHalf(): Promise<boolean> {
  return (await findAdapter())?.features.has("shader-f16") === true;
}
