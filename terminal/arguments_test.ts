import assert from "node:assert/strict";
import fc from "fast-check";
import { completeRequestOf, resolveOptions } from "../engine/options/resolve.ts";
import { anyRequest } from "../engine/testing/requests.ts";
import { parseTransferArguments, type TransferArguments, USAGE } from "./arguments.ts";
import { OPTION_FLAGS } from "./option_flags.ts";
import { flagsOf } from "./testing/flags_of.ts";

const NEEDED = ["--content", "a.jpg", "--style", "b.jpg", "--out", "c"];

function parse(...more: string[]): TransferArguments {
  return parseTransferArguments([...NEEDED, ...more])!;
}

Deno.test("two pictures and a folder are enough; everything else comes from the preset", () => {
  const { request, ...rest } = parse();
  assert.deepEqual(rest, {
    content: "a.jpg",
    styles: [{ picture: "b.jpg", weight: 1, scale: 1, mask: null, region: null }],
    out: "c",
    contentMask: null,
    initPicture: null,
    frames: null,
    quality: 90,
    weights: undefined,
    engine: undefined,
  });
  const { keepFrames, ...asked } = request;
  assert.equal(keepFrames, true);
  assert.deepEqual(asked, {});
});

Deno.test("--help asks for the usage, which names every option", () => {
  assert.equal(parseTransferArguments(["--help"]), null);
  assert.equal(parseTransferArguments(["-h", "--content", "x"]), null);
  const names = [...OPTIONS.map(([option]) => option), ...OPTION_FLAGS.map(({ flag }) => `--${flag}`)];
  for (const name of names) assert.ok(USAGE.includes(name), `${name} is not in the usage`);
});

/** An option as people write it, and what it becomes; what `flagsOf()` writes is tried below. */
const OPTIONS: readonly [string, string[], (args: TransferArguments) => unknown, unknown][] = [
  ["--preset", ["--preset", "classic"], ({ request }) => request.preset, "CLASSIC"],
  ["--scales", ["--scales", "128:60, 256:40"], ({ request }) => request.scales, [
    { size: 128, steps: 60 },
    { size: 256, steps: 40 },
  ]],
  ["--frames", ["--frames", "12,46,100"], ({ frames }) => frames, { steps: new Set([12, 46, 100]) }],
  ["--frames", ["--frames", "every:10"], ({ frames }) => frames, { every: 10 }],
  ["--style-weights", ["--style", "d", "--style-weights", "1,0.5"], ({ styles }) => styles.map((each) => each.weight), [
    1,
    0.5,
  ]],
  ["--style-weight", ["--style-weight", "5e2"], ({ request }) => request.styleWeight, 500],
  ["--content-layers", ["--content-layers", "conv1_1,conv2_1:0.5"], ({ request }) => request.contentLayers, [
    { layer: "conv1_1" },
    { layer: "conv2_1", weight: 0.5 },
  ]],
  ["--optimizer", ["--optimizer", "lbfgs", "--history", "5"], ({ request }) => request.optimizer, {
    kind: "LBFGS",
    history: 5,
  }],
  ["--learning-rate", ["--optimizer", "Adam", "--learning-rate", "2"], ({ request }) => request.optimizer, {
    kind: "ADAM",
    learningRate: 2,
  }],
  ["--init", ["--init", "content", "--init-noise", "0.2"], ({ request }) => request.init, {
    kind: "CONTENT",
    noise: 0.2,
  }],
  ["--init-image", ["--init-image", "d.png"], ({ request, initPicture }) => [request.init?.kind, initPicture], [
    "IMAGE",
    "d.png",
  ]],
  ["--pooling", ["--pooling", "average"], ({ request }) => request.pooling, "AVERAGE"],
  ["--color", ["--color", "luminance"], ({ request }) => request.color, "LUMINANCE"],
  ["--normalize-losses", ["--no-normalize-losses"], ({ request }) => request.normalizeLosses, false],
  ["--keep-frames", ["--no-keep-frames"], ({ request }) => request.keepFrames, false],
  ["--content-mask", ["--content-mask", "m.png"], ({ contentMask }) => contentMask, "m.png"],
  ["--style-masks", ["--style", "d", "--style-masks", ",m.png"], ({ styles }) => styles.map((each) => each.mask), [
    null,
    "m.png",
  ]],
  [
    "--style-masks",
    ["--style", "d", "--style-masks", "one\\, two.png,m.png"],
    ({ styles }) => styles.map((each) => each.mask),
    ["one, two.png", "m.png"],
  ],
  ["--style-masks", ["--style-masks", "one, two.png"], ({ styles }) => styles[0]!.mask, "one, two.png"],
  ["--style-scales", ["--style", "d", "--style-scales", "2,0.5"], ({ styles }) => styles.map((each) => each.scale), [
    2,
    0.5,
  ]],
  [
    "--style-regions",
    ["--style", "d", "--style-regions", "r.png,"],
    ({ styles }) => styles.map((each) => each.region),
    [
      "r.png",
      null,
    ],
  ],
  ["--seed", ["--seed=-5"], ({ request }) => request.seed, -5],
  ["--quality", ["--quality", "100"], ({ quality }) => quality, 100],
  ["--weights", ["--weights", "mine.npz"], ({ weights }) => weights, "mine.npz"],
  ["--engine", ["--engine", "onnx:cpu"], ({ engine }) => engine, "onnx:cpu"],
];
for (const [option, given, read, wanted] of OPTIONS) {
  Deno.test(`${option} is understood in ${given.join(" ")}`, () => assert.deepEqual(read(parse(...given)), wanted));
}

