/**
 * Who comes to a server in a soak: people who use it, and those who stall, lie, and leave in the middle.
 *
 * @module
 */
import { createClient } from "graphql-sse";
import fc from "fast-check";
import type { Random } from "../../engine/descent/random.ts";
import { RawSocket } from "../../server/testing/raw_socket.ts";
import { connectPlain, connectWebSocket, frame } from "../../server/testing/wire.ts";
import { operations, sendOperation } from "../fuzz/graphql.ts";
import { assertTellsNothing } from "../fuzz/leaks.ts";
import { pay, visits } from "../fuzz/sockets.ts";

/** Where a server is, and as whom it is asked. */
export type Host = Pick<Visit, "url" | "authorization">;

/** What a guest comes with. */
export interface Visit {
  readonly url: string;
  /** A key as `Authorization` has it; null for somebody without, which is right where nobody is asked. */
  readonly authorization: string | null;
  readonly random: Random;
  /** Pictures of every kind. */
  readonly pictures: readonly Uint8Array<ArrayBuffer>[];
  /** Resolves after a while of the guest's own, or when all have to go. */
  readonly linger: () => Promise<void>;
}

/** One visit. @throws When the guest is not treated as it must be. */
export type Guest = (visit: Visit) => Promise<void>;

const LOOK = `{
  engine { backend device } presets { name } samples { name image { id url width } }
  transfers(first: 5) { totalCount edges { node { id status step losses { total } etaSeconds queuePosition } } }
}`;
const START = `mutation Start($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }`;
const CANCEL = `mutation Cancel($id: ID!) { cancelTransfer(id: $id) { transfer { status } } }`;
const DELETE = `mutation Delete($id: ID!) { deleteTransfer(id: $id) { id } }`;
const IDS = `{ transfers(first: 100, allOwners: true) { edges { node { id } } } }`;
const FOLLOW = `subscription Follow($id: ID!) {
  transferProgress(id: $id, after: 0) { sequence step status losses { total } frame { base64(format: PNG) } }
}`;
const UPLOAD = `mutation Upload($file: File) { uploadImage(image: { upload: $file }) { image { id url } } }`;
/** Of a transfer that nobody waits for. */
const MANY_STEPS = 500;

