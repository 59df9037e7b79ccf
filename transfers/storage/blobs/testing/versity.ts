/** The Versity S3 Gateway, another's store that checks signatures, on a folder of the test's own. */
import { freePort } from "../../../../tests/testing/free_port.ts";
import { missingProgram } from "../../../../tests/testing/test_where.ts";
import type { S3Credentials, S3Place } from "../s3_place.ts";

/** Why there is none here; null where there is. */
export const NO_VERSITY = await missingProgram("versitygw");

const BUCKET = "pictures";

export class Versity implements AsyncDisposable {
  readonly place: S3Place;
  readonly credentials: S3Credentials = { accessKeyId: "ann", secretAccessKey: "hush-hush", sessionToken: null };
  readonly #folder: string;
  #child!: Deno.ChildProcess;

  private constructor(folder: string) {
    this.#folder = folder;
    const endpoint = new URL(`http://127.0.0.1:${freePort()}`);
    const prefix = "gramcast/";
    this.place = { endpoint, publicEndpoint: endpoint, region: "eu-north-1", bucket: BUCKET, prefix, pathStyle: true };
  }

  static async start(): Promise<Versity> {
    const folder = await Deno.makeTempDir({ prefix: "gramcast-versity-" });
    for (const name of [`objects/${BUCKET}`, "about"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    const versity = new Versity(folder);
    await versity.startAgain();
    return versity;
  }

  /** After `stop`, under the same address and with what it had. */
  async startAgain(): Promise<void> {
    const { accessKeyId, secretAccessKey } = this.credentials;
    const { region, endpoint } = this.place;
    this.#child = new Deno.Command("versitygw", {
      args: [
        ...["--access", accessKeyId, "--secret", secretAccessKey, "--region", region],
        ...["--port", endpoint.host, "--keep-alive"],
        // Not every file system has room for attributes.
        ...["posix", "--sidecar", `${this.#folder}/about`, `${this.#folder}/objects`],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await this.#ready();
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Whether the program has ended is told by its port, which nobody answers any more. */
  async #ready(): Promise<void> {
    let ended = false;
    void this.#child.status.then(() => ended = true);
    while (!ended) {
      const response = await fetch(this.place.endpoint).catch(() => null);
      await response?.body?.cancel();
      if (response !== null) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("versitygw does not start");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
