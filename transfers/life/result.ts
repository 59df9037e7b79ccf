import { framesIn, stepsBefore } from "../../engine/options/moving_schedule.ts";
import type { Picture } from "../../engine/picture.ts";
import { encodeMoving } from "../../images/encode_moving.ts";
import { encodePicture } from "../../images/encode.ts";
import { readTiming } from "../../images/timing.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { TransferRecord } from "../types.ts";

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
  { id, options, contentId }: TransferRecord,
  last: Picture,
  recipe: string,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly mimeType: string }> {
  const count = framesIn(options);
  if (count === 1) return { bytes: await encodePicture(last, { format: "PNG", recipe }), mimeType: "image/png" };
  const timing = await readTiming(await readImage(contentId));
  const frames: Uint8Array[] = [];
  for (let frame = 0; frame < count; frame++) {
    const bytes = await store.readFrame(id, stepsBefore(options, frame + 1));
    if (bytes === null) throw new Error(`Frame ${frame + 1} of transfer ${id} has been removed`);
    frames.push(bytes);
  }
  return { bytes: await encodeMoving(frames, timing!, recipe), mimeType: "image/webp" };
}
