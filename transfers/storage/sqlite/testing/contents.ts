import { sha256Hex } from "../../../sha256.ts";

/**
 * What is in the files of a folder, as hashes. Without those that hold nothing and the memory that SQLite shares between
 * processes: looking at a database makes them.
 */
export async function contents(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || name.endsWith("-shm")) continue;
    const bytes = await Deno.readFile(`${folder}/${name}`);
    if (bytes.length > 0) found[name] = await sha256Hex(bytes);
  }
  return found;
}
