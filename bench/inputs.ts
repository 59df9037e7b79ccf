/** What the benchmarks share: VGG16, pictures, and the article's program in PyTorch, where it is. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Picture } from "../engine/picture.ts";
import type { Vgg16Parameters } from "../engine/vgg16.ts";
import { decodePicture } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample, SAMPLES } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";

/** A folder beside the project with `images` and `reference`; it is not part of it. */
export const SHARED = fileURLToPath(new URL("../../shared/", import.meta.url));

/** Pythons with torch, numpy and PIL, separated by commas; the first is taken where one is enough. */
export const PYTHONS = (Deno.env.get("PYTHON") ?? "/usr/bin/python3").split(",");

export async function vgg16Parameters(): Promise<Vgg16Parameters> {
  return (await loadWeights(SHIPPED_WEIGHTS)).parameters;
}

/** Ends the program where the shared folder is not. */
export function requireShared(): void {
  if (existsSync(SHARED)) return;
  console.error("Cannot compare: wanted a folder with pictures and programs in PyTorch beside the project");
  Deno.exit(1);
}

/** Writes a picture for one of those programs. @returns its path. */
export async function writePng(path: string, picture: Picture): Promise<string> {
  await Deno.writeFile(path, await encodePicture(picture, { format: "PNG" }));
  return path;
}

/** A built-in sample or a picture of the shared folder, scaled to a square as the reference does it. */
export async function squarePicture(name: string, side: number): Promise<Picture> {
  const isSample = SAMPLES.some((sample) => sample.name === name);
  const bytes = isSample ? await readSample(name) : await Deno.readFile(`${SHARED}images/${name}.jpg`);
  const picture = await decodePicture(bytes, { maxBytes: 1e8, maxPixels: 1e8 });
  return await resizePicture(picture, { width: side, height: side });
}

/** The colour at a place of a picture, 0 to 1 of its width and height; bilinear. */
export function sampled({ width, height, rgb }: Picture, x: number, y: number): number[] {
  const column = Math.min(width - 1.001, Math.max(0, x * width - 0.5));
  const line = Math.min(height - 1.001, Math.max(0, y * height - 0.5));
  const [left, top] = [Math.floor(column), Math.floor(line)];
  const [across, down] = [column - left, line - top];
  return [0, 1, 2].map((c) => {
    const at = (i: number, j: number) => rgb[3 * ((top + j) * width + left + i) + c]!;
    return (1 - down) * ((1 - across) * at(0, 0) + across * at(1, 0)) +
      down * ((1 - across) * at(0, 1) + across * at(1, 1));
  });
}

/** Runs a script of the shared folder and gives each line that it prints. */
export function reference(script: string, ...args: string[]): Promise<string[]> {
  return python(PYTHONS[0]!, `${SHARED}reference/${script}`, ...args);
}

/** Runs one of the `PYTHONS` and gives each line that it prints. */
export async function python(program: string, ...args: string[]): Promise<string[]> {
  const { stdout, success } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`Cannot run ${args[0]} with ${program}: it ended with an error`);
  return new TextDecoder().decode(stdout).trim().split("\n");
}
