import type { ImageIntake } from "../transfers/api.ts";
import type { StyleRecord } from "../transfers/types.ts";
import type { Context } from "./context.ts";
import { costOfImage, type ImageInputValue, resolveImage } from "./image_input.ts";
import type { StyleInputValue } from "./transfer_inputs.ts";

type Given = ImageInputValue | null | undefined;

/** A style as it was given, with what was left out. */
type GivenStyle = Pick<StyleInputValue, "image" | "mask" | "region"> & Pick<StyleRecord, "weight" | "scale">;

/** What taking pictures in counts in an operation's complexity. */
export function costOfPictures(pictures: readonly Given[]): number {
  return pictures.reduce<number>((sum, picture) => sum + (picture ? costOfImage(picture) : 0), 0);
}

/** All pictures of styles. */
export function picturesOfStyles(styles: readonly StyleInputValue[]): Given[] {
  return styles.flatMap(({ image, mask, region }) => [image, mask, region]);
}

/** Completes styles with what they do not say. */
export function givenStyles(styles: readonly StyleInputValue[]): GivenStyle[] {
  return styles.map(({ image, weight, scale, mask, region }) => ({
    image,
    weight: weight ?? 1,
    // As a request says it that leaves it out: the same idempotencyKey stands for both.
    ...(scale === 1 || scale === null || scale === undefined ? {} : { scale }),
    mask,
    region,
  }));
}

/** Takes in the pictures of a request, whose ids it answers; an input that is given in several places once. */
export class PictureIntake {
  readonly #context: Context;
  readonly #intake: ImageIntake;
  readonly #taken = new Map<ImageInputValue, string>();

  /** @param intake Holds the images until the request is done. */
  constructor(context: Context, intake: ImageIntake) {
    this.#context = context;
    this.#intake = intake;
  }

  /** @param field Path of the input: errors carry it. @throws {GramcastError} As `resolveImage`. */
  async take(image: ImageInputValue, field: string): Promise<string> {
    const known = this.#taken.get(image);
    if (known !== undefined) return known;
    const { id } = await resolveImage(this.#context, this.#intake, image, field);
    this.#taken.set(image, id);
    return id;
  }

  async takeOptional(image: Given, field: string): Promise<string | null> {
    return image ? await this.take(image, field) : null;
  }

  async takeStyles(styles: readonly GivenStyle[], field: string): Promise<StyleRecord[]> {
    const taken: StyleRecord[] = [];
    for (const [i, { image, mask, region, ...share }] of styles.entries()) {
      const imageId = await this.take(image, `${field}.${i}.image`);
      const maskId = await this.takeOptional(mask, `${field}.${i}.mask`);
      taken.push({ ...share, imageId, maskId, regionId: await this.takeOptional(region, `${field}.${i}.region`) });
    }
    return taken;
  }
}
