import { SILENT_LOG } from "../../../log.ts";
import type { Storage } from "../../ports.ts";
import { openSqliteStorage } from "../open.ts";

/** A data directory that goes with its storage, which can be closed and opened again in between. */
export class TemporaryStorage implements AsyncDisposable {
  readonly directory: string;
  #storage: Storage | null = null;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<TemporaryStorage> {
    const temporary = new TemporaryStorage(await Deno.makeTempDir());
    await temporary.reopen();
    return temporary;
  }

  get storage(): Storage {
    if (this.#storage === null) throw new Error("The storage is closed");
    return this.#storage;
  }

  async close(): Promise<void> {
    await this.#storage?.close();
    this.#storage = null;
  }

  /** As a restart does. */
  async reopen(): Promise<Storage> {
    await this.close();
    return this.#storage = await openSqliteStorage(this.directory, SILENT_LOG);
  }

  /** Path of something in the data directory. */
  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /** Names of the files that hold checkpoints, frames and images, temporary ones too. */
  async files(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.path("files")))).map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}
