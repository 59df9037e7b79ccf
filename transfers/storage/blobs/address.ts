import { fileURLToPath } from "node:url";

/** Where blobs are, as `BLOBS` says it. */
export type BlobAddress =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "s3"; readonly bucket: string; readonly prefix: string };

/** Of a bucket that may be others', too. */
const DEFAULT_PREFIX = "gramcast/";

/** Reads `file:///folder` or `s3://bucket/prefix`; undefined where a text is neither. */
export function parseBlobAddress(text: string): BlobAddress | undefined {
  if (/^file:\/\/\/[^?#]*[^?#/][^?#]*$/.test(text)) {
    const path = folderOf(text);
    return path === undefined ? undefined : { kind: "folder", path };
  }
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./-]*))?$/.exec(text) ?? [];
  const segments = prefix.split("/").filter((segment) => segment !== "");
  if (bucket === undefined || segments.some((segment) => /^\.+$/.test(segment))) return undefined;
  return { kind: "s3", bucket, prefix: segments.map((segment) => `${segment}/`).join("") || DEFAULT_PREFIX };
}

/** Undefined where what is escaped in it is no path: a zero, a slash inside a name, or no text. */
function folderOf(url: string): string | undefined {
  try {
    const path = fileURLToPath(url);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}
