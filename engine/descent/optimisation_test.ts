import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import type { Backend } from "../backends/backend.ts";
import { toGrey } from "../objective/color.ts";
import { estimateCost, planScale } from "../estimate/estimate.ts";
import { OnnxBackend } from "../backends/onnx/backend.ts";
import { type FrameInput, Optimisation, type OptimisationInput, type StepReport } from "./optimisation.ts";
import type { OptimizerKind, TransferOptions } from "../options/options.ts";
import type { Limits } from "./prepared_scale.ts";
import { resolveOptions } from "../options/resolve.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaParameters, formulaPicture } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { colourAt, drawn } from "../motion/testing/scene.ts";
import { tamperedBackend } from "../testing/tampered_backend.ts";

const CONTENT = formulaPicture(29, 36, 1);
const STYLE = formulaPicture(24, 18, 2);
const parameters = formulaParameters("conv2_1");

interface Given extends Partial<Omit<TransferOptions, "scales" | "optimizer">> {
  readonly optimizer?: OptimizerKind;
  readonly scales?: readonly { readonly size: number; readonly steps: number }[];
}

function input({ optimizer = "ADAM", scales = [{ size: 32, steps: 6 }], ...given }: Given = {}): OptimisationInput {
  const options = resolveOptions(
    {
      preset: "CLASSIC",
      scales,
      optimizer: { kind: optimizer, history: 3 },
      contentLayers: [{ layer: "conv1_2" }],
      styleLayers: [{ layer: "conv2_1" }],
      styleWeight: 1,
      ...given,
    },
    CONTENT,
    5,
  );
  return { options, content: CONTENT, styles: [{ picture: STYLE, weight: 1 }] };
}

const test = suite("", () => OnnxBackend.open(parameters));

const start = (backend: Backend, given: FrameInput) => Optimisation.start(backend, nearestResize, given);
const restore = (backend: Backend, given: FrameInput, bytes: Uint8Array) =>
  Optimisation.restore(backend, nearestResize, given, bytes);

/** All but the time it took. */
function withoutSeconds({ seconds: _, ...report }: StepReport) {
  return report;
}

async function run(optimisation: Optimisation, steps = Infinity): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  while (!optimisation.finished && reports.length < steps) reports.push(await optimisation.advance());
  await optimisation.dispose();
  return reports;
}

/** Byte by byte: a difference of two long arrays would be told at length. */
function assertSameBytes(found: Uint8Array, wanted: Uint8Array): void {
  assert.equal(found.length, wanted.length);
  assert.equal(found.findIndex((value, i) => value !== wanted[i]), -1, "the bytes differ");
}

const SCALES = [{ size: 32, steps: 3 }, { size: 41, steps: 3 }, { size: 50, steps: 2 }];
/** The frame before shows less of the scene on the right, and more on the left. */
const BEFORE = { content: drawn(CONTENT, ([x, y]) => colourAt([x - 2, y])), result: STYLE };
const SCENE = drawn(CONTENT, colourAt);
const VARIANTS: Readonly<Record<string, FrameInput>> = {
  "Adam": input(),
  "Adam over three scales": input({ scales: SCALES }),
  "Adam over three scales, averaged": input({ scales: SCALES, averaging: 0.7, tvWeight: 0.01 }),
  "L-BFGS": input({ optimizer: "LBFGS", scales: [{ size: 32, steps: 12 }] }),
  "L-BFGS over three scales, averaged": input({ optimizer: "LBFGS", scales: SCALES, averaging: 0.7 }),
  "neighbours over two scales": input({
    optimizer: "LBFGS",
    scales: [{ size: 32, steps: 2 }, { size: 41, steps: 1 }],
    normalizeLosses: true,
    styleMatch: "NEIGHBORS",
  }),
  "a frame of a moving picture, Adam over three scales": {
    ...input({ scales: SCALES, temporalWeight: 10 }),
    content: SCENE,
    before: BEFORE,
  },
  "a frame of a moving picture, L-BFGS": {
    ...input({ optimizer: "LBFGS", scales: [{ size: 32, steps: 5 }], temporalWeight: 10, color: "LUMINANCE" }),
    content: SCENE,
    before: BEFORE,
  },
  "everything": {
    ...input({
      optimizer: "LBFGS",
      scales: SCALES,
      averaging: 0.5,
      color: "LUMINANCE",
      pooling: "AVERAGE",
      normalizeLosses: true,
      init: { kind: "CONTENT", noise: 0.5 },
    }),
    styles: [{ picture: STYLE, weight: 2 }, { picture: CONTENT, weight: 1, mask: formulaPicture(9, 9, 4) }],
    contentMask: formulaPicture(30, 20, 5),
  },
};

