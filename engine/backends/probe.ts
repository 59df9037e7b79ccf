/**
 * Whether a backend computes what it should, and how fast: a library that loads is not yet one that works.
 *
 * @module
 */
import type { Backend, Evaluation, Evaluator } from "./backend.ts";
import type { Term } from "../objective/objective.ts";
import type { Pixels } from "../picture.ts";
import { CONV_NAMES, type Vgg16Parameters } from "../vgg16.ts";

/** Relative error of losses and gradient. */
const TOLERANCE = 1e-2;
/**
 * Of the gradient where factors are rounded to 10 bits: rounding decides there which of a pool's inputs is the largest, and
 * moves the gradient of noise by a tenth, in PyTorch as well (`rounding` of `conformance/golden/`).
 */
const ROUNDED_GRADIENT = 0.2;
const CHECKED_SIDE = 64;
/** So large that a GPU has something to do, so small that a CPU takes well below a second. */
const TIMED_SIDE = 256;
const TIMED_STEPS = 3;

/**
 * Compares one step with that of another backend, on the parameters that are to be used.
 *
 * @throws {Error} saying in a few words what differs.
 */
export async function checkBackend(backend: Backend, reference: Backend, parameters: Vgg16Parameters): Promise<void> {
  const [found, wanted] = [
    await withStep(backend, parameters, CHECKED_SIDE, (step) => step()),
    await withStep(reference, parameters, CHECKED_SIDE, (step) => step()),
  ];
  const gradientTolerance = backend.info.precision === "float32" ? TOLERANCE : ROUNDED_GRADIENT;
  const errors = [
    ...Array.from(
      wanted.losses,
      (loss, i) => ["losses", relativeError([found.losses[i]!], [loss]), TOLERANCE] as const,
    ),
    ["gradient", relativeError(found.gradient, wanted.gradient), gradientTolerance] as const,
  ];
  for (const [what, error, tolerance] of errors) {
    if (!(error <= tolerance)) throw new Error(`wrong results (${what} ${error.toPrecision(2)} off)`);
  }
}

/** Seconds of one step at 256×256: the best of a few, after one that is not counted. */
export async function stepSeconds(backend: Backend, parameters: Vgg16Parameters): Promise<number> {
  return await withStep(backend, parameters, TIMED_SIDE, async (step) => {
    await step();
    let best = Infinity;
    for (let i = 0; i < TIMED_STEPS; i++) {
      const started = performance.now();
      await step();
      best = Math.min(best, (performance.now() - started) / 1000);
    }
    return best;
  });
}

/** Prepares a step of an article-like objective, as deep as the article's where the parameters reach so far. */
async function withStep<T>(
  backend: Backend,
  parameters: Vgg16Parameters,
  side: number,
  use: (step: () => Promise<Evaluation>) => Promise<T>,
): Promise<T> {
  const size = { width: side, height: side };
  const layers = CONV_NAMES.filter((name) => name <= "conv4_3" && parameters.convs.has(name));
  const [content, style] = [layers[0]!, layers.at(-1)!];
  const targets = [
    (await backend.features(pattern(side, 1), size, [content], "MAX")).get(content)!,
    (await backend.grams(pattern(side, 2), size, [style], "MAX")).get(style)!,
  ];
  const terms: Term[] = [{ kind: "content", layer: content, mask: null }, { kind: "style", layer: style, mask: null }];
  const objective = { size, terms, masks: [], pooling: "MAX", normalizeGradients: false } as const;
  const evaluator: Evaluator = await backend.compile(objective, targets);
  try {
    const [start, weights] = [pattern(side, 3), [0.1, 1]];
    return await use(() => evaluator.evaluate(start, weights));
  } finally {
    await evaluator.dispose();
  }
}

/** Something without symmetry or repetition, 0–255. */
function pattern(side: number, salt: number): Pixels {
  return Float32Array.from({ length: 3 * side * side }, (_, i) => (i * (37 + salt) + (i >> 4) * 11 * salt) % 256);
}

/** ‖found − wanted‖ / ‖wanted‖; NaN where something is not a number. */
function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i]! - wanted[i]!) ** 2;
    norm += wanted[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
