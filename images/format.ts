/** Formats that are read, by the name that people know. */
export const IMAGE_FORMATS = ["PNG", "JPEG", "GIF", "TIFF", "WebP", "AVIF"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** For messages: the accepted formats as a list in words. */
export const ACCEPTED_FORMATS = "PNG, JPEG, GIF, TIFF, WebP or AVIF";

const MIME_TYPES: Readonly<Record<ImageFormat, string>> = {
  PNG: "image/png",
  JPEG: "image/jpeg",
  GIF: "image/gif",
  TIFF: "image/tiff",
  WebP: "image/webp",
  AVIF: "image/avif",
};

/** The registered media type of a format. */
export function mimeTypeOf(format: ImageFormat): string {
  return MIME_TYPES[format];
}

interface Signature {
  readonly format: string;
  readonly offset: number;
  /** Latin-1 text, one character a byte. */
  readonly magic: string;
}

/** First match wins. Formats that are only named so that they can be refused by name come after the accepted ones. */
const SIGNATURES: readonly Signature[] = [
  { format: "PNG", offset: 0, magic: "\x89PNG\r\n\x1a\n" },
  { format: "JPEG", offset: 0, magic: "\xff\xd8\xff" },
  { format: "GIF", offset: 0, magic: "GIF87a" },
  { format: "GIF", offset: 0, magic: "GIF89a" },
  { format: "TIFF", offset: 0, magic: "II*\0" },
  { format: "TIFF", offset: 0, magic: "MM\0*" },
  { format: "TIFF", offset: 0, magic: "II+\0" },
  { format: "TIFF", offset: 0, magic: "MM\0+" },
  { format: "WebP", offset: 8, magic: "WEBP" },
  { format: "PDF", offset: 0, magic: "%PDF" },
  { format: "BMP", offset: 0, magic: "BM" },
  { format: "PSD", offset: 0, magic: "8BPS" },
  { format: "ICO", offset: 0, magic: "\0\0\x01\0" },
  { format: "JPEG XL", offset: 0, magic: "\xff\x0a" },
  { format: "JPEG XL", offset: 4, magic: "JXL " },
  { format: "JPEG 2000", offset: 4, magic: "jP  " },
  { format: "OpenEXR", offset: 0, magic: "\x76\x2f\x31\x01" },
  { format: "PostScript", offset: 0, magic: "%!PS" },
  { format: "ZIP", offset: 0, magic: "PK\x03\x04" },
  { format: "gzip", offset: 0, magic: "\x1f\x8b" },
];

/** Bytes that `recogniseFormat` looks at. */
const HEAD_BYTES = 512;

/**
 * Names the format of a file by its first bytes, for the formats that are accepted and the commonest that are not.
 *
 * @returns The name, or undefined when nothing fits.
 */
export function recogniseFormat(bytes: Uint8Array): string | undefined {
  const head = latin1(bytes.subarray(0, HEAD_BYTES));
  const found = SIGNATURES.find(({ offset, magic }) => head.startsWith(magic, offset));
  if (found) return found.format === "WebP" && !head.startsWith("RIFF") ? undefined : found.format;
  if (head.startsWith("ftyp", 4)) return mediaBrand(head);
  // Text formats may begin with a byte order mark, blanks, a prologue or comments.
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^<(\?xml|!--|!doctype svg|svg)/i.test(text) && /<svg|svg\b/i.test(text)) return "SVG";
  if (/^<(!doctype html|html|head|body)/i.test(text)) return "HTML";
  return undefined;
}

/** Whether a name that `recogniseFormat` gave is one of the accepted formats. */
export function isAccepted(format: string | undefined): format is ImageFormat {
  return (IMAGE_FORMATS as readonly string[]).includes(format ?? "");
}

/** An ISO base media file says what it is by its brands: the main one, a version, then those it is compatible with. */
function mediaBrand(head: string): string {
  const size = (head.charCodeAt(2) << 8) | head.charCodeAt(3);
  const brands = [head.slice(8, 12), ...(head.slice(16, size).match(/.{4}/gs) ?? [])];
  if (brands.includes("avif") || brands.includes("avis")) return "AVIF";
  return brands.some((brand) => /^(hei|hev|mif1|msf1)/.test(brand)) ? "HEIC" : "MP4";
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
