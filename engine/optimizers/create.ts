import type { OptimizerOptions } from "../options.ts";
import { Adam } from "./adam.ts";
import { Lbfgs } from "./lbfgs.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/** An optimiser of the asked kind; a state with `pixels` alone begins afresh. */
export function createOptimizer(options: OptimizerOptions, state: OptimizerState): Optimizer {
  return options.kind === "ADAM" ? new Adam(options, state) : new Lbfgs(options, state);
}
