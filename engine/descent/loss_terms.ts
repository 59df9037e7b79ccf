/**
 * What the loss of one scale is made of: its terms, their targets and masks, and how much each counts.
 *
 * @module
 */
import { coverageOf, intersection, maskFrom } from "../objective/masks.ts";
import { channelsOf, gramOf, type StyleFigures } from "../objective/moments.ts";
import type { Taken } from "../objective/neighbors.ts";
import type { Mask, Term } from "../objective/objective.ts";
import { trace } from "../objective/square_matrix.ts";
import { compareFigures } from "../objective/style_statistic.ts";
import { type Whitener, whitener } from "../objective/whitening.ts";
import type { LayerWeight, Scale, TransferOptions } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import { fitLongestSide, type Pixels, toPixels } from "../picture.ts";
import type { TargetSource } from "../tiles/target_source.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import { neighborTerms } from "./neighbor_terms.ts";
import { whatCounts } from "./what_counts.ts";

export interface LossTerm extends Pick<Term, "kind" | "layer"> {
  /** Part in the loss of its kind: layer weight, share of its style, and what its loss is divided by. */
  readonly share: number;
  /** Where it counts; null: everywhere. */
  readonly where: Mask | null;
  /** Target of a style term; null for content, which is compared with the content picture, and for neighbours. */
  readonly figures: StyleFigures | null;
  /** Of neighbours alone. */
  readonly taken?: Taken;
  /** How a style term's Gram matrices are compared; null: as they are. */
  readonly whitener: Whitener | null;
}

/**
 * A style picture's features count at least so much of theirs in what a content term is divided by: else a flat or foggy
 * content, whose own features are next to nothing, would outweigh everything.
 */
export const LEAST_CONTENT = 0.5;
/** Of a Gram matrix with the target's trace and even directions; for a content that has the style's Gram matrices already. */
export const LEAST_DISTANCE = 0.1;

/** A term that compares a style's figures. */
interface StyleTerm extends LossTerm {
  readonly figures: StyleFigures;
}

/** Figures of each style by layer: of the style layers, and of the content layers where losses are normalised. */
type StylesFigures = readonly ReadonlyMap<string, StyleFigures>[];

/**
 * The terms of the loss at a scale, content first; those that have a mask of their own stand beside those that have none.
 *
 * @param begun The picture that the scale begins with, for neighbours to be looked for; null at the first.
 */
export async function lossTerms(
  source: TargetSource,
  resize: Resize,
  input: OptimisationInput,
  scale: Scale,
  begun: Pixels | null,
): Promise<LossTerm[]> {
  const figures = await styleFigures(source, resize, input, scale);
  const plain = styleTerms(input, scale, figures);
  const style = input.options.normalizeLosses
    ? await overDistances(source, plain, comparesMoments(input.options))
    : plain;
  const terms = [...await contentTerms(source, input, scale, figures), ...style];
  if (input.options.styleMatch !== "NEIGHBORS") return terms;
  return [...terms, ...await neighborTerms(source, resize, input, scale, begun)];
}

/**
 * Whether style terms compare moments. Beside neighbours they do: a cosine does not see how large features are, and without
 * what keeps them as large as the style's, light and colours go far beyond it.
 */
export function comparesMoments({ styleMatch }: Pick<TransferOptions, "styleMatch">): boolean {
  return styleMatch === "GRAM_AND_MOMENTS" || styleMatch === "NEIGHBORS";
}

async function styleFigures(
  source: TargetSource,
  resize: Resize,
  { options, styles }: OptimisationInput,
  scale: Scale,
): Promise<StylesFigures> {
  const compared = options.normalizeLosses ? [...options.styleLayers, ...options.contentLayers] : options.styleLayers;
  const layers = [...new Set(compared.map(({ layer }) => layer))];
  const figures: ReadonlyMap<string, StyleFigures>[] = [];
  const moments = comparesMoments(options);
  for (const [i, style] of styles.entries()) {
    const { picture } = style;
    const size = fitLongestSide(picture, styleSide(scale.size, options, style));
    const counts = whatCounts(i, style, size);
    // What has no weight is nothing to look at.
    figures.push(
      style.weight === 0
        ? new Map()
        : await source.grams(toPixels(await resize(picture, size)), size, layers, counts, moments),
    );
  }
  return figures;
}