test("the same input gives the same bytes, also taken apart and put together at any step", async (backend, t) => {
  for (const [name, given] of Object.entries(VARIANTS)) {
    await t.step(name, async () => {
      const whole = await start(backend, given);
      const checkpoints = [await whole.checkpoint()];
      const pictures = [(await whole.picture()).rgb];
      const reports: StepReport[] = [];
      while (!whole.finished) {
        reports.push(await whole.advance());
        checkpoints.push(await whole.checkpoint());
        pictures.push((await whole.picture()).rgb);
      }
      await whole.dispose();
      assert.equal(reports.length, given.options.steps);
      const again = await start(backend, given);
      assert.deepEqual((await run(again)).map(withoutSeconds), reports.map(withoutSeconds));
      assertSameBytes(await again.checkpoint(), checkpoints.at(-1)!);
      for (let cut = 0; cut < checkpoints.length; cut++) {
        const restored = await restore(backend, given, checkpoints[cut]!);
        assert.equal(restored.step, cut);
        assertSameBytes((await restored.picture()).rgb, pictures[cut]!);
        assertSameBytes(await restored.checkpoint(), checkpoints[cut]!);
        assert.deepEqual((await run(restored)).map(withoutSeconds), reports.slice(cut).map(withoutSeconds));
        assertSameBytes(await restored.checkpoint(), checkpoints.at(-1)!);
        assertSameBytes((await restored.picture()).rgb, pictures.at(-1)!);
      }
    });
  }
});

test("within less memory than the whole takes, tiles give the same picture, and within too little none is begun", async (backend) => {
  const scales = [{ size: 90, steps: 2 }, { size: 165, steps: 2 }];
  const given = { ...input({ optimizer: "LBFGS", scales }), contentMask: STYLE };
  const whole = await start(backend, given);
  const wanted = await run(whole);
  const limits = { memoryBytes: estimateCost(given.options).memoryBytes - 1 };
  assert.ok(planScale(given.options.scales[1]!, given.options, limits.memoryBytes).tiles);
  const tiled = await Optimisation.start(backend, nearestResize, given, limits);
  const reports = await run(tiled, 3);
  const bytes = await tiled.checkpoint();
  reports.push(...await run(tiled));
  reports.forEach(({ losses: { total } }, i) => {
    assert.ok(Math.abs(total / wanted[i]!.losses.total - 1) < 1e-3, `${total}, wanted ${wanted[i]!.losses.total}`);
  });
  assert.ok(relativeDistance((await tiled.picture()).rgb, (await whole.picture()).rgb) < 1e-2);
  const restored = await Optimisation.restore(backend, nearestResize, given, bytes, limits);
  await run(restored);
  assertSameBytes(await restored.checkpoint(), await tiled.checkpoint());
  await assert.rejects(Optimisation.start(backend, nearestResize, given, { memoryBytes: 2 ** 20 }), {
    code: "TOO_LARGE",
    message: /no size would fit$/,
  });
});

test("a frame begins with the one before, and stays the nearer to it the more that counts", async (backend) => {
  const size = { width: 32, height: 32 };
  const content = drawn(size, colourAt);
  const painted = formulaPicture(32, 32, 9);
  const distances = [];
  for (const temporalWeight of [0, 10, 1e5]) {
    const given = input({ optimizer: "LBFGS", scales: [{ size: 32, steps: 8 }], temporalWeight });
    const options = { ...given.options, ...size, scales: [{ ...given.options.scales[0]!, ...size }] };
    const before = { content, result: painted };
    const optimisation = await start(backend, { ...given, options, content, before });
    assertSameBytes((await optimisation.picture()).rgb, painted.rgb);
    await run(optimisation);
    distances.push(relativeDistance((await optimisation.picture()).rgb, painted.rgb));
  }
  const [free, near, kept] = distances;
  assert.ok(free! > 1.5 * near! && near! > 1.5 * kept! && kept! < 0.02, distances.join(", "));
});

