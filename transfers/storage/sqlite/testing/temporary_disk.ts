/** A small file system in memory, for tests of full and read-only disks. Only root may mount one, and not everywhere. */
export class TemporaryDisk implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Null where nothing can be mounted. */
  static async mount(bytes: number): Promise<TemporaryDisk | null> {
    const directory = await Deno.makeTempDir();
    if (await run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory)) {
      return new TemporaryDisk(directory);
    }
    await Deno.remove(directory);
    return null;
  }

  /** Leaves not a byte of room. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.directory}/filling`, { write: true, create: true });
    for (const size of [65_536, 1]) {
      const bytes = new Uint8Array(size);
      try {
        for (;;) await file.write(bytes);
      } catch (error) {
        if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") throw error;
      }
    }
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
