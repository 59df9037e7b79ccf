/**
 * The losses' terms in a graph: what each compares, and its gradient at its layer.
 *
 * @module
 */
import { MOMENT_ROWS } from "../../objective/moments.ts";
import { featureSize, gridLayer, type Objective, type Term } from "../../objective/objective.ts";
import type { Size } from "../../picture.ts";
import { type Features, type Layout, like } from "./layout.ts";
import type { ModelBuilder, Tensor } from "./model.ts";
import { compareNeighbors, type NeighborComparison } from "./neighbor_graph.ts";
import type { Activation } from "./network.ts";
import { GraphStyleStatistic } from "./style_statistic.ts";
import { sumOfSquares } from "./sum_of_squares.ts";

/** Input: weight of each term times the constants of its gradient, see `gradientFactor()`. */
export const FACTORS = "factors";
export function targetInput(term: number): string {
  return `target.${term}`;
}
export function whitenerInput(term: number): string {
  return `whitener.${term}`;
}
export function momentsInput(term: number): string {
  return `moments.${term}`;
}
export function maskInput(mask: number, layer: string): string {
  return `mask.${mask}.${layer}`;
}

/** Shape in which a term's target is fed; of a style that has moments, a tile's with one more row. */
export function targetShape(layout: Layout, size: Size, term: Term, moments = false): readonly number[] {
  const { height, width } = featureSize(size, gridLayer(term));
  const { channels } = featureSize(size, term.layer);
  return term.kind === "style" ? [channels + (moments ? 1 : 0), channels] : layout.shape(channels, height, width);
}

/** Mask of a tile that is 1 in its core and 0 elsewhere: multiplying twice by it is multiplying once. */
const CORE_MASK = 0;

/** How a step graph differs for a tile of a picture. */
export interface StepVariant {
  /** The areas of the terms: H·W, or Σm² at the term's layer. A tile's graph does not need them. */
  readonly areas: readonly number[];
  /** Whether style targets are not A but G − A, because G is that of a larger picture. */
  readonly tile: boolean;
}

/** A term and its place in the objective. */
interface PlacedTerm {
  readonly term: Term;
  readonly index: number;
}

/** How far a term is from its target. */
interface Comparison {
  /** Of squared differences; 0 for style in a tile. */
  readonly squares: Tensor;
  /** m (F − P) of content; G − A, or RᵀR (G − A) RᵀR, of style, the slopes of moments on its diagonal. */
  readonly difference: Tensor;
  /** A row, where moments are compared: see `MomentComparison`. */
  readonly offset?: Tensor;
}

/** Adds terms, by their index, to a graph that has the network's activations. Each part of a term is added once. */
export class TermGraph {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #variant: StepVariant;
  /** What each layer gives out, from the picture upwards. */
  readonly #outputs: ReadonlyMap<string, Features>;
  readonly #features = new Map<number, Features>();
  readonly #comparisons = new Map<number, Comparison>();
  readonly #neighbors = new Map<number, NeighborComparison>();

  constructor(
    graph: ModelBuilder,
    layout: Layout,
    objective: Objective,
    variant: StepVariant,
    activations: readonly Activation[],
  ) {
    this.#graph = graph;
    this.#layout = layout;
    this.#objective = objective;
    this.#variant = variant;
    this.#outputs = new Map(activations.map(({ layer, output }) => [layer.name, output]));
  }

  /** The terms at a layer. */
  at(layer: string): PlacedTerm[] {
    return this.#objective.terms.map((term, index) => ({ term, index })).filter(({ term }) => term.layer === layer);
  }

