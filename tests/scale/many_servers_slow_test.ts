/** An API server and two workers, as processes on one PostgreSQL and one folder of blobs. */
import assert from "node:assert/strict";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { TemporaryDatabase } from "../../transfers/storage/postgres/testing/temporary_database.ts";
import { type Asked, endOf, startOnce } from "../faults/client.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { ask, cancelTransfer, statusOf } from "../testing/client.ts";
import { until } from "../testing/in_time.ts";
import { ServerProcess } from "../testing/server_process.ts";

const ASKED: Asked = { seed: 3, steps: 150, size: 32 };

/** Servers that share a database, all gone with it. */
class Servers implements AsyncDisposable {
  readonly api: ServerProcess;
  readonly workers: readonly [ServerProcess, ServerProcess];
  readonly #open: AsyncDisposableStack;

  static async start(): Promise<Servers> {
    await using open = new AsyncDisposableStack();
    const { url } = open.use(await TemporaryDatabase.make());
    const blobs = open.adopt(await Deno.makeTempDir(), (folder) => Deno.remove(folder, { recursive: true }));
    const start = async (role: string) =>
      open.use(
        await ServerProcess.start({ env: { DATABASE_URL: url, BLOBS: `file://${blobs}`, ROLE: role } }),
      );
    const api = await start("api");
    const workers = [await start("worker"), await start("worker")] as const;
    return new Servers(api, workers, open.move());
  }

  private constructor(api: ServerProcess, workers: Servers["workers"], open: AsyncDisposableStack) {
    this.api = api;
    this.workers = workers;
    this.#open = open;
  }

  /** The worker that runs a transfer. */
  async running(): Promise<ServerProcess> {
    for (;;) {
      for (const worker of this.workers) {
        const metrics = await fetch(`${worker.url}/metrics`).then((response) => response.text(), () => "");
        if (/^gramcast_transfers_running 1$/m.test(metrics)) return worker;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

Deno.test({
  name: `workers of one database take over from each other, and nobody can tell${
    NO_POSTGRES === null ? "" : ` (skipped: ${NO_POSTGRES})`
  }`,
  ignore: NO_POSTGRES !== null,
  fn: async (t) => {
    await using servers = await Servers.start();
    const { url } = servers.api;
    const whole = await endOf(url, await followed(url, "whole"));
    assert.equal(whole.status, "SUCCEEDED");

    await t.step("a worker that drains", async () => {
      const id = await followed(url, "drained", async () => {
        const worker = await servers.running();
        await worker.stop();
        await worker.startAgain();
      });
      assert.deepEqual(await endOf(url, id), whole);
    });

    await t.step("a worker that is killed", async () => {
      const id = await followed(url, "killed", async () => {
        const worker = await servers.running();
        await worker.kill();
        await worker.startAgain();
      });
      assert.deepEqual(await endOf(url, id), whole);
    });

    await t.step("a transfer is cancelled at a server that does not run it", async () => {
      const id = await startOnce(url, { ...ASKED, steps: 5000 }, "cancelled");
      const seen = watch(url, id, { onStep: (step) => void (step === 5 && cancelTransfer(url, id)) });
      assertWhole(await seen);
      const { status, step } = await endOf(url, id);
      assert.equal(status, "CANCELLED");
      assert.ok(step < 5000, `${step} steps`);
    });

    await t.step("a worker answers nobody but who watches it", async () => {
      const [worker] = servers.workers;
      await until(async () => await statusOf(`${worker.url}/ready`) === 200);
      assert.equal(await statusOf(`${worker.url}/graphql`), 404);
      const { engine } = await ask<{ engine: { backend: string } }>(url, "{ engine { backend } }");
      assert.equal(engine.backend, "onnx");
    });
  },
});

/** Has a transfer made and watched to its end, with something that happens at its fortieth step. Answers its id. */
async function followed(
  url: string,
  key: string,
  befall: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const id = await startOnce(url, ASKED, key);
  let befalling: Promise<void> | null = null;
  const seen = await watch(url, id, { onStep: (step) => void (step === 40 && (befalling ??= befall())) });
  await befalling;
  assertWhole(seen);
  return id;
}
