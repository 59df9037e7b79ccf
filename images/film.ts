import type { Size } from "../engine/picture.ts";
import { ownBytes, sharp } from "./sharp.ts";

/** FFmpeg, as it is started. */
export interface FilmProgram {
  /** Its path or name. */
  readonly command: string;
  /** All variables that it sees; left out: those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A moving picture to be written as a film. */
export interface Footage {
  /** Pictures as files that were written here, all of one size. */
  readonly frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly size: Size;
  /** Milliseconds for which each frame is shown, whole. */
  readonly delays: readonly number[];
}

/** Why a film could not be written. */
export class FilmFailure extends Error {}

/** Of a film: at this a painting's strokes show no blocks. */
const RATE_FACTOR = "18";
/** Characters of what FFmpeg says that are kept: the last tell why. */
const MOST_SAID = 2000;
/** Milliseconds for which that is waited for once it has ended: what it has started may hold its stderr open. */
const LAST_WORDS_MILLISECONDS = 1000;

/**
 * Writes a film: H.264 with 4:2:0 in an MP4 that plays while it loads, each frame shown as long as it is told. Odd sides
 * get a pixel more, a copy of their edge, and what is transparent lies over white, as in a JPEG. The same frames give the same bytes.
 *
 * FFmpeg reads nothing but bare pixels from its standard input: no file, and nothing that somebody else has made.
 *
 * @param path Of the file; a path that FFmpeg may write. Whoever asks removes what is there after a failure.
 * @param signal Ends FFmpeg at once.
 * @throws {FilmFailure} In FFmpeg's words. @throws What `signal` is aborted with.
 */
export async function writeFilm(
  program: FilmProgram,
  { frames, size, delays }: Footage,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const even = { width: size.width + size.width % 2, height: size.height + size.height % 2 };
  const child = start(program, filmArguments(even, delays, path));
  const end = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  signal.addEventListener("abort", end);
  const lastWords = listen(child.stderr);
  try {
    const fed = feed(child.stdin, frames, even);
    // What cannot be sent any more is told by how it ends; what cannot be read ends it.
    fed.catch(end);
    const { success } = await child.status;
    signal.throwIfAborted();
    await fed.catch((error) => {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      if (success) throw new FilmFailure("it ended before it had all frames", { cause: error });
    });
    if (!success) throw new FilmFailure((await lastWords()).trim() || "it ended without a word");
  } finally {
    signal.removeEventListener("abort", end);
    await lastWords();
  }
}

/** @throws {FilmFailure} */
function start({ command, env }: FilmProgram, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(command, {
      args: [...args],
      ...(env === undefined ? {} : { env: { ...env }, clearEnv: true }),
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new FilmFailure(cause instanceof Deno.errors.NotFound ? "found no such program" : "it may not be started", {
      cause,
    });
  }
}

function filmArguments({ width, height }: Size, delays: readonly number[], path: string): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-protocol_whitelist", "pipe"],
    ...["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", `${width}x${height}`],
    ...["-framerate", "1000", "-i", "pipe:0"],
    ...["-vf", `setpts=${shownAt(delays)},scale=out_color_matrix=bt709:out_range=tv,format=yuv420p`],
    // How long the last is shown follows from no other.
    ...["-bsf:v", `setts=duration=if(eq(N\\,${delays.length - 1})\\,${delays.at(-1)}\\,DURATION)`],
    ...["-fps_mode", "vfr", "-enc_time_base", "1:1000", "-video_track_timescale", "1000"],
    // The engine wants the cores. Without B frames no player has to be told to begin later.
    ...[
      "-c:v",
      "libx264",
      "-preset",
      "medium",
      "-crf",
      RATE_FACTOR,
      "-bf",
      "0",
      "-rc-lookahead",
      "10",
      "-threads",
      "1",
    ],
    ...["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "iec61966-2-1", "-color_range", "tv"],
    ...["-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", "-f", "mp4", "-y", `file:${path}`],
  ];
}

/** An expression for the milliseconds at which frame `N` is shown first: halves of halves, as FFmpeg reads no deep ones. */
function shownAt(delays: readonly number[]): string {
  let time = 0;
  const times = delays.map((delay) => (time += delay) - delay);
  const between = (first: number, last: number): string => {
    if (first === last) return String(times[first]);
    const middle = Math.ceil((first + last) / 2);
    return `if(lt(N\\,${middle})\\,${between(first, middle - 1)}\\,${between(middle, last)})`;
  };
  return between(0, delays.length - 1);
}

/** Writes the pixels of all frames. */
async function feed(
  input: WritableStream<Uint8Array<ArrayBuffer>>,
  frames: Footage["frames"],
  size: Size,
): Promise<void> {
  const writer = input.getWriter();
  try {
    for await (const frame of frames) await writer.write(await pixelsOf(frame, size));
  } finally {
    await writer.close().catch(() => {});
  }
}

/** RGB of a frame, its edge copied as far as it is too small. */
async function pixelsOf(frame: Uint8Array, { width, height }: Size): Promise<Uint8Array<ArrayBuffer>> {
  const picture = sharp(frame).flatten({ background: "#ffffff" }).toColourspace("srgb");
  const { width: own, height: high } = await picture.metadata();
  const filled = picture.extend({ right: width - own, bottom: height - high, extendWith: "copy" });
  return ownBytes(await filled.raw().toBuffer());
}

/** Reads what is said on a stream. @returns What gives the last of it, when the process that it is of has ended. */
function listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>): () => Promise<string> {
  let said = "";
  const hear = new WritableStream<string>({ write: (text) => void (said = (said + text).slice(-MOST_SAID)) });
  const enough = new AbortController();
  const heard = stream.pipeThrough(new TextDecoderStream()).pipeTo(hear, { signal: enough.signal }).catch(() => {});
  return async () => {
    const timer = setTimeout(() => enough.abort(), LAST_WORDS_MILLISECONDS);
    await heard;
    clearTimeout(timer);
    return said;
  };
}
