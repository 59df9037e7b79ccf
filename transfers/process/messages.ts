/**
 * What the server and an engine process say to each other.
 *
 * @module
 */
import type { Losses } from "../../engine/objective/losses.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import type { Picture, Size } from "../../engine/picture.ts";
import type { TransferFailure, Tuning } from "../types.ts";
import type { EngineIdentity, EngineJob } from "./engine.ts";

/** To the engine. */
export type Command =
  /**
   * Parts: content, content mask, start picture, checkpoint, content and result of the frame before, colours, then picture, mask and
   * region of each style.
   */
  | {
    readonly kind: "run";
    readonly options: TransferOptions;
    readonly tunings: readonly Tuning[];
    readonly styles: readonly { readonly weight: number; readonly scale: number }[];
  }
  | { readonly kind: "stop" }
  | { readonly kind: "retune"; readonly tuning: Tuning }
  /** Part: RGB pixels, `CLASSIFIER_SIDE` on each side. */
  | { readonly kind: "classify" };

/** From the engine. */
export type Report =
  | { readonly kind: "ready"; readonly identity: EngineIdentity }
  /** What it has measured of its GPU so far, to be kept for the next process: several times before it is ready. */
  | { readonly kind: "measured"; readonly text: string }
  /** It cannot start; it ends. */
  | { readonly kind: "refused"; readonly failure: TransferFailure }
  /** Part: pixels of the frame, or null. */
  | {
    readonly kind: "step";
    readonly step: number;
    readonly losses: Losses;
    readonly seconds: number;
    readonly size: Size;
  }
  /** Parts: the checkpoint, pixels of the picture. */
  | { readonly kind: "checkpoint"; readonly step: number; readonly size: Size }
  | { readonly kind: "retuned"; readonly tuning: Tuning }
  | { readonly kind: "finished" }
  | { readonly kind: "stopped" }
  /** Part: pixels of the last good picture, or null. */
  | { readonly kind: "failed"; readonly failure: TransferFailure; readonly size: Size }
  /** Something gave way under it; it ends. */
  | { readonly kind: "lost"; readonly failure: TransferFailure }
  /** Part: float32 probabilities. */
  | { readonly kind: "classified" }
  | { readonly kind: "unclassified"; readonly failure: TransferFailure };

/** A job as a command with its parts. */
export function jobCommand(job: EngineJob): [Command, (Uint8Array | null)[]] {
  const { options, tunings, styles } = job;
  return [
    { kind: "run", options, tunings, styles: styles.map(({ weight, scale }) => ({ weight, scale })) },
    [
      job.content,
      job.contentMask,
      job.initPicture,
      job.checkpoint,
      job.before?.content ?? null,
      job.before?.result ?? null,
      job.colors ?? null,
      ...styles.flatMap(({ picture, mask, region }) => [picture, mask, region]),
    ],
  ];
}

/** The job that a command stands for. */
export function commandJob(
  { options, tunings, styles: shares }: Extract<Command, { kind: "run" }>,
  [content, contentMask, initPicture, checkpoint, contentBefore, resultBefore, colors, ...pictures]:
    readonly (Uint8Array | null)[],
): EngineJob {
  return {
    options,
    tunings,
    content: content!,
    styles: shares.map((share, i) => {
      const [picture, mask = null, region = null] = pictures.slice(3 * i, 3 * i + 3);
      return { ...share, picture: picture!, mask, region };
    }),
    contentMask: contentMask ?? null,
    initPicture: initPicture ?? null,
    checkpoint: checkpoint ?? null,
    ...contentBefore && resultBefore ? { before: { content: contentBefore, result: resultBefore } } : {},
    ...colors ? { colors } : {},
  };
}

/** A picture as one part of a message: its RGB, and then its alpha and its RGB of 16 bits where it has them. */
export function pixelsOf({ rgb, alpha, rgb16 }: Picture): Uint8Array {
  if (!alpha && !rgb16) return rgb;
  const fine = rgb16 && new Uint8Array(rgb16.buffer, rgb16.byteOffset, rgb16.byteLength);
  const parts = [rgb, alpha, fine].filter((part) => part !== undefined);
  const pixels = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    pixels.set(part, at);
    at += part.length;
  }
  return pixels;
}

/** A picture from its size and what `pixelsOf()` made of it. */
export function pictureOf({ width, height }: Size, pixels: Uint8Array | null | undefined): Picture | null {
  if (!pixels) return null;
  const count = width * height;
  const [color, fine] = [3 * count, 6 * count];
  // An odd number of values of alpha: only the length says whether there are any.
  const hasAlpha = pixels.length % color !== 0;
  const rest = hasAlpha ? color + count : color;
  return {
    width,
    height,
    rgb: pixels.subarray(0, color),
    ...(hasAlpha ? { alpha: pixels.subarray(color, rest) } : {}),
    // Copied: a message may begin at any byte, its values may not.
    ...(pixels.length > rest ? { rgb16: new Uint16Array(pixels.slice(rest, rest + fine).buffer) } : {}),
  };
}
