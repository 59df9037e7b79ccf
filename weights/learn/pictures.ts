/**
 * Pictures to learn from, made by the program itself, so that nothing of anybody else's is in the filters.
 *
 * @module
 */
import type { Picture } from "../../engine/picture.ts";
import { Random } from "../../engine/descent/random.ts";
import { type Canvas, light } from "./canvas.ts";
import { deadLeaves } from "./dead_leaves.ts";
import { clouds, gratings } from "./fields.ts";
import { strokes } from "./strokes.ts";

type Painter = (random: Random, side: number) => Canvas;

/** Half of the pictures are leaves, a quarter strokes: what has edges and corners teaches most. */
const PAINTERS: readonly Painter[] = [
  (random, side) => deadLeaves(random, side, ["ellipse"]),
  (random, side) => deadLeaves(random, side, ["rectangle"]),
  (random, side) => deadLeaves(random, side, ["polygon"]),
  (random, side) => deadLeaves(random, side, ["ellipse", "rectangle", "polygon"]),
  strokes,
  strokes,
  gratings,
  clouds,
];

/** Picture number `index` of a seed: square, `side` pixels wide. The kinds take turns. */
export function trainingPicture(seed: number, index: number, side: number): Picture {
  const random = new Random(seed * 65_537 + index);
  const canvas = PAINTERS[index % PAINTERS.length]!(random, 2 * side);
  light(random, canvas);
  return canvas.halved();
}
