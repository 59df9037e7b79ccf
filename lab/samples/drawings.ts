import type { Picture } from "../../engine/picture.ts";
import { Canvas } from "./drawing/canvas.ts";
import { drawCityAtNight } from "./pictures/city_at_night.ts";
import { drawGeometry } from "./pictures/geometry.ts";
import { drawMountainLake } from "./pictures/mountain_lake.ts";
import { drawStainedGlass } from "./pictures/stained_glass.ts";
import { drawStarrySwirls } from "./pictures/starry_swirls.ts";
import { drawStillLife } from "./pictures/still_life.ts";
import { drawWatercolourGarden } from "./pictures/watercolour_garden.ts";
import { drawWoodcutWaves } from "./pictures/woodcut_waves.ts";

/** A picture that a program draws. */
interface Drawing {
  readonly name: string;
  /** In points, which are pixels of the finished picture. */
  readonly width: number;
  readonly height: number;
  readonly draw: (canvas: Canvas) => void;
}

export const DRAWINGS: readonly Drawing[] = [
  { name: "city-at-night", width: 768, height: 512, draw: drawCityAtNight },
  { name: "mountain-lake", width: 768, height: 512, draw: drawMountainLake },
  { name: "still-life", width: 720, height: 576, draw: drawStillLife },
  { name: "starry-swirls", width: 720, height: 576, draw: drawStarrySwirls },
  { name: "stained-glass", width: 640, height: 640, draw: drawStainedGlass },
  { name: "woodcut-waves", width: 720, height: 560, draw: drawWoodcutWaves },
  { name: "geometry", width: 720, height: 576, draw: drawGeometry },
  { name: "watercolour-garden", width: 720, height: 560, draw: drawWatercolourGarden },
];

/** Pixels drawn for each of the finished picture's, on each side. */
const SUPERSAMPLING = 2;

/** Draws a picture; a `scale` below 1 gives a small one, without supersampling. */
export function render({ width, height, draw }: Drawing, scale: number = SUPERSAMPLING): Picture {
  const canvas = new Canvas(width, height, scale);
  draw(canvas);
  return canvas.toPicture();
}
