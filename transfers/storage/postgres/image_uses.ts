import type { Queries } from "./client.ts";

/**
 * Has a transfer use images besides those that it uses already, as part of the transaction that names them in its record.
 * Built-in samples are in no table, and so are not looked for in one.
 *
 * @param transfer Its ordinal.
 */
export async function useImages(queries: Queries, transfer: number, images: readonly string[]): Promise<void> {
  // What removes one of these waits, and then finds the use.
  await queries.run("SELECT 1 FROM images WHERE id = ANY ($1::text[]) ORDER BY id FOR KEY SHARE", images);
  await queries.run(
    `INSERT INTO transfer_images (transfer, image) SELECT $1::bigint, image FROM unnest($2::text[]) AS image
     ON CONFLICT DO NOTHING`,
    transfer,
    images,
  );
}
