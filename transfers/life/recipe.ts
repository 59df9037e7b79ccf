import { completeRequestOf, requestOf } from "../../engine/options/resolve.ts";
import { mapPictures } from "../../images/pictures.ts";
import type { SampleRecord } from "../api.ts";
import { type ImageRecord, picturesOf, type TransferRecord } from "../types.ts";

/** Where the pictures of a recipe are looked up. */
export interface RecipeSources {
  get(id: string): Promise<ImageRecord | null>;
  samples(): Promise<readonly SampleRecord[]>;
}

/** What a painting was made from: the same on every server that has the same pictures and weights. */
export interface Recipe {
  /** SHA-256 of the weights. */
  readonly weights: string | null;
  /** A `StartTransferInput` with every option, whose pictures go by the name of a sample or by what is in them. */
  readonly request: object;
}

/** A picture in a recipe. */
export type RecipePicture =
  | { readonly sample: string }
  | Pick<ImageRecord, "sha256" | "width" | "height">;

/**
 * The `StartTransferInput` that gives a transfer again: its pictures, masks and start picture, its preset, and every option
 * that differs from it, or every one.
 *
 * @param picture What stands for the image of an id.
 */
export async function requestOfTransfer(
  record: TransferRecord,
  complete: boolean,
  picture: (id: string) => Promise<unknown>,
): Promise<object> {
  const { content, styles, contentMask, initPicture } = await mapPictures(picturesOf(record), picture);
  const { init, ...options } = complete ? completeRequestOf(record.options) : requestOf(record.options);
  return {
    content,
    styles: styles.map(({ picture: image, weight, mask, region }) => ({
      image,
      ...(weight === 1 ? {} : { weight }),
      ...(mask === null ? {} : { mask }),
      ...(region === null ? {} : { region }),
    })),
    ...options,
    ...(init ? { init: { ...init, ...(initPicture === null ? {} : { image: initPicture }) } } : {}),
    ...(contentMask === null ? {} : { contentMask }),
  };
}

/** The recipe of a transfer, as JSON: without ids and times, so that the same painting is the same file. */
export async function recipeOf(record: TransferRecord, images: RecipeSources): Promise<string> {
  const samples = await images.samples();
  const recipe: Recipe = {
    weights: record.weightsSha256,
    request: await requestOfTransfer(record, true, async (id): Promise<RecipePicture | null> => {
      const sample = samples.find(({ image }) => image.id === id);
      if (sample) return { sample: sample.name };
      const image = await images.get(id);
      return image && { sha256: image.sha256, width: image.width, height: image.height };
    }),
  };
  return JSON.stringify(recipe);
}
