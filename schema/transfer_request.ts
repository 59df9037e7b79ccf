import { startInput } from "../images/recipe.ts";
import { picturesOf, type TransferRecord } from "../transfers/types.ts";
import type { Context } from "./context.ts";

/** A picture as `ImageInput` takes it. */
type PictureInput = { readonly sample: string } | { readonly image: string };

/** `startInput` with samples by their names, and other pictures by their ids. */
export async function transferRequest(
  record: TransferRecord,
  complete: boolean,
  { transfers }: Context,
): Promise<object> {
  const samples = await transfers.images.samples();
  return await startInput(picturesOf(record), record.options, complete, (id): Promise<PictureInput> => {
    const sample = samples.find(({ image }) => image.id === id);
    return Promise.resolve(sample ? { sample: sample.name } : { image: id });
  });
}
