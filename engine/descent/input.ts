import { combineLuma, matchColors, toGrey } from "../objective/color.ts";
import type { TransferOptions } from "../options/options.ts";
import type { Picture, Size } from "../picture.ts";

/** A style picture with its share of the style, and where in the result it is to be. */
export interface StylePicture {
  readonly picture: Picture;
  /** Relative to the other styles'. */
  readonly weight: number;
  /** White where the style counts, black where not; of any size. Left out: everywhere. */
  readonly mask?: Picture;
}

/** What an optimisation is made from. Pictures have their own sizes; the schedule scales them. */
export interface OptimisationInput {
  readonly options: TransferOptions;
  readonly content: Picture;
  readonly styles: readonly StylePicture[];
  /** White where the content counts. */
  readonly contentMask?: Picture;
  /** The start picture of `init.kind` IMAGE. */
  readonly initPicture?: Picture;
}

/** Scales a picture to exactly `size`, with a filter that neither blurs nor aliases. */
export type Resize = (picture: Picture, size: Size) => Promise<Picture>;

/** The pictures as the network is to see them under the colour option. */
export function prepareColors(input: OptimisationInput): OptimisationInput {
  const { options, content, styles, initPicture } = input;
  switch (options.color) {
    case "STYLE":
      return input;
    case "MATCH":
      return { ...input, styles: styles.map((style) => ({ ...style, picture: matchColors(style.picture, content) })) };
    case "LUMINANCE":
      return {
        ...input,
        content: toGrey(content),
        styles: styles.map((style) => ({ ...style, picture: toGrey(style.picture) })),
        ...(initPicture ? { initPicture: toGrey(initPicture) } : {}),
      };
  }
}

/** The optimiser's picture as it is shown under the colour option; `content` has its size and its own colours. */
export function finishColors(options: TransferOptions, picture: Picture, content: Picture): Picture {
  return options.color === "LUMINANCE" ? combineLuma(picture, content) : picture;
}
