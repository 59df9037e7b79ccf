/**
 * `deno task demo`: starts the server and does what a client does. It sends the mutation, follows the transfer over a
 * WebSocket, and fetches the picture by its URL. `--size` sets its longest side in pixels, `--out` the folder.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { createClient } from "graphql-ws";
import { OutputFolder } from "./output_folder.ts";

const START = /* GraphQL */ `
  mutation Start($size: Int) {
    startTransfer(
      input: {
        content: { sample: "city-at-night" }
        styles: [{ image: { sample: "starry-swirls" } }]
        preset: FAST
        size: $size
      }
    ) {
      transfer { id steps }
    }
  }
`;

const FOLLOW = /* GraphQL */ `
  subscription Follow($id: ID!) {
    transferProgress(id: $id) {
      status
      step
      steps
      secondsPerStep
      losses { total content style }
      transfer { result { url } }
      error { message }
    }
  }
`;

interface Started {
  readonly startTransfer: { readonly transfer: { readonly id: string; readonly steps: number } };
}

interface Followed {
  readonly transferProgress: {
    readonly status: string;
    readonly step: number;
    readonly steps: number;
    readonly secondsPerStep: number | null;
    readonly losses: { readonly total: number; readonly content: number; readonly style: number } | null;
    readonly transfer: {
      readonly result: { readonly url: string } | null;
    };
    readonly error: { readonly message: string } | null;
  };
}

/** The server in a process of its own, as `deno task start` runs it, on a free port unless PORT names one. */
class Server implements AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: Promise<string>;
  readonly #process: Deno.ChildProcess;
  readonly #printed: Promise<void>;

  constructor() {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "start"],
      cwd: new URL("..", import.meta.url),
      env: { PORT: Deno.env.get("PORT") ?? "0" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.url = promise;
    this.#printed = this.#print(resolve).then(() => reject(new Error("Cannot start the server: see above")));
  }

  get ended(): Promise<unknown> {
    return this.#process.status;
  }

  async #print(found: (url: string) => void): Promise<void> {
    let text = "";
    for await (const part of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        console.log(`server: ${line}`);
        const url = /listens on (http:\S+):? /.exec(line)?.[1];
        if (url) found(url.replace(/:$/, ""));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill(Deno.build.os === "windows" ? "SIGKILL" : "SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
    await this.#printed;
  }
}

async function start(url: string, size: number | null): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: START, variables: { size } }),
  });
  const { data, errors } = await response.json() as { data?: Started; errors?: { message: string }[] };
  if (!data || errors) throw new Error(errors?.[0]?.message ?? `The server answered ${response.status}`);
  console.log(`Started transfer ${data.startTransfer.transfer.id} of ${data.startTransfer.transfer.steps} steps`);
  return data.startTransfer.transfer.id;
}

/** Prints the losses of every step. @returns The URL of the result. */
async function follow(url: string, id: string): Promise<string> {
  const client = createClient({ url: `${url.replace(/^http/, "ws")}/graphql` });
  try {
    for await (const { data, errors } of client.iterate<Followed>({ query: FOLLOW, variables: { id } })) {
      if (!data || errors) throw new Error(errors?.[0]?.message ?? "The server sent no data");
      const { status, step, steps, losses, secondsPerStep, transfer: { result }, error } = data.transferProgress;
      if (error) throw new Error(error.message);
      if (losses) {
        const [total, content, style] = [losses.total, losses.content, losses.style].map((loss) =>
          loss.toExponential(3)
        );
        const time = secondsPerStep === null ? "" : `  ${secondsPerStep.toFixed(2)} s`;
        console.log(`step ${step}/${steps}  total ${total}  content ${content}  style ${style}${time}`);
      } else {
        console.log(status);
      }
      if (result) return result.url;
    }
  } finally {
    await client.dispose();
  }
  throw new Error("The transfer ended without a result");
}

if (import.meta.main) {
  try {
    const { values: { size, out } } = parseArgs({
      args: Deno.args,
      options: { size: { type: "string" }, out: { type: "string", default: "out" } },
    });
    await using server = new Server();
    const url = await server.url;
    const picture = new URL(await follow(url, await start(url, size === undefined ? null : Number(size))), url);
    const folder = await OutputFolder.create(out);
    const path = await folder.write("demo.png", await (await fetch(picture)).bytes());
    console.log(`The picture is in ${path}, and at ${picture}`);
    if (Deno.stdout.isTerminal()) {
      console.log(`The server keeps running, with GraphiQL at ${url}/graphql; Ctrl-C stops it`);
      await server.ended;
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}
