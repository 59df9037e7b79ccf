import { readApng } from "./apng.ts";
import { readMetadata } from "./decode.ts";
import { recogniseFormat } from "./format.ts";

/** When the frames of a moving picture are shown. */
export interface Timing {
  /** Milliseconds for which each frame is shown, whole, at least `SHORTEST_DELAY`. */
  readonly delays: readonly number[];
  /** How often all of them are shown; 0 for ever. */
  readonly loops: number;
}

/** Milliseconds. Whatever is shorter browsers show for `USUAL_DELAY`: files say 0 that mean nothing by it. */
const SHORTEST_DELAY = 11;
const USUAL_DELAY = 100;
/** Longest that the files which are written here can say, in milliseconds. */
const LONGEST_DELAY = 65_535;
const MOST_LOOPS = 65_535;

/**
 * Reads when the frames of a moving picture are shown.
 *
 * @param bytes A picture whose header has been read.
 * @returns Null for a picture that stands still: of one frame, or of a format whose pages are no frames in time.
 * @throws {GramcastError} IMAGE_UNREADABLE
 */
export async function readTiming(bytes: Uint8Array): Promise<Timing | null> {
  const { delays, loops } = await timingOf(bytes);
  if (delays.length < 2) return null;
  return {
    delays: delays.map((delay) => delay < SHORTEST_DELAY ? USUAL_DELAY : Math.min(LONGEST_DELAY, Math.round(delay))),
    loops: Math.min(MOST_LOOPS, loops),
  };
}

async function timingOf(bytes: Uint8Array): Promise<Timing> {
  const format = recogniseFormat(bytes);
  switch (format) {
    case "PNG": {
      const apng = readApng(bytes);
      return { delays: apng?.frames.map(({ delay }) => delay) ?? [], loops: apng?.loops ?? 0 };
    }
    case "GIF":
    case "WebP": {
      const { delay, loop, pages = 1 } = await readMetadata(bytes, format);
      return { delays: Array.from({ length: pages }, (_, i) => delay?.[i] ?? 0), loops: loop ?? 0 };
    }
    default:
      return { delays: [], loops: 0 };
  }
}
