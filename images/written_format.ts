/** Formats that pictures are written in, by the usual ending of their files. */
const ENDINGS = { png: "PNG", jpg: "JPEG", webp: "WEBP", avif: "AVIF", tiff: "TIFF", gif: "GIF" } as const;
export type WrittenFormat = (typeof ENDINGS)[keyof typeof ENDINGS];

/** Other endings, and the names that a format goes by beside its ending. */
const ALIASES: Readonly<Record<string, WrittenFormat>> = { jpeg: "JPEG", tif: "TIFF" };

/** A format of pictures, or that of films, which only what moves has. */
export type FileFormat = WrittenFormat | "MP4";
/** Formats that hold all of what moves, that of results first. */
export const MOVING_FORMATS = ["WEBP", "GIF", "MP4"] as const satisfies readonly FileFormat[];
export type MovingFormat = (typeof MOVING_FORMATS)[number];

/** The usual endings, for messages and paths. */
export const WRITTEN_ENDINGS: readonly string[] = Object.keys(ENDINGS);

/** The format of an ending without its dot, in any case; null for any other. */
export function formatOfEnding(ending: string): WrittenFormat | null {
  const known: Readonly<Record<string, WrittenFormat>> = { ...ENDINGS, ...ALIASES };
  return Object.hasOwn(known, ending.toLowerCase()) ? known[ending.toLowerCase()]! : null;
}

/** As `formatOfEnding`, that of films included. */
export function fileFormatOfEnding(ending: string): FileFormat | null {
  return ending.toLowerCase() === "mp4" ? "MP4" : formatOfEnding(ending);
}

/** Whether a format holds what moves. */
export function isMoving(format: FileFormat): format is MovingFormat {
  return MOVING_FORMATS.some((moving) => moving === format);
}

/** Whether a format is written in 16 bits a channel, too. */
export function isFine(format: FileFormat): format is "PNG" | "TIFF" {
  return format === "PNG" || format === "TIFF";
}

/** The registered media type of a format. */
export function mimeTypeOfWritten(format: FileFormat): string {
  return `${format === "MP4" ? "video" : "image"}/${format.toLowerCase()}`;
}