async function contentTerms(
  source: TargetSource,
  { options, content, styles, contentMask }: OptimisationInput,
  scale: Scale,
  figures: StylesFigures,
): Promise<LossTerm[]> {
  const layers = options.contentLayers.map(({ layer }) => layer);
  const energies = options.normalizeLosses && layers.length > 0 ? await source.energies(layers) : null;
  const whole = wholeWeight(styles);
  const where = intersection(scale, [contentMask && maskFrom(contentMask), coverageOf(content)]);
  return options.contentLayers.map(({ layer, weight }) => {
    const term = { kind: "content", layer, where, figures: null, whitener: null } as const;
    if (!energies) return { ...term, share: weight };
    // A Gram matrix' trace is the mean square of the features that it is made of.
    const energyOf = (i: number) => trace(gramOf(figures[i]!.get(layer)!));
    const style = styles.reduce((sum, { weight }, i) => weight === 0 ? sum : sum + (weight / whole) * energyOf(i), 0);
    // Never 0, so that a blank content and blank styles are divided by something.
    return { ...term, share: weight / (Math.max(energies.get(layer)!, LEAST_CONTENT * style) || 1) };
  });
}

/**
 * Styles without a mask blend into one target per layer; each style with a mask is a term of its own. None counts
 * where the content is transparent.
 */
function styleTerms(
  { options, content, styles }: OptimisationInput,
  scale: Scale,
  figures: StylesFigures,
): StyleTerm[] {
  const visible = coverageOf(content);
  const whole = wholeWeight(styles);
  const terms: StyleTerm[] = [];
  const blend = new Map<string, StyleFigures>();
  let blended = 0;
  styles.forEach(({ weight, mask }, i) => {
    if (weight === 0) return;
    const figuresAt = (layer: string) => figures[i]!.get(layer)!;
    if (mask) {
      const where = intersection(scale, [maskFrom(mask), visible]);
      terms.push(...options.styleLayers.map((each) => styleTerm(each, where, figuresAt(each.layer), weight / whole)));
      return;
    }
    blended += weight;
    for (const { layer } of options.styleLayers) {
      const values = figuresAt(layer);
      const sum = blend.get(layer) ?? new Float32Array(values.length);
      for (let i = 0; i < values.length; i++) sum[i]! += weight * values[i]!;
      blend.set(layer, sum);
    }
  });
  if (blended > 0) {
    for (const layer of options.styleLayers) {
      terms.push(styleTerm(layer, visible, blend.get(layer.layer)!.map((sum) => sum / blended), blended / whole));
    }
  }
  return terms;

  function styleTerm(
    { layer, weight }: LayerWeight,
    where: Mask | null,
    figures: StyleFigures,
    part: number,
  ): StyleTerm {
    const factor = options.whitening > 0 ? whitener(gramOf(figures), options.whitening) : null;
    return { kind: "style", layer, where, figures, whitener: factor, share: weight * part };
  }
}

/** Of all styles; never 0, so that shares of it are numbers. */
export function wholeWeight(styles: OptimisationInput["styles"]): number {
  return styles.reduce((sum, { weight }) => sum + weight, 0) || 1;
}

/**
 * Style terms with their losses over those of the content picture, so that every layer has as far to go, whatever the
 * pictures: 1 is the content's own style, 0 the style's. Content terms have their measure already, and so have neighbours,
 * whose 1 − cos is one. Only the network's way forward is taken for it.
 */
async function overDistances(
  source: TargetSource,
  terms: readonly StyleTerm[],
  moments: boolean,
): Promise<LossTerm[]> {
  const result: LossTerm[] = [];
  for (const where of new Set(terms.map((term) => term.where))) {
    const together = terms.filter((term) => term.where === where);
    const content = await source.contentGrams([...new Set(together.map(({ layer }) => layer))], where, moments);
    result.push(...together.map((term) => overDistance(term, content.get(term.layer)!)));
  }
  return result;
}

/** @param content What the term compares, of the content picture. */
function overDistance(term: StyleTerm, content: StyleFigures): LossTerm {
  const { figures, whitener, share } = term;
  const channels = channelsOf(figures);
  const distance = compareFigures(content, figures, whitener ?? undefined).squares / channels ** 2;
  const even = trace(gramOf(figures)) ** 2 / channels ** 3;
  return { ...term, share: share / (Math.max(distance, LEAST_DISTANCE * even) || 1) };
}
