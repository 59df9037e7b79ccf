/** The pictures of a transfer, as whatever stands for them: their bytes, ids, or names. */
export interface Pictures<Picture> {
  readonly content: Picture;
  readonly styles: readonly {
    readonly picture: Picture;
    readonly weight: number;
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
 * @param map Is told the field of a request that names the picture, and with which of the two kinds it shares its size.
 */
export async function mapPictures<From, To>(
  { content, styles, contentMask, initPicture }: Pictures<From>,
  map: (picture: From, field: string, kind: "content" | "style") => Promise<To>,
): Promise<Pictures<To>> {
  const optional = async (picture: From | null, field: string, kind: "content" | "style" = "content") =>
    picture === null ? null : await map(picture, field, kind);
  const mapped: Pictures<To>["styles"][number][] = [];
  const mappedContent = await map(content, "content", "content");
  for (const [i, { picture, weight, mask, region }] of styles.entries()) {
    mapped.push({
      picture: await map(picture, `styles.${i}.image`, "style"),
      weight,
      mask: await optional(mask, `styles.${i}.mask`),
      region: await optional(region, `styles.${i}.region`, "style"),
    });
  }
  return {
    content: mappedContent,
    styles: mapped,
    contentMask: await optional(contentMask, "contentMask"),
    initPicture: await optional(initPicture, "init.image"),
  };
}
