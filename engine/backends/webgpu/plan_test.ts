import assert from "node:assert/strict";
import { estimateCost } from "../../estimate/estimate.ts";
import { featureSize, type Term } from "../../objective/objective.ts";
import { resolveOptions } from "../../options/resolve.ts";
import { PRESET_NAMES } from "../../options/options.ts";
import { MOST_CANDIDATES } from "../../objective/neighbors.ts";
import { nearest } from "./kernels/nearest.ts";
import { planArrival, planProducts, planSearch, planTrial } from "./lbfgs_plans.ts";
import { queriesAtOnce } from "./neighbor_search.ts";
import { BYTES_OF_SUBMISSION, type Dispatch, FLOPS_OF_SUBMISSION, Plan, submissions } from "./plan.ts";
import { planStep } from "./step_plan.ts";

/** The largest side of a square whose maps of 64 channels a buffer of 2 GiB holds, as many as wgpu gives. */
const LARGEST_SIDE = 2896;

function stepDispatches(side: number): readonly Dispatch[] {
  const size = { width: side, height: side };
  const layers = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"];
  const terms = layers.flatMap((layer): Term[] => [
    { kind: "style", layer, mask: null },
    { kind: "content", layer, mask: null },
    { kind: "neighbors", layer, mask: null },
  ]);
  const areas = terms.map(({ layer }) => {
    const { width, height } = featureSize(size, layer);
    return width * height;
  });
  const options = { terms, areas, normalize: true, whitened: () => true, moments: true };
  return planStep({ size, pooling: "MAX", mean: [1, 2, 3] }, options).plan.dispatches;
}

/** Seconds on a GPU that computes 10¹¹ operations and moves 2·10¹⁰ bytes a second. */
function slowSeconds(calls: readonly Dispatch[]): number {
  return calls.reduce((sum, { work }) => sum + work.flops / 1e11 + work.bytes / 2e10, 0);
}

Deno.test("no submission of a step takes as long as systems let one, on a slow GPU and at the largest size", () => {
  for (const side of [64, 668, 2048, LARGEST_SIDE]) {
    const calls = stepDispatches(side);
    const submitted = submissions(calls);
    assert.ok(submitted.flat().every((call, i) => call === calls[i]), "their order is kept");
    assert.equal(submitted.flat().length, calls.length);
    for (const each of submitted) assert.ok(slowSeconds(each) < 1, `${side}: ${each.map(({ kernel }) => kernel)}`);
  }
  assert.ok(slowSeconds(stepDispatches(2048)) > 20);
  assert.equal(submissions(stepDispatches(64)).length, 1, "what takes little goes at once");
});

Deno.test("a part of a search is no longer than a submission, and no larger than there is room for", () => {
  for (const [candidates, length] of [[MOST_CANDIDATES, 4224], [MOST_CANDIDATES, 64], [1, 64], [1, 4224]] as const) {
    const queries = queriesAtOnce(candidates, length);
    const plan = new Plan();
    const [given, among, found] = ["queries", "candidates", "found"].map((name) => plan.buffer(name, 1));
    const call = nearest(given!, among!, found!, { queries, candidates, length });
    assert.ok(queries >= 1 && slowSeconds([call]) < 1, `${queries} of ${length}`);
    assert.ok(4 * queries * length <= 2 ** 25);
    for (const groups of call.workgroups) assert.ok(groups <= 65535, `${call.workgroups}`);
  }
});

Deno.test("calls go together up to the operations and bytes of a submission, and one that has more goes alone", () => {
  const call = (flops: number, bytes: number) => ({ work: { flops, bytes } });
  const [half, more] = [0.5 * FLOPS_OF_SUBMISSION, 1.5 * FLOPS_OF_SUBMISSION];
  const sizes = (...calls: { work: { flops: number; bytes: number } }[]) =>
    submissions(calls).map((each) => each.length);
  assert.deepEqual(sizes(), []);
  assert.deepEqual(sizes(call(half, 0), call(half, 0), call(1, 0)), [2, 1]);
  assert.deepEqual(sizes(call(0, BYTES_OF_SUBMISSION), call(1, 0), call(0, 1)), [2, 1]);
  assert.deepEqual(sizes(call(1, 1), call(more, 1), call(1, 1)), [1, 1, 1]);
});

Deno.test("a step takes no more of a GPU's memory than the estimate says, with all that L-BFGS keeps", () => {
  for (const preset of PRESET_NAMES) {
    for (const side of [64, 256, 668, 1536]) {
      const size = { width: side, height: side };
      const options = resolveOptions({ preset, size: side }, size, 1);
      const terms = [
        ...options.contentLayers.map(({ layer }): Term => ({ kind: "content", layer, mask: null })),
        ...options.styleLayers.map(({ layer }): Term => ({ kind: "style", layer, mask: null })),
        ...(options.styleMatch === "NEIGHBORS" ? options.styleLayers : [])
          .map(({ layer }): Term => ({ kind: "neighbors", layer, mask: null })),
      ];
      const { plan, gradient } = planStep({ size, pooling: options.pooling, mean: [1, 2, 3] }, {
        terms,
        areas: terms.map(() => 1),
        normalize: options.normalizeGradients,
        whitened: () => true,
        moments: true,
      });
      const { kind, history } = options.optimizer;
      const parts = kind === "LBFGS" ? [planArrival, planProducts, planSearch, planTrial] : [];
      const lbfgs = parts.map((part) => part({ along: gradient, history }));
      const buffers = [plan, ...lbfgs].flatMap((each) => each.buffers);
      // What plans hand on to one another is there once.
      const lengths = new Map(buffers.map(({ name, length, shared }, i) => [shared ? name : `${i}`, length]));
      const bytes = [...lengths.values()].reduce((sum, length) => sum + 4 * length, 0);
      const estimate = estimateCost(options).memoryBytes;
      assert.ok(bytes < estimate, `${preset} at ${side}: ${bytes} bytes, estimated ${estimate}`);
    }
  }
});

Deno.test("features of 16 bits take half of their memory and of their traffic", () => {
  const terms: Term[] = [{ kind: "content", layer: "conv1_1", mask: null }];
  const options = { terms, areas: [1], normalize: false, whitened: () => false, moments: false };
  const size = { width: 96, height: 64 };
  const [full, half] = [false, true].map((half) =>
    planStep({ size, pooling: "MAX", mean: [1, 2, 3], half }, options).plan
  );
  const featureBytes = 4 * 64 * size.width * size.height;
  assert.equal(full!.bytes - half!.bytes, featureBytes / 2);
  const moved = ({ dispatches }: Plan) => dispatches.reduce((sum, { work }) => sum + work.bytes, 0);
  // Written by the convolution, and read by the term.
  assert.equal(moved(full!) - moved(half!), featureBytes);
});
