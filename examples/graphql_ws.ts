/**
 * Starts a transfer and follows it over a WebSocket, across lost connections, in plain TypeScript:
 *
 *     deno run --allow-net --allow-env examples/graphql_ws.ts [http://127.0.0.1:4000] [options as JSON]
 *
 * The same runs in Node (with `npm install graphql-ws`) and in a browser.
 */
import { createClient } from "graphql-ws";

const [server = "http://127.0.0.1:4000", options = "{}"] = Deno.args;

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
const answer = await fetch(`${server}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: START, variables: { input } }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(errors[0].message);
const { id } = data.startTransfer.transfer;

const client = createClient({
  url: `${server.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true,
});
// The client sends the variables anew with each connection, so that the last `after` counts. 0: all from the first step.
const variables = { id, after: 0 };
for await (const { data } of client.iterate<Progress>({ query: FOLLOW, variables })) {
  const { sequence, status, step, losses, error, transfer } = data!.transferProgress;
  variables.after = sequence;
  if (losses) console.log(`step ${step}: ${losses.total}`);
  if (status === "FAILED") throw new Error(error!.message);
  if (status === "SUCCEEDED") console.log(`finished: ${server}${transfer.result!.url}`);
}
await client.dispose();
