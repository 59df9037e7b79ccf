import { type Recipe, type RecipePicture, startInput } from "../../images/recipe.ts";
import type { SampleRecord } from "../api.ts";
import { type ImageRecord, picturesOf, type TransferRecord } from "../types.ts";

/** Where the pictures of a recipe are looked up. */
export interface RecipeSources {
  get(id: string): Promise<ImageRecord | null>;
  samples(): Promise<readonly SampleRecord[]>;
}

/** The recipe of a transfer, as JSON: without ids and times, so that the same painting is the same file. */
export async function recipeOf(record: TransferRecord, images: RecipeSources): Promise<string> {
  const samples = await images.samples();
  const picture = async (id: string): Promise<RecipePicture | null> => {
    const sample = samples.find(({ image }) => image.id === id);
    if (sample) return { sample: sample.name };
    const image = await images.get(id);
    return image && { sha256: image.sha256, width: image.width, height: image.height };
  };
  const request = await startInput(picturesOf(record), record.options, true, picture);
  return JSON.stringify({ weights: record.weightsSha256, request } satisfies Recipe);
}
