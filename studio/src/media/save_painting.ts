import { request } from "../api/client.ts";
import { Sign } from "../api/operations.ts";
import { save } from "./save.ts";

/** Endings of the files that paintings are saved as here; what moves has the last three. */
export type SavedFormat = "png" | "jpg" | "avif" | "tiff" | "webp" | "gif" | "mp4";

/**
 * Hands a picture of a transfer to the browser's downloads, which ask for it without a header.
 *
 * @param file `result`, or `frames/STEP`, without its ending.
 * @param bits Of a channel; 16 only of a result as PNG.
 * @throws {RequestError}
 */
export async function savePainting(
  id: string,
  file: string,
  format: SavedFormat,
  name = `gramcast-${id}`,
  bits: 8 | 16 = 8,
): Promise<void> {
  const { signedUrl } = await request(Sign, {
    url: `/transfers/${id}/${file}.${format}${bits === 16 ? "?bits=16" : ""}`,
  });
  save(signedUrl.url, `${name}.${format}`);
}
