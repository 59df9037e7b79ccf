/**
 * Starts a transfer and follows it by server-sent events, across lost connections, where WebSockets are not let through:
 *
 *     deno run --allow-net --allow-env examples/sse.ts [http://127.0.0.1:4000] [options as JSON]
 *
 * The same runs in Node (with `npm install graphql-sse`) and in a browser. The browser's own `EventSource` can follow a
 * GET of the same address, `/graphql?query=…&variables=…`, but connects again with the same variables, from the snapshot.
 */
import { createClient } from "graphql-sse";

const [server = "http://127.0.0.1:4000", options = "{}"] = Deno.args;
const url = `${server}/graphql`;

const START = `mutation Start($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id steps } }
}`;
const FOLLOW = `subscription Follow($id: ID!, $after: Int) {
  transferProgress(id: $id, after: $after) {
    sequence status step losses { total } error { message } transfer { result { url } }
  }
}`;

interface Progress {
  readonly transferProgress: {
    readonly sequence: number;
    readonly status: string;
    readonly step: number;
    readonly losses: { readonly total: number } | null;
    readonly error: { readonly message: string } | null;
    readonly transfer: { readonly result: { readonly url: string } | null };
  };
}

const input = {
  content: { sample: "mountain-lake" },
  styles: [{ image: { sample: "starry-swirls" } }],
  preset: "FAST",
  ...JSON.parse(options),
};
const answer = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: START, variables: { input } }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(errors[0].message);
const { id } = data.startTransfer.transfer;

const RETRY_MS = 1000;
let after = 0;
let ended = false;
while (!ended) {
  // Its own retries would send the first `after` again; a new subscription continues from the last event.
  const client = createClient({ url, retryAttempts: 0 });
  try {
    for await (const { data } of client.iterate<Progress>({ query: FOLLOW, variables: { id, after } })) {
      const { sequence, status, step, losses, error, transfer } = data!.transferProgress;
      after = sequence;
      ended = ["SUCCEEDED", "FAILED", "CANCELLED"].includes(status);
      if (losses) console.log(`step ${step}: ${losses.total}`);
      if (status === "FAILED") console.error(error!.message);
      if (status === "SUCCEEDED") console.log(`finished: ${server}${transfer.result!.url}`);
    }
  } catch (error) {
    console.error(`Connection lost, trying again: ${error instanceof Error ? error.message : error}`);
  } finally {
    client.dispose();
  }
  if (!ended) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
