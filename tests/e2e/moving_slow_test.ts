/** A moving content on a real engine, which is killed, and so is its server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { factsOf, NO_FFMPEG } from "../../images/testing/films.ts";
import { MOVING_TIMING, movingContent } from "../../transfers/testing/moving_content.ts";
import { ask, startTransfer } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

const INPUT = {
  content: { base64: movingContent().toBase64() },
  styles: [{ image: { sample: "starry-swirls" } }],
  ...{ preset: "CLASSIC", size: 32, steps: 24, seed: 5, moving: true },
};
/** Of the first frame, and of all three. */
const FIRST = 24;
const ALL = 48;

const PAUSE_MS = 50;

interface State {
  readonly step: number;
  readonly status: string;
  readonly contentFrame: number;
  readonly result: { readonly url: string; readonly frames: number } | null;
}

async function stateOf({ url }: ServerProcess, id: string): Promise<State> {
  const query = "query ($id: ID!) { transfer(id: $id) { step status contentFrame result { url frames } } }";
  return (await ask<{ transfer: State }>(url, query, { id })).transfer;
}

/** Resolves when a transfer has come to a state; asks seldom, so that it comes to it. */
async function reached(server: ServerProcess, id: string, isThere: (state: State) => boolean): Promise<void> {
  while (!isThere(await stateOf(server, id))) await pause(PAUSE_MS);
}

/** The file that a transfer has come to. */
async function resultOf(server: ServerProcess, id: string): Promise<string> {
  await reached(server, id, ({ status }) => status === "SUCCEEDED" || status === "FAILED");
  const { status, step, result } = await stateOf(server, id);
  assert.deepEqual([status, step, result?.frames], ["SUCCEEDED", ALL, 3]);
  return (await (await fetch(server.url + result!.url)).bytes()).toBase64();
}

/** Ends the engine of a server, which starts another. */
async function killEngine({ pid }: ServerProcess): Promise<void> {
  const [engine] = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim().split(" ");
  if (engine) Deno.kill(Number(engine), "SIGKILL");
}

Deno.test({
  name: "a moving content comes to the same bytes though its engine and its server are killed in different frames",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await ServerProcess.start({ env: { CHECKPOINT_SECONDS: "1" } });
    const id = await startTransfer(server.url, INPUT);
    await reached(server, id, ({ step }) => step > FIRST / 2);
    await killEngine(server);
    // The first frame is painted, and the second about to be.
    await reached(server, id, ({ step }) => step >= FIRST);
    await killEngine(server);
    await reached(server, id, ({ contentFrame }) => contentFrame > 1);
    await server.kill();
    await server.startAgain();
    const result = await resultOf(server, id);
    assert.equal(result, await resultOf(server, await startTransfer(server.url, INPUT)));
  },
});

testWhere(NO_FFMPEG, "a server that is told of FFmpeg serves films, with no rights but to start that", async () => {
  await using server = await ServerProcess.start({ env: { FFMPEG: "ffmpeg" } });
  const id = await startTransfer(server.url, { ...INPUT, steps: 2 });
  await reached(server, id, ({ status }) => status === "SUCCEEDED");
  const response = await fetch(`${server.url}/transfers/${id}/result.mp4`);
  assert.deepEqual([response.status, response.headers.get("content-type")], [200, "video/mp4"]);
  const { shown, codec } = await factsOf(await response.bytes());
  assert.deepEqual([codec, shown.map(([, long]) => long)], ["h264", MOVING_TIMING.delays]);
  assert.deepEqual([...Deno.readDirSync(join(server.dataDir, "films"))], []);
  await assert.rejects(
    ServerProcess.start({ env: { FFMPEG: "/usr/bin/env" } }),
    /Cannot use FFMPEG="\/usr\/bin\/env": .*; wanted FFmpeg 5\.1 or newer, with libx264$/,
  );
});
