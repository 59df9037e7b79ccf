/**
 * Starts a transfer and is told of it by a webhook, without a connection that has to be held:
 *
 *     WEBHOOK_PRIVATE_ADDRESSES=allow deno task start
 *     deno run --allow-net --allow-env examples/webhook.ts [http://127.0.0.1:4000] [options as JSON]
 *
 * The same runs in Node (with `npm install standardwebhooks`) and a server of its own. The server's variable is for
 * receivers on the same machine or network, as here; those on public addresses need none.
 */
import { Webhook } from "standardwebhooks";

const [server = "http://127.0.0.1:4000", options = "{}"] = Deno.args;

const START = `mutation Start($input: StartTransferInput!) {
  startTransfer(input: $input) { transfer { id } webhookSecret }
}`;

interface Told {
  readonly type: string;
  readonly data: {
    readonly step: number;
    readonly steps: number;
    readonly resultUrl?: string;
    readonly error?: { readonly message: string };
  };
}

const secret = Promise.withResolvers<string>();
const ended = Promise.withResolvers<Told>();
const seen = new Set<string>();

const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const headers = Object.fromEntries(request.headers);
  const body = await request.text();
  let told: Told;
  try {
    told = new Webhook(await secret.promise).verify(body, headers) as Told;
  } catch {
    return new Response("not signed by the server", { status: 400 });
  }
  // An answer that was lost brings the same event again.
  if (!seen.has(headers["webhook-id"]!)) {
    seen.add(headers["webhook-id"]!);
    const { type, data } = told;
    console.log(`${type}: step ${data.step} of ${data.steps}`);
    if (["transfer.succeeded", "transfer.failed", "transfer.cancelled"].includes(type)) ended.resolve(told);
  }
  return new Response(null, { status: 204 });
});

const input = {
  content: { sample: "mountain-lake" },
  styles: [{ image: { sample: "starry-swirls" } }],
  preset: "FAST",
  ...JSON.parse(options),
  webhook: {
    url: `http://127.0.0.1:${receiver.addr.port}/`,
    events: ["RUNNING", "PROGRESS", "SUCCEEDED", "FAILED", "CANCELLED"],
  },
};
const answer = await fetch(`${server}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: START, variables: { input } }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(errors[0].message);
secret.resolve(data.startTransfer.webhookSecret);

const { data: { resultUrl, error } } = await ended.promise;
if (error) console.error(error.message);
if (resultUrl) console.log(`finished: ${new URL(resultUrl, server)}`);
await receiver.shutdown();
