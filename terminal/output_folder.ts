import { join } from "node:path";
import { GramcastError } from "../errors.ts";

/** A folder in which every file is whole: each is written under another name and then put in place. */
export class OutputFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes the folder where there is none. @throws {GramcastError} BAD_USER_INPUT when that cannot be. */
  static async create(path: string): Promise<OutputFolder> {
    await explained(path, () => Deno.mkdir(path, { recursive: true }));
    return new OutputFolder(path);
  }

  /** @returns The path of the file. @throws {GramcastError} BAD_USER_INPUT when it cannot be written. */
  async write(name: string, content: Uint8Array | string): Promise<string> {
    const path = join(this.#path, name);
    const temporary = `${path}.part`;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await explained(this.#path, async () => {
      try {
        await Deno.writeFile(temporary, bytes);
        await Deno.rename(temporary, path);
      } catch (error) {
        await Deno.remove(temporary).catch(() => {});
        throw error;
      }
    });
    return path;
  }
}

async function explained(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const found = cause instanceof Error ? cause.message.split(/ \(os error|: /)[0] : String(cause);
    const message = `Cannot write to "${path}": found ${found}, wanted a folder that can be written`;
    throw new GramcastError("BAD_USER_INPUT", message, { cause });
  }
}
