import { carry } from "../motion/carry.ts";
import type { FrameBefore } from "../motion/frame_before.ts";
import { combineLuma, isGrey, matchColors, toGrey } from "../objective/color.ts";
import type { Mask } from "../objective/objective.ts";
import type { ColorMode, TransferOptions } from "../options/options.ts";
import { fillTransparent, withAlphaOf } from "../objective/transparency.ts";
import type { Picture, Size } from "../picture.ts";

/** A style picture with its share of the style, and where in the result it is to be. */
interface StylePicture {
  readonly picture: Picture;
  /** Relative to the other styles'. */
  readonly weight: number;
  /** Factor on the size that it is looked at in, see `styleSide()`. Left out: 1. */
  readonly scale?: number;
  /** White where in the result the style counts, black where not; of any size, as all masks. Without one: everywhere. */
  readonly mask?: Picture | null;
  /** White where the style picture counts, black where not. Without one: all of it that is not transparent. */
  readonly region?: Picture | null;
}

/** What an optimisation is made from. Pictures have their own sizes; the schedule scales them. */
export interface OptimisationInput {
  readonly options: TransferOptions;
  readonly content: Picture;
  readonly styles: readonly StylePicture[];
  /** White where the content counts. */
  readonly contentMask?: Picture | null;
  /** The start picture of `init.kind` IMAGE. */
  readonly initPicture?: Picture | null;
  /** The picture whose colours the styles get with `color` MATCH. Left out: the content. */
  readonly colors?: Picture | null;
  /** Where the result is to stay near to the start picture, by `temporalWeight`. Left out: nowhere. */
  readonly kept?: Mask | null;
}

/** What a frame of a moving picture is made from. */
export interface FrameInput extends OptimisationInput {
  /** What it begins with, in place of what the options say. Left out for the first frame, and where nothing moves. */
  readonly before?: FrameBefore<Picture> | null;
}

/** Scales a picture to exactly `size`, with a filter that neither blurs nor aliases. */
export type Resize = (picture: Picture, size: Size) => Promise<Picture>;

/** A frame as an input of its own: it begins with what was painted of the frame before, and keeps what is still there. */
export async function carryOver({ before, ...input }: FrameInput, resize: Resize): Promise<OptimisationInput> {
  if (!before) return input;
  const size = input.options.scales.at(-1)!;
  const sized = (picture: Picture) => resize(fillTransparent(picture), size);
  const { picture, visible } = carry(await sized(input.content), {
    content: await sized(before.content),
    result: await sized(before.result),
  });
  const options = { ...input.options, init: { kind: "IMAGE", noise: 0 } } as const;
  return { ...input, options, initPicture: picture, kept: visible };
}

/** The pictures with colours where they are transparent, see `fillTransparent()`; their alpha stays. */
export function fillGaps(input: OptimisationInput): OptimisationInput {
  const { content, styles, initPicture } = input;
  return {
    ...input,
    content: fillTransparent(content),
    styles: styles.map((style) => ({ ...style, picture: fillTransparent(style.picture) })),
    ...(initPicture ? { initPicture: fillTransparent(initPicture) } : {}),
  };
}

/**
 * Where the result's colours come from: what was asked for, but where neither content nor styles have any, there are none to
 * be found. The network would, as any tint that brings its features nearer to the style's pays.
 */
export function colorModeOf({ options, content, styles }: OptimisationInput): ColorMode {
  const colourless = isGrey(content) && styles.every(({ picture }) => isGrey(picture));
  return colourless ? "LUMINANCE" : options.color;
}

/** The pictures as the network is to see them in a colour mode. */
export function prepareColors(input: OptimisationInput, color: ColorMode): OptimisationInput {
  const { content, styles, initPicture } = input;
  const colors = input.colors ?? content;
  switch (color) {
    case "STYLE":
      return input;
    case "MATCH":
      return { ...input, styles: styles.map((style) => ({ ...style, picture: matchColors(style.picture, colors) })) };
    case "LUMINANCE":
      return {
        ...input,
        content: toGrey(content),
        styles: styles.map((style) => ({ ...style, picture: toGrey(style.picture) })),
        ...(initPicture ? { initPicture: toGrey(initPicture) } : {}),
      };
  }
}

/** The optimiser's picture as it is shown in a colour mode; `content` has its size, its own colours, and its alpha. */
export function finish(color: ColorMode, picture: Picture, content: Picture): Picture {
  return withAlphaOf(color === "LUMINANCE" ? combineLuma(picture, content) : picture, content);
}
