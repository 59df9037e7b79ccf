import { completeRequestOf, requestOf } from "../engine/options/resolve.ts";
import type { TransferRecord } from "../transfers/types.ts";
import type { Context } from "./context.ts";

/** A picture as `ImageInput` takes it. */
type PictureInput = { readonly sample: string } | { readonly image: string };

/**
 * The `StartTransferInput` that gives a transfer again: its pictures, masks and start picture, its preset, and every option
 * that differs from it, or every one. Samples go by their names, other pictures by their ids.
 */
export async function transferRequest(
  record: TransferRecord,
  complete: boolean,
  { transfers }: Context,
): Promise<object> {
  const samples = await transfers.images.samples();
  const picture = (id: string): PictureInput => {
    const sample = samples.find(({ image }) => image.id === id);
    return sample ? { sample: sample.name } : { image: id };
  };
  const { init, ...options } = complete ? completeRequestOf(record.options) : requestOf(record.options);
  const { contentId, styles, contentMaskId, initImageId } = record;
  return {
    content: picture(contentId),
    styles: styles.map(({ imageId, weight, maskId, regionId = null }) => ({
      image: picture(imageId),
      ...(weight === 1 ? {} : { weight }),
      ...(maskId === null ? {} : { mask: picture(maskId) }),
      ...(regionId === null ? {} : { region: picture(regionId) }),
    })),
    ...options,
    ...(init ? { init: { ...init, ...(initImageId === null ? {} : { image: picture(initImageId) }) } } : {}),
    ...(contentMaskId === null ? {} : { contentMask: picture(contentMaskId) }),
  };
}
