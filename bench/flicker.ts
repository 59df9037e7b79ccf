/**
 * How much a moving picture flickers: painted as one, each frame from the one before, beside each frame painted alone with
 * the same options. Sequences are made from samples, with a known motion and a thing that moves in front, and one as a camera
 * on a stand takes it: a photograph with noise that is new in each frame, where the shared folder is:
 *
 *     deno task bench flicker [size] [frames] [preset] [folder to write the frames to, or -] [color] [name of a sequence]
 *
 * With `color` MATCH, styles are matched to the colours of all frames, and once more to each frame's own.
 *
 * The warping error is the mean squared difference (RGB, 0–255) of a frame and the one before it, moved by the content's
 * optical flow, over what is visible in both; means over all frames. Evaluations are steps, weighted by their pixels
 * relative to those of the result. Losses are those of the last frame, without the temporal term.
 *
 * @module
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { type FrameInput, Optimisation } from "../engine/descent/optimisation.ts";
import { Random } from "../engine/descent/random.ts";
import { PreparedScale } from "../engine/descent/prepared_scale.ts";
import { workLeft } from "../engine/descent/work_done.ts";
import { followed } from "../engine/motion/flow.ts";
import { opticalFlow } from "../engine/motion/optical_flow.ts";
import { visibility } from "../engine/motion/visibility.ts";
import { existsSync } from "node:fs";
import { laterFrameOptions } from "../engine/options/later_frame.ts";
import type { ColorMode, PresetName, TransferOptions } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { type Picture, toPixels } from "../engine/picture.ts";
import { resizePicture } from "../images/resize.ts";
import { sampled, SHARED, squarePicture, vgg16Parameters, writePng } from "./inputs.ts";
import { row } from "./table.ts";

const [size = 256, count = 12] = Deno.args.slice(0, 2).map(Number);
const preset = (Deno.args[2] ?? "FAST") as PresetName;
const folder = Deno.args[3] === "-" ? undefined : Deno.args[3];
const color = (Deno.args[4] ?? "STYLE") as ColorMode;
const only = Deno.args[5];
/** Of the noise, in RGB values. */
const NOISE = 4;

/** Where a sequence's camera is, of the width: from the centre of the picture, and how much of it it sees. */
interface Camera {
  readonly x: number;
  readonly y: number;
  readonly sees: number;
}

interface Sequence {
  readonly name: string;
  readonly scene: string;
  readonly style: string;
  /** Of `t` from 0 to 1. */
  readonly camera: (t: number) => Camera;
  /** Of the disc in front, which is cut from another picture. */
  readonly thing: { readonly picture: string; readonly at: (t: number) => readonly [number, number] };
  /** Deviation of what is added to each value of each frame. */
  readonly noise?: number;
}

const ALL: readonly Sequence[] = [
  {
    name: "pan and zoom",
    scene: "mountain-lake",
    style: "starry-swirls",
    camera: (t) => ({ x: 0.16 * t - 0.08, y: 0.03 * t, sees: 0.7 - 0.12 * t }),
    thing: { picture: "still-life", at: (t) => [0.25 + 0.5 * t, 0.7 - 0.2 * t] },
  },
  {
    name: "a still camera",
    scene: "city-at-night",
    style: "woodcut-waves",
    camera: () => ({ x: 0, y: 0, sees: 0.8 }),
    thing: { picture: "still-life", at: (t) => [0.2 + 0.6 * t, 0.6] },
  },
  {
    name: "a photograph with noise",
    scene: "tubingen",
    style: "starry-swirls",
    camera: () => ({ x: 0, y: 0, sees: 0.8 }),
    thing: { picture: "still-life", at: (t) => [1.4 * t - 0.2, 0.6] },
    noise: NOISE,
  },
];
const SEQUENCES = ALL.filter(({ name, noise }) =>
  (only ?? name) === name && (noise === undefined || existsSync(SHARED))
);

/** A frame: the scene as the camera sees it, and the disc before it. */
function frameOf({ camera, thing, noise = 0 }: Sequence, t: number, scene: Picture, front: Picture): Picture {
  const rgb = new Uint8ClampedArray(3 * size * size);
  const random = new Random(Math.round(1e6 * t));
  const { x: cameraX, y: cameraY, sees } = camera(t);
  const [discX, discY] = thing.at(t);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const [x, y] = [(i + 0.5) / size, (j + 0.5) / size];
      const back = sampled(scene, 0.5 + cameraX + sees * (x - 0.5), 0.5 + cameraY + sees * (y - 0.5));
      const own = sampled(front, 0.5 + 1.6 * (x - discX), 0.5 + 1.6 * (y - discY));
      // Its edge is as wide as a pixel.
      const share = Math.min(1, Math.max(0, (0.12 - Math.hypot(x - discX, y - discY)) * size + 0.5));
      for (let c = 0; c < 3; c++) {
        rgb[3 * (j * size + i) + c] = back[c]! + share * (own[c]! - back[c]!) + noise * random.truncatedNormal();
      }
    }
  }
  return { width: size, height: size, rgb: new Uint8Array(rgb.buffer) };
}

