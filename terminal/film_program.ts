import type { Config } from "../config.ts";

/** What writes films at the terminal: the program that is named for it, or the one that the PATH leads to. */
export function filmProgram({ ffmpeg }: Config): string {
  return ffmpeg ?? "ffmpeg";
}
