import type { FrameEncoder as EncodesPictures } from "../images/frame_encoder.ts";
import type { FrameEncoder } from "../schema/context.ts";

/** Encodes the frames of transfers, each in each form once: a step of a transfer always means the same pixels. */
export function frameEncoder(pictures: EncodesPictures): FrameEncoder {
  return {
    encode: (frame, options) =>
      pictures.encode(
        `${frame.transferId}/${frame.step}`,
        options,
        () => options.bits === 16 ? frame.finest() : frame.picture(),
      ),
  };
}