const REFUSED: readonly [string[], string][] = [
  [["--style", "b", "--out", "c"], "Cannot start without --content: wanted --content, --style and --out"],
  [["--content", "a", "--out", "c"], "Cannot start without --style: wanted --content, --style and --out"],
  [["--content", "a", "--style", "b"], "Cannot start without --out: wanted --content, --style and --out"],
  [["--colour", "style"], "Cannot read the command line: Unknown option '--colour'"],
  [["picture.jpg"], "Cannot read the command line: Unexpected argument 'picture.jpg'"],
  [["--size"], "Cannot read the command line: Option '--size <value>' argument missing"],
  [
    ["--seed", "-5"],
    "Cannot read the command line: To specify an option argument starting with a dash use '--seed=-XYZ'",
  ],
];
for (const [args, message] of REFUSED) {
  Deno.test(`the command line ${args.join(" ")} is refused`, () => assertRefused(args, message));
}

/** Where a value is wrong, the words are those of the API; numbers are tried in tests/refusals_test.ts. */
const REFUSED_VALUES: readonly [string[], string][] = [
  [
    ["--preset", "slow"],
    'Cannot use preset "slow": wanted one of CLASSIC, FAST, BALANCED, QUALITY, PAINTERLY, GATYS, JOHNSON',
  ],
  [["--size", "big"], 'Cannot use size "big": wanted a whole number from 32 to 4096'],
  [["--size", ""], 'Cannot use size "": wanted a whole number from 32 to 4096'],
  [["--scales", "128"], "Cannot leave out scales.0.steps: wanted a whole number from 1 to 10000"],
  [["--scales", "128:60,"], 'Cannot use scales.1.size "": wanted a whole number from 32 to 4096'],
  [["--scales", "128:a"], 'Cannot use scales.0.steps "a": wanted a whole number from 1 to 10000'],
  [["--scales", "128:60:3"], 'Cannot use --scales "128:60:3": wanted size:steps'],
  [["--scales", ""], "Cannot use 0 scales: wanted 1 to 12"],
  [["--frames", "0"], 'Cannot use --frames "0": wanted steps as 12,46,100, or every:10'],
  [["--frames", "every:0.5"], 'Cannot use --frames "0.5": wanted steps as 12,46,100, or every:10'],
  [["--frames", "last"], 'Cannot use --frames "last": wanted steps as 12,46,100, or every:10'],
  [["--style-weights", "1,2"], 'Cannot use --style-weights "1,2": wanted as many as there are styles (1)'],
  [["--style-weights", "x"], 'Cannot use styles.0.weight "x": wanted a number from 0 to 1000000'],
  [
    ["--style=d", "--style-masks", "a,b,c"],
    'Cannot use --style-masks "a,b,c": wanted as many as there are styles (2)',
  ],
  [
    ["--out=a.jpg", "--frames=1"],
    'Cannot use --out "a.jpg": wanted a folder with --frames: a file holds the result alone',
  ],
  [["--style-layers", "", "--content-layers", ""], "Cannot start without a loss: wanted contentLayers or styleLayers"],
  [["--content-layers", "conv1_1:1:2"], 'Cannot use --content-layers "conv1_1:1:2": wanted layer:weight'],
  [["--content-layers", "conv1_1:"], 'Cannot use contentLayers.0.weight "": wanted a number from 0 to 1000000000000'],
  [["--optimizer", "sgd"], 'Cannot use optimizer.kind "sgd": wanted one of ADAM, LBFGS'],
  [["--learning-rate", "1"], "Cannot use --learning-rate alone: wanted --optimizer with it"],
  [["--history", "1"], "Cannot use --history alone: wanted --optimizer with it"],
  [["--init", "black"], 'Cannot use init.kind "black": wanted one of NOISE, CONTENT, STYLE, IMAGE'],
  [["--init", "image"], "Cannot start from an image: found none, wanted init.image with kind IMAGE"],
  [["--init", "noise", "--init-image", "a"], "Cannot use init.image with kind NOISE: wanted kind IMAGE"],
  [["--init-noise", "0.5"], "Cannot use --init-noise alone: wanted --init with it"],
  [["--pooling", "min"], 'Cannot use pooling "min": wanted one of MAX, AVERAGE'],
  [["--color", "grey"], 'Cannot use color "grey": wanted one of STYLE, LUMINANCE, MATCH'],
  [["--seed", "one"], 'Cannot use seed "one": wanted a whole number from -2147483648 to 2147483647'],
];
for (const [given, message] of REFUSED_VALUES) {
  Deno.test(`${given.join(" ")} is refused`, () => assertRefused([...NEEDED, ...given], message));
}

function assertRefused(args: string[], message: string): void {
  assert.throws(() => parseTransferArguments(args), { code: "BAD_USER_INPUT", message });
}

Deno.test("flags ask for any request that can be made, and give the same options", () => {
  const content = { width: 300, height: 200 };
  fc.assert(
    fc.property(anyRequest(content), (request) => {
      const image = request.init?.kind === "IMAGE" ? ["--init-image", "d.png"] : [];
      const asked = parse(...flagsOf(request), ...image);
      const wanted = resolveOptions({ ...request, keepFrames: request.keepFrames ?? true }, content, 0);
      assert.deepEqual(resolveOptions(asked.request, content, 0), wanted);
      assert.equal(asked.initPicture, image[1] ?? null);
      // What the transfer says of itself, through the flags again.
      assert.deepEqual(
        resolveOptions(parse(...flagsOf(completeRequestOf(wanted)), ...image).request, content, 1),
        wanted,
      );
    }),
    { seed: 4, numRuns: 200 },
  );
});
