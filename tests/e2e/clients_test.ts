/** The clients that people use, as they use them, against the real server. */
import assert from "node:assert/strict";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient, type Sink } from "graphql-ws";
import { RawSocket } from "../../server/testing/raw_socket.ts";
import { startTransfer, webSocketUrl } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import {
  assertWhole,
  type BatchFollowed,
  type BatchStarted,
  dataOf,
  FOLLOW,
  FOLLOW_BATCH,
  type Followed,
  type Progress,
  SHEET,
  SMALL,
  START,
  START_BATCH,
  type Started,
} from "./operations.ts";

Deno.test("clients start transfers and follow them to their end", async (t) => {
  await using server = await ServerProcess.start({ env: { STORE: "memory" } });
  const { url } = server;

  for (
    const [name, client] of [
      ["graphql-ws does both over one WebSocket", createWsClient({ url: webSocketUrl(url) })],
      ["graphql-sse does both over HTTP", createSseClient({ url: `${url}/graphql` })],
    ] as const
  ) {
    await t.step(name, async () => {
      const events: Progress[] = [];
      let id = "";
      for await (const result of client.iterate<Started>({ query: START, variables: { input: SMALL } })) {
        id = dataOf(result).startTransfer.transfer.id;
      }
      for await (const result of client.iterate<Followed>({ query: FOLLOW, variables: { id, after: 0 } })) {
        events.push(dataOf(result).transferProgress);
      }
      await client.dispose();
      await assertWhole(events);
    });
  }

  await t.step("urql uploads pictures as multipart, and follows over a WebSocket", async () => {
    const socket = createWsClient({ url: webSocketUrl(url) });
    const client = new Client({
      url: `${url}/graphql`,
      preferGetMethod: false,
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = "", variables }) => ({
            // The two packages type the same thing with and without `undefined`.
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink),
            }),
          }),
        }),
      ],
    });
    const [content, style] = await Promise.all(["mountain-lake", "geometry"].map(async (name) => {
      const bytes = await Deno.readFile(new URL(`../../samples/${name}.jpg`, import.meta.url));
      return new File([bytes], `${name}.jpg`, { type: "image/jpeg" });
    }));
    const input = { ...SMALL, content: { upload: content }, styles: [{ image: { upload: style } }] };
    const { transfer } = dataOf(await client.mutation<Started>(START, { input }).toPromise()).startTransfer;
    assert.equal(transfer.content.mimeType, "image/jpeg");
    const events: Progress[] = [];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const { unsubscribe } = client.subscription<Followed>(FOLLOW, { id: transfer.id, after: 0 }).subscribe(
      (result) => {
        const event = dataOf(result).transferProgress;
        events.push(event);
        if (event.status === "SUCCEEDED") end();
      },
    );
    await ended;
    unsubscribe();
    await socket.dispose();
    await assertWhole(events);
  });

  await t.step("a plain WebSocket needs nothing but the protocol", async () => {
    const id = await startTransfer(url, SMALL);
    const socket = await RawSocket.connect(webSocketUrl(url));
    await socket.init();
    socket.send({ id: "one", type: "subscribe", payload: { query: FOLLOW, variables: { id, after: 0 } } });
    const events: Progress[] = [];
    for (;;) {
      const message = await socket.receive();
      if (message.type === "complete") break;
      assert.deepEqual([message.type, message.id], ["next", "one"]);
      events.push(dataOf<Followed>(message.payload).transferProgress);
    }
    await socket.close();
    await assertWhole(events);
  });

  await t.step(
    "a contact sheet of two by two fills, over connections that are lost, without hole or repeat",
    async () => {
      const client = createWsClient({ url: webSocketUrl(url), retryAttempts: 0 });
      let id = "";
      for await (const result of client.iterate<BatchStarted>({ query: START_BATCH, variables: { input: SHEET } })) {
        const { batch } = dataOf(result).startBatch;
        assert.equal(batch.count, 4);
        id = batch.id;
      }
      await client.dispose();
      const events: BatchFollowed["batchProgress"][] = [];
      while (events.at(-1)?.status !== "SUCCEEDED") {
        const socket = createWsClient({ url: webSocketUrl(url), retryAttempts: 0 });
        const variables = { id, after: events.at(-1)?.cursor ?? "0" };
        let taken = 0;
        for await (const result of socket.iterate<BatchFollowed>({ query: FOLLOW_BATCH, variables })) {
          events.push(dataOf(result).batchProgress);
          if (++taken === 10) break;
        }
        socket.terminate();
      }
      assert.deepEqual(events.map(({ sequence }) => sequence), events.map((_, i) => i + 1));
      assert.deepEqual([events.at(-1)?.done, events.at(-1)?.count], [4, 4]);
      const byTransfer = Map.groupBy(events, ({ transfer }) => transfer.id);
      assert.deepEqual(
        [...byTransfer.values()].map(([first]) => first!.transfer.place),
        [0, 1].flatMap((contentIndex) => [0, 1].map((styleIndex) => ({ contentIndex, styleIndex }))),
      );
      for (const own of byTransfer.values()) await assertWhole(own.map(({ progress }) => progress));
    },
  );

  await t.step("a lost connection is taken up again elsewhere, without hole or repeat", async () => {
    const id = await startTransfer(url, SMALL);
    const events: Progress[] = [];
    const first = createWsClient({ url: webSocketUrl(url), retryAttempts: 0 });
    for await (const result of first.iterate<Followed>({ query: FOLLOW, variables: { id, after: 0 } })) {
      events.push(dataOf(result).transferProgress);
      if (events.at(-1)!.step === 2) break;
    }
    first.terminate();
    const second = createSseClient({ url: `${url}/graphql` });
    const variables = { id, after: events.at(-1)!.sequence };
    for await (const result of second.iterate<Followed>({ query: FOLLOW, variables })) {
      events.push(dataOf(result).transferProgress);
    }
    second.dispose();
    await assertWhole(events);
  });
});
