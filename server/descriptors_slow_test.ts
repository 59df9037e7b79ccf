import assert from "node:assert/strict";
import { ServerProcess } from "../tests/testing/server_process.ts";
import { connectionsThatFit } from "./descriptors.ts";

Deno.test({
  name: "a burst that uses up all descriptors is outlived: who comes later is answered",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const descriptors = 192;
    const dataDir = await Deno.makeTempDir();
    {
      await using server = await ServerProcess.start({ dataDir, descriptors });
      const address = { hostname: "127.0.0.1", port: Number(new URL(server.url).port) };
      const burst = await Promise.all(Array.from({ length: 2 * descriptors }, () => Deno.connect(address)));
      assert.ok(burst.length > connectionsThatFit(descriptors));
      // Long enough for the server to have taken all that it can.
      assert.equal(await health(server.url, 1000), null);
      for (const connection of burst) connection.close();
      let status: number | null = null;
      while (status === null) status = await health(server.url, 1000);
      assert.equal(status, 200);
    }
    await Deno.remove(dataDir, { recursive: true });
  },
});

/** Null when nothing came within so many milliseconds. */
async function health(url: string, milliseconds: number): Promise<number | null> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(milliseconds) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
