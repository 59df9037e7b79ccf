/**
 * How exact optical flow is between views of samples that are moved in known ways, and what it costs:
 *
 *     deno task bench flow [sizes, as 256,512]
 *
 * The end-point error is in pixels, where what moves stays in the picture; means over the samples. Time is that of the
 * processor, for one flow, and for all that a frame needs of the one before: two flows, what is visible, and what is carried
 * over; medians over the samples and motions.
 *
 * @module
 */
import process from "node:process";
import { carry } from "../engine/motion/carry.ts";
import { opticalFlow } from "../engine/motion/optical_flow.ts";
import type { Picture } from "../engine/picture.ts";
import { sampled, squarePicture } from "./inputs.ts";
import { median, row } from "./table.ts";

const SAMPLES = ["mountain-lake", "still-life", "city-at-night"];
/** How much of a sample a view shows, so that nothing new comes in. */
const SEEN = 0.6;

type Move = (x: number, y: number) => readonly [number, number];

/** From the centre, in pixels, to the centre. */
const MOTIONS: Readonly<Record<string, Move>> = {
  "a third of a pixel": (x, y) => [x + 0.33, y],
  "3.3 and 2.1 pixels": (x, y) => [x + 3.3, y - 2.1],
  "20 and 9 pixels": (x, y) => [x + 20, y + 9],
  "a zoom by 5 %": (x, y) => [1.05 * x, 1.05 * y],
  "a turn by 3 degrees": (x, y) => {
    const [cosine, sine] = [Math.cos(Math.PI / 60), Math.sin(Math.PI / 60)];
    return [cosine * x - sine * y, sine * x + cosine * y];
  },
};

/** A view of a sample; what is at a place is what `move` leads to from there. */
function view(sample: Picture, size: number, move: Move): Picture {
  const rgb = new Uint8Array(3 * size * size);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const [x, y] = move(i - (size - 1) / 2, j - (size - 1) / 2);
      rgb.set(sampled(sample, 0.5 + SEEN * x / size, 0.5 + SEEN * y / size).map(Math.round), 3 * (j * size + i));
    }
  }
  return { width: size, height: size, rgb };
}

function processorMilliseconds(work: () => void): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

function endPointError(size: number, from: Picture, to: Picture, move: Move): number {
  const flow = opticalFlow(from, to);
  const middle = (size - 1) / 2;
  let [sum, count] = [0, 0];
  for (let at = 0; at < size * size; at++) {
    const [i, j] = [at % size - middle, Math.floor(at / size) - middle];
    const [x, y] = move(i, j);
    if (Math.max(Math.abs(x), Math.abs(y)) > middle) continue;
    sum += Math.hypot(flow.x[at]! + i - x, flow.y[at]! + j - y);
    count++;
  }
  return sum / count;
}

console.log(row("size", ...Object.keys(MOTIONS), "ms for a flow", "ms for a frame"));
console.log(row(...Array(3 + Object.keys(MOTIONS).length).fill("---:")));
for (const size of (Deno.args[0] ?? "256,512").split(",").map(Number)) {
  const samples = await Promise.all(SAMPLES.map((name) => squarePicture(name, 2 * size)));
  const [flows, frames]: [number[], number[]] = [[], []];
  const errors = Object.values(MOTIONS).map((move) => {
    const own = samples.map((sample) => {
      const [from, to] = [view(sample, size, move), view(sample, size, (x, y) => [x, y])];
      flows.push(processorMilliseconds(() => opticalFlow(from, to)));
      frames.push(processorMilliseconds(() => carry(to, { content: from, result: from })));
      return endPointError(size, from, to, move);
    });
    return own.reduce((sum, error) => sum + error, 0) / own.length;
  });
  console.log(
    row(
      `${size}²`,
      ...errors.map((error) => error.toFixed(2)),
      ...[flows, frames].map((times) => median(times).toFixed(0)),
    ),
  );
}
