import { applyPalette, GIFEncoder, quantize } from "gifenc";
import { thin } from "./thin.ts";

/** A frame's picture on the server. */
interface FilmFrame {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

const MOST_FRAMES = 120;
const FRAMES_PER_SECOND = 12;
/** Seconds for which the finished picture stays. */
const HOLD_SECONDS = 1.5;
const LONGEST_SIDE = 480;
const COLOURS = 256;

/**
 * Makes an animated GIF of frames, coarse ones enlarged to the size of the last. Of many, some are left out: what took a step
 * little work, as coarse sizes do, takes little of the film.
 *
 * @param progress Called with the share that is done, 0 to 1.
 * @throws {Error} When there is no frame, or one cannot be fetched.
 */
export async function makeFilm(frames: readonly FilmFrame[], progress: (share: number) => void): Promise<Blob> {
  const last = frames.at(-1);
  if (!last) throw new Error("Cannot make a film: found no frame, wanted at least one");
  const scale = Math.min(1, LONGEST_SIDE / Math.max(last.width, last.height));
  const canvas = document.createElement("canvas");
  const width = canvas.width = Math.max(1, Math.round(last.width * scale));
  const height = canvas.height = Math.max(1, Math.round(last.height * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  const encoder = GIFEncoder();
  const chosen = thin(frames, MOST_FRAMES, ({ width, height }) => width * height);
  for (const [index, { url }] of chosen.entries()) {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob());
    pen.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const { data } = pen.getImageData(0, 0, width, height);
    const palette = quantize(data, COLOURS);
    const seconds = index === chosen.length - 1 ? HOLD_SECONDS : 1 / FRAMES_PER_SECOND;
    encoder.writeFrame(applyPalette(data, palette), width, height, { palette, delay: seconds * 1000 });
    progress((index + 1) / chosen.length);
    // The page stays usable between two frames.
    await new Promise((resolve) => setTimeout(resolve));
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}
