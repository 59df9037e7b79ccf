import { upload } from "../api/client.ts";
import { Upload } from "../api/operations.ts";
import { options } from "../state/catalogue.ts";
import type { Choice } from "../state/choices.ts";
import { IMAGE_FORMATS, mimeTypeOf } from "../../../images/format.ts";

const SENT_AS_IT_IS: readonly string[] = IMAGE_FORMATS.map(mimeTypeOf);
const LARGE_BYTES = 4_000_000;
const QUALITY = 0.92;

/**
 * Sends a picture to the server. One that is very large, or in a format that only this browser reads, is first drawn
 * anew as WebP, which keeps what is transparent.
 *
 * @param progress Called with the share that has been sent, 0 to 1.
 * @throws {RequestError} When the server refuses it.
 */
export async function takeIn(file: File, progress: (share: number) => void): Promise<Choice> {
  const body = await prepared(file);
  const { uploadImage } = await upload(Upload, { image: { upload: null } }, "variables.image.upload", body, progress);
  const { frames, ...image } = uploadImage.image;
  const name = file.name.replace(/\.\w+$/, "") || "Your picture";
  const label = frames > 1 ? `${name} (first of ${frames} frames)` : name;
  return { ...image, input: { image: image.id }, label, description: label };
}

async function prepared(file: File): Promise<Blob> {
  if (SENT_AS_IT_IS.includes(file.type) && file.size <= LARGE_BYTES) return file;
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

/** Longest side in pixels that a result can have: more would be sent for nothing. */
function longestSide(): number {
  return options.value.find(({ name }) => name === "size")?.maximum ?? Infinity;
}

/** The pictures of a drop or a paste. */
export function picturesIn(data: DataTransfer | null): readonly File[] {
  return [...data?.files ?? []].filter((file) => file.type.startsWith("image/") || file.type === "");
}