/** By name. */
export const GUESTS: Readonly<Record<string, Guest>> = {
  async looks(visit) {
    await post(visit, LOOK);
  },
  async startsAndFollows(visit) {
    const id = await start(visit, 3);
    if (id === null) return;
    const client = createClient({ url: `${visit.url}/graphql`, headers: credentials(visit), retryAttempts: 0 });
    for await (const event of client.iterate({ query: FOLLOW, variables: { id } })) {
      assertTellsNothing(JSON.stringify(event));
    }
    client.dispose();
    await end(visit, id);
  },
  async startsAndCancels(visit) {
    const id = await start(visit, MANY_STEPS);
    if (id === null) return;
    await visit.linger();
    await end(visit, id);
  },
  async subscribesAndLeaves(visit) {
    const id = await start(visit, MANY_STEPS);
    if (id === null) return;
    const socket = await RawSocket.connect(visit.url, credentials(visit));
    await socket.init();
    socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW, variables: { id } } });
    assertTellsNothing(JSON.stringify(await socket.receive()));
    await visit.linger();
    await socket.close();
    await end(visit, id);
  },
  async subscribesWithoutReading(visit) {
    const id = await start(visit, MANY_STEPS);
    if (id === null) return;
    {
      using connection = await connectWebSocket(visit.url, credentials(visit));
      await connection.write(frame('{"type":"connection_init"}'));
      await connection.read(new Uint8Array(4096));
      const payload = { query: FOLLOW, variables: { id } };
      await connection.write(frame(JSON.stringify({ id: "a", type: "subscribe", payload })));
      await visit.linger();
    }
    await end(visit, id);
  },
  async leavesEventsUnread(visit) {
    const id = await start(visit, MANY_STEPS);
    if (id === null) return;
    const body = JSON.stringify({ query: FOLLOW, variables: { id } });
    const headers = { "accept": "text/event-stream", ...credentials(visit), ...json(body.length) };
    await stall(visit, head("POST", "/graphql", headers) + body);
    await end(visit, id);
  },
  async leavesPicturesUnread(visit) {
    await stall(visit, head("GET", "/images/sample-mountain-lake", credentials(visit)).repeat(8));
  },
  async uploads(visit) {
    const { url, random, pictures } = visit;
    const bytes = pick(random, pictures).slice();
    if (random.uniform() < 0.5) bytes[Math.floor(random.uniform() * bytes.length)] = 255;
    const form = new FormData();
    form.set("operations", JSON.stringify({ query: UPLOAD, variables: { file: null } }));
    form.set("map", '{"0":["variables.file"]}');
    form.set("0", new Blob([bytes]), "picture");
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: credentials(visit),
      body: form,
    });
    assertTellsNothing(await response.text());
  },
  async stopsAnUpload(visit) {
    const part = (name: string, rest: string) => `--b\r\nContent-Disposition: form-data; name="${name}"${rest}`;
    const operation = JSON.stringify({ query: UPLOAD, variables: { file: null } });
    const body = part("operations", `\r\n\r\n${operation}\r\n`) + part("map", '\r\n\r\n{"0":["variables.file"]}\r\n') +
      part("0", '; filename="a"\r\n\r\n') + "x".repeat(visit.random.uniform() * 2 ** 20);
    const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "20000000" };
    await stall(visit, head("POST", "/graphql", { ...headers, ...credentials(visit) }) + body);
  },
  async sendsHeadersSlowly({ url, linger }) {
    using connection = await connectPlain(url);
    for (const piece of ["GET /health HTTP/1.1\r\n", "Host: 127.0.0.1\r\n", "X: "]) {
      await connection.write(new TextEncoder().encode(piece));
      await linger();
    }
  },
  async sendsBodySlowly({ url, linger }) {
    using connection = await connectPlain(url);
    for (const piece of [head("POST", "/graphql", json(100_000)), '{"query":', '"{']) {
      await connection.write(new TextEncoder().encode(piece));
      await linger();
    }
  },
  async asksForTooMuch({ url, authorization, random }) {
    await sendOperation(url, sampled(operations, random), authorization);
  },
  async breaksFrames({ url, authorization, random }) {
    await pay(url, sampled(visits, random), authorization);
  },
};

function credentials({ authorization }: Host): Record<string, string> {
  return authorization === null ? {} : { authorization };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random.uniform() * values.length)]!;
}

function sampled<T>(arbitrary: fc.Arbitrary<T>, random: Random): T {
  return fc.sample(arbitrary, { seed: random.bits() | 0, numRuns: 1 })[0]!;
}

/** Starts a small transfer; null where there are too many. */
async function start(visit: Visit, steps: number): Promise<string | null> {
  const { random } = visit;
  const input = {
    content: { sample: "city-at-night" },
    styles: [{ image: { sample: pick(random, ["geometry", "starry-swirls"]) } }],
    size: 32,
    steps,
    seed: random.bits() % 1000,
    frameEvery: 1,
  };
  const { data } = await post(visit, START, { input });
  return (data as { startTransfer: { transfer: { id: string } } } | null)?.startTransfer.transfer.id ?? null;
}

async function end(to: Host, id: string): Promise<void> {
  await post(to, CANCEL, { id });
  await post(to, DELETE, { id });
}

/** Removes all transfers, as an admin. */
export async function endAll(host: Host): Promise<void> {
  const { data } = await post(host, IDS);
  const { transfers } = data as { transfers: { edges: { node: { id: string } }[] } };
  for (const { node } of transfers.edges) await end(host, node.id);
}

/** The answer to an operation. */
async function post(to: Host, query: string, variables: object = {}): Promise<{ readonly data: unknown }> {
  const response = await fetch(`${to.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...credentials(to) },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  assertTellsNothing(text);
  return { data: null, ...JSON.parse(text) };
}

/** Sends this, reads a little of what comes, lingers, and goes. */
async function stall({ url, linger }: Visit, request: string): Promise<void> {
  using connection = await connectPlain(url);
  await connection.write(new TextEncoder().encode(request));
  await linger();
}

function head(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

function json(length: number) {
  return { "content-type": "application/json", "content-length": String(length) };
}
