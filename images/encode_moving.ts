import { Admission } from "./admission.ts";
import type { Timing } from "./timing.ts";
import { ownBytes, sharp } from "./sharp.ts";
import { recipePacket } from "./xmp.ts";

/** Of WebP: at this a painting's strokes show no blocks, and it takes a tenth of what it takes without loss. */
const QUALITY = 90;
/** Each takes a thread for seconds. */
const gifTurns = new Admission({ bytes: 1, places: 2 });
/** Milliseconds that GIF counts in. */
const GIF_TICK = 10;

/**
 * Writes a moving picture as WebP. Works off the event loop; its frames are read one after another.
 *
 * @param frames Pictures as files, all of one size.
 * @param timing As many delays as there are frames.
 * @param recipe What it was made from, for its metadata; null for none.
 */
export async function encodeMoving(
  frames: readonly Uint8Array[],
  { delays, loops }: Timing,
  recipe: string | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const moving = sharp([...frames], { join: { animated: true }, limitInputPixels: false })
    .webp({ quality: QUALITY, smartSubsample: true, delay: [...delays], loop: loops });
  return ownBytes(await (recipe === null ? moving : moving.withXmp(recipePacket(recipe))).toBuffer());
}

/** A moving WebP that was written here as a GIF: of 256 colours, shown as long to a hundredth of a second. */
export async function movingGif(webp: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return await gifTurns.run(0, () => toGif(webp));
}

async function toGif(webp: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const moving = sharp(webp, { animated: true, limitInputPixels: false });
  const { delay, loop } = await moving.metadata();
  // Frames that are all alike have become one, which is shown for no time.
  return ownBytes(
    await (delay && loop !== undefined ? moving.gif({ delay: inTicks(delay), loop }) : moving.gif()).toBuffer(),
  );
}

/** Delays in whole ticks, none so short that it would be shown longer; what is cut off of one goes to the next. */
function inTicks(delays: readonly number[]): number[] {
  let owed = 0;
  return delays.map((delay) => {
    const ticks = Math.max(2, Math.round((delay + owed) / GIF_TICK));
    owed += delay - ticks * GIF_TICK;
    return ticks * GIF_TICK;
  });
}
