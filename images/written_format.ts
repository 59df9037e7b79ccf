/** Formats that pictures are written in, by the usual ending of their files. */
const ENDINGS = { png: "PNG", jpg: "JPEG", webp: "WEBP", avif: "AVIF", tiff: "TIFF", gif: "GIF" } as const;
export type WrittenFormat = (typeof ENDINGS)[keyof typeof ENDINGS];

/** Other endings, and the names that a format goes by beside its ending. */
const ALIASES: Readonly<Record<string, WrittenFormat>> = { jpeg: "JPEG", tif: "TIFF" };

/** The usual endings, for messages and paths. */
export const WRITTEN_ENDINGS: readonly string[] = Object.keys(ENDINGS);

/** The format of an ending without its dot, in any case; null for any other. */
export function formatOfEnding(ending: string): WrittenFormat | null {
  const known: Readonly<Record<string, WrittenFormat>> = { ...ENDINGS, ...ALIASES };
  return Object.hasOwn(known, ending.toLowerCase()) ? known[ending.toLowerCase()]! : null;
}

/** Whether a format is written in 16 bits a channel, too. */
export function isFine(format: WrittenFormat): boolean {
  return format === "PNG" || format === "TIFF";
}

/** The registered media type of a format. */
export function mimeTypeOfWritten(format: WrittenFormat): string {
  return `image/${format.toLowerCase()}`;
}
