import { env } from "onnxruntime-node";
import type { Backend, EngineInfo, Evaluator, Target, TileEvaluator, TileObjective } from "../backend.ts";
import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { gramOf, momentTarget } from "../../objective/moments.ts";
import { type Places, placeSize } from "../../objective/neighbors.ts";
import { deepestLayer, featureSize, gridLayer, type Mask, type Objective } from "../../objective/objective.ts";
import type { Pooling } from "../../options/options.ts";
import type { Pixels, Size } from "../../picture.ts";
import type { Vgg16Parameters } from "../../vgg16.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { classify } from "./classifier.ts";
import { detectBlock } from "./detect_block.ts";
import type { Features, Layout } from "./layout.ts";
import { ModelBuilder } from "./model.ts";
import { buildNearestGraph, CANDIDATES, NEAREST, placeRows, QUERIES } from "./neighbor_graph.ts";
import { forward, IMAGE } from "./network.ts";
import { PackedParameters } from "./parameters.ts";
import { PlanarLayout } from "./planar_layout.ts";
import { OnnxEvaluator } from "./evaluator.ts";
import { Session, type SessionOptions } from "./session.ts";
import { buildStepGraph } from "./step_graph.ts";
import { GraphStyleStatistic } from "./style_statistic.ts";
import { maskInput, momentsInput, targetInput, whitenerInput } from "./terms.ts";
import { OnnxTileEvaluator } from "./tile_evaluator.ts";

// What goes wrong is thrown; it need not be printed as well, with paths.
env.logLevel = "fatal";

/** Dot products that a search of neighbours holds at a time: 16 MiB. */
const PRODUCTS = 2 ** 22;

/** ONNX Runtime on the CPU. */
export class OnnxBackend implements Backend {
  readonly info: EngineInfo = {
    backend: "onnx",
    device: "cpu",
    precision: "float32",
    version: env.versions.node ?? env.versions.common,
  };
  readonly #layout: Layout;
  readonly #parameters: Vgg16Parameters;
  readonly #packed: PackedParameters;
  readonly #options: SessionOptions;

  private constructor(layout: Layout, parameters: Vgg16Parameters, options: SessionOptions) {
    this.#layout = layout;
    this.#parameters = parameters;
    this.#packed = new PackedParameters(parameters, layout);
    this.#options = options;
  }

  /**
   * @param options.threads CPU threads; by default as many as there are physical cores.
   * @param options.layout Forces a layout, for tests; by default blocked where the processor has it.
   */
  static async open(
    parameters: Vgg16Parameters,
    options: { threads?: number; layout?: Layout } = {},
  ): Promise<OnnxBackend> {
    return new OnnxBackend(options.layout ?? await chooseLayout(), parameters, {
      executionProviders: ["cpu"],
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      logSeverityLevel: 3,
      // Laying out all buffers beforehand takes half as much memory again as handing them out one by one, and no less
      // time (`deno task bench memory`).
      enableMemPattern: false,
      // Vanishing gradients become denormal numbers, with which processors calculate a hundred times slower.
      extra: { session: { set_denormal_as_zero: "1" } },
    });
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
    const { width, height } = placeSize(size);
    for (const { layer, output } of forward(graph, this.#layout, size, deepestLayer(layers), pooling)) {
      if (!layers.includes(layer.name)) continue;
      const rows = placeRows(graph, this.#layout, output, size);
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
        return constants.set(targetInput(i), this.#layout.packRows(target, channels));
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
    const session = await Session.create(model, this.#packed, constants, this.#options);
    return new OnnxEvaluator(session, objective, areas);
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
    for (const { layer, output } of forward(graph, this.#layout, size, deepestLayer(layers), pooling)) {
      if (!layers.includes(layer.name)) continue;
      const { channels, height, width } = output;
      if (kind === "features") graph.output(layer.name, output.tensor, this.#layout.shape(channels, height, width));
      else {
        const values = mask && downscaleMask(mask, { width, height });
        const name = maskInput(0, layer.name);
        if (values) constants.set(name, this.#layout.packMask(values));
        const factor = values && graph.input(name, this.#layout.maskShape(height * width));
        const weigh = (x: Features) => factor ? this.#layout.scalePixels(graph, x, factor) : x;
        const counted = weigh(output);
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

async function chooseLayout(): Promise<Layout> {
  const block = await detectBlock();
  return block ? new BlockedLayout(block) : new PlanarLayout();
}
