/** The pictures of a transfer, as whatever stands for them: their bytes, ids, or names. */
export interface Pictures<Picture> {
  readonly content: Picture;
  readonly styles: readonly {
    readonly picture: Picture;
    readonly weight: number;
    /** Of its picture, and its region, relative to what `styleScale` says. */
    readonly scale: number;
    readonly mask: Picture | null;
    readonly region: Picture | null;
  }[];
  readonly contentMask: Picture | null;
  readonly initPicture: Picture | null;
}

/**
 * Puts something else in the place of each picture. One after the other: at most one is in work, and the first that is
 * wrong is the one that is reported.
 *
 * @param map Is told the field of a request that names the picture, and of those that have the size of a style its scale;
 * null of those that have the content's.
 */
export async function mapPictures<From, To>(
  { content, styles, contentMask, initPicture }: Pictures<From>,
  map: (picture: From, field: string, scale: number | null) => Promise<To>,
): Promise<Pictures<To>> {
  const optional = async (picture: From | null, field: string, scale: number | null = null) =>
    picture === null ? null : await map(picture, field, scale);
  const mapped: Pictures<To>["styles"][number][] = [];
  const mappedContent = await map(content, "content", null);
  for (const [i, { picture, weight, scale, mask, region }] of styles.entries()) {
    mapped.push({
      picture: await map(picture, `styles.${i}.image`, scale),
      weight,
      scale,
      mask: await optional(mask, `styles.${i}.mask`),
      region: await optional(region, `styles.${i}.region`, scale),
    });
  }
  return {
    content: mappedContent,
    styles: mapped,
    contentMask: await optional(contentMask, "contentMask"),
    initPicture: await optional(initPicture, "init.image"),
  };
}