const backend = await OnnxBackend.open(await vgg16Parameters());

async function painted(input: FrameInput): Promise<Picture> {
  const optimisation = await Optimisation.start(backend, resizePicture, input);
  while (!optimisation.finished) await optimisation.advance();
  const picture = await optimisation.picture();
  await optimisation.dispose();
  return picture;
}

/** Paints all frames; each begins with the one before if they are painted as one. */
async function paintAll(
  frames: readonly Picture[],
  style: Picture,
  options: TransferOptions,
  asOne: boolean,
  colors: Picture | null = null,
) {
  const results: Picture[] = [];
  for (const [k, content] of frames.entries()) {
    const before = asOne && k > 0 ? { content: frames[k - 1]!, result: results[k - 1]! } : null;
    const own = before ? laterFrameOptions(options) : options;
    results.push(await painted({ options: own, content, styles: [{ picture: style, weight: 1 }], before, colors }));
  }
  return results;
}

/** Mean squared difference of each frame and the one before, moved, where that can be seen. */
function warpingError(frames: readonly Picture[], results: readonly Picture[]): number {
  let sum = 0;
  for (let k = 1; k < frames.length; k++) {
    const back = opticalFlow(frames[k]!, frames[k - 1]!);
    const { values } = visibility(back, opticalFlow(frames[k - 1]!, frames[k]!));
    const wanted = followed(toPixels(results[k - 1]!), 3, back);
    let [own, seen] = [0, 0];
    results[k]!.rgb.forEach((value, i) => {
      const share = values[Math.floor(i / 3)]!;
      own += share * (value - wanted[i]!) ** 2;
      seen += share;
    });
    sum += own / seen;
  }
  return sum / (frames.length - 1);
}

async function lossesOf(content: Picture, style: Picture, options: TransferOptions, result: Picture) {
  const input = { options, content, styles: [{ picture: style, weight: 1 }] };
  const scale = await PreparedScale.prepare(backend, resizePicture, input, options.scales.at(-1)!);
  const { losses } = await scale.evaluate(toPixels(result), options);
  await scale.dispose();
  return losses;
}

console.log(row("sequence", "painted", "evaluations", "warping error", "style loss", "content loss"));
console.log(row("---", "---", "---:", "---:", "---:", "---:"));
for (const sequence of SEQUENCES) {
  const scene = await squarePicture(sequence.scene, 2 * size);
  const front = await squarePicture(sequence.thing.picture, size);
  const style = await squarePicture(sequence.style, size);
  const frames = Array.from({ length: count }, (_, k) => frameOf(sequence, k / (count - 1), scene, front));
  const options = resolveOptions({ preset, size, color }, frames[0]!, 1);
  const pixels = options.width * options.height;
  const first = workLeft(options, 0) / pixels;
  const later = workLeft(laterFrameOptions(options), 0) / pixels;
  const all = { width: size, height: size * count, rgb: Uint8Array.from(frames.flatMap(({ rgb }) => [...rgb])) };
  const ways = [[false, null], ...(color === "MATCH" ? [[true, null]] as const : []), [true, all]] as const;
  for (const [asOne, colors] of ways) {
    const results = await paintAll(frames, style, options, asOne, colors);
    const losses = await lossesOf(frames.at(-1)!, style, options, results.at(-1)!);
    console.log(row(
      sequence.name,
      `${asOne ? "as one" : "each alone"}${color === "MATCH" ? `, colours of ${colors ? "all" : "each"}` : ""}`,
      Math.round(first + (count - 1) * (asOne ? later : first)),
      warpingError(frames, results).toFixed(1),
      losses.style.toPrecision(3),
      losses.content.toPrecision(3),
    ));
    if (!folder) continue;
    for (const [k, result] of results.entries()) {
      await writePng(
        `${folder}/${sequence.scene}-${asOne ? "one" : "alone"}-${String(k).padStart(2, "0")}.png`,
        result,
      );
      if (asOne) await writePng(`${folder}/${sequence.scene}-content-${String(k).padStart(2, "0")}.png`, frames[k]!);
    }
  }
}
await backend.close();
