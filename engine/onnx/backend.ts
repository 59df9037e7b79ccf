import { env } from "onnxruntime-node";
import type { Backend, BackendInfo, Evaluator, Target, TileEvaluator, TileObjective } from "../backend.ts";
import { cudaPrecision } from "../cuda_precision.ts";
import { downscaleMask } from "../masks.ts";
import { deepestLayer, featureSize, type Objective } from "../objective.ts";
import type { Pooling } from "../options.ts";
import type { Pixels, Size } from "../picture.ts";
import type { Vgg16Parameters } from "../vgg16.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { classify } from "./classifier.ts";
import { detectBlock } from "./detect_block.ts";
import type { Layout } from "./layout.ts";
import { ModelBuilder } from "./model.ts";
import { forward, IMAGE } from "./network.ts";
import { PackedParameters } from "./parameters.ts";
import { PlanarLayout } from "./planar_layout.ts";
import { OnnxEvaluator } from "./evaluator.ts";
import { Session, type SessionOptions } from "./session.ts";
import { buildStepGraph, GRADIENT, maskInput, targetInput } from "./step_graph.ts";
import { OnnxTileEvaluator } from "./tile_evaluator.ts";

// What goes wrong is thrown; printed as well, with paths, it would alarm those who only have no GPU.
env.logLevel = "fatal";

/** Where the `onnx` backend can compute. */
export type OnnxDevice = "cpu" | "cuda" | "webgpu";

/** ONNX Runtime as a backend: on the CPU, or on a GPU through CUDA or WebGPU. */
export class OnnxBackend implements Backend {
  readonly info: BackendInfo;
  readonly #layout: Layout;
  readonly #parameters: Vgg16Parameters;
  readonly #packed: PackedParameters;
  readonly #options: SessionOptions;

  private constructor(info: BackendInfo, layout: Layout, parameters: Vgg16Parameters, options: SessionOptions) {
    this.info = info;
    this.#layout = layout;
    this.#parameters = parameters;
    this.#packed = new PackedParameters(parameters, layout);
    this.#options = options;
  }

  /**
   * @param options.threads CPU threads; by default as many as there are physical cores.
   * @param options.layout Forces a layout, for tests; by default blocked where the processor has it.
   * @param options.binds Forces pictures to move on the device, for tests; by default they do on WebGPU.
   */
  static async open(
    parameters: Vgg16Parameters,
    device: OnnxDevice = "cpu",
    options: { threads?: number; layout?: Layout; binds?: boolean } = {},
  ): Promise<OnnxBackend> {
    const block = device === "cpu" && !options.layout ? await detectBlock() : null;
    const layout = options.layout ?? (block ? new BlockedLayout(block) : new PlanarLayout());
    const precision = device === "cuda" ? cudaPrecision() : "float32";
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

  async grams(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Map<string, Target>> {
    return await this.#statistics("grams", pixels, size, layers, pooling);
  }

  async compile(objective: Objective, targets: readonly Target[]): Promise<Evaluator> {
    const constants = new Map(targets.map((target, i) => [targetInput(i), target]));
    const areas = objective.terms.map((term) => {
      const { width, height } = featureSize(objective.size, term.layer);
      if (term.mask === null) return width * height;
      const mask = downscaleMask(objective.masks[term.mask]!, { width, height });
      constants.set(maskInput(term.mask, term.layer), this.#layout.packMask(mask));
      // An empty mask has no features to speak of: any divisor but zero does.
      return mask.reduce((sum, m) => sum + m * m, 0) || 1;
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
  ) {
    if (layers.length === 0) return new Map<string, Target>();
    const graph = new ModelBuilder();
    for (const { layer, output } of forward(graph, this.#layout, size, deepestLayer(layers), pooling)) {
      if (!layers.includes(layer.name)) continue;
      const { channels, height, width } = output;
      if (kind === "features") graph.output(layer.name, output.tensor, this.#layout.shape(channels, height, width));
      else {
        const gram = this.#layout.gram(graph, output, 1 / (height * width * channels));
        graph.output(layer.name, gram, [channels, channels]);
      }
    }
    const session = await Session.create(graph, this.#packed, new Map(), this.#options);
    try {
      return await session.run({ [IMAGE]: { data: pixels, shape: [1, size.height, size.width, 3] } });
    } finally {
      await session.dispose();
    }
  }
}
