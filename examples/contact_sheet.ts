/**
 * Starts a batch, two pictures in two styles, and follows all of it over one WebSocket, across lost connections:
 *
 *     deno run --allow-net --allow-env examples/contact_sheet.ts [http://127.0.0.1:4000] [options as JSON]
 */
import { createClient } from "graphql-ws";

const [server = "http://127.0.0.1:4000", options = "{}"] = Deno.args;

const START = `mutation Start($input: StartBatchInput!) {
  startBatch(input: $input) { batch { id } }
}`;
const FOLLOW = `subscription Follow($id: ID!, $after: String) {
  batchProgress(id: $id, after: $after) {
    cursor status done count
    transfer { place { contentIndex styleIndex } result { url } }
    progress { status step error { message } }
  }
}`;

interface Progress {
  readonly batchProgress: {
    readonly cursor: string;
    readonly status: string;
    readonly done: number;
    readonly count: number;
    readonly transfer: {
      readonly place: { readonly contentIndex: number; readonly styleIndex: number };
      readonly result: { readonly url: string } | null;
    };
    readonly progress: {
      readonly status: string;
      readonly step: number;
      readonly error: { readonly message: string } | null;
    };
  };
}

const input = {
  contents: [{ sample: "mountain-lake" }, { sample: "city-at-night" }],
  styles: [[{ image: { sample: "starry-swirls" } }], [{ image: { sample: "stained-glass" } }]],
  base: { preset: "FAST", ...JSON.parse(options) },
};
const answer = await fetch(`${server}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: START, variables: { input } }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(errors[0].message);

const client = createClient({
  url: `${server.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true,
});
// The client sends the variables anew with each connection, so that the last cursor counts. "0": all from the first step.
const variables = { id: data.startBatch.batch.id, after: "0" };
for await (const { data } of client.iterate<Progress>({ query: FOLLOW, variables })) {
  const { cursor, status, done, count, transfer, progress } = data!.batchProgress;
  variables.after = cursor;
  const { contentIndex, styleIndex } = transfer.place;
  console.log(`${contentIndex},${styleIndex}: ${progress.status} step ${progress.step} (${done} of ${count} done)`);
  if (progress.error) throw new Error(progress.error.message);
  if (progress.status === "SUCCEEDED") console.log(`finished: ${server}${transfer.result!.url}`);
  if (done === count) console.log(status);
}
await client.dispose();
