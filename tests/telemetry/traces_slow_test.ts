/** Traces, metrics and logs of a whole server, as a collector gets them. */
import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";
import { follow, post, start } from "./follow.ts";
import { OtlpReceiver } from "./otlp_receiver.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
/** A span of who asks, by its kind. */
const CLIENT = 3;
const PARENT = "b7ad6b7169203331";
Deno.test("a request's trace leads through the queue and the engine to each step, and logs have its ids", async () => {
  await using receiver = new OtlpReceiver();
  const env = { ...receiver.env, LOG_FORMAT: "json", STORE: "sqlite", TRUSTED_PROXIES: "127.0.0.1" };
  await using server = await ServerProcess.start({ env });
  const headers = {
    traceparent: `00-${TRACE}-${PARENT}-01`,
    "x-request-id": "r-1",
    authorization: "Bearer s3cret-key",
  };
  const id = await start(server.url, 4, headers);
  await follow(server.url, id);
  await (await fetch(`${server.url}/images/none?access=s3cret-signature`)).text();
  const long = await start(server.url, 4000);
  await server.stop();

  const [request] = receiver.spans.filter(({ parentSpanId }) => parentSpanId === PARENT);
  assert.equal(request!.name, "POST mutation");
  const own = receiver.spans.filter(({ traceId }) => traceId === TRACE);
  const only = (name: string) => {
    const [span, ...others] = own.filter((each) => each.name === name);
    assert.ok(span !== undefined && others.length === 0, name);
    return span;
  };
  const transfer = only("transfer");
  assert.equal(transfer.parentSpanId, request!.spanId);
  assert.equal(transfer.attributes["gramcast.transfer.id"], id);
  assert.equal(transfer.attributes["gramcast.status"], "SUCCEEDED");
  assert.equal(only("queue wait").parentSpanId, transfer.spanId);
  assert.equal(only("run").parentSpanId, transfer.spanId);
  const steps = own.filter(({ name }) => name === "steps");
  assert.ok(steps.every(({ parentSpanId }) => parentSpanId === only("run").spanId));
  const told = steps.flatMap(({ attributes }) => [attributes["gramcast.step.first"], attributes["gramcast.step.last"]]);
  assert.deepEqual([Math.min(...told.map(Number)), Math.max(...told.map(Number))], [1, 4]);
  // Deno's own spans have whole addresses in them.
  assert.ok(!receiver.text.includes("s3cret"));
  assert.deepEqual(receiver.spans.filter(({ attributes }) => "url.full" in attributes), []);
  for (const name of ["gramcast.queue.wait", "gramcast.step.duration"]) assert.ok(receiver.metrics.has(name), name);

  const lines = server.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const of = (event: string) => lines.find((line) => line.event === event && line.transferId === id);
  assert.equal(of("transfer.queued").requestId, "r-1");
  assert.equal(of("transfer.ended").status, "SUCCEEDED");
  const answered = lines.find((line) => line.event === "request" && line.requestId === "r-1");
  assert.deepEqual([answered.operation, answered.status, answered.path], ["mutation", 200, "/graphql"]);
  assert.ok(
    lines.every(({ time, level, message }) => !isNaN(Date.parse(time)) && level && typeof message === "string"),
  );

  const before = receiver.named("transfer").find(({ attributes }) => attributes["gramcast.transfer.id"] === long)!;
  assert.equal(before.attributes["gramcast.status"], "SUSPENDED");
  await server.startAgain();
  await (await post(server.url, "mutation ($id: ID!) { cancelTransfer(id: $id) { id } }", { id: long })).text();
  await server.stop();
  const after = receiver.named("transfer").findLast(({ attributes }) => attributes["gramcast.transfer.id"] === long)!;
  assert.notEqual(after.traceId, before.traceId);
  assert.deepEqual(after.links, [before.spanId]);
});

Deno.test("a server that is not told to sends no traces, and keeps none with its transfers", async () => {
  await using receiver = new OtlpReceiver();
  const { OTEL_DENO: _, ...env } = receiver.env;
  await using server = await ServerProcess.start({ env });
  await follow(server.url, await start(server.url, 2, { traceparent: `00-${TRACE}-${PARENT}-01` }));
  await server.stop();
  assert.equal(receiver.text, "");
});

Deno.test("what is fetched for others leaves no span with its address", async () => {
  await using receiver = new OtlpReceiver();
  const script = new URL("./fetch_something.ts", import.meta.url);
  const args = ["run", "--allow-all", script.href];
  const { success } = await new Deno.Command(Deno.execPath(), { args, env: receiver.env, stderr: "null" }).output();
  assert.ok(success);
  assert.ok(receiver.text.includes("fetched"));
  // Both ends are in there: of what arrives at a server of `node:http`, Deno makes spans until it is told not to.
  const outgoing = receiver.spans.filter(({ kind }) => kind === CLIENT);
  assert.deepEqual(outgoing, []);
});
