import type { Backend, Evaluation, Evaluator } from "../backends/backend.ts";

/** A backend whose evaluators are replaced as they are made. */
export function withEvaluators(backend: Backend, replace: (evaluator: Evaluator) => Evaluator): Backend {
  return {
    info: backend.info,
    features: (...args) => backend.features(...args),
    grams: (...args) => backend.grams(...args),
    places: (...args) => backend.places(...args),
    nearest: (...args) => backend.nearest(...args),
    classify: (pixels) => backend.classify(pixels),
    close: () => backend.close(),
    compile: async (objective, targets) => replace(await backend.compile(objective, targets)),
  };
}

/** A backend whose evaluations can be tampered with, for what happens when a device fails. */
export function tamperedBackend(
  backend: Backend,
  tamper: (evaluation: Evaluation, count: number) => Evaluation,
): Backend {
  let count = 0;
  return withEvaluators(backend, (evaluator) => ({
    evaluate: async (pixels, weights) => tamper(await evaluator.evaluate(pixels, weights), ++count),
    dispose: () => evaluator.dispose(),
  }));
}
