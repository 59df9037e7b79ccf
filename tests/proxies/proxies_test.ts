/** The server behind the proxies that docs/operations.md names, configured by the very files that it shows. */
import assert from "node:assert/strict";
import { type Client as SseClient, createClient as createSseClient } from "graphql-sse";
import { type Client as WsClient, createClient as createWsClient } from "graphql-ws";
import { dataOf, ENDLESS, FOLLOW, type Followed, SMALL } from "../e2e/operations.ts";
import { cancelTransfer, startTransfer, webSocketUrl } from "../testing/client.ts";
import { behindProxy, PROXIES } from "./proxy.ts";

for (const kind of PROXIES) {
  behindProxy(kind, "everything works as it does without", async (t, { origin, url }) => {
    // Whatever is started after it waits: its only event is the snapshot, and nothing comes to push it through a buffer.
    await startTransfer(url, ENDLESS);

    /** What whoever follows a transfer that waits sees of it, and who cancels it at the first event. */
    const seenBy = async (client: SseClient | WsClient) => {
      const id = await startTransfer(url, SMALL);
      const seen: string[] = [];
      for await (const result of client.iterate<Followed>({ query: FOLLOW, variables: { id } })) {
        seen.push(dataOf(result).transferProgress.status);
        if (seen.length === 1) await cancelTransfer(url, id);
      }
      await client.dispose();
      return seen;
    };

    await t.step("server-sent events are not held back", async () => {
      const client = createSseClient({ url: `${url}/graphql` });
      assert.deepEqual(await seenBy(client), ["QUEUED", "CANCELLED"]);
    });

    await t.step("a WebSocket is passed on", async () => {
      const client = createWsClient({ url: webSocketUrl(url), retryAttempts: 0 });
      assert.deepEqual(await seenBy(client), ["QUEUED", "CANCELLED"]);
    });

    await t.step("a picture of several megabytes goes up, and addresses in answers lead back", async () => {
      const picture = await Deno.readFile(new URL("../../samples/mountain-lake.jpg", import.meta.url));
      // What follows a JPEG's end is no part of it.
      const file = new Blob([picture, new Uint8Array(4 * 2 ** 20)]);
      const form = new FormData();
      const query =
        "mutation ($upload: File!) { uploadImage(image: { upload: $upload }) { image { url byteLength } } }";
      form.set("operations", JSON.stringify({ query, variables: { upload: null } }));
      form.set("map", '{"0":["variables.upload"]}');
      form.set("0", file);
      const answer = await fetch(`${url}/graphql`, { method: "POST", body: form });
      const { data } = await answer.json();
      const { image } = data.uploadImage;
      assert.match(image.url, /^\/gramcast\/images\//);
      const response = await fetch(origin + image.url);
      assert.equal((await response.bytes()).byteLength, file.size);
    });

    await t.step("a page of another origin is refused, one of the public URL's is not", async () => {
      const ask = async (from: string) => {
        const response = await fetch(`${url}/graphql?query={__typename}`, { headers: { origin: from } });
        await response.body?.cancel();
        return response.status;
      };
      assert.deepEqual([await ask(origin), await ask("https://other.example")], [200, 403]);
    });
  });
}
