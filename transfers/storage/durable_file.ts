import { join } from "node:path";
import { writePieces } from "../file_pieces.ts";

/** Ends the name of a file that is not whole, and of no other. */
export const UNFINISHED = "~";

/**
 * Writes a file that has its name once all of it is on the disk, the name too; the folder has to be there. Where it fails,
 * there may or may not be a file of that name, and never a part of one.
 *
 * @param parts What it holds, one after the other.
 */
export async function writeDurably(folder: string, name: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = join(folder, crypto.randomUUID() + UNFINISHED);
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      for (const part of parts) await writePieces(file, part);
      await file.sync();
    }
    await Deno.rename(temporary, join(folder, name));
  } catch (error) {
    // What stays is seen by its name.
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncNames(folder);
}

/** Waits until the names in a folder are on the disk. Not every system lets one open a folder; there it does without. */
export async function syncNames(path: string): Promise<void> {
  using folder = await Deno.open(path).catch(() => null);
  await folder?.sync();
}
