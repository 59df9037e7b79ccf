import { fuzzWeights } from "./weights.ts";

Deno.test("a few hundred files of weights, damaged or false, give weights or an error of ours", () =>
  fuzzWeights(20_261_129, 400));
