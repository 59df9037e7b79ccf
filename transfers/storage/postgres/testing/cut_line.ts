import { POSTGRES } from "./postgres_server.ts";

const SOCKET = ".s.PGSQL.5432";

/** A way to the server over which connections can be cut: what was sent may arrive then, and its answer does not. */
export class CutLine implements AsyncDisposable {
  readonly #directory: string;
  readonly #listener: Deno.UnixListener;
  readonly #ends = new Set<Deno.UnixConn>();
  readonly #accepting: Promise<void>;

  static async open(): Promise<CutLine> {
    return new CutLine(await Deno.makeTempDir({ dir: "/tmp" }));
  }

  private constructor(directory: string) {
    this.#directory = directory;
    this.#listener = Deno.listen({ transport: "unix", path: `${directory}/${SOCKET}` });
    this.#accepting = this.#accept();
  }

  /** The address of a database by this way. */
  url(direct: string): string {
    return direct.replace(/host=.*/, `host=${this.#directory}`);
  }

  /** Cuts some of the connections; each with this probability. Answers how many. */
  cut(probability: number): number {
    const chosen = [...this.#ends].filter(() => Math.random() < probability);
    for (const end of chosen) this.#close(end);
    return chosen.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut(1);
    await this.#accepting;
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #accept(): Promise<void> {
    const carried: Promise<void>[] = [];
    for await (const client of this.#listener) {
      const server = await Deno.connect({ transport: "unix", path: `${POSTGRES!.directory}/${SOCKET}` });
      carried.push(this.#carry(client, server), this.#carry(server, client));
    }
    await Promise.all(carried);
  }

  async #carry(from: Deno.UnixConn, to: Deno.UnixConn): Promise<void> {
    this.#ends.add(from);
    await from.readable.pipeTo(to.writable).catch(() => {});
    this.#close(from);
    this.#close(to);
  }

  #close(end: Deno.UnixConn): void {
    if (!this.#ends.delete(end)) return;
    try {
      end.close();
    } catch {
      // Its other side was faster.
    }
  }
}
