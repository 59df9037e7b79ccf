import type { OptimizerOptions } from "../options/options.ts";
import { Adam } from "./adam.ts";
import type { Size } from "../picture.ts";
import { InitialInverseHessian } from "./initial_inverse_hessian.ts";
import { Lbfgs } from "./lbfgs.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";
import { smoothing } from "./smoothing.ts";

/** An optimiser of the asked kind for pictures of `size`; a state with `pixels` alone begins afresh. */
export function createOptimizer(options: OptimizerOptions, state: OptimizerState, size: Size): Optimizer {
  return options.kind === "ADAM"
    ? new Adam(options, state)
    : new Lbfgs(options, state, new InitialInverseHessian(smoothing(size)));
}