test("what is new in a frame is not held to anything", async (backend) => {
  const size = { width: 48, height: 32 };
  const content = drawn(size, colourAt);
  const before = { content: drawn(size, ([x, y]) => colourAt([x + 6, y])), result: formulaPicture(48, 32, 9) };
  /** Mean change of the columns that were not in the frame before, and of those that were, by the steps. */
  const changes = async (temporalWeight: number) => {
    const given = input({ optimizer: "LBFGS", scales: [{ size: 48, steps: 8 }], temporalWeight });
    const options = { ...given.options, ...size, scales: [{ ...given.options.scales[0]!, ...size }] };
    const optimisation = await start(backend, { ...given, options, content, before });
    const begun = (await optimisation.picture()).rgb;
    await run(optimisation);
    const sums = [0, 0];
    (await optimisation.picture()).rgb.forEach((value, i) => {
      const column = Math.floor(i / 3) % 48;
      if (column < 5) sums[0]! += Math.abs(value - begun[i]!);
      if (column >= 16) sums[1]! += Math.abs(value - begun[i]!);
    });
    return sums;
  };
  const [[freeNew, freeOld], [keptNew, keptOld]] = [await changes(0), await changes(10)];
  assert.ok(keptOld! < 0.7 * freeOld!, `${keptOld} kept, ${freeOld} free`);
  assert.ok(keptNew! / freeNew! > 1.3 * keptOld! / freeOld!, `${keptNew} of ${freeNew}, ${keptOld} of ${freeOld}`);
});

test("another seed gives another picture", async (backend) => {
  const [one, other] = [await start(backend, input({ seed: 1 })), await start(backend, input({ seed: 2 }))];
  assert.notDeepEqual(await one.picture(), await other.picture());
});

test("60 steps and 40 more after a restart are 100 steps", async (backend) => {
  const steps = (count: number) => input({ optimizer: "LBFGS", scales: [{ size: 32, steps: count }] });
  const first = await start(backend, steps(60));
  await run(first);
  assert.equal(first.finished, true);
  const extended = await restore(backend, steps(100), await first.checkpoint());
  assert.equal(extended.finished, false);
  await run(extended);
  const whole = await start(backend, steps(100));
  await run(whole);
  assert.equal(extended.step, 100);
  assert.deepEqual(await extended.checkpoint(), await whole.checkpoint());
});

