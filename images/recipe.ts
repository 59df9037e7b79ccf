import type { TransferOptions } from "../engine/options/options.ts";
import { completeRequestOf, requestOf } from "../engine/options/resolve.ts";
import { mapPictures, type Pictures } from "./pictures.ts";

/** What a painting was made from: the same wherever there are the same pictures and weights. */
export interface Recipe {
  /** SHA-256 of the weights. */
  readonly weights: string | null;
  /** A `StartTransferInput` with every option; its pictures are `RecipePicture`s. */
  readonly request: object;
}

/** A picture in a recipe: a sample by its name, any other by what is in its file. */
export type RecipePicture =
  | { readonly sample: string }
  | { readonly sha256: string; readonly width: number; readonly height: number };

/**
 * The `StartTransferInput` that gives a transfer again: its pictures, masks and start picture, its preset, and every option
 * that differs from it, or every one.
 *
 * @param picture What stands for a picture.
 */
export async function startInput<Picture>(
  pictures: Pictures<Picture>,
  options: TransferOptions,
  complete: boolean,
  picture: (picture: Picture) => Promise<unknown>,
): Promise<object> {
  const { content, styles, contentMask, initPicture } = await mapPictures(pictures, picture);
  const { init, ...rest } = complete ? completeRequestOf(options) : requestOf(options);
  return {
    content,
    styles: styles.map(({ picture: image, weight, scale, mask, region }) => ({
      image,
      ...(weight === 1 ? {} : { weight }),
      ...(scale === 1 ? {} : { scale }),
      ...(mask === null ? {} : { mask }),
      ...(region === null ? {} : { region }),
    })),
    ...rest,
    ...(init ? { init: { ...init, ...(initPicture === null ? {} : { image: initPicture }) } } : {}),
    ...(contentMask === null ? {} : { contentMask }),
  };
}
