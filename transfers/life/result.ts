import { framesIn } from "../../engine/options/moving_schedule.ts";
import type { Picture } from "../../engine/picture.ts";
import { encodeMoving } from "../../images/encode_moving.ts";
import { encodePicture } from "../../images/encode.ts";
import { readTiming } from "../../images/timing.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { TransferRecord } from "../types.ts";
import { paintedFrames } from "./painted_frames.ts";

export interface ResultSources {
  readonly store: TransferStore;
  /** Bytes of an image that a transfer uses. */
  readonly readImage: (id: string) => Promise<Uint8Array>;
}

/**
 * The file that a transfer has come to: a PNG; of a moving content a WebP of all frames that were painted, shown when the
 * content's are.
 *
 * @param last Its last picture.
 * @param recipe What it was made from, for its metadata.
 */
export async function makeResult(
  { store, readImage }: ResultSources,
  record: TransferRecord,
  last: Picture,
  recipe: string,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly mimeType: string }> {
  if (framesIn(record.options) === 1) {
    return { bytes: await encodePicture(last, { format: "PNG", recipe }), mimeType: "image/png" };
  }
  const timing = await readTiming(await readImage(record.contentId));
  const frames = await Array.fromAsync(paintedFrames(store, record));
  return { bytes: await encodeMoving(frames, timing!, recipe), mimeType: "image/webp" };
}