test("steps are counted over all scales, and none is taken beyond the last", async (backend) => {
  const optimisation = await start(backend, input({ scales: SCALES }));
  const reports = await run(optimisation);
  assert.deepEqual(reports.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(reports.map(({ size }) => Math.max(size.width, size.height)), [32, 32, 32, 41, 41, 41, 50, 50]);
  assert.deepEqual(optimisation.size, { width: 40, height: 50 });
  assert.equal((await optimisation.picture()).rgb.length, 3 * 40 * 50);
  await assert.rejects(optimisation.advance(), /Cannot take step 9: wanted at most 8/);
});

test("a finer scale begins where the coarser one ended", async (backend) => {
  for (const optimizer of ["ADAM", "LBFGS"] as const) {
    const given = input({
      optimizer,
      scales: [{ size: 32, steps: 25 }, { size: 40, steps: 1 }],
      init: { kind: "NOISE", noise: 1 },
    });
    const carried = await run(await start(backend, given));
    const fresh = await run(await start(backend, input({ optimizer, scales: [{ size: 40, steps: 1 }] })));
    assert.ok(carried.at(-1)!.losses.total < 0.5 * fresh[0]!.losses.total);
  }
});

test("what began as the content has the content's own detail at a finer scale", async (backend) => {
  // With no weight but the content's nothing moves, so that the finer scale begins with the content itself.
  const given = input({
    optimizer: "LBFGS",
    scales: [{ size: 32, steps: 2 }, { size: 64, steps: 1 }],
    init: { kind: "CONTENT", noise: 0 },
    styleWeight: 0,
  });
  const optimisation = await start(backend, given);
  const reports = await run(optimisation);
  assert.ok(reports.at(-1)!.losses.content < 1e-9, `${reports.at(-1)!.losses.content}`);
  assertSameBytes((await optimisation.picture()).rgb, (await nearestResize(CONTENT, optimisation.size)).rgb);
});

test("L-BFGS' losses never go up", async (backend) => {
  const reports = await run(await start(backend, input({ optimizer: "LBFGS", scales: [{ size: 40, steps: 40 }] })));
  const totals = reports.map(({ losses }) => losses.total);
  totals.slice(1).forEach((total, i) => assert.ok(total <= totals[i]!));
  assert.ok(totals.at(-1)! < 0.1 * totals[0]!);
});

test("weights and learning rate change from the next step on, and survive a restart", async (backend, t) => {
  for (const optimizer of ["ADAM", "LBFGS"] as const) {
    await t.step(optimizer, async () => {
      const given = input({ optimizer, scales: [{ size: 32, steps: 10 }] });
      const plain = await run(await start(backend, given));
      const retuned = await start(backend, given);
      const reports = [await retuned.advance(), await retuned.advance(), await retuned.advance()];
      retuned.retune({ styleWeight: 100, tvWeight: 0.5, learningRate: optimizer === "ADAM" ? 3 : 0.5 });
      const bytes = await retuned.checkpoint();
      reports.push(...await run(retuned));
      assert.deepEqual(reports.slice(0, 3).map(withoutSeconds), plain.slice(0, 3).map(withoutSeconds));
      for (const { losses: { total, content, style, tv } } of reports.slice(3)) {
        const wanted = given.options.contentWeight * content + 100 * style + 0.5 * tv;
        assert.ok(Math.abs(total - wanted) < 1e-9 * wanted);
      }
      assert.notDeepEqual(reports[5]!.losses.style, plain[5]!.losses.style);
      const restored = await restore(backend, given, bytes);
      await run(restored);
      assert.deepEqual(await restored.checkpoint(), await retuned.checkpoint());
    });
  }
});

test("what is left out of a retuning stays", async (backend) => {
  const given = input();
  const [plain, retuned] = [await start(backend, given), await start(backend, given)];
  retuned.retune({ contentWeight: null, learningRate: given.options.optimizer.learningRate });
  await run(plain);
  await run(retuned);
  assert.deepEqual(await retuned.checkpoint(), await plain.checkpoint());
});

test("a loss that is not finite ends Adam with step and term, and the last good picture stays", async (backend, t) => {
  const failures: [string, (losses: Float64Array, gradient: Float32Array) => void, RegExp][] = [
    ["a content loss", (losses) => losses[0] = NaN, /step 4: the content loss at conv1_2 is NaN, wanted a finite/],
    [
      "a style loss",
      (losses) => losses[1] = Infinity,
      /step 4: the style loss at conv2_1 is Infinity, wanted a finite/,
    ],
    ["a gradient", (_, gradient) => gradient[100] = NaN, /step 4: the gradient is not finite, the total loss is \d/],
    ["an infinite gradient", (_, gradient) => gradient[7] = -Infinity, /step 4: the gradient is not finite/],
  ];
  for (const [name, fail, message] of failures) {
    await t.step(name, async () => {
      const failing = tamperedBackend(backend, (evaluation, count) => {
        if (count === 4) fail(evaluation.losses, evaluation.gradient);
        return evaluation;
      });
      const optimisation = await start(failing, input());
      await run(optimisation, 3);
      const [picture, checkpoint] = [await optimisation.picture(), await optimisation.checkpoint()];
      await assert.rejects(optimisation.advance(), { code: "LOSS_NOT_FINITE", message });
      assert.deepEqual(await optimisation.picture(), picture);
      assert.deepEqual(await optimisation.checkpoint(), checkpoint);
      await optimisation.dispose();
    });
  }
});

test("L-BFGS steps back from losses that are not finite and goes on", async (backend) => {
  const failing = tamperedBackend(backend, ({ losses, gradient }, count) => ({
    losses: count % 3 === 0 ? losses.map(() => NaN) : losses,
    gradient: count % 5 === 0 ? gradient.map(() => Infinity) : gradient,
  }));
  const reports = await run(await start(failing, input({ optimizer: "LBFGS", scales: [{ size: 32, steps: 30 }] })));
  const totals = reports.map(({ losses }) => losses.total);
  totals.slice(1).forEach((total, i) => assert.ok(total <= totals[i]!, `${totals}`));
  assert.ok(totals.at(-1)! < 0.9 * totals[0]!, `${totals}`);
});

test("L-BFGS ends, too, when its first loss of a scale is not finite", async (backend) => {
  const failing = tamperedBackend(backend, (evaluation, count) => {
    if (count === 4) evaluation.losses[0] = NaN;
    return evaluation;
  });
  const optimisation = await start(failing, input({ optimizer: "LBFGS", scales: SCALES }));
  await run(optimisation, 3);
  const picture = await optimisation.picture();
  await assert.rejects(optimisation.advance(), { code: "LOSS_NOT_FINITE" });
  assert.ok((await optimisation.picture()).rgb.length > picture.rgb.length, "the picture is that of the finer scale");
  await optimisation.dispose();
});

test("the averaged picture is the bias-corrected mean of the iterates", async (backend) => {
  const averaged = await start(backend, input({ averaging: 0.8 }));
  const plain = await start(backend, input());
  let [sum, weight] = [new Float64Array((await plain.picture()).rgb.length), 0];
  for (let step = 0; step < 6; step++) {
    await averaged.advance();
    await plain.advance();
    const iterate = (await plain.picture()).rgb;
    sum = sum.map((value, i) => 0.8 * value + 0.2 * iterate[i]!);
    weight = 0.8 * weight + 0.2;
    const shown = (await averaged.picture()).rgb;
    // Iterates are rounded here before they are averaged, and clamped.
    const worst = shown.reduce((most, value, i) => Math.max(most, Math.abs(value - sum[i]! / weight)), 0);
    assert.ok(worst < 1.01, `step ${step + 1}: ${worst}`);
  }
  await averaged.dispose();
  await plain.dispose();
});

test("with its luminance kept the picture has the content's chroma", async (backend) => {
  // A content of muted colours: nothing is clamped.
  const content = { ...CONTENT, rgb: CONTENT.rgb.map((value, i) => [110, 128, 140][i % 3]! + (value >> 5)) };
  const given = { ...input({ color: "LUMINANCE", init: { kind: "CONTENT", noise: 0 } }), content };
  const optimisation = await start(backend, given);
  await run(optimisation, 2);
  const own = await nearestResize(content, optimisation.size);
  const { rgb } = await optimisation.picture();
  let changed = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const shift = rgb[i]! - own.rgb[i]!;
    changed = Math.max(changed, Math.abs(shift));
    for (let c = 1; c < 3; c++) assert.ok(Math.abs(rgb[i + c]! - own.rgb[i + c]! - shift) <= 1, "a shade of grey");
  }
  assert.ok(changed > 5);
});

