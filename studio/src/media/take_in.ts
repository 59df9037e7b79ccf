import { upload } from "../api/client.ts";
import { Upload } from "../api/operations.ts";
import { options } from "../state/catalogue.ts";
import type { Choice } from "../state/choices.ts";
import { IMAGE_FORMATS, mimeTypeOf } from "../../../images/format.ts";

const SENT_AS_IT_IS: readonly string[] = IMAGE_FORMATS.map(mimeTypeOf);
/** Formats whose every frame can be painted. */
const MAY_MOVE: readonly string[] = (["GIF", "PNG", "WebP"] as const).map(mimeTypeOf);
/** Where a file says that it moves. */
const HEAD_BYTES = 65_536;
const LARGE_BYTES = 4_000_000;
const QUALITY = 0.92;

/**
 * Sends a picture to the server. One that is very large, or in a format that only this browser reads, is first drawn
 * anew as WebP, which keeps what is transparent; not one that moves.
 *
 * @param progress Called with the share that has been sent, 0 to 1.
 * @throws {RequestError} When the server refuses it.
 */
export async function takeIn(file: File, progress: (share: number) => void): Promise<Choice> {
  const body = await prepared(file);
  const { uploadImage } = await upload(Upload, { image: { upload: null } }, "variables.image.upload", body, progress);
  const { frames, mimeType, ...image } = uploadImage.image;
  const name = file.name.replace(/\.\w+$/, "") || "Your picture";
  const movingFrames = movingFramesOf({ frames, mimeType });
  const label = frames > 1 && !movingFrames ? `${name} (first of ${frames} frames)` : name;
  return {
    ...image,
    input: { image: image.id },
    label,
    description: label,
    ...(movingFrames ? { movingFrames } : {}),
  };
}

/** How many frames of a picture can be painted one after the other; 0 for one that does not move. */
export function movingFramesOf({ frames, mimeType }: { readonly frames: number; readonly mimeType: string }): number {
  return frames > 1 && MAY_MOVE.includes(mimeType) ? frames : 0;
}

async function prepared(file: File): Promise<Blob> {
  if (SENT_AS_IT_IS.includes(file.type) && file.size <= LARGE_BYTES) return file;
  // Drawn anew, it would stand still.
  if (await moves(file)) return file;
  // What cannot be read here, the server may read, and else it says why not.
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const scale = Math.min(1, longestSide() / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d")!;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return await canvas.convertToBlob({ type: "image/webp", quality: QUALITY });
}

/** Whether a file says that it has several frames, or is a GIF, which may. */
async function moves(file: File): Promise<boolean> {
  if (!MAY_MOVE.includes(file.type)) return false;
  const head = new TextDecoder("latin1").decode(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return head.startsWith("GIF8") || head.includes(file.type === "image/png" ? "acTL" : "ANIM");
}

/** Longest side in pixels that a result can have: more would be sent for nothing. */
function longestSide(): number {
  return options.value.find(({ name }) => name === "size")?.maximum ?? Infinity;
}

/** The pictures of a drop or a paste. */
export function picturesIn(data: DataTransfer | null): readonly File[] {
  return [...data?.files ?? []].filter((file) => file.type.startsWith("image/") || file.type === "");
}
