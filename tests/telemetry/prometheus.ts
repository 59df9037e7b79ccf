/** Debian's Prometheus with the example's configuration, for a server of the test's own. */
import { freePort } from "../testing/free_port.ts";
import { missingProgram } from "../testing/test_where.ts";

const EXAMPLE = new URL("../../examples/grafana/prometheus.yml", import.meta.url);

/** Why there is none here; null where there is. */
export const NO_PROMETHEUS = await missingProgram("prometheus");

/** A value of a query; what a metric has no value for is NaN. */
interface Sample {
  readonly value: readonly [seconds: number, value: string];
}

/** A Prometheus that looks at a server every second. */
export class Prometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: Deno.ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /** @param server Its address. */
  static async start(server: string): Promise<Prometheus> {
    const folder = await Deno.makeTempDir({ prefix: "gramcast-prometheus-" });
    const example = await Deno.readTextFile(EXAMPLE);
    const config = example.replace("127.0.0.1:4000", new URL(server).host).replace("15s", "1s");
    await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
    const port = freePort();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`);
    await prometheus.#ready();
    return prometheus;
  }

  /**
   * The values of a query now.
   *
   * @throws {Error} with what Prometheus says where it cannot be read.
   */
  async query(expression: string): Promise<number[]> {
    const response = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { status, error, data } = await response.json();
    if (status !== "success") throw new Error(`${expression}: ${error}`);
    return (data.result as Sample[]).map(({ value }) => Number(value[1]));
  }

  /** Whether the program has ended is told by its port, which nobody answers any more. */
  async #ready(): Promise<void> {
    let ended = false;
    void this.#child.status.then(() => ended = true);
    while (!ended) {
      const response = await fetch(`${this.#url}/-/ready`).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("Prometheus does not start");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
