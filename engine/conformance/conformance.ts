/**
 * What every backend must do: losses and gradients as float64 PyTorch has them, within what its device can.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Backend, Evaluation, Target } from "../backends/backend.ts";
import { maskFrom } from "../objective/masks.ts";
import { featureSize, gridLayer, type Objective } from "../objective/objective.ts";
import { formulaParameters, formulaPicture, formulaPixels } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { relativeDistance } from "../testing/distance.ts";
import { transferOptions } from "../testing/options.ts";
import { PreparedScale } from "../descent/prepared_scale.ts";
import { BGR_MEAN, type Vgg16Parameters } from "../vgg16.ts";
import { testBackendContract } from "./contract.ts";
import { testTiles } from "./tiles.ts";
import {
  decodeFloats,
  formulaDirections,
  formulaMask,
  NEIGHBOR_CASES,
  OBJECTIVE_CASES,
  type ObjectiveCase,
  type PictureSpec,
  SCALE_CASES,
  type ScaleCase,
  START_SALT,
  TIE_CASES,
} from "./cases.ts";

/** How far from the golden values a backend may be. */
export interface Tolerances {
  /** Of each loss, relative. float32: 1e-5. */
  readonly lossTolerance: number;
  /** ‖Δ‖ / ‖gradient‖. float32: 1e-4. */
  readonly gradientTolerance: number;
  /** Whether equal maxima of a max-pool share the gradient; TensorFlow gives it to the first of them. */
  readonly sharesTies?: boolean;
}

/** Opens the backend under test with these parameters. */
export type OpenBackend = (parameters: Vgg16Parameters) => Promise<Backend>;

/**
 * Registers the suite for one backend.
 *
 * @param name Begins the names of the tests.
 */
export function testConformance(name: string, open: OpenBackend, tolerances: Tolerances): void {
  const parameters = formulaParameters();

  Deno.test(`${name} gives PyTorch's losses and gradient for every term and option`, async (t) => {
    const means = Map.groupBy(OBJECTIVE_CASES, ({ inputMean }) => inputMean.join());
    assert.ok(means.has(BGR_MEAN.join()));
    for (const cases of means.values()) {
      const backend = await open({ ...parameters, inputMean: cases[0]!.inputMean });
      for (const golden of cases) await t.step(golden.name, () => checkObjective(backend, golden, tolerances));
      await backend.close();
    }
  });

  Deno.test(`${name} gives PyTorch's losses and gradient for neighbours`, async (t) => {
    const backend = await open(parameters);
    for (const golden of NEIGHBOR_CASES) await t.step(golden.name, () => checkObjective(backend, golden, tolerances));
    await backend.close();
  });

  Deno.test(`${name} gives PyTorch's losses and gradient for a transfer's options`, async (t) => {
    const backend = await open(parameters);
    for (const golden of SCALE_CASES) await t.step(golden.name, () => checkScale(backend, golden, tolerances));
    await backend.close();
  });

  Deno.test({
    name: `${name} shares the gradient between equal maxima`,
    ignore: tolerances.sharesTies === false,
    fn: async (t) => {
      const backend = await open(parameters);
      for (const golden of TIE_CASES) await t.step(golden.name, () => checkObjective(backend, golden, tolerances));
      await backend.close();
    },
  });

  testBackendContract(name, open, parameters);
  testTiles(name, open, parameters, tolerances);
}

/** Targets of a case's terms, taken by the backend itself: of one picture all that is wanted at once. */
async function caseTargets(backend: Backend, golden: ObjectiveCase): Promise<Target[]> {
  const { terms, pooling, moments } = golden;
  const styleSize = { width: golden.styleWidth, height: golden.styleHeight };
  const take = (kind: string, salt: number) => {
    const layers = terms.filter((term) => term.kind === kind && term.salt === salt).map(({ layer }) => layer);
    return kind === "content"
      ? backend.features(formulaPixels(golden.width, golden.height, salt), golden, layers, pooling)
      : backend.grams(
        formulaPixels(styleSize.width, styleSize.height, salt),
        styleSize,
        layers,
        pooling,
        null,
        moments,
      );
  };
  const taken = new Map<string, ReturnType<typeof take>>();
  return await Promise.all(terms.map(async (term) => {
    const { kind, layer, salt } = term;
    if (kind === "neighbors") {
      const { width, height } = featureSize(golden, gridLayer(term));
      return formulaDirections(width * height, featureSize(golden, layer).channels, salt);
    }
    const targets = await taken.getOrInsertComputed(`${kind} ${salt}`, () => take(kind, salt));
    return targets.get(layer)!;
  }));
}

