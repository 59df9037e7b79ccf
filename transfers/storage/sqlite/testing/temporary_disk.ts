/** A small file system in memory, for tests of full and read-only disks. Only root may mount one, and not everywhere. */
export class TemporaryDisk implements AsyncDisposable {
  readonly directory: string;
  readonly #filling: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.#filling = `${directory}/filling`;
  }

  static async mount(bytes: number): Promise<TemporaryDisk> {
    const directory = await Deno.makeTempDir();
    if (await run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory)) {
      return new TemporaryDisk(directory);
    }
    await Deno.remove(directory);
    throw new Error("Cannot mount a file system");
  }

  /** Leaves not a byte of room. */
  async fill(): Promise<void> {
    using file = await Deno.open(this.#filling, { write: true, create: true });
    for (const size of [65_536, 1]) {
      const bytes = new Uint8Array(size);
      try {
        for (;;) await file.write(bytes);
      } catch (error) {
        if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") throw error;
      }
    }
  }

  /** Takes away what fills it. */
  async makeRoom(): Promise<void> {
    await Deno.remove(this.#filling);
  }

  async makeReadOnly(): Promise<void> {
    if (!await run("mount", "-o", "remount,ro", this.directory)) throw new Error("Cannot mount it again");
  }

  /** Names of the files in a folder. */
  async names(folder: string): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(`${this.directory}/${folder}`))).map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "-l", this.directory);
    await Deno.remove(this.directory);
  }
}

async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Why no file system can be mounted here, for the name of a skipped test; null when one can. */
export const NO_DISK = await TemporaryDisk.mount(2 ** 20).then(
  async (disk) => {
    await disk[Symbol.asyncDispose]();
    return null;
  },
  () => "only root may mount a file system, and not everywhere",
);