  /** By term: the sum of squared differences, of neighbours that of 1 − cos; 0 for style in a tile. */
  sums(): Tensor[] {
    return this.#objective.terms.map(({ kind }, index) =>
      kind === "neighbors" ? this.#neighborsOf(index).sum : this.#compare(index).squares
    );
  }

  /** A term's weight times the constants of its gradient. */
  factor(index: number): Tensor {
    return this.#graph.node("Slice", [FACTORS, this.#graph.ints([index]), this.#graph.ints([index + 1])]);
  }

  /**
   * The term's gradient at its layer, without its factor: m² (F − P), or m (m F) D with D of `StyleComparison`, m² (F D +
   * offset) where moments are compared.
   */
  inner(index: number): Features {
    const term = this.#term(index);
    if (term.kind === "neighbors") return this.#neighborsOf(index).gradient;
    const output = this.#output(term);
    if (term.kind === "content") return this.#weighAgain(like(output, this.#compare(index).difference), term);
    const kernel = this.#layout.symmetricKernel(this.#graph, this.styleDifference(index), output.channels);
    const offset = this.styleOffset(index);
    const features = offset ? output : this.features(index);
    const bias = offset && { bias: offset };
    const product = this.#layout.conv(this.#graph, features, kernel, output.channels, { side: 1, ...bias });
    return this.#weighAgain(offset ? this.#weigh(product, term) : product, term);
  }

  /** What the term sees of its layer, under its mask. */
  features(index: number): Features {
    const term = this.#term(index);
    return once(this.#features, index, () => this.#weigh(this.#output(term), term));
  }

  /** D of a style term: what its gradient is a product with. */
  styleDifference(index: number): Tensor {
    return this.#compare(index).difference;
  }

  /** What is added to the product with D, by channel: (channels); undefined where moments are not compared. */
  styleOffset(index: number): Tensor | undefined {
    const { offset } = this.#compare(index);
    return offset && this.#graph.node("Reshape", [offset, this.#graph.ints([-1])]);
  }

  /** The figures of a style term's layer: its Gram matrix, and one more row of means where moments are compared. */
  figures(index: number, area: number): Tensor {
    const gram = this.#statistic(index).of(this.features(index), area);
    if (!this.#objective.moments) return gram;
    return this.#graph.node("Concat", [gram, this.#means(index, area)], { axis: 0n });
  }

  /** Whether a style term's gradient is one convolution with its features, its mask in them. */
  isPlain(index: number): boolean {
    const term = this.#term(index);
    if (term.kind === "neighbors") return false;
    return this.#objective.moments ? term.mask === null : this.#weighsOnce(term);
  }

  /** Whether multiplying by the mask a second time changes nothing. */
  #weighsOnce({ mask }: Term): boolean {
    return mask === null || (this.#variant.tile && mask === CORE_MASK);
  }

  #compare(index: number): Comparison {
    return once(
      this.#comparisons,
      index,
      () => this.#term(index).kind === "content" ? this.#compareContent(index) : this.#compareStyle(index),
    );
  }

  #neighborsOf(index: number): NeighborComparison {
    return once(this.#neighbors, index, () => {
      const term = this.#term(index);
      const grid = featureSize(this.#objective.size, gridLayer(term));
      const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective.size, term));
      const mask = term.mask === null
        ? undefined
        : this.#graph.input(maskInput(term.mask, gridLayer(term)), this.#layout.maskShape(grid.width * grid.height));
      return compareNeighbors(this.#graph, this.#layout, this.#output(term), grid, target, mask);
    });
  }

  #compareContent(index: number): Comparison {
    const term = this.#term(index);
    const features = this.#output(term);
    const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective.size, term));
    const { tensor } = this.#weigh(like(features, this.#graph.node("Sub", [features.tensor, target])), term);
    return { squares: sumOfSquares(this.#graph, tensor, features.channels), difference: tensor };
  }

  #compareStyle(index: number): Comparison {
    const { channels } = this.#output(this.#term(index));
    const shape = [channels, channels];
    if (this.#variant.tile) return this.#compared(index, channels);
    const target = this.#graph.input(targetInput(index), shape);
    const statistic = this.#statistic(index);
    const area = this.#variant.areas[index]!;
    const gram = statistic.of(this.features(index), area);
    const whitened = this.#objective.whiteners?.has(index);
    const grams = statistic.compare(
      gram,
      target,
      whitened ? this.#graph.input(whitenerInput(index), shape) : undefined,
    );
    if (!this.#objective.moments) return grams;
    const wanted = this.#graph.input(momentsInput(index), [MOMENT_ROWS, channels]);
    const { squares, slope, offset } = statistic.compareMoments(gram, this.#means(index, area), wanted);
    return {
      squares: this.#graph.node("Add", [grams.squares, squares]),
      difference: statistic.addDiagonal(grams.difference, slope),
      offset,
    };
  }

  /** A comparison with the whole picture's figures that was made outside. */
  #compared(index: number, channels: number): Comparison {
    const { moments = false, size } = this.#objective;
    const target = this.#graph.input(targetInput(index), targetShape(this.#layout, size, this.#term(index), moments));
    const squares = this.#graph.floats([0], [1]);
    if (!moments) return { squares, difference: target };
    const rows = (from: number, to: number) =>
      this.#graph.node("Slice", [target, this.#graph.ints([from]), this.#graph.ints([to])]);
    return { squares, difference: rows(0, channels), offset: rows(channels, channels + 1) };
  }

  #means(index: number, area: number): Tensor {
    return this.#statistic(index).means(this.#weighAgain(this.features(index), this.#term(index)), area);
  }

  #statistic(index: number): GraphStyleStatistic {
    return new GraphStyleStatistic(this.#graph, this.#layout, this.#output(this.#term(index)).channels);
  }

  #term(index: number): Term {
    return this.#objective.terms[index]!;
  }

  #output({ layer }: Term): Features {
    return this.#outputs.get(layer)!;
  }

  /** Multiplies by the term's mask, where it has one. */
  #weigh(features: Features, term: Term): Features {
    if (term.mask === null) return features;
    const area = features.height * features.width;
    const mask = this.#graph.input(maskInput(term.mask, term.layer), this.#layout.maskShape(area));
    return this.#layout.scalePixels(this.#graph, features, mask);
  }

  #weighAgain(features: Features, term: Term): Features {
    return this.#weighsOnce(term) ? features : this.#weigh(features, term);
  }
}

/** What a map has at an index, made where it has nothing yet. */
function once<T>(known: Map<number, T>, index: number, make: () => T): T {
  const found = known.get(index) ?? make();
  known.set(index, found);
  return found;
}