/** What a backend makes of a case. */
export async function evaluateCase(backend: Backend, golden: ObjectiveCase): Promise<Evaluation> {
  const { width, height, terms, pooling, normalizeGradients, moments = false, flat } = golden;
  const objective: Objective = {
    size: { width, height },
    terms: terms.map(({ kind, layer, mask }) => ({ kind, layer, mask })),
    masks: golden.masks.map(formulaMask),
    pooling,
    normalizeGradients,
    moments,
  };
  const evaluator = await backend.compile(objective, await caseTargets(backend, golden));
  try {
    const start = flat === null
      ? formulaPixels(width, height, START_SALT)
      : new Float32Array(3 * width * height).fill(flat);
    return await evaluator.evaluate(start, terms.map(({ weight }) => weight));
  } finally {
    await evaluator.dispose();
  }
}

async function checkObjective(backend: Backend, golden: ObjectiveCase, tolerances: Tolerances): Promise<void> {
  const { losses, gradient } = await evaluateCase(backend, golden);
  assert.equal(losses.length, golden.terms.length);
  golden.terms.forEach(({ kind, layer }, i) =>
    assertLoss(`${kind} at ${layer}`, losses[i]!, golden.losses[i]!, tolerances.lossTolerance)
  );
  assertGradient(gradient, golden, tolerances);
}

async function checkScale(backend: Backend, golden: ScaleCase, tolerances: Tolerances): Promise<void> {
  const picture = ({ width, height, salt }: PictureSpec) => formulaPicture(width, height, salt);
  const { size, ...given } = golden.options;
  const options = transferOptions(golden.content, { ...given, scales: [{ size, steps: 1 }] });
  const scale = options.scales[0]!;
  const prepared = await PreparedScale.prepare(
    backend,
    nearestResize,
    {
      options,
      content: picture(golden.content),
      styles: golden.styles.map((style) => ({
        picture: picture(style),
        weight: style.weight,
        ...(style.mask ? { mask: picture(style.mask) } : {}),
      })),
      ...(golden.contentMask ? { contentMask: picture(golden.contentMask) } : {}),
      ...(golden.initPicture ? { initPicture: picture(golden.initPicture) } : {}),
      ...(golden.kept ? { kept: maskFrom(picture(golden.kept)) } : {}),
    },
    scale,
  );
  try {
    const { losses, gradient } = await prepared.evaluate(formulaPixels(scale.width, scale.height, START_SALT), options);
    for (const key of ["total", "content", "style", "tv"] as const) {
      assertLoss(key, losses[key], golden.losses[key], tolerances.lossTolerance);
    }
    assert.equal(losses.layers.length, golden.losses.layers.length);
    for (const { kind, layer, value } of golden.losses.layers) {
      const found = losses.layers.find((each) => each.kind === kind && each.layer === layer);
      assertLoss(`${kind} at ${layer}`, found!.value, value, tolerances.lossTolerance);
    }
    assertGradient(gradient, golden, tolerances);
  } finally {
    await prepared.dispose();
  }
}

function assertLoss(name: string, found: number, wanted: number, tolerance: number): void {
  const error = Math.abs(found - wanted) / (Math.abs(wanted) || 1);
  assert.ok(error <= tolerance, `${name}: found ${found}, wanted ${wanted}, relative error ${error}`);
}

function assertGradient(
  found: Float32Array,
  { gradient }: Pick<ObjectiveCase, "gradient">,
  { gradientTolerance }: Tolerances,
): void {
  const distance = relativeDistance(found, decodeFloats(gradient));
  assert.ok(
    distance <= gradientTolerance,
    `gradient: relative distance ${distance}, wanted at most ${gradientTolerance}`,
  );
}
