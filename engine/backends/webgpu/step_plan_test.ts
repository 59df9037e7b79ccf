import assert from "node:assert/strict";
import fc from "fast-check";
import { stepFlops } from "../../estimate/estimate.ts";
import { featureSize, type Term } from "../../objective/objective.ts";
import { transferOptions } from "../../testing/options.ts";
import { CONV_NAMES } from "../../vgg16.ts";
import { planArrival, planProducts, planSearch, planTrial } from "./lbfgs_plans.ts";
import { mapOf } from "./network_plan.ts";
import { type Dispatch, Plan } from "./plan.ts";
import { planFeatures, planGrams, planNorms, planPlaces } from "./statistics_plan.ts";
import { planStep } from "./step_plan.ts";
import { bindingNumbers, composeWgsl } from "./wgsl.ts";

const MEAN = [1, 2, 3] as const;

const objective = fc.record({
  size: fc.record({ width: fc.integer({ min: 1, max: 700 }), height: fc.integer({ min: 1, max: 700 }) }),
  terms: fc.array(
    fc.record({
      kind: fc.constantFrom("content" as const, "style" as const, "neighbors" as const),
      layer: fc.constantFrom(...CONV_NAMES),
      mask: fc.constantFrom(null, 0),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  pooling: fc.constantFrom("MAX" as const, "AVERAGE" as const),
  normalize: fc.boolean(),
  tile: fc.boolean(),
  whitens: fc.boolean(),
  moments: fc.boolean(),
});

/** What a kernel is told to take, and what it is given. */
function assertFits({ kernel, source, variant, buffers, numbers, workgroups }: Dispatch): void {
  const program = composeWgsl(source, variant);
  const wanted = [...bindingNumbers(program).keys()].filter((name) => name !== "numbers");
  assert.deepEqual(Object.keys(buffers).sort(), wanted.sort(), kernel);
  const [, members] = /struct Numbers \{([^}]*)\}/.exec(program)!;
  const floats = [...members!.matchAll(/^ +\w+: (u32|f32),$/gm)].map(([, type]) => type === "f32");
  assert.deepEqual(floats, numbers.map((number) => typeof number !== "number"), `numbers of ${kernel}`);
  for (const groups of workgroups) assert.ok(groups >= 1 && groups <= 65535, `${kernel}: ${workgroups}`);
}

/** Buffers that something is written to are bound once in a dispatch, as WebGPU wants it. */
function assertNoAliases({ kernel, source, variant, buffers }: Dispatch): void {
  const program = composeWgsl(source, variant);
  for (const [name, buffer] of Object.entries(buffers)) {
    if (!program.includes(`read_write> ${name}:`)) continue;
    const same = Object.values(buffers).filter((other) => other === buffer);
    assert.equal(same.length, 1, `${kernel} writes ${buffer.name}, which it has twice`);
  }
}

function assertWhole(plan: Plan): void {
  plan.dispatches.forEach((dispatch) => {
    assertFits(dispatch);
    assertNoAliases(dispatch);
    for (const buffer of Object.values(dispatch.buffers)) assert.ok(plan.buffers.includes(buffer), buffer.name);
  });
}

Deno.test("kernels are given what they take, for any objective", () => {
  fc.assert(
    fc.property(objective, ({ size, terms, pooling, normalize, tile, whitens, moments }) => {
      const areas = terms.map(({ layer }) => featureSize(size, layer).width);
      const network = { size, pooling, mean: MEAN };
      const options = { terms, areas: tile ? null : areas, normalize, whitened: () => whitens, moments };
      assertWhole(planStep(network, options).plan);
      assertWhole(planFeatures(network, terms.map(({ layer }) => layer)));
      assertWhole(planPlaces(network, terms.map(({ layer }) => layer)).plan);
      assertWhole(planNorms(network, terms, moments));
      if (terms.some(({ kind }) => kind === "style")) assertWhole(planGrams(network, terms, areas, moments));
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("L-BFGS' kernels are given what they take, however much it remembers", () => {
  for (const history of [1, 2, 10, 100]) {
    const along = mapOf(new Plan(), "along", { width: 31, height: 9, channels: 3 });
    for (const plan of [planArrival, planProducts, planSearch, planTrial]) assertWhole(plan({ along, history }));
  }
});

Deno.test("the convolutions of a step have the operations of the estimate", () => {
  const size = { width: 97, height: 64 };
  const contentLayers = [{ layer: "conv2_2", weight: 1 }, { layer: "conv3_1", weight: 1 }];
  const options = transferOptions(size, { scales: [{ size: 97, steps: 1 }], contentLayers, styleLayers: [] });
  const terms = contentLayers.map(({ layer }): Term => ({ kind: "content", layer, mask: null }));
  const { plan } = planStep({ size, pooling: "MAX", mean: MEAN }, {
    terms,
    areas: [1, 1],
    normalize: false,
    whitened: () => false,
    moments: false,
  });
  const convolutions = plan.dispatches.filter(({ kernel }) => kernel.startsWith("conv"));
  assert.equal(convolutions.reduce((sum, { work }) => sum + work.flops, 0), stepFlops(size, options));
});

/** The step of a square. */
function planOf(side: number, terms: readonly Term[]): Plan {
  const network = { size: { width: side, height: side }, pooling: "MAX", mean: MEAN } as const;
  const options = { terms, areas: terms.map(() => 1), normalize: false, whitened: () => false, moments: false };
  return planStep(network, options).plan;
}

Deno.test("a step goes forward through Winograd's convolution behind its last pool and all that is compared by place", () => {
  const through = (side: number, style: string, content: string) => {
    const terms = [["style", style], ["content", content]] as const;
    const plan = planOf(side, terms.map(([kind, layer]): Term => ({ kind, layer, mask: null })));
    return plan.dispatches.flatMap(({ kernel, buffers }) =>
      kernel === "winograd_product" && buffers["weights"]!.name.endsWith("Kernel") ? [buffers["weights"]!.name] : []
    );
  };
  const behind = ["conv4_1", "conv4_2", "conv4_3"].map((layer) => `${layer}.winogradKernel`);
  assert.deepEqual(through(668, "conv4_3", "conv2_2"), behind);
  assert.deepEqual(through(668, "conv4_3", "conv4_1"), behind.slice(1));
  assert.deepEqual(through(668, "conv4_1", "conv4_3"), []);
  assert.deepEqual(through(668, "conv5_1", "conv2_2"), ["conv5_1.winogradKernel"]);
  assert.deepEqual(through(120, "conv4_3", "conv2_2"), []);
});

Deno.test("gradients go back through Winograd's convolution where maps are large and channels many, and no others do", () => {
  const plan = (layer: string, side: number) => {
    return planOf(side, [{ kind: "content", layer, mask: null }]);
  };
  const products = ({ dispatches }: Plan) => dispatches.filter(({ kernel }) => kernel === "winograd_product").length;
  assert.deepEqual(["conv3_1", "conv3_2", "conv4_1"].map((layer) => products(plan(layer, 176))), [0, 1, 2]);
  assert.equal(products(plan("conv4_1", 340)), 3);
  assert.equal(products(plan("conv4_1", 120)), 0);
  // A large picture goes in parts, each within what the least of devices can be given at once.
  const { buffers } = plan("conv3_2", 1200);
  for (const { name, length } of buffers) if (name.startsWith("winograd")) assert.ok(4 * length <= 2 ** 26, name);
});
