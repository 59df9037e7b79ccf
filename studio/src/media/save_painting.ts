import { request } from "../api/client.ts";
import { Sign } from "../api/operations.ts";
import { save } from "./save.ts";

/** Endings of the files that paintings are saved as here; what moves has WebP and GIF. */
export type SavedFormat = "png" | "jpg" | "avif" | "tiff" | "webp" | "gif";

/**
 * Hands a picture of a transfer to the browser's downloads, which ask for it without a header.
 *
 * @param file `result`, or `frames/STEP`, without its ending.
 * @throws {RequestError}
 */
export async function savePainting(
  id: string,
  file: string,
  format: SavedFormat,
  name = `gramcast-${id}`,
): Promise<void> {
  const { signedUrl } = await request(Sign, { url: `/transfers/${id}/${file}.${format}` });
  save(signedUrl.url, `${name}.${format}`);
}
