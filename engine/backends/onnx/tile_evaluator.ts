import type { Target, TileEvaluator, TileInput, TileObjective } from "../backend.ts";
import { channelsAt } from "../../objective/neighbors.ts";
import { featureSize, gridLayer, type Term } from "../../objective/objective.ts";
import type { Layout } from "./layout.ts";
import type { ModelBuilder } from "./model.ts";
import { IMAGE } from "./network.ts";
import type { PackedParameters } from "./parameters.ts";
import { Session, type SessionOptions } from "./session.ts";
import { GRADIENT, SUMS } from "./step_graph.ts";
import { FACTORS, maskInput, targetInput, targetShape } from "./terms.ts";
import { buildGradientGraph, buildGramGraph, buildNormGraph, gramOutput, NORMS } from "./tile_graphs.ts";

type Feeds = Record<string, { data: Float32Array; shape: readonly number[] }>;

/** The passes over a tile, each a session that is made when it is first asked for. */
export class OnnxTileEvaluator implements TileEvaluator {
  readonly #layout: Layout;
  readonly #parameters: PackedParameters;
  readonly #options: SessionOptions;
  readonly #objective: TileObjective;
  readonly #areas: readonly number[];
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(
    layout: Layout,
    parameters: PackedParameters,
    options: SessionOptions,
    objective: TileObjective,
    areas: readonly number[],
  ) {
    this.#layout = layout;
    this.#parameters = parameters;
    this.#options = options;
    this.#objective = objective;
    this.#areas = areas;
  }

  async grams(tile: TileInput): Promise<Float32Array[]> {
    const session = this.#session("grams", () => buildGramGraph(this.#objective, this.#layout, this.#areas));
    const { terms } = this.#objective;
    const feeds = this.#feeds(tile, terms.filter(({ kind }) => kind === "style"));
    const results = await (await session).run(feeds);
    return terms.flatMap(({ kind }, index) => kind === "style" ? [results.get(gramOutput(index))!] : []);
  }

  async norms(tile: TileInput, targets: readonly Target[]): Promise<Float64Array> {
    const session = this.#session("norms", () => buildNormGraph(this.#objective, this.#layout));
    const feeds = { ...this.#feeds(tile, this.#objective.terms), ...this.#targetFeeds(targets) };
    return Float64Array.from((await (await session).run(feeds)).get(NORMS)!);
  }

  async gradient(tile: TileInput, targets: readonly Target[], factors: ArrayLike<number>) {
    const session = this.#session("gradient", () => buildGradientGraph(this.#objective, this.#layout));
    const feeds = {
      ...this.#feeds(tile, this.#objective.terms),
      ...this.#targetFeeds(targets),
      [FACTORS]: { data: Float32Array.from(factors), shape: [factors.length] },
    };
    const results = await (await session).run(feeds);
    return { sums: Float64Array.from(results.get(SUMS)!), gradient: results.get(GRADIENT)! };
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).dispose();
  }

  #session(pass: string, build: () => ModelBuilder): Promise<Session> {
    let session = this.#sessions.get(pass);
    if (!session) {
      session = Session.create(build(), this.#parameters, new Map(), this.#options);
      this.#sessions.set(pass, session);
    }
    return session;
  }

  /** The picture, and the masks of `terms`. */
  #feeds(tile: TileInput, terms: readonly Term[]): Feeds {
    const { size } = this.#objective;
    const feeds: Feeds = { [IMAGE]: { data: tile.pixels, shape: [1, size.height, size.width, 3] } };
    for (const term of terms) {
      const [mask, layer] = [term.mask, gridLayer(term)];
      if (mask === null || maskInput(mask, layer) in feeds) continue;
      const { width, height } = featureSize(size, layer);
      const data = this.#layout.packMask(tile.mask(mask, layer));
      feeds[maskInput(mask, layer)] = { data, shape: this.#layout.maskShape(width * height) };
    }
    return feeds;
  }

  #targetFeeds(targets: readonly Target[]): Feeds {
    const { size, terms, moments } = this.#objective;
    return Object.fromEntries(targets.map((target, index) => {
      const term = terms[index]!;
      const data = term.kind === "neighbors" ? this.#layout.packRows(target, channelsAt(term.layer)) : target;
      return [targetInput(index), { data, shape: targetShape(this.#layout, size, term, moments) }];
    }));
  }
}
