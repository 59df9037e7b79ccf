import { missingProgram } from "../../tests/testing/test_where.ts";
import { encodePicture } from "../encode.ts";

/** Why films cannot be written and looked at here; null where they can. */
export const NO_FFMPEG: string | null = await missingProgram("ffmpeg", "ffprobe");

/** FFmpeg as it is found here. */
export const FFMPEG = { command: "ffmpeg" } as const;

/** What is said of a film. */
export interface FilmFacts {
  readonly codec: string;
  readonly pixels: string;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  /** Milliseconds at which each frame is shown first, and for which it is shown. */
  readonly shown: readonly (readonly [at: number, long: number])[];
}

export async function factsOf(film: Uint8Array<ArrayBuffer>): Promise<FilmFacts> {
  const entries = "stream=codec_name,pix_fmt,width,height:packet=pts_time,duration_time:format=duration";
  const text = await output("ffprobe", film, ["-v", "error", "-show_entries", entries, "-of", "json"]);
  const { streams: [stream], packets, format } = JSON.parse(new TextDecoder().decode(text));
  const milliseconds = (seconds: string) => Math.round(1000 * Number(seconds));
  return {
    codec: stream.codec_name,
    pixels: stream.pix_fmt,
    width: stream.width,
    height: stream.height,
    duration: Number(format.duration),
    shown: packets.map((packet: { pts_time: string; duration_time: string }) => [
      milliseconds(packet.pts_time),
      milliseconds(packet.duration_time),
    ]),
  };
}

/** RGB of all frames of a film, one after the other. */
export function pixelsOf(film: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-fps_mode", "passthrough", "-"];
  return output("ffmpeg", film, ["-v", "error", "-i"], raw);
}

/** A picture of one colour, as a PNG file. */
export function plain(colour: readonly number[], width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!);
  return encodePicture({ width, height, rgb }, { format: "PNG" });
}

/** A program that takes the place of FFmpeg: a shell's script, to which `$film` is the path of the film. */
export async function fakeProgram(folder: string, script: string): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.sh`;
  const film = 'for film in "$@"; do :; done; film=${film#file:}';
  await Deno.writeTextFile(path, `#!/bin/sh\n${film}\n${script}\n`, { mode: 0o700 });
  return path;
}

/** What a program that reads a film writes. @param args What stands around the film's path. */
async function output(
  program: string,
  film: Uint8Array<ArrayBuffer>,
  ...[before, after]: readonly (readonly string[])[]
): Promise<Uint8Array> {
  const path = await Deno.makeTempFile({ suffix: ".mp4" });
  try {
    await Deno.writeFile(path, film);
    const args = [...before!, path, ...after ?? []];
    const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return stdout;
  } finally {
    await Deno.remove(path);
  }
}