test("a grey content in a grey style stays grey, whatever the network would gain by a tint", async (backend) => {
  const grey = { ...input(), content: toGrey(CONTENT), styles: [{ picture: toGrey(STYLE), weight: 1 }] };
  const optimisation = await start(backend, grey);
  await run(optimisation);
  const { rgb } = await optimisation.picture();
  for (let i = 0; i < rgb.length; i += 3) assert.ok(rgb[i] === rgb[i + 1] && rgb[i] === rgb[i + 2]);
  assert.notDeepEqual(rgb, (await nearestResize(grey.content, optimisation.size)).rgb);
  await optimisation.dispose();
});

test("a checkpoint of another input is refused", async (backend) => {
  const optimisation = await start(backend, input({ scales: SCALES }));
  await run(optimisation, 5);
  const refused = { code: "CHECKPOINT_UNREADABLE" };
  const bytes = await optimisation.checkpoint();
  await assert.rejects(restore(backend, input({ scales: [{ size: 32, steps: 9 }] }), bytes), {
    ...refused,
    message: "Cannot continue from the checkpoint: it has 33×41 pixels in scale 2, wanted a scale of the schedule",
  });
  await assert.rejects(restore(backend, input({ scales: [{ size: 32, steps: 3 }, { size: 64, steps: 9 }] }), bytes), {
    ...refused,
    message: "Cannot continue from the checkpoint: it has 33×41 pixels in scale 2, wanted 52×64",
  });
  await assert.rejects(restore(backend, input(), bytes.slice(1)), refused);
});

test("an own picture is what is begun with at every scale, and is measured as it is", async (backend) => {
  const own = formulaPicture(64, 52, 9);
  // With no weight nothing moves.
  const init = { kind: "IMAGE", noise: 0 } as const;
  const scales = [{ size: 32, steps: 1 }, { size: 64, steps: 1 }];
  for (
    const given of [input({ init, scales, styleWeight: 0, contentWeight: 0 }), input({ init, scales: [scales[1]!] })]
  ) {
    const optimisation = await start(backend, { ...given, initPicture: own });
    if (given.options.scales.length > 1) {
      await run(optimisation);
      assertSameBytes((await optimisation.picture()).rgb, (await nearestResize(own, optimisation.size)).rgb);
      continue;
    }
    const losses = await optimisation.measure();
    assertSameBytes((await optimisation.picture()).rgb, (await nearestResize(own, optimisation.size)).rgb);
    const [first] = await run(optimisation, 1);
    assert.deepEqual(first!.losses, losses, "Adam's first losses are those of the picture before its step");
  }
});

test("a transparent content keeps its alpha, and its picture has no colour where nothing is seen", async (backend) => {
  const alpha = Uint8Array.from(
    CONTENT.rgb.subarray(0, CONTENT.width * CONTENT.height),
    (_, i) => i % CONTENT.width < 15 ? 255 : 0,
  );
  // What nobody sees is of a colour that must not come through.
  const rgb = CONTENT.rgb.map((value, i) => alpha[Math.floor(i / 3)] ? value & 63 : 255);
  const given = {
    ...input({ init: { kind: "CONTENT", noise: 0 }, color: "LUMINANCE" }),
    content: { ...CONTENT, rgb, alpha },
  };
  const optimisation = await start(backend, given);
  const before = await optimisation.picture();
  const bright = before.rgb.some((value) => value > 64);
  assert.ok(!bright, "the unseen colour is nowhere");
  await run(optimisation, 2);
  const picture = await optimisation.picture();
  assert.deepEqual(picture.alpha, (await nearestResize({ ...CONTENT, alpha }, optimisation.size)).alpha);
  picture.alpha!.forEach((opacity, i) => {
    if (opacity === 0) assert.deepEqual([...picture.rgb.subarray(3 * i, 3 * i + 3)], [0, 0, 0]);
  });
});

test("in tiles neighbours are found and compared as in the whole picture", async (backend) => {
  const given = {
    ...input({ normalizeLosses: true, styleMatch: "NEIGHBORS", scales: [{ size: 192, steps: 1 }] }),
    styles: [{ picture: STYLE, weight: 2 }, { picture: CONTENT, weight: 1, mask: formulaPicture(9, 9, 4) }],
  };
  const [scale] = given.options.scales;
  const limits = { memoryBytes: planScale(scale!, given.options).memoryBytes - 1 };
  assert.ok(planScale(scale!, given.options, limits.memoryBytes).tiles !== null);
  const style = async (limits?: Limits) => {
    const optimisation = await Optimisation.start(backend, nearestResize, given, limits);
    const { style } = await optimisation.measure();
    await optimisation.dispose();
    return style;
  };
  const [whole, tiled] = [await style(), await style(limits)];
  assert.ok(Math.abs(tiled / whole - 1) < 1e-4, `${tiled}, wanted ${whole}`);
});

test("a picture in its own style has itself for neighbours", async (backend) => {
  const given = input({
    normalizeLosses: true,
    styleMatch: "NEIGHBORS",
    init: { kind: "CONTENT", noise: 0 },
    scales: [{ size: 36, steps: 1 }],
  });
  const style = async (picture: typeof CONTENT) => {
    const optimisation = await start(backend, { ...given, styles: [{ picture, weight: 1 }] });
    const { style } = await optimisation.measure();
    await optimisation.dispose();
    return style;
  };
  const [own, other] = [await style(CONTENT), await style(STYLE)];
  assert.ok(own < 1e-3 && other > 0.01, `${own}, ${other}`);
});
